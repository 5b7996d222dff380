"""Debian's packages: what is missing is installed, and nothing that is installed is started. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTER = Path("/etc/postgresql-common/createcluster.conf")


@dataclass(frozen=True)
class Need:
    """Something of the system's: what shows that it is there (a program, or files), and the packages that have it."""

    sign: str
    packages: tuple[str, ...]  # the first one that this release of Debian has
    without: str = ""  # what does not work without it; empty when nothing does

    def is_met(self) -> bool:
        """Whether it is here."""
        if self.sign.startswith("/"):
            return any(Path("/").glob(self.sign[1:]))
        return shutil.which(self.sign) is not None


SERVERS = (
    Need("/usr/lib/postgresql/*/bin/initdb", ("postgresql",)),
    Need("/usr/lib/rabbitmq/bin/rabbitmq-server", ("rabbitmq-server",)),
)
TOOLS = (
    Need("java", ("openjdk-17-jre-headless", "default-jre-headless"), "PDF/A is not validated"),
    Need("/usr/share/java/jaxb-runtime.jar", ("libjaxb-java",), "PDF/A is not validated"),
    Need("gs", ("ghostscript",), "damaged and unusual PDF files are not converted"),
    Need("soffice", ("libreoffice-writer",), "office documents are not converted"),
    Need("/usr/lib/python3/dist-packages/uno.py", ("python3-uno",), "office documents are not converted"),
    Need(
        "/usr/share/fonts/truetype/liberation*/*Sans-Regular.ttf",
        ("fonts-liberation2", "fonts-liberation"),
        "letters look different",
    ),
    Need("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", ("fonts-dejavu-core",), "letters look different"),
    Need("tesseract", ("tesseract-ocr",), "scans are sorted and archived without what stands on them"),
    Need(
        "/usr/share/tesseract-ocr/*/tessdata/nor.traineddata",
        ("tesseract-ocr-nor",),
        "scans are sorted and archived without what stands on them",
    ),
    Need("bwrap", ("bubblewrap",), "converters run without a cage"),
    Need("openssl", ("openssl",), "some tests of signatures are skipped"),
)


def missing(*, with_servers: bool) -> list[Need]:
    """What is not here."""
    return [need for need in (*(SERVERS if with_servers else ()), *TOOLS) if not need.is_met()]


def install(needs: list[Need]) -> str | None:
    """Installs them. Returns one sentence with the way out when that cannot be done, else nothing."""
    if not needs:
        return None
    names = [need.packages[0] for need in needs]
    by_hand = f"apt-get install --no-install-recommends {' '.join(names)}"
    if shutil.which("apt-get") is None:
        return _sentence(needs, f"install {', '.join(names)} with this system's own package manager")
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and (
        shutil.which("sudo") is None or subprocess.run([*root, "true"], check=False, capture_output=True).returncode
    ):
        return _sentence(needs, f"run as root once: {by_hand}")
    print(f"Installing {', '.join(names)} …", file=sys.stderr, flush=True)
    with _nothing_started(root):
        _apt(root, "update")
        names = [_offered(need.packages) for need in needs]
        done = _apt(root, "install", "-y", "--no-install-recommends", *names)
        if done.returncode:  # one package that cannot be had must not keep the others away
            for name in names:
                done = _apt(root, "install", "-y", "--no-install-recommends", name)
    left = [need for need in needs if not need.is_met()]
    reasons = [line for line in done.stderr.splitlines() if line.startswith("E:")] or ["no reason given"]
    return _sentence(left, f"apt-get said: {reasons[0]}; mend that and run this again, or {by_hand}") if left else None


def _sentence(needs: list[Need], way_out: str) -> str:
    lost = dict.fromkeys(need.without or f"{need.packages[0]} cannot run here" for need in needs)
    return f"{'; '.join(lost)}: {way_out}."


def _apt(root: list[str], *command: str) -> subprocess.CompletedProcess[str]:
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300", "-o", "Dpkg::Options::=--force-confold"]
    return subprocess.run(
        [*root, "env", "DEBIAN_FRONTEND=noninteractive", "LC_ALL=C.UTF-8", "apt-get", *quiet, *command],
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
    )


def _offered(alternatives: tuple[str, ...]) -> str:
    """The first package that this release has; the first of all where none is known, so that apt-get names it."""
    for name in alternatives:
        found = subprocess.run(["apt-cache", "show", name], check=False, capture_output=True)
        if found.returncode == 0 and found.stdout:
            return name
    return alternatives[0]


@contextmanager
def _nothing_started(root: list[str]) -> Iterator[None]:
    """Debian starts what it installs, on the standard ports. We run private servers, so it must not."""
    made = {}
    if not POLICY.exists():
        made[POLICY] = "#!/bin/sh\nexit 101\n"
    if not CLUSTER.parent.exists():  # stays: it is read again when PostgreSQL is upgraded
        _place(root, CLUSTER, "create_main_cluster = false\n", "644")
    for path, content in made.items():
        _place(root, path, content, "755")
    try:
        yield
    finally:
        for path in made:
            subprocess.run([*root, "rm", "-f", str(path)], check=False)


def _place(root: list[str], path: Path, content: str, mode: str) -> None:
    command = [*root, "install", "-D", "-m", mode, "/dev/stdin", str(path)]
    subprocess.run(command, input=content, text=True, check=False, capture_output=True)
