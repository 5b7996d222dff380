"""`./dev check`: every rule that a machine can check, each run to its end so that all of it is seen at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Final

from local.places import REPOSITORY, SERVICES

SOURCES: Final = ("shared", "services", "deploy", "tests")
TYPED: Final = ("sikkersak", *SERVICES, "simulators", "samples", "local", "containers")
OFFLINE: Final = (
    "ConnectionError",
    "ServiceError",
    "Could not connect",
    "Max retries",
    "Failed to resolve",
    "timed out",
    "Name or service",
)


def run() -> int:
    """0 when every check passes."""
    python = [sys.executable, "-m"]
    packages = [part for name in TYPED for part in ("-p", name)]
    steps = {
        "format": [*python, "ruff", "format", "--check", "--quiet", *SOURCES],
        "lint": [*python, "ruff", "check", "--quiet", *SOURCES],
        "types": [*python, "mypy", *packages],
        "import rules": [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"],
    }
    failed = [name for name, command in steps.items() if not _passes(name, command)]
    if not _audit():
        failed.append("audit")
    print("All checks passed." if not failed else f"Failed: {', '.join(failed)}.")
    return 1 if failed else 0


def lock() -> int:
    """Hashes only: no address of any index may stand in the lock file."""
    command = [
        *(sys.executable, "-m", "uv", "pip", "compile", "--quiet", "--universal", "--python-version", "3.11"),
        *("--generate-hashes", "--no-emit-index-url", "--no-header", "--no-annotate", "--upgrade"),
        *("requirements.in", "-o", "requirements.lock"),
    ]
    return subprocess.run(command, cwd=REPOSITORY, check=False).returncode


def _passes(name: str, command: list[str]) -> bool:
    done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True, env=os.environ)
    print(f"{name}: {'ok' if done.returncode == 0 else 'FAILED'}", flush=True)
    if done.returncode:
        print(done.stdout[-20_000:], done.stderr[-5_000:], sep="\n")
    return done.returncode == 0


def _audit() -> bool:
    """Known vulnerabilities in what is locked. Where the advisory service cannot be reached, that is said, not failed."""
    command = [
        *(sys.executable, "-m", "pip_audit", "--requirement", "requirements.lock"),
        *("--require-hashes", "--disable-pip", "--no-deps", "--progress-spinner", "off", "--timeout", "10"),
    ]
    try:
        done = subprocess.run(command, cwd=REPOSITORY, check=False, capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        print("audit: not done, the advisory service did not answer")
        return True
    unknown = "could not be audited" in done.stdout + done.stderr
    if unknown or (done.returncode and any(sign in done.stderr for sign in OFFLINE)):
        print("audit: not done, the advisory service cannot be reached from here")
        return True
    print(f"audit: {'ok' if done.returncode == 0 else 'FAILED'}")
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n")
    return done.returncode == 0
