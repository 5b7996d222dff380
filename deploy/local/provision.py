"""Databases, roles, virtual hosts, accounts: what the servers must hold before a service starts. All of it idempotent."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import quote, urlsplit, urlunsplit

import asyncpg
import httpx

from local.memory import Memory
from local.places import REPOSITORY
from local.servers import Servers
from sikkersak.messaging.topology import EVENTS_VHOST, RPC_VHOST, SERVICES, definitions
from sikkersak.persistence.migrate import migrate

FIKS_VHOST: Final = "sikkersak-fiks"
SERVICE_SQL: Final = REPOSITORY / "deploy" / "postgres" / "service.sql"


@dataclass(frozen=True)
class Provision:
    """One installation on given servers: `name` is its database and the beginning of its virtual hosts' names."""

    servers: Servers
    memory: Memory
    name: str = "sikkersak"

    def database_url(self, service: str, *, is_owner: bool = False) -> str:
        """The address with a service's runtime role, or with the owner of its schema."""
        role = self._role(service, is_owner=is_owner)
        parts = urlsplit(self.servers.database_url)
        account = f"{role}:{self.memory.password(role)}@{parts.hostname}:{parts.port}"
        return urlunsplit(("postgresql", account, f"/{self.name}", "", ""))

    def rabbitmq_url(self, service: str, vhost: str) -> str:
        """The address of a virtual host with a service's own account."""
        return self._broker_url(self._account(service), vhost)

    @property
    def operator(self) -> str:
        """The account that operations see the broker with; of this installation alone, like every other account."""
        return self._account("operator")

    @property
    def operator_url(self) -> str:
        """The address of the virtual host for facts and orders with that account."""
        return self._broker_url(self.operator, EVENTS_VHOST)

    def vhost(self, known: str) -> str:
        """This installation's name for a virtual host of the topology."""
        return known.replace("sikkersak", self.name, 1)

    def fiks_url(self, *, is_ours: bool) -> str:
        """The broker of Fiks Arkiv, with archiver's account or with that of everybody else there."""
        return self._broker_url(self._account("archiver" if is_ours else "fiks"), FIKS_VHOST)

    def open_fiks(self, *, is_shared: bool) -> None:
        """Makes the broker of Fiks Arkiv: a virtual host that is not ours, as it were; shared where we reach it ourselves."""
        own, account = quote(self.vhost(FIKS_VHOST), safe=""), self._account("fiks")
        ours = r"^fiksio\.konto\."
        with self._management() as http:
            _done(http.put(f"/vhosts/{own}"))
            _done(http.put(f"/users/{account}", json={"password": self.memory.password(account), "tags": ""}))
            _done(http.put(f"/permissions/{own}/{account}", json=_rights(".*", ".*", ".*")))
            if is_shared:
                _done(http.put(f"/permissions/{own}/{self._account('archiver')}", json=_rights(ours, ".*", ours)))

    def run(self) -> None:
        """Makes everything, then brings every schema to its newest version."""
        self.prepare()
        for service in SERVICES:
            self.migrate(service)

    def prepare(self) -> None:
        """Makes roles, database, virtual hosts and accounts; the schemas stay as they are."""
        asyncio.run(self._databases())
        self._broker()

    def remove(self) -> None:
        """Takes away the database, the virtual hosts, the roles and the accounts; the servers stay."""
        asyncio.run(self._drop())
        self.close_fiks()
        with self._management() as http:
            for known in definitions():
                http.delete(f"/vhosts/{quote(self.vhost(known), safe='')}")
            for account in (*map(self._account, SERVICES), self.operator):
                http.delete(f"/users/{account}")

    def close_fiks(self) -> None:
        """Takes the broker of Fiks Arkiv away, if there is one."""
        with self._management() as http:
            http.delete(f"/vhosts/{quote(self.vhost(FIKS_VHOST), safe='')}")
            http.delete(f"/users/{self._account('fiks')}")

    def migrate(self, service: str) -> None:
        """Brings one service's schema to its newest version, as its owner."""
        folder = REPOSITORY / "services" / service / "migrations"
        migrate(service, self.database_url(service, is_owner=True), folder)

    async def _drop(self) -> None:
        admin = await asyncpg.connect(self.servers.database_url)
        try:
            await admin.execute(f'drop database if exists "{self.name}" with (force)')
            for service in SERVICES:
                roles = f'"{self._role(service)}", "{self._role(service, is_owner=True)}"'
                await admin.execute(f"drop role if exists {roles}")
        finally:
            await admin.close()

    async def _databases(self) -> None:
        admin = await asyncpg.connect(self.servers.database_url)
        try:
            if not await admin.fetchval("select true from pg_database where datname = $1", self.name):
                await admin.execute(f'create database "{self.name}"')
        finally:
            await admin.close()
        parts = urlsplit(self.servers.database_url)
        own = await asyncpg.connect(urlunsplit((*parts[:2], f"/{self.name}", "", "")))
        try:
            for service in SERVICES:
                await own.execute(self._service_sql(service))
        finally:
            await own.close()

    def _service_sql(self, service: str) -> str:
        owner, runtime = self._role(service, is_owner=True), self._role(service)
        fields = {
            "service": f'"{service}"',
            "database": f'"{self.name}"',
            "owner": f'"{owner}"',
            "runtime": f'"{runtime}"',
            "owner_name": f"'{owner}'",
            "runtime_name": f"'{runtime}'",
            "owner_password": f"'{self.memory.password(owner)}'",
            "runtime_password": f"'{self.memory.password(runtime)}'",
        }
        return SERVICE_SQL.read_text().format(**fields)

    def _broker(self) -> None:
        account = urlsplit(self.servers.rabbitmq_url)
        with self._management() as http:
            for known, wanted in definitions().items():
                own = quote(self.vhost(known), safe="")
                _done(http.put(f"/vhosts/{own}"))
                _done(http.put(f"/permissions/{own}/{account.username}", json=_rights(".*", ".*", ".*")))
                _done(http.post(f"/definitions/{own}", json=wanted))
            for service in SERVICES:
                self._service_account(http, service)
            operator = {"password": self.memory.password(self.operator), "tags": "management"}
            _done(http.put(f"/users/{self.operator}", json=operator))
            events = quote(self.vhost(EVENTS_VHOST), safe="")
            # reads every queue, and may send what is parked back to the queue it came from, nothing else
            _done(http.put(f"/permissions/{events}/{self.operator}", json=_rights("", "^redeliver$", ".*")))

    def _broker_url(self, account: str, vhost: str) -> str:
        parts = urlsplit(self.servers.rabbitmq_url)
        place = f"{account}:{self.memory.password(account)}@{parts.hostname}:{parts.port}"
        return urlunsplit(("amqp", place, f"/{quote(self.vhost(vhost), safe='')}", "", ""))

    def _management(self) -> httpx.Client:
        account = urlsplit(self.servers.rabbitmq_url)
        credentials = (account.username or "", account.password or "")
        return httpx.Client(base_url=f"{self.servers.management_url}/api", auth=credentials, timeout=30)

    def _service_account(self, http: httpx.Client, service: str) -> None:
        """Least rights: a service publishes to the exchanges and reads its own queues; nobody declares anything."""
        account = self._account(service)
        _done(http.put(f"/users/{account}", json={"password": self.memory.password(account), "tags": ""}))
        own_queues = rf"^{service}\."
        events = _rights("", "^(events|retry|parking|redeliver)$", rf"{own_queues}.*")
        _done(http.put(f"/permissions/{quote(self.vhost(EVENTS_VHOST), safe='')}/{account}", json=events))
        requests = _rights("", r"^amq\.default$", rf"^rpc\.{service}$")
        _done(http.put(f"/permissions/{quote(self.vhost(RPC_VHOST), safe='')}/{account}", json=requests))

    def _role(self, service: str, *, is_owner: bool = False) -> str:
        return f"{self.name}_{service}{'_owner' if is_owner else ''}"

    def _account(self, service: str) -> str:
        return f"{self.name}-{service}"


def _rights(configure: str, write: str, read: str) -> dict[str, str]:
    return {"configure": configure, "write": write, "read": read}


def _done(response: httpx.Response) -> Any:
    response.raise_for_status()
