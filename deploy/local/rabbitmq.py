"""RabbitMQ as a private server: an own folder, own ports on 127.0.0.1, an own Erlang port mapper."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import httpx

from local.memory import Memory
from local.waiting import answers, wait

PROGRAMS: Final = Path("/usr/lib/rabbitmq/bin")
ADMINISTRATOR: Final = "sikkersak-admin"


@dataclass(frozen=True)
class RabbitMQ:
    """One broker: where its data is, and whose memory has its ports and its password."""

    home: Path
    memory: Memory

    @property
    def port(self) -> int:
        """For messages, on 127.0.0.1."""
        return self.memory.port("rabbitmq")

    @property
    def url(self) -> str:
        """With administrator rights."""
        return f"amqp://{ADMINISTRATOR}:{self.memory.password('rabbitmq')}@127.0.0.1:{self.port}/"

    @property
    def management_url(self) -> str:
        """The management API."""
        return f"http://127.0.0.1:{self.memory.port('rabbitmq-management')}"

    def start(self) -> None:
        """Starts it unless it runs. Raises `Unavailable`."""
        log = f"output.log in {self.home.name}/"
        if answers(self.port):
            wait(self._is_up, "RabbitMQ", log)  # another ./dev may have just started it
            return
        if not is_installed():
            self._keep_container()
            return
        self._configure()
        with (self.home / "output.log").open("ab") as output:
            subprocess.Popen(
                [str(PROGRAMS / "rabbitmq-server")],
                env=os.environ | self._environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        # the management pages are up before the port for messages is open
        wait(lambda: answers(self.port) and self._is_up(), "RabbitMQ", log)

    def stop(self) -> None:
        """Stops it and its port mapper."""
        if not (is_installed() and self.home.exists()):
            return
        environment = os.environ | self._environment()
        # the port mapper outlives its last node; it leaves when told to, and only ours listens on this port
        for command in ([str(PROGRAMS / "rabbitmqctl"), "-q", "shutdown"], ["epmd", "-kill"]):
            subprocess.run(command, env=environment, check=False, capture_output=True)

    def _configure(self) -> None:
        self.home.mkdir(parents=True, exist_ok=True)
        settings = self.home / "rabbitmq.conf"
        settings.touch(mode=0o600)
        settings.write_text(
            f"listeners.tcp.default = 127.0.0.1:{self.port}\n"
            f"management.tcp.ip = 127.0.0.1\nmanagement.tcp.port = {self.memory.port('rabbitmq-management')}\n"
            f"prometheus.tcp.ip = 127.0.0.1\nprometheus.tcp.port = {self.memory.port('rabbitmq-prometheus')}\n"
            f"default_user = {ADMINISTRATOR}\ndefault_pass = {self.memory.password('rabbitmq')}\n"
            "disk_free_limit.absolute = 200MB\nvm_memory_high_watermark.absolute = 1GB\n"
        )
        (self.home / "enabled_plugins").write_text("[rabbitmq_management, rabbitmq_prometheus].\n")

    def _environment(self) -> dict[str, str]:
        control = self.memory.port("rabbitmq-control")
        return {
            "HOME": str(self.home),
            "RABBITMQ_NODENAME": f"sikkersak-{self.port}@localhost",
            "RABBITMQ_MNESIA_BASE": str(self.home / "data"),
            "RABBITMQ_LOG_BASE": str(self.home / "log"),
            "RABBITMQ_CONFIG_FILE": str(self.home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(self.home / "advanced.config"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.home / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(self.home / "pid"),
            "RABBITMQ_DIST_PORT": str(self.memory.port("rabbitmq-distribution")),
            "RABBITMQ_CTL_DIST_PORT_MIN": str(control),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(control + 10),
            "ERL_EPMD_PORT": str(self.memory.port("rabbitmq-names")),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
        }

    def _keep_container(self) -> None:
        """Where Debian's package is not here and could not be installed."""
        from local import containers

        account = containers.Account(ADMINISTRATOR, self.memory.password("rabbitmq"))
        outside = (self.port, self.memory.port("rabbitmq-management"))
        containers.keep_running(containers.RABBITMQ, outside, account)
        wait(self._is_up, "RabbitMQ", "the container's own")

    def _is_up(self) -> bool:
        url = f"{self.management_url}/api/health/checks/virtual-hosts"
        try:
            return httpx.get(url, auth=(ADMINISTRATOR, self.memory.password("rabbitmq")), timeout=2).is_success
        except httpx.TransportError:
            return False


def is_installed() -> bool:
    """Whether Debian's package is here."""
    return (PROGRAMS / "rabbitmq-server").exists()
