"""Who can log in, with what, and to which clients: read once from the two files given at start."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from joserfc.jwk import KeySet, RSAKey
from pydantic import BaseModel, ConfigDict, Field, model_validator

LEVELS = {
    "selfregistered-email": 0,
    "idporten-loa-low": 1,
    "idporten-loa-substantial": 2,
    "eidas-loa-substantial": 2,
    "idporten-loa-high": 3,
    "eidas-loa-high": 3,
}
REQUESTABLE_LEVELS = ("idporten-loa-substantial", "idporten-loa-high")


class Entry(BaseModel):
    """Something read from a file; a misspelt field is an error at start, not a surprise later."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class User(Entry):
    """A test person. The number is synthetic: its month has 80 added."""

    pid: str = Field(pattern=r"^\d{11}$")
    name: str
    username: str
    locale: str = "nb"


class Method(Entry):
    """A way to log in and what the token then says about it."""

    label: str
    acr: str
    amr: str
    tells_pid: bool = True


METHODS = {
    "minid": Method(label="MinID", acr="idporten-loa-substantial", amr="Minid-OTC"),
    "minid-app": Method(label="MinID-app", acr="idporten-loa-substantial", amr="Minid-APP"),
    "bankid": Method(label="BankID", acr="idporten-loa-high", amr="BankID"),
    "buypass": Method(label="Buypass", acr="idporten-loa-high", amr="Buypass"),
    # A session that began in Feide claims a sufficient level: only the method gives it away.
    "feide": Method(label="Feide", acr="idporten-loa-substantial", amr="Feide"),
    "testid": Method(label="TestID", acr="idporten-loa-high", amr="TestID"),
    "eidas": Method(label="eIDAS", acr="eidas-loa-high", amr="eIDAS", tells_pid=False),
    "email": Method(label="E-post", acr="selfregistered-email", amr="Selfregistered-email", tells_pid=False),
}


class Client(Entry):
    """A registered client. Its public keys stand in `jwks`, or as PEM in `public_key_file` with `kid`."""

    client_id: str
    name: str
    redirect_uris: tuple[str, ...] = Field(min_length=1)
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str | None = None
    frontchannel_logout_uri: str | None = None
    sso_disabled: bool = False
    jwks: dict[str, Any] | None = None
    public_key_file: Path | None = None
    kid: str | None = None

    @model_validator(mode="after")
    def keep_logout_on_own_host(self) -> "Client":
        """ID-porten registers a logout address only on the host of a redirect address."""
        hosts = {urlsplit(uri).hostname for uri in self.redirect_uris}
        for uri in (self.backchannel_logout_uri, self.frontchannel_logout_uri):
            if uri and urlsplit(uri).hostname not in hosts:
                raise ValueError(f"{self.client_id}: {uri} is not on the host of a redirect address")
        if (self.jwks is None) == (self.public_key_file is None):
            raise ValueError(f"{self.client_id}: give either jwks or public_key_file")
        return self

    @property
    def hears_logout(self) -> bool:
        """Only such clients are told the session id."""
        return bool(self.backchannel_logout_uri or self.frontchannel_logout_uri)

    def keys(self, folder: Path) -> KeySet:
        """The public keys this client signs its assertions for; a relative key file is read from `folder`."""
        if self.jwks is not None:
            return KeySet([RSAKey.import_key(key) for key in self.jwks["keys"]])
        pem = (folder / str(self.public_key_file)).read_bytes()
        return KeySet([RSAKey.import_key(pem, {"kid": self.kid} if self.kid else None)])


class Registry:
    """The test persons and the clients, with the clients' keys."""

    def __init__(self, users: Iterable[User], clients: Iterable[Client], key_folder: Path) -> None:
        self.users = tuple(users)
        self.clients = {client.client_id: client for client in clients}
        self.client_keys = {name: client.keys(key_folder) for name, client in self.clients.items()}

    def user(self, name: str) -> User | None:
        """The person with this national identity number or user name."""
        return next((user for user in self.users if name in (user.pid, user.username)), None)


def read_registry(users_file: Path, clients_file: Path) -> Registry:
    """Reads `{"users": […]}` and `{"clients": […]}`; a mistake in either stops the start with its place."""
    users = json.loads(users_file.read_text(encoding="utf-8"))["users"]
    clients = json.loads(clients_file.read_text(encoding="utf-8"))["clients"]
    return Registry(
        (User.model_validate(user) for user in users),
        (Client.model_validate(client) for client in clients),
        clients_file.resolve().parent,
    )
