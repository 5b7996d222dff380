"""What the provider publishes: fetched seldom, trusted little, and used on while the provider is away."""

from datetime import UTC, datetime, timedelta

import httpx
import pytest
from joserfc.jwk import RSAKey

from gateway.login.metadata import Directory, ProviderMisconfigured
from sikkersak.errors import Transient

ISSUER = "https://idporten.example.no"


class Published:
    """A provider that counts what is fetched."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
        self.fetched: list[str] = []
        self.away = False
        self.keys = [RSAKey.generate_key(2048, {"kid": "k1"}).as_dict(private=False)]
        self.document: dict[str, str] = {
            "issuer": ISSUER,
            "authorization_endpoint": f"{ISSUER}/authorize",
            "token_endpoint": f"{ISSUER}/token",
            "jwks_uri": f"{ISSUER}/jwks.json",
            "end_session_endpoint": f"{ISSUER}/logout",
        }

    def answer(self, request: httpx.Request) -> httpx.Response:
        self.fetched.append(request.url.path)
        if self.away:
            raise httpx.ConnectError("away")
        if request.url.path == "/jwks.json":
            return httpx.Response(200, json={"keys": self.keys})
        return httpx.Response(200, json=self.document)


@pytest.fixture
def published() -> Published:
    return Published()


@pytest.fixture
def directory(published: Published) -> Directory:
    http = httpx.AsyncClient(transport=httpx.MockTransport(published.answer))
    return Directory(ISSUER, http, lambda: published.now)


class TestDescription:
    async def test_is_fetched_once_a_day(self, directory: Directory, published: Published) -> None:
        await directory.metadata()
        published.now += timedelta(hours=23)
        await directory.metadata()
        assert len(published.fetched) == 1
        published.now += timedelta(hours=2)
        await directory.metadata()
        assert len(published.fetched) == 2

    async def test_old_one_is_used_while_the_provider_is_away(self, directory: Directory, published: Published) -> None:
        known = await directory.metadata()
        published.away, published.now = True, published.now + timedelta(days=2)
        assert await directory.metadata() == known

    async def test_provider_that_is_away_is_not_asked_at_every_login(
        self, directory: Directory, published: Published
    ) -> None:
        await directory.metadata()
        assert await directory.key("k1")
        published.away, published.now = True, published.now + timedelta(days=2)
        published.fetched.clear()
        for _ in range(20):
            await directory.metadata()
            assert await directory.key("k1")
            assert await directory.key("invented") is None
        assert len(published.fetched) == 2

    async def test_nothing_known_and_provider_away_is_transient(
        self, directory: Directory, published: Published
    ) -> None:
        published.away = True
        with pytest.raises(Transient):
            await directory.metadata()

    @pytest.mark.parametrize(
        "change",
        [{"issuer": "https://auth.dataporten.no"}, {"token_endpoint": "http://idporten.example.no/token"}],
        ids=["other-issuer", "plain-http"],
    )
    async def test_one_that_does_not_hold_is_refused(
        self, directory: Directory, published: Published, change: dict[str, str]
    ) -> None:
        published.document |= change
        with pytest.raises(ProviderMisconfigured):
            await directory.metadata()

    async def test_one_that_lacks_an_address_is_refused(self, directory: Directory, published: Published) -> None:
        del published.document["jwks_uri"]
        with pytest.raises(ProviderMisconfigured):
            await directory.metadata()


class TestKeys:
    async def test_unknown_id_fetches_anew_but_not_without_pause(
        self, directory: Directory, published: Published
    ) -> None:
        assert await directory.key("k1")
        for _ in range(50):
            assert await directory.key("invented") is None
        assert published.fetched.count("/jwks.json") == 1
        published.keys.append(RSAKey.generate_key(2048, {"kid": "k2"}).as_dict(private=False))
        published.now += timedelta(seconds=31)
        assert await directory.key("k2")
        assert published.fetched.count("/jwks.json") == 2

    async def test_withdrawn_key_is_forgotten_within_a_day(self, directory: Directory, published: Published) -> None:
        assert await directory.key("k1")
        published.keys = [RSAKey.generate_key(2048, {"kid": "k2"}).as_dict(private=False)]
        published.now += timedelta(hours=25)
        assert await directory.key("k1") is None

    async def test_known_keys_are_used_while_the_provider_is_away(
        self, directory: Directory, published: Published
    ) -> None:
        assert await directory.key("k1")
        published.away, published.now = True, published.now + timedelta(hours=25)
        assert await directory.key("k1")

    async def test_keys_of_other_kinds_are_passed_over(self, directory: Directory, published: Published) -> None:
        published.keys += [{"kty": "oct", "k": "c2VjcmV0", "kid": "k3"}, {"kty": "new", "kid": "k4"}]
        assert await directory.key("k1")
        assert await directory.key("k3") is None

    async def test_no_usable_key_is_refused(self, directory: Directory, published: Published) -> None:
        published.keys = []
        with pytest.raises(ProviderMisconfigured):
            await directory.key("k1")
