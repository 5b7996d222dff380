"""`python -m cases.papers read|redact JSON`: a PDF on standard input, text or a PDF on standard output."""

from __future__ import annotations

import json
import sys

from cases.papers.reading import read
from cases.papers.redaction import Box, redact


def main() -> int:
    """0 when it was done; any failure ends the process, and whoever started it says so."""
    task, wanted = sys.argv[1], json.loads(sys.argv[2])
    pdf = sys.stdin.buffer.read()
    if task == "read":
        sys.stdout.buffer.write(read(pdf).encode())
    elif task == "redact":
        boxes = [Box(**box) for box in wanted["boxes"]]
        sys.stdout.buffer.write(redact(pdf, wanted["words"], boxes))
    else:
        return 2
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
