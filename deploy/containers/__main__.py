"""`python -m containers COMMAND`: what docker-compose.yml runs before the services, and beside them."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Final

import httpx
import typer
from rich.console import Console

from containers import definitions as broker
from containers.placing import place
from containers.stack import ContainerStack
from local.tokens import token_of

# plain tracebacks: the pretty ones show values, and the values here are secrets
app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Sikker Sak in containers."
)
out: Final = Console(stderr=True)
BROKER_SECONDS: Final = 120.0


@app.command()
def keys(target: Annotated[Path, typer.Argument(help="gets a folder for each container")] = Path("/placed")) -> None:
    """Make keys, secrets and registers at the first start, and give each container its own."""
    place(ContainerStack(), target)
    out.print("Keys and secrets are in place.")


@app.command()
def provision() -> None:
    """Make database roles, virtual hosts and accounts; bring every schema to its newest version."""
    stack = ContainerStack()
    _wait_for_broker(stack.servers.management_url)
    stack.provision.run()
    out.print("Roles, queues and schemas are in place.")


@app.command()
def operator() -> None:
    """Print the account with which operations look at the broker."""
    stack = ContainerStack()
    print(stack.provision.operator, stack.memory.password(stack.provision.operator))


app.command("token")(token_of(ContainerStack))


@app.command()
def definitions() -> None:
    """Write deploy/rabbitmq/definitions.json anew from the topology."""
    broker.FILE.write_text(broker.as_text(), encoding="utf-8")


@app.command()
def demo(as_json: Annotated[bool, typer.Option("--json", help="end with one line of figures")] = False) -> None:
    """Run the main job on the running containers, which must hold nothing yet."""
    from local.demo.outside import TooSlow
    from local.demo.run import Figures, job
    from local.demo.staff import Refused

    figures = Figures()
    began = time.monotonic()
    try:
        job(ContainerStack(), figures)
    except (Refused, TooSlow) as wrong:
        sys.exit(f"The demo stopped: {wrong}")
    except subprocess.CalledProcessError:  # it has said itself that there is an administrator already
        sys.exit("The demo needs a system that holds nothing: docker compose down -v; docker compose up --wait")
    figures.seconds_job = round(time.monotonic() - began, 1)
    if as_json:
        print(json.dumps(asdict(figures)))
    raise typer.Exit(0 if figures.not_archived == 0 and figures.duplicates_in_archive == 0 else 1)


def _wait_for_broker(url: str) -> None:
    """Until its management answers at all: that comes a little after the broker itself is healthy."""
    deadline = time.monotonic() + BROKER_SECONDS
    while True:
        try:
            httpx.get(url, timeout=3)
        except httpx.TransportError:  # transient: it is starting
            if time.monotonic() > deadline:
                sys.exit(f"RabbitMQ's management does not answer at {url}.")
            time.sleep(0.5)
        else:
            return


if __name__ == "__main__":
    app()
