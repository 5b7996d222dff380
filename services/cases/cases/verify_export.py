"""`python -m cases.verify_export FILE.zip --key KEY.pem`: whether an extract of the audit log is as it was signed (M18)."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from cases.domain.extract import faults, unpacked
from cases.seals import Sealer, pem


def main() -> int:
    """0 when it is whole, 1 when it is not."""
    parser = argparse.ArgumentParser(prog="python -m cases.verify_export", description=__doc__)
    parser.add_argument("file", type=Path, help="the extract")
    parser.add_argument("--key", required=True, help="the public key that the operators gave you: a file, or PEM")
    given = parser.parse_args()
    try:
        content, manifest = unpacked(given.file.read_bytes())
    except ValueError as wrong:
        print(wrong, file=sys.stderr)
        return 1
    found = faults(content, Sealer(pem(given.key)).opened(manifest))
    for fault in found:
        print(fault, file=sys.stderr)
    rows = content.count(b"\n")
    print(f"{rows} rows, {len(found)} faults")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
