"""Where the local stack keeps things. Standard library only: the bootstrap needs it before anything is installed."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCAL = REPOSITORY / ".local"
VENV = LOCAL / "venv"
LOGS = LOCAL / "logs"
SERVICES = ("cases", "archiver", "signing", "notifier", "intake", "gateway")

# PostgreSQL refuses to run as root, and another account may not be let into the repository's folder.
DATA = (
    Path("/var/tmp") / f"sikkersak-{hashlib.sha256(str(REPOSITORY).encode()).hexdigest()[:12]}"  # noqa: S108
    if os.geteuid() == 0
    else LOCAL
)
IMPORT_ROOTS = (REPOSITORY / "shared", *(REPOSITORY / "services" / name for name in SERVICES), REPOSITORY / "deploy")
