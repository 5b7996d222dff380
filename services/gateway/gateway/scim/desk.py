"""What the HR system can have done: each act is one question to cases, asked as the machine it is (M16)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, TypeVar
from uuid import UUID

from pydantic import BaseModel
from scim2_models import NotFoundException, PreconditionFailedException

from gateway.reception import Reception
from gateway.scim.users import SchoolUser, etag, fields_of, national_id_of, user_of
from sikkersak.contracts.cases_employees import (
    Employee,
    ListEmployees,
    PutEmployee,
    ReadEmployee,
    RemoveEmployee,
)
from sikkersak.contracts.message import Operation
from sikkersak.errors import Declined
from sikkersak.identity import Actor, ActorKind
from sikkersak.identity.national_number import lookup

HR: Final = Actor(
    staff_id=UUID("00000000-0000-7000-8000-000000000002"), level="high", session="scim", kind=ActorKind.MACHINE
)
TRIES: Final = 3
STALE: Final = 412
Answer = TypeVar("Answer", bound=BaseModel)


@dataclass(frozen=True)
class Desk:
    """The HR system's counter."""

    reception: Reception
    address: str

    async def create(self, user: Any) -> Any:
        """A new one; the national identity number is hashed here and goes no further."""
        asked = PutEmployee(pid_lookup=self._lookup(user), fields=fields_of(user, is_active=True))
        return self.shown(await self._ask(asked))

    async def read(self, user_id: str) -> Any:
        """One."""
        return self.shown(await self._known(user_id))

    async def replace(self, user_id: str, user: Any, if_match: str | None) -> Any:
        """Exactly this; who is said nothing about stays active, or not, as they were."""
        known = await self._known(user_id, if_match)
        fields = fields_of(user, is_active=known.is_active)
        asked = PutEmployee(
            employee_id=known.employee_id,
            version=known.version if if_match else None,
            pid_lookup=self._lookup(user),
            fields=fields,
        )
        return self.shown(await self._ask(asked))

    async def patch(self, user_id: str, change: Any, if_match: str | None) -> Any:
        """The change applied to what is known; begun anew when somebody else was faster."""
        for left in reversed(range(TRIES)):
            known = await self._known(user_id, if_match)
            user = user_of(known, self._location(known))
            change.patch(user)
            fields = fields_of(user, is_active=known.is_active)
            asked = PutEmployee(
                employee_id=known.employee_id, version=known.version, pid_lookup=self._lookup(user), fields=fields
            )
            try:
                return self.shown(await self._ask(asked))
            except Declined as no:
                if no.status != STALE or if_match or not left:
                    raise
        raise AssertionError("every try returns or raises")

    async def remove(self, user_id: str, if_match: str | None) -> None:
        """Access ends; what the person did stays."""
        known = await self._known(user_id, if_match)
        await self._ask(RemoveEmployee(employee_id=known.employee_id))

    async def find(self, criteria: dict[str, Any] | None, start: int, count: int) -> tuple[list[Any], int]:
        """Those that match, and how many they are in all."""
        if criteria is None:
            return [], 0
        page = await self._ask(ListEmployees(**criteria, start=start, limit=count))
        return [self.shown(one) for one in page.items], page.total

    def shown(self, employee: Employee) -> Any:
        """As the HR system sees it."""
        return user_of(employee, self._location(employee))

    async def _known(self, user_id: str, if_match: str | None = None) -> Employee:
        try:
            employee_id = UUID(user_id)
        except ValueError:
            raise NotFoundException(detail="There is no such user.") from None
        known = await self._ask(ReadEmployee(employee_id=employee_id))
        if if_match not in (None, "*", etag(known)):
            raise PreconditionFailedException(detail="The user was changed by another.")
        return known

    async def _ask(self, operation: Operation[Answer]) -> Answer:
        return await self.reception.rpc.ask(operation, actor=HR, within=self.reception.request_seconds)

    def _lookup(self, user: Any) -> str | None:
        number = national_id_of(user)
        return lookup(number, self.reception.lookup_key) if number else None

    def _location(self, employee: Employee) -> str:
        return f"{self.address}/Users/{employee.employee_id}"


__all__ = ["HR", "Desk", "SchoolUser"]
