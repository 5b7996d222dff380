"""Log-in from end to end against the stand-in: what counts, and every way it must not (M29)."""

import re
import time
from dataclasses import replace
from datetime import timedelta
from queue import Queue
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from joserfc.jwk import RSAKey

from gateway.login.identity import Demand, VerifiedLogin
from gateway.login.idporten import IdPorten, Registration, http_client
from gateway.login.metadata import Directory, ProviderMisconfigured
from gateway.login.provider import PATIENCE, PendingLogin, new_pending, ticket_digest
from gateway.login.refusals import (
    CallbackNotOurs,
    ClientRefused,
    CodeRefused,
    FeideSession,
    LevelTooLow,
    LoginCancelled,
    LoginRefused,
    LoginTooOld,
    LogoutNotTrusted,
    NationalNumberMissing,
    NonceMismatch,
    Remedy,
    TokenExpired,
    TokenNotTrusted,
)
from gateway.login.signatures import ClientKey
from sikkersak.clock import now
from sikkersak.errors import Transient


class StandIn(Protocol):
    address: str
    browser: httpx.Client
    logout_tokens: "Queue[str]"

    def quirks(self, **quirks: object) -> None: ...
    def order(self, method: str, path: str, body: object = None) -> httpx.Response: ...
    def choose(self, address: str, user: str = "kari", method: str = "minid") -> dict[str, str]: ...
    def visit(self, address: str) -> dict[str, str]: ...
    def landed(self, answer: httpx.Response) -> dict[str, str]: ...


def begin(idporten: IdPorten, demand: Demand | None = None) -> PendingLogin:
    return new_pending(idporten.issuer, demand or Demand(), now())[1]


async def log_in(
    idporten: IdPorten, stand_in: StandIn, demand: Demand | None = None, method: str = "minid"
) -> VerifiedLogin:
    pending = begin(idporten, demand)
    callback = stand_in.choose(await idporten.authorization_address(pending), method=method)
    return await idporten.finish(pending, callback, now())


class TestLoginThatCounts:
    async def test_tells_the_person_the_level_and_the_time(self, idporten: IdPorten, stand_in: StandIn) -> None:
        login = await log_in(idporten, stand_in)
        assert login.number.lookup(b"k" * 32) != login.number.lookup(b"l" * 32)
        assert login.authentication.level == "idporten-loa-substantial"
        assert login.authentication.methods == ("Minid-OTC",)
        assert abs(now() - login.authentication.authenticated_at) < timedelta(seconds=30)
        assert login.provider_session

    async def test_never_shows_the_national_number(self, idporten: IdPorten, stand_in: StandIn) -> None:
        login = await log_in(idporten, stand_in)
        assert "14838141278" not in f"{login!r} {login.number} {login.authentication!r}"

    async def test_address_carries_nothing_the_user_could_edit(self, idporten: IdPorten) -> None:
        address = await idporten.authorization_address(begin(idporten, Demand(forced=True)))
        assert set(parse_qs(urlsplit(address).query)) == {"client_id", "request_uri"}

    async def test_single_sign_on_at_a_sufficient_level_counts(self, idporten: IdPorten, stand_in: StandIn) -> None:
        await log_in(idporten, stand_in)
        stand_in.order("POST", "sessions/age", {"seconds": 600})
        pending = begin(idporten)
        login = await idporten.finish(pending, stand_in.visit(await idporten.authorization_address(pending)), now())
        assert now() - login.authentication.authenticated_at > timedelta(minutes=9)

    async def test_stronger_than_demanded_counts(self, idporten: IdPorten, stand_in: StandIn) -> None:
        assert (await log_in(idporten, stand_in, method="bankid")).authentication.level == "idporten-loa-high"

    async def test_new_keys_at_the_provider_are_found(
        self, idporten: IdPorten, stand_in: StandIn, registration: Registration
    ) -> None:
        clock = [now()]
        directory = Directory(registration.issuer, idporten._http, lambda: clock[0], allow_http=True)
        idporten = IdPorten(registration, idporten._key, idporten._http, directory=directory)
        await log_in(idporten, stand_in)
        stand_in.order("POST", "keys/rotate", {"keep_old": False})
        with pytest.raises(TokenNotTrusted):
            await log_in(idporten, stand_in)
        clock[0] += timedelta(seconds=31)
        assert await log_in(idporten, stand_in)


class TestFeide:
    """A session that came from Feide is not enough: it must log in anew with MinID (or stronger)."""

    def began(self, stand_in: StandIn, age: int = 60) -> None:
        begun = stand_in.order("POST", "sessions", {"user": "kari", "method": "feide", "age_seconds": age}).json()
        host = urlsplit(stand_in.address).hostname or ""
        stand_in.browser.cookies.set(begun["cookie"]["name"], begun["cookie"]["value"], domain=host)

    async def test_session_begun_in_feide_does_not_count(self, idporten: IdPorten, stand_in: StandIn) -> None:
        self.began(stand_in)
        pending = begin(idporten)
        callback = stand_in.visit(await idporten.authorization_address(pending))
        with pytest.raises(FeideSession) as refused:
            await idporten.finish(pending, callback, now())
        assert refused.value.remedy is Remedy.FORCED_LOGIN
        assert "MinID" in refused.value.detail

    async def test_forced_login_with_minid_after_feide_counts(self, idporten: IdPorten, stand_in: StandIn) -> None:
        self.began(stand_in)
        pending = begin(idporten, Demand(forced=True))
        address = await idporten.authorization_address(pending)
        assert stand_in.browser.get(address).status_code == 200, "the provider asks the person again"
        login = await idporten.finish(pending, stand_in.choose(address), now())
        assert login.authentication.methods == ("Minid-OTC",)

    async def test_choosing_feide_again_when_forced_does_not_count(self, idporten: IdPorten, stand_in: StandIn) -> None:
        with pytest.raises(FeideSession):
            await log_in(idporten, stand_in, Demand(forced=True), method="feide")

    async def test_old_session_that_hides_feide_fails_the_forced_login(
        self, idporten: IdPorten, stand_in: StandIn
    ) -> None:
        self.began(stand_in)
        stand_in.quirks(ignore_prompt=True, claims={"amr": ["Minid-OTC"]})
        pending = begin(idporten, Demand(forced=True))
        callback = stand_in.visit(await idporten.authorization_address(pending))
        with pytest.raises(LoginTooOld):
            await idporten.finish(pending, callback, now())


def without_moments(value: object) -> str:
    """A test is called the same every time."""
    return re.sub(r"\d{10}", "moment", str(value))


class TestLoginThatDoesNotCount:
    @pytest.mark.parametrize(
        ("quirks", "refusal"),
        [
            ({"claims": {"nonce": "another"}}, NonceMismatch),
            ({"omit": ["nonce"]}, NonceMismatch),
            ({"claims": {"acr": "idporten-loa-low"}}, LevelTooLow),
            ({"claims": {"acr": "selfregistered-email"}}, LevelTooLow),
            ({"claims": {"acr": "eidas-loa-high"}}, LevelTooLow),
            ({"claims": {"acr": "idporten-loa-unheard-of"}}, LevelTooLow),
            ({"claims": {"acr": "urn:mace:feide.no:auth:level:fad08:3"}}, FeideSession),
            ({"omit": ["acr"]}, LevelTooLow),
            ({"claims": {"aud": "other-app"}}, TokenNotTrusted),
            ({"claims": {"aud": ["sikker-sak", "other-app"]}}, TokenNotTrusted),
            ({"claims": {"iss": "https://auth.dataporten.no"}}, TokenNotTrusted),
            ({"omit": ["sub"]}, TokenNotTrusted),
            ({"omit": ["exp"]}, TokenNotTrusted),
            ({"expired": True}, TokenExpired),
            ({"claims": {"iat": int(time.time()) + 3600}}, TokenExpired),
            ({"unsigned": True}, TokenNotTrusted),
            ({"forged": True}, TokenNotTrusted),
            ({"omit": ["pid"]}, NationalNumberMissing),
            ({"claims": {"pid": "not a number"}}, NationalNumberMissing),
            ({"omit": ["auth_time"]}, LoginTooOld),
            ({"claims": {"auth_time": int(time.time()) - 3 * 3600}}, LoginTooOld),
            ({"claims": {"auth_time": int(time.time()) + 3600}}, LoginTooOld),
            ({"callback_issuer": "https://auth.dataporten.no"}, CallbackNotOurs),
        ],
        ids=without_moments,
    )
    async def test_bent_answer_is_refused_by_its_name(
        self, idporten: IdPorten, stand_in: StandIn, quirks: dict[str, object], refusal: type[LoginRefused]
    ) -> None:
        stand_in.quirks(**quirks)
        with pytest.raises(refusal):
            await log_in(idporten, stand_in)

    async def test_substantial_is_too_low_where_high_is_demanded(self, idporten: IdPorten, stand_in: StandIn) -> None:
        stand_in.quirks(ignore_level=True)
        with pytest.raises(LevelTooLow):
            await log_in(idporten, stand_in, Demand(level="idporten-loa-high"))

    async def test_method_without_national_number_is_refused(self, idporten: IdPorten, stand_in: StandIn) -> None:
        stand_in.quirks(ignore_level=True, claims={"acr": "idporten-loa-high"})
        with pytest.raises(NationalNumberMissing):
            await log_in(idporten, stand_in, method="eidas")

    async def test_replayed_code_is_refused(self, idporten: IdPorten, stand_in: StandIn) -> None:
        pending = begin(idporten)
        callback = stand_in.choose(await idporten.authorization_address(pending))
        await idporten.finish(pending, callback, now())
        with pytest.raises(CodeRefused):
            await idporten.finish(pending, callback, now())

    async def test_wrong_verifier_is_refused(self, idporten: IdPorten, stand_in: StandIn) -> None:
        pending = begin(idporten)
        callback = stand_in.choose(await idporten.authorization_address(pending))
        with pytest.raises(CodeRefused):
            await idporten.finish(replace(pending, verifier="v" * 43), callback, now())

    async def test_code_from_another_login_is_refused(self, idporten: IdPorten, stand_in: StandIn) -> None:
        mine, theirs = begin(idporten), begin(idporten)
        stolen = stand_in.choose(await idporten.authorization_address(theirs), "ola")
        with pytest.raises(CallbackNotOurs):
            await idporten.finish(mine, stolen, now())
        with pytest.raises(CodeRefused):
            await idporten.finish(mine, {**stolen, "state": mine.state}, now())

    @pytest.mark.parametrize("missing", ["state", "iss"])
    async def test_callback_without_its_marks_is_refused(
        self, idporten: IdPorten, stand_in: StandIn, missing: str
    ) -> None:
        pending = begin(idporten)
        callback = stand_in.choose(await idporten.authorization_address(pending))
        del callback[missing]
        with pytest.raises(CallbackNotOurs):
            await idporten.finish(pending, callback, now())

    async def test_callback_after_a_quarter_of_an_hour_is_refused(self, idporten: IdPorten, stand_in: StandIn) -> None:
        pending = begin(idporten)
        callback = stand_in.choose(await idporten.authorization_address(pending))
        with pytest.raises(CallbackNotOurs):
            await idporten.finish(pending, callback, pending.begun_at + PATIENCE)

    async def test_cancelled_login_says_so(self, idporten: IdPorten, stand_in: StandIn) -> None:
        pending = begin(idporten)
        address = await idporten.authorization_address(pending)
        callback = stand_in.landed(stand_in.browser.post(address, data={"cancel": "1"}))
        with pytest.raises(LoginCancelled):
            await idporten.finish(pending, callback, now())

    async def test_error_with_a_foreign_state_is_not_believed(self, idporten: IdPorten) -> None:
        with pytest.raises(CallbackNotOurs):
            await idporten.finish(begin(idporten), {"error": "access_denied", "state": "x"}, now())


class TestProviderInTrouble:
    @pytest.mark.parametrize("faults", [{"down": True}, {"refuse_status": 503, "retry_after": 7}])
    async def test_is_transient_and_can_be_tried_later(
        self, idporten: IdPorten, stand_in: StandIn, faults: dict[str, object]
    ) -> None:
        pending = begin(idporten)
        callback = stand_in.choose(await idporten.authorization_address(pending))
        stand_in.order("PUT", "faults", {**faults, "only": "/token"})
        with pytest.raises(Transient) as failed:
            await idporten.finish(pending, callback, now())
        assert failed.value.retry_after == (timedelta(seconds=7) if "retry_after" in faults else None)
        stand_in.order("PUT", "faults", {})
        assert await idporten.finish(pending, callback, now())

    async def test_lost_answer_spends_the_code_and_nobody_gets_in(self, idporten: IdPorten, stand_in: StandIn) -> None:
        pending = begin(idporten)
        callback = stand_in.choose(await idporten.authorization_address(pending))
        stand_in.order("PUT", "faults", {"lose_answers": 1, "only": "/token"})
        with pytest.raises(Transient):
            await idporten.finish(pending, callback, now())
        with pytest.raises(CodeRefused):
            await idporten.finish(pending, callback, now())

    async def test_our_own_wrong_key_is_told_apart_from_the_person(self, registration: Registration) -> None:
        async with http_client() as http:
            wrong = IdPorten(registration, ClientKey(RSAKey.generate_key(2048), "key-1"), http)
            with pytest.raises(ClientRefused):
                await wrong.authorization_address(begin(wrong))

    async def test_plain_http_is_refused_outside_development(
        self, idporten: IdPorten, registration: Registration
    ) -> None:
        async with http_client() as http:
            strict = IdPorten(replace(registration, allow_http=False), idporten._key, http)
            with pytest.raises(ProviderMisconfigured):
                await strict.authorization_address(begin(strict))


class TestLogout:
    async def test_ends_the_session_at_the_provider_and_comes_back(
        self, idporten: IdPorten, stand_in: StandIn, registration: Registration
    ) -> None:
        login = await log_in(idporten, stand_in)
        answer = stand_in.browser.get(await idporten.logout_address(login.id_token, "s-1"))
        assert answer.headers["location"] == f"{registration.post_logout_redirect_uri}?state=s-1"
        assert stand_in.order("GET", "state").json()["sessions"] == []
        stand_in.logout_tokens.get(timeout=60)

    async def test_logout_elsewhere_names_the_session_to_end(self, idporten: IdPorten, stand_in: StandIn) -> None:
        login = await log_in(idporten, stand_in)
        stand_in.order("POST", "sessions/end", {"user": "kari"})
        notice = await idporten.logout_notice(stand_in.logout_tokens.get(timeout=60), now())
        assert notice.provider_session == login.provider_session
        assert notice.issuer == idporten.issuer
        assert notice.token_id

    @pytest.mark.parametrize(
        "quirks",
        [
            {"forged": True},
            {"logout_claims": {"aud": "other-app"}},
            {"logout_claims": {"iss": "https://auth.dataporten.no"}},
            {"logout_claims": {"nonce": "n"}},
            {"logout_claims": {"events": None}},
            {"logout_claims": {"events": {"other": {}}}},
            {"logout_claims": {"sid": None}},
            {"logout_claims": {"jti": None}},
            {"logout_claims": {"exp": None}},
            {"logout_claims": {"exp": 1_700_000_000}},
        ],
        ids=str,
    )
    async def test_bent_logout_token_ends_nothing(
        self, idporten: IdPorten, stand_in: StandIn, quirks: dict[str, object]
    ) -> None:
        await log_in(idporten, stand_in)
        stand_in.quirks(**quirks)
        stand_in.order("POST", "sessions/end", {"user": "kari"})
        token = stand_in.logout_tokens.get(timeout=60)
        with pytest.raises(LogoutNotTrusted):
            await idporten.logout_notice(token, now())

    async def test_id_token_is_no_logout_token(self, idporten: IdPorten, stand_in: StandIn) -> None:
        login = await log_in(idporten, stand_in)
        with pytest.raises(LogoutNotTrusted):
            await idporten.logout_notice(login.id_token, now())

    @pytest.mark.parametrize("text", ["", "a.b.c", "x" * 100_000, "æ.ø.å"])
    async def test_garbage_is_no_logout_token(self, idporten: IdPorten, text: str) -> None:
        with pytest.raises(LogoutNotTrusted):
            await idporten.logout_notice(text, now())


def test_ticket_finds_its_login_and_nothing_stored_is_the_ticket() -> None:
    ticket, pending = new_pending("https://idporten.no", Demand(), now(), return_to="/saker/2026-12")
    assert pending.digest == ticket_digest(ticket)
    assert ticket not in repr(pending)
    assert pending.return_to == "/saker/2026-12"


@pytest.mark.parametrize("path", ["https://evil.example", "//evil.example", "/\\evil.example", "saker", "/a\r\nb", ""])
def test_way_back_never_leaves_the_site(path: str) -> None:
    assert new_pending("https://idporten.no", Demand(), now(), return_to=path)[1].return_to == "/"
