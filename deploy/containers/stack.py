"""The local stack's keys, registers and provisioning, seen from inside the network of containers."""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Final

from local.memory import Memory
from local.places import SERVICES
from local.servers import Servers
from local.stack import Stack

KEYS: Final = Path(os.environ.get("KEYS_FOLDER", "/keys"))
ADMINISTRATOR: Final = "sikkersak-admin"
SERVICE_PORT: Final = 8000
STAND_IN_PORT: Final = 8080

# Where a stand-in does not listen as the others do. A browser and the gateway must know ID-porten by one address.
_APART: Final = {
    "signing-portal": "https://signing-portal:8443",
    "signing-simulator": "https://signing-portal:8443",
    "signing-control": f"http://signing-portal:{STAND_IN_PORT}",
    "smtp-control": f"http://smtp:{STAND_IN_PORT}",
}


class ContainerStack(Stack):
    """The stack of docker-compose.yml: the engine starts and stops its processes, this knows its names and keys."""

    def __init__(self, folder: Path = KEYS) -> None:
        super().__init__(folder, "sikkersak", Memory(folder / "memory.json"))

    def url(self, name: str) -> str:
        """The address inside the network; for gateway and ID-porten also the one outside."""
        if name == "gateway":
            return os.environ.get("GATEWAY_URL", f"http://sikkersak.localhost:{SERVICE_PORT}")
        if name == "idporten":
            return os.environ.get("IDPORTEN_URL", "http://idporten.localhost:8001")
        return _APART.get(name) or f"http://{name}:{SERVICE_PORT if name in SERVICES else STAND_IN_PORT}"

    @cached_property
    def servers(self) -> Servers:
        """The servers' addresses with administrator rights."""
        rabbitmq = f"{ADMINISTRATOR}:{self.memory.password('rabbitmq')}@rabbitmq"
        return Servers(
            f"postgresql://postgres:{self.memory.password('postgres')}@postgres:5432/postgres",
            f"amqp://{rabbitmq}:5672/",
            "http://rabbitmq:15672",
        )
