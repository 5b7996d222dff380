"""The broker's topology as one file for `rabbitmqctl import_definitions`: deploy/rabbitmq/definitions.json."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Final

from sikkersak.messaging.topology import definitions

FILE: Final = Path(__file__).resolve().parents[1] / "rabbitmq" / "definitions.json"
_KINDS: Final = ("exchanges", "queues", "bindings", "policies")


def whole_broker() -> dict[str, Any]:
    """Both virtual hosts in one; without accounts, which are each installation's own."""
    known = definitions()
    merged = {
        kind: [{"vhost": vhost, **thing} for vhost, content in known.items() for thing in content[kind]]
        for kind in _KINDS
    }
    return {"vhosts": [{"name": vhost} for vhost in known], **merged}


def as_text() -> str:
    """What the file must hold."""
    return json.dumps(whole_broker(), indent=1) + "\n"
