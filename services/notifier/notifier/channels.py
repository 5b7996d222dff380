"""The channels that notices go to: a school's own where it has one, else the common one (M22)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, SecretStr, TypeAdapter, ValidationError


class Channel(BaseModel):
    """One school's own channel, and the name that its notices carry."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=100)
    webhook: SecretStr | None = None


@dataclass(frozen=True)
class Channels:
    """Where notices go: a school's own channel where it has one, else the common one."""

    common: str | None
    schools: Mapping[UUID, Channel]

    @classmethod
    def read(cls, common: SecretStr | None, schools: SecretStr | None) -> Channels:
        """From the settings. Raises ValueError for what cannot be read, without quoting it: addresses are secrets."""
        text = schools.get_secret_value() if schools else "{}"
        try:
            known = TypeAdapter(dict[UUID, Channel]).validate_json(text)
        except ValidationError as wrong:
            raise ValueError(f"teams_channels cannot be read: {wrong.error_count()} mistakes") from None
        return cls(common.get_secret_value() if common else None, known)

    def webhook(self, school: UUID | None) -> str | None:
        """The address for a school, or for all."""
        own = self.schools.get(school) if school else None
        return own.webhook.get_secret_value() if own and own.webhook else self.common

    def name(self, school: UUID | None) -> str | None:
        """The school's name, where it is set up."""
        own = self.schools.get(school) if school else None
        return own.name if own else None

    def of_their_own(self) -> tuple[UUID, ...]:
        """The schools that have a channel of their own."""
        return tuple(school for school, channel in self.schools.items() if channel.webhook)
