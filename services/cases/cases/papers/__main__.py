"""`python -m cases.papers read|redact|shield JSON`: a PDF on standard input, what came of it on standard output.

With `-` in place of JSON, that is the first line of standard input: what others may not see in a list of processes.
"""

from __future__ import annotations

import json
import sys
from typing import Final

from cases.papers.reading import read
from cases.papers.redaction import Box, TooMuch, redact
from cases.papers.shielding import shield

TOO_MUCH: Final = 3


def main() -> int:
    """0 when it was done, 3 when it was too much; any failure ends the process, and whoever started it says so."""
    try:
        return _done()
    except (TooMuch, MemoryError):
        return TOO_MUCH


def _done() -> int:
    task, said = sys.argv[1], sys.argv[2]
    wanted = json.loads(sys.stdin.buffer.readline() if said == "-" else said)
    pdf = sys.stdin.buffer.read()
    if task == "read":
        sys.stdout.buffer.write(read(pdf).encode())
    elif task in {"redact", "shield"}:
        boxes = [Box(**box) for box in wanted["boxes"]]
        made = {"redact": redact, "shield": shield}[task](pdf, wanted["words"], boxes)
        sys.stdout.buffer.write(made)
    else:
        return 2
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
