"""Sessions: short-lived, opaque, and useless to whoever reads the table."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from gateway.login.identity import Authentication, Demand, NationalNumber, Policy, VerifiedLogin
from gateway.login.provider import PendingLogin, new_pending
from gateway.login.refusals import AnotherPerson, LoginTooOld, NationalNumberMissing, RequestForged, SessionEnded
from gateway.login.session import Limits, Session, SessionSecret, SessionStore, open_session, strengthen
from sikkersak.identity.national_number import lookup_key

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
KEY = b"0123456789abcdef0123456789abcdef"
LIMITS = Limits()


def login(pid: str = "14838141278", at: datetime = NOON, level: str = "idporten-loa-substantial") -> VerifiedLogin:
    proof = Authentication("https://idporten.no", "sub", level, ("Minid-OTC",), at, at, "jti")
    return VerifiedLogin(NationalNumber(pid), proof, "sid-1", "nb", f"header.{pid}.signature")


class TestSecret:
    def test_is_found_again_from_its_cookie(self) -> None:
        secret = SessionSecret.new()
        assert len(secret.cookie()) == 43
        assert SessionSecret.from_cookie(secret.cookie()).digest() == secret.digest()

    def test_does_not_show_itself(self) -> None:
        secret = SessionSecret.new()
        assert secret.cookie() not in f"{secret!r} {secret}"

    @pytest.mark.parametrize("cookie", ["", "short", "æøå", "a" * 44, "=" * 43])
    def test_other_cookies_are_no_session(self, cookie: str) -> None:
        with pytest.raises(SessionEnded):
            SessionSecret.from_cookie(cookie)

    def test_change_needs_the_sessions_own_token(self) -> None:
        secret = SessionSecret.new()
        secret.check_csrf(secret.csrf_token())
        for given in (None, "", "æ", SessionSecret.new().csrf_token(), secret.cookie()):
            with pytest.raises(RequestForged):
                secret.check_csrf(given)

    def test_sealed_text_opens_with_its_own_secret_only(self) -> None:
        secret = SessionSecret.new()
        sealed = secret.seal("token")
        assert secret.unseal(sealed) == "token"
        assert SessionSecret.new().unseal(sealed) is None
        assert secret.unseal(sealed[:-1]) is None
        assert secret.unseal(b"") is None


class TestNationalNumber:
    def test_is_known_by_keyed_hash_only(self) -> None:
        # HMAC-SHA-256 of the eleven digits; computed with another tool, so that a change of recipe is noticed.
        expected = "86e158f43ac32cca8b92bdce1bb18b5c412037fc5290e0d112a7f540d7d66f2d"
        assert NationalNumber("14838141278").lookup(KEY) == expected

    def test_short_key_is_refused(self) -> None:
        with pytest.raises(ValueError, match="32 bytes"):
            NationalNumber("14838141278").lookup(b"short")

    def test_key_comes_as_hexadecimal_text(self) -> None:
        assert lookup_key(KEY.hex() + "\n") == KEY

    @pytest.mark.parametrize("secret", ["", "ab" * 31, "not hexadecimal" * 8])
    def test_other_keys_stop_the_start_without_being_quoted(self, secret: str) -> None:
        with pytest.raises(ValueError, match="the key for identity lookups") as stopped:
            lookup_key(secret)
        assert not secret or secret not in str(stopped.value)

    @pytest.mark.parametrize(
        "digits",
        ["", "1234567890", "123456789012", "1483814127x", "1483814127\N{FULLWIDTH DIGIT EIGHT}", "14838141278\n"],
    )
    def test_anything_but_eleven_digits_is_missing(self, digits: str) -> None:
        with pytest.raises(NationalNumberMissing):
            NationalNumber(digits)


class TestLife:
    def test_row_holds_neither_number_nor_secret(self) -> None:
        secret, session = open_session(login(), KEY, NOON)
        assert "14838141278" not in repr(session)
        assert secret.cookie() not in repr(session)
        assert secret.unseal(session.sealed_id_token) == "header.14838141278.signature"

    def test_ends_after_thirty_idle_minutes(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        session.require_alive(LIMITS, NOON + timedelta(minutes=29, seconds=59))
        with pytest.raises(SessionEnded):
            session.require_alive(LIMITS, NOON + timedelta(minutes=30))

    def test_ends_after_eight_hours_however_much_it_is_used(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        at = NOON
        while at < NOON + timedelta(hours=7, minutes=50):
            at += timedelta(minutes=10)
            session = session.touched(at)
        session.require_alive(LIMITS, NOON + timedelta(hours=7, minutes=59))
        assert session.ends_at(LIMITS) == NOON + timedelta(hours=8)
        with pytest.raises(SessionEnded):
            session.require_alive(LIMITS, NOON + timedelta(hours=8))

    def test_late_replica_does_not_turn_the_clock_back(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        later = session.touched(NOON + timedelta(minutes=5))
        assert later.touched(NOON).last_seen_at == NOON + timedelta(minutes=5)


class TestStrengthening:
    def test_new_login_gives_a_new_secret_and_keeps_the_absolute_limit(self) -> None:
        old_secret, old = open_session(login(), KEY, NOON)
        at = NOON + timedelta(minutes=20)
        secret, session = strengthen(old, login(at=at, level="idporten-loa-high"), KEY, LIMITS, at)
        assert secret.digest() == session.digest != old_secret.digest()
        assert session.begun_at == NOON
        assert [proof.level for proof in session.authentications] == ["idporten-loa-substantial", "idporten-loa-high"]

    def test_another_person_never_takes_a_session_over(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        with pytest.raises(AnotherPerson):
            strengthen(session, login("02917531008"), KEY, LIMITS, NOON)

    def test_ended_session_is_not_brought_back(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        with pytest.raises(SessionEnded):
            strengthen(session, login(), KEY, LIMITS, NOON + timedelta(hours=1))

    def test_protected_action_needs_a_fresh_proof_of_its_level(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        within, policy = timedelta(minutes=10), Policy()
        session.require_fresh("idporten-loa-substantial", within, policy, NOON + within)
        with pytest.raises(LoginTooOld):
            session.require_fresh("idporten-loa-substantial", within, policy, NOON + timedelta(minutes=11))
        with pytest.raises(LoginTooOld):
            session.require_fresh("idporten-loa-high", within, policy, NOON)

    def test_using_the_session_does_not_refresh_the_proof(self) -> None:
        _, session = open_session(login(), KEY, NOON)
        at = NOON + timedelta(minutes=11)
        with pytest.raises(LoginTooOld):
            session.touched(at).require_fresh("idporten-loa-substantial", timedelta(minutes=10), Policy(), at)


@dataclass
class MemoryStore:
    """Sessions in memory: the behaviour the real store must have."""

    pending: dict[bytes, PendingLogin] = field(default_factory=dict)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    logouts: set[str] = field(default_factory=set)

    async def add_pending(self, pending: PendingLogin) -> None:
        self.pending[pending.digest] = pending

    async def take_pending(self, digest: bytes) -> PendingLogin | None:
        return self.pending.pop(digest, None)

    async def add(self, session: Session) -> None:
        self.sessions[session.digest] = session

    async def find(self, digest: bytes) -> Session | None:
        return self.sessions.get(digest)

    async def touch(self, session: Session) -> None:
        if session.digest in self.sessions:
            self.sessions[session.digest] = session

    async def replace(self, old: bytes, session: Session) -> bool:
        if self.sessions.pop(old, None) is None:
            return False
        self.sessions[session.digest] = session
        return True

    async def end(self, digest: bytes) -> Session | None:
        return self.sessions.pop(digest, None)

    async def end_by_provider_session(self, issuer: str, provider_session: str) -> int:
        ended = [
            session.digest
            for session in self.sessions.values()
            if session.provider_session == provider_session and session.authentications[-1].issuer == issuer
        ]
        for digest in ended:
            del self.sessions[digest]
        return len(ended)

    async def first_logout(self, token_id: str, expires_at: datetime) -> bool:
        del expires_at
        known = token_id in self.logouts
        self.logouts.add(token_id)
        return not known


class TestStore:
    @pytest.fixture
    def store(self) -> SessionStore:
        return MemoryStore()

    async def test_login_under_way_is_taken_once(self, store: SessionStore) -> None:
        _, pending = new_pending("https://idporten.no", Demand(), NOON)
        await store.add_pending(pending)
        assert await store.take_pending(pending.digest) == pending
        assert await store.take_pending(pending.digest) is None

    async def test_touch_does_not_bring_an_ended_session_back(self, store: SessionStore) -> None:
        _, session = open_session(login(), KEY, NOON)
        await store.add(session)
        await store.end(session.digest)
        await store.touch(session.touched(NOON + timedelta(minutes=1)))
        assert await store.find(session.digest) is None

    async def test_ended_session_is_not_replaced(self, store: SessionStore) -> None:
        _, old = open_session(login(), KEY, NOON)
        _, fresh = strengthen(old, login(), KEY, LIMITS, NOON)
        assert not await store.replace(old.digest, fresh)
        await store.add(old)
        assert await store.replace(old.digest, fresh)
        assert await store.find(old.digest) is None
        assert await store.find(fresh.digest) == fresh

    async def test_logout_at_the_provider_ends_every_session_with_its_id(self, store: SessionStore) -> None:
        _, one = open_session(login(), KEY, NOON)
        _, two = open_session(login(), KEY, NOON)
        _, other = open_session(replace(login(), provider_session="sid-2"), KEY, NOON)
        for session in (one, two, other):
            await store.add(session)
        assert await store.end_by_provider_session("https://idporten.no", "sid-1") == 2
        assert await store.find(other.digest) == other

    async def test_logout_token_is_new_once(self, store: SessionStore) -> None:
        assert await store.first_logout("jti", NOON)
        assert not await store.first_logout("jti", NOON)
