"""The command that prints what another system would get of Maskinporten's stand-in, on this machine and in containers."""

from collections.abc import Callable, Sequence
from typing import Annotated, Protocol

import typer
from rich.console import Console

from local.machines import NoToken


class HasMachines(Protocol):
    """A stack with a Maskinporten in it."""

    def machine_token(self, scopes: Sequence[str]) -> str:
        """A token for its gateway; `NoToken` when there is none."""


def token_of(stack: Callable[[], HasMachines]) -> Callable[[list[str]], None]:
    """The command for this stack."""

    def token(scopes: Annotated[list[str], typer.Argument(help="of: status, mail, pupils")]) -> None:
        """Print a token of Maskinporten's stand-in, as another system would get it; lives for two minutes."""
        try:
            print(stack().machine_token(scopes))
        except NoToken as none:
            Console(stderr=True).print(str(none), markup=False)
            raise typer.Exit(1) from none

    return token
