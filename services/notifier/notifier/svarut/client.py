"""The client of SvarUt: Send V3, Status V3, look-up by our reference (SvarUt §4.1–§4.3)."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import structlog

from notifier.svarut.answers import judge
from notifier.svarut.encryption import BadCertificate, Certificate
from notifier.svarut.letter import Letter
from notifier.svarut.maskinporten import Maskinporten
from notifier.trouble import NotLetIn, OutcomeUnknown
from sikkersak.errors import Transient
from sikkersak.messaging.circuit import Circuit
from sikkersak.observability.metrics import Metrics

log = structlog.get_logger(__name__)

# SvarUt gives up after 15 minutes; a shorter patience would lose the id of a letter that was taken.
SEND_TIMEOUT: Final = httpx.Timeout(30.0, read=960.0, write=960.0)
ASK_TIMEOUT: Final = httpx.Timeout(30.0)
PROBE_REFERENCE: Final = "sikkersak-probe"


@dataclass(frozen=True)
class Integration:
    """How we are known to SvarUt."""

    base: str
    integration_id: UUID
    password: str
    account: UUID


class SvarUt:
    """One account (konto). Every call goes through the circuit; credentials go to the configured address only."""

    def __init__(
        self,
        http: httpx.AsyncClient,
        integration: Integration,
        tokens: Maskinporten,
        metrics: Metrics,
        probe_every: float,
    ) -> None:
        self._http = http
        self._integration = integration
        self._base = integration.base.rstrip("/")
        self._tokens = tokens
        self._certificate: Certificate | None = None
        self.circuit = Circuit("svarut", self._probe, metrics, probe_every=probe_every)

    async def send(self, letter: Letter, paths: Sequence[Path]) -> UUID:
        """Hands the letter over and returns its id, which is SvarUt's promise to deliver it.

        Raises `Declined` for a refusal, `AlreadySent` for a look-alike, `OutcomeUnknown` when the answer was lost.
        """
        with ExitStack() as open_files:
            parts: list[tuple[str, Any]] = [
                (
                    "forsendelse",
                    (None, json.dumps(letter.body, ensure_ascii=False).encode(), "application/json;charset=UTF-8"),
                )
            ]
            for position, ((name, file), path) in enumerate(zip(letter.files, paths, strict=True)):
                content = open_files.enter_context(path.open("rb"))
                parts.append((f"filer_{position}", (name, content, file.media_type)))
            url = f"{self._base}/v3/kontoer/{self._integration.account}/forsendelser/{letter.kind}"
            async with self.circuit.attempt():
                response = await self._call("POST", url, files=parts, timeout=SEND_TIMEOUT)
        return _ids([_field(response, "id")])[0]

    async def find(self, reference: str) -> list[UUID]:
        """The letters that were sent under our reference: none, one, or by accident several."""
        async with self.circuit.attempt():
            return await self._find(reference)

    async def statuses(self, ids: Sequence[str]) -> dict[str, str]:
        """The newest status of each letter that SvarUt knows, by its id."""
        url = f"{self._base}/v3/kontoer/{self._integration.account}/forsendelser/status/sok"
        async with self.circuit.attempt():
            response = await self._call("POST", url, json={"id": list(ids)}, timeout=ASK_TIMEOUT)
        found = _field(response, "statuser")
        return {
            str(one["id"]): str(one["status"])
            for one in found
            if isinstance(one, dict) and one.keys() >= {"id", "status"}
        }

    async def certificate(self) -> Certificate:
        """SvarUt's public certificate, fetched once where the operator has not given it."""
        if self._certificate is None:
            parts = urlsplit(self._base)
            async with self.circuit.attempt():
                response = await self._get(f"{parts.scheme}://{parts.netloc}/forsendelse/publickey/hent")
            try:
                self._certificate = Certificate(response.content)
            except BadCertificate as strange:
                raise Transient("SvarUt's public key cannot be read") from strange
        return self._certificate

    def use_certificate(self, certificate: Certificate) -> None:
        """The certificate that the operator has given."""
        self._certificate = certificate

    async def _probe(self) -> None:
        await self._find(PROBE_REFERENCE)

    async def _find(self, reference: str) -> list[UUID]:
        url = f"{self._base}/v2/kontoer/{self._integration.account}/forsendelser"
        response = await self._call("GET", url, params={"eksternRef": reference}, timeout=ASK_TIMEOUT)
        return _ids(_field(response, "forsendelseIds"))

    async def _get(self, url: str) -> httpx.Response:
        try:
            response = await self._http.get(url, timeout=ASK_TIMEOUT)
        except httpx.TransportError as away:
            raise Transient(f"SvarUt: {type(away).__name__}") from away
        judge(response)
        return response

    async def _call(self, method: str, url: str, **request: Any) -> httpx.Response:
        """One call. A token that is refused is renewed and the call made once more: nothing was done by the first."""
        for is_last in (False, True):
            token = await self._tokens.token()
            try:
                response = await self._http.request(method, url, headers=self._headers(token), **request)
            except (httpx.ConnectError, httpx.ConnectTimeout) as away:
                raise Transient(f"SvarUt: {type(away).__name__}") from away
            except httpx.TransportError as lost:
                raise OutcomeUnknown(f"SvarUt: {type(lost).__name__}") from lost
            if response.status_code != HTTPStatus.UNAUTHORIZED or is_last:
                break
            self._tokens.forget(token)
            _rewind(request.get("files", ()))
        try:
            judge(response)
        except NotLetIn as refused:
            log.error("svarut_refuses_us", reason=refused.reason)
            raise
        return response

    def _headers(self, token: str) -> dict[str, str]:
        return {
            "Authorization": f"Bearer {token}",
            "IntegrasjonId": str(self._integration.integration_id),
            "IntegrasjonPassord": self._integration.password,
        }


def _rewind(files: Iterable[tuple[str, Any]]) -> None:
    for _, (_, content, _) in files:
        if hasattr(content, "seek"):
            content.seek(0)


def _field(response: httpx.Response, name: str) -> Any:
    """A field of the answer; without it the call may or may not have done its work."""
    try:
        return response.json()[name]
    except (ValueError, KeyError, TypeError) as strange:
        raise OutcomeUnknown(f"SvarUt's answer has no {name}") from strange


def _ids(given: Iterable[Any]) -> list[UUID]:
    try:
        return [UUID(str(one)) for one in given]
    except (ValueError, TypeError) as strange:
        raise OutcomeUnknown("SvarUt's answer has something else than ids") from strange
