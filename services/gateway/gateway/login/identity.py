"""When a log-in counts (M29): level, freshness, a national identity number, and never a session begun in Feide.

Pure rules on claims whose signature somebody else has checked.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from gateway.login.refusals import (
    FeideSession,
    LevelTooLow,
    LoginTooOld,
    NationalNumberMissing,
    NonceMismatch,
    TokenExpired,
    TokenNotTrusted,
)
from sikkersak.identity.national_number import lookup

LEVELS = ("idporten-loa-substantial", "idporten-loa-high")
"""Weakest first. Levels from other countries and self-registered users are left out: they are no Norwegian identity."""

CLOCK_SKEW = timedelta(seconds=10)
_NATIONAL_NUMBER = re.compile(r"\d{11}", re.ASCII)


class NationalNumber:
    """A national identity number in memory. It does not show itself in logs, tracebacks or messages."""

    __slots__ = ("_digits",)

    def __init__(self, digits: str) -> None:
        if not _NATIONAL_NUMBER.fullmatch(digits):
            raise NationalNumberMissing
        self._digits = digits

    def lookup(self, key: bytes) -> str:
        """The keyed hash that stands for the person everywhere: HMAC-SHA-256, 64 hexadecimal digits.

        Only someone with the key can go from number to hash, and nobody back. The key has at least 256 bits.
        """
        return lookup(self._digits, key)

    def __repr__(self) -> str:
        """Never the digits."""
        return "NationalNumber(***)"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        """The same person."""
        return isinstance(other, NationalNumber) and hmac.compare_digest(self._digits, other._digits)

    def __hash__(self) -> int:
        """Goes with equality."""
        return hash(self._digits)


@dataclass(frozen=True)
class Policy:
    """What the house accepts. `levels` is an allow-list, weakest first; an unknown level is refused."""

    levels: tuple[str, ...] = LEVELS
    skew: timedelta = CLOCK_SKEW
    oldest_login: timedelta = timedelta(hours=2)
    """How long ago the person may have logged in when single sign-on answers; ID-porten's own limit is 120 minutes."""

    def reaches(self, acr: object, demanded: str) -> bool:
        """Whether the level is known and at least the one demanded."""
        return acr in self.levels and self.levels.index(str(acr)) >= self.levels.index(demanded)


@dataclass(frozen=True)
class Demand:
    """What one log-in must fulfil. A forced one must have happened after we asked."""

    level: str = LEVELS[0]
    forced: bool = False
    max_age: timedelta | None = None


@dataclass(frozen=True)
class Expectation:
    """What the answer to one request must match."""

    issuer: str
    client_id: str
    nonce: str
    asked_at: datetime
    demand: Demand


@dataclass(frozen=True)
class Authentication:
    """One proof of who someone is, as a session keeps it. Holds nothing that names the person."""

    issuer: str
    subject: str
    level: str
    methods: tuple[str, ...]
    authenticated_at: datetime
    received_at: datetime
    token_id: str


@dataclass(frozen=True)
class VerifiedLogin:
    """A log-in that counts. `id_token` is needed once more, as the hint at logout, and names the person."""

    number: NationalNumber
    authentication: Authentication
    provider_session: str | None
    locale: str | None
    id_token: str = field(repr=False)


def judge(
    claims: Mapping[str, object], id_token: str, expected: Expectation, policy: Policy, now: datetime
) -> VerifiedLogin:
    """The log-in behind these claims, or the named reason why it does not count."""
    _check_addressing(claims, expected)
    _check_lifetime(claims, policy, now)
    if not _same(claims.get("nonce"), expected.nonce):
        raise NonceMismatch
    # Asked before the level: whoever came from Feide is told so, whatever level the token claims.
    if began_in_feide(_methods(claims), claims.get("acr")):
        raise FeideSession
    if not policy.reaches(claims.get("acr"), expected.demand.level):
        raise LevelTooLow
    at = _authenticated_at(claims, expected, policy, now)
    return VerifiedLogin(
        number=NationalNumber(_text(claims.get("pid")) or ""),
        authentication=_authentication(claims, at, now),
        provider_session=_text(claims.get("sid")),
        locale=_text(claims.get("locale")),
        id_token=id_token,
    )


def _authentication(claims: Mapping[str, object], at: datetime, now: datetime) -> Authentication:
    return Authentication(
        issuer=str(claims["iss"]),
        subject=str(claims["sub"]),
        level=str(claims["acr"]),
        methods=_methods(claims),
        authenticated_at=at,
        received_at=now,
        token_id=str(claims.get("jti") or ""),
    )


def began_in_feide(methods: tuple[str, ...], acr: object) -> bool:
    """Whether anything in the token says Feide. It can only take away trust: no method ever adds any."""
    return any(method.casefold().startswith("feide") for method in methods) or "feide" in str(acr).casefold()


def is_fresh(authentication: Authentication, within: timedelta, policy: Policy, now: datetime) -> bool:
    """Whether a protected action may rest on this proof: happened within the time, and not in the future."""
    age = now - authentication.authenticated_at
    return -policy.skew <= age <= within


def _check_addressing(claims: Mapping[str, object], expected: Expectation) -> None:
    audience = claims.get("aud")
    audiences = audience if isinstance(audience, list) else [audience]
    if claims.get("iss") != expected.issuer or audiences != [expected.client_id] or not _text(claims.get("sub")):
        raise TokenNotTrusted
    if claims.get("azp", expected.client_id) != expected.client_id:
        raise TokenNotTrusted


def _check_lifetime(claims: Mapping[str, object], policy: Policy, now: datetime) -> None:
    issued, expires = moment(claims.get("iat")), moment(claims.get("exp"))
    if issued is None or expires is None:
        raise TokenNotTrusted
    if now >= expires + policy.skew or issued > now + policy.skew:
        raise TokenExpired


def _authenticated_at(claims: Mapping[str, object], expected: Expectation, policy: Policy, now: datetime) -> datetime:
    at = moment(claims.get("auth_time"))
    limit = policy.oldest_login if expected.demand.max_age is None else expected.demand.max_age
    if at is None or at > now + policy.skew or now - at > limit + policy.skew:
        raise LoginTooOld
    # A browser can strip prompt=login from its address; only the time shows that a new log-in took place.
    if expected.demand.forced and at < expected.asked_at - policy.skew:
        raise LoginTooOld
    return at


def moment(value: object) -> datetime | None:
    """The moment of a NumericDate claim; None for anything that is not one."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):
        return None


def _methods(claims: Mapping[str, object]) -> tuple[str, ...]:
    """`amr` is a list today and was a string before."""
    given = claims.get("amr")
    if isinstance(given, str):
        return (given,)
    return tuple(str(method) for method in given) if isinstance(given, list) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _same(given: object, expected: str) -> bool:
    return isinstance(given, str) and hmac.compare_digest(given.encode(), expected.encode())
