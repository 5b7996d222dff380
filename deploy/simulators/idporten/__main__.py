"""The command: `python -m simulators idporten --port N --users FILE --clients FILE`."""

from collections.abc import Sequence
from pathlib import Path

from simulators.faults import Faults
from simulators.idporten.app import build
from simulators.idporten.control import state
from simulators.idporten.keys import SigningKeys
from simulators.idporten.provider import Provider
from simulators.idporten.registry import read_registry
from simulators.listening import address, bind, listening_arguments, run


def main(argv: Sequence[str] | None = None) -> None:
    """Runs until stopped. With `--state`, the signing keys outlive a restart; sessions do not."""
    parser = listening_arguments("idporten", __doc__)
    parser.add_argument("--users", type=Path, required=True, help='{"users": [{"pid", "name", "username", "locale"}]}')
    parser.add_argument("--clients", type=Path, required=True, help='{"clients": [{"client_id", "redirect_uris", …}]}')
    parser.add_argument("--issuer", help="the issuer as clients and browsers reach it, when it is not this address")
    given = parser.parse_args(argv)
    registry = read_registry(given.users, given.clients)
    taken = bind(given.host, given.port)
    issuer = (given.issuer or address(taken)).rstrip("/")
    provider = Provider(issuer, registry, SigningKeys(given.state))
    run(Faults(build(provider), state=lambda: state(provider), reset=provider.reset), taken)


if __name__ == "__main__":
    main()
