"""Debian's packages: what is missing is installed, and nothing that is installed is started. Standard library only."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

POLICY = Path("/usr/sbin/policy-rc.d")
CLUSTER = Path("/etc/postgresql-common/createcluster.conf")

# What shows that it is there: a program on the path, or a file. Servers may be given by address instead.
SERVERS = {"postgresql": "/usr/lib/postgresql/*/bin/initdb", "rabbitmq-server": "/usr/lib/rabbitmq/bin/rabbitmq-server"}
TOOLS = {
    "openjdk-17-jre-headless": "java",
    "libjaxb-java": "/usr/share/java/jaxb-runtime.jar",
    "ghostscript": "gs",
    "libreoffice-writer": "soffice",
    "python3-uno": "/usr/lib/python3/dist-packages/uno.py",
    "fonts-liberation2": "/usr/share/fonts/truetype/liberation*/LiberationSans-Regular.ttf",
    "bubblewrap": "bwrap",
    "openssl": "openssl",
}


def missing(*, with_servers: bool) -> list[str]:
    """The packages that are not here."""
    wanted = TOOLS | (SERVERS if with_servers else {})
    return [name for name, sign in wanted.items() if not _is_there(sign)]


def install(names: list[str]) -> str | None:
    """Installs them. Returns one sentence with the way out when that cannot be done, else nothing."""
    if not names:
        return None
    if shutil.which("apt-get") is None:
        return f"Install {', '.join(names)} with this system's own package manager."
    root = [] if os.geteuid() == 0 else ["sudo", "-n"]
    if root and subprocess.run([*root, "true"], check=False, capture_output=True).returncode:
        return f"Run as root once: apt-get install --no-install-recommends {' '.join(names)}"
    print(f"Installing {', '.join(names)} …", file=sys.stderr, flush=True)
    quiet = ["-qq", "-o", "Dpkg::Use-Pty=0", "-o", "DPkg::Lock::Timeout=300"]
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    with _nothing_started():
        for command in (["update"], ["install", "-y", "--no-install-recommends", *names]):
            done = subprocess.run(
                [*root, "env", "DEBIAN_FRONTEND=noninteractive", "apt-get", *quiet, *command],
                check=False,
                capture_output=True,
                text=True,
                env=environment,
            )
    if done.returncode == 0:
        return None
    return f"apt-get could not install {', '.join(names)}: {done.stderr.strip().splitlines()[-1:] or 'no reason given'}"


def _is_there(sign: str) -> bool:
    if sign.startswith("/"):
        return any(Path("/").glob(sign[1:]))
    return shutil.which(sign) is not None


@contextmanager
def _nothing_started() -> Iterator[None]:
    """Debian starts what it installs, on the standard ports. We run private servers, so it must not."""
    if os.geteuid() != 0:
        yield
        return
    made = []
    if not POLICY.exists():
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
        made.append(POLICY)
    if not CLUSTER.exists() and not CLUSTER.parent.exists():
        CLUSTER.parent.mkdir(parents=True)
        CLUSTER.write_text("create_main_cluster = false\n")
    try:
        yield
    finally:
        for path in made:
            path.unlink()
