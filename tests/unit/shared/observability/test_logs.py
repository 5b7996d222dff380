"""What must never be read in a log is not in it, whoever wrote the line."""

from __future__ import annotations

import asyncio
import json
import logging
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from sikkersak.errors import Declined, Transient
from sikkersak.observability.logs import configure_logs
from sikkersak.observability.scrubbing import masked, scrubbed

Lines = Callable[[], list[dict[str, Any]]]
log = structlog.get_logger("sikkersak.test")


@pytest.fixture
def lines(capsys: pytest.CaptureFixture[str]) -> Iterator[Lines]:
    """The lines logged since the last look, parsed: every one of them is JSON."""
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    configure_logs("cases", "INFO")
    yield lambda: [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)
    structlog.reset_defaults()
    structlog.contextvars.clear_contextvars()


def test_an_event_has_its_name_its_keys_and_its_circumstances(lines: Lines) -> None:
    structlog.contextvars.bind_contextvars(correlation_id="c-1", causation_id="m-1")
    log.info("message_parked", queue="archiver.deliver", attempt=3, share=0.5, is_last=True)
    (line,) = lines()
    assert line.pop("time").endswith("Z")
    assert line == {
        "event": "message_parked",
        "level": "info",
        "logger": "sikkersak.test",
        "service": "cases",
        "correlation_id": "c-1",
        "causation_id": "m-1",
        "queue": "archiver.deliver",
        "attempt": 3,
        "share": 0.5,
        "is_last": True,
    }


def test_debug_is_silent_until_asked_for(lines: Lines) -> None:
    log.debug("quiet")
    assert lines() == []
    configure_logs("cases", "DEBUG")
    log.debug("heard")
    assert [line["event"] for line in lines()] == ["heard"]


@pytest.mark.parametrize(
    "key",
    ["name", "title", "pid", "birth_number", "national_id", "address", "email", "phone", "body", "content", "subject"]
    + ["filename", "file_name", "fileName", "pupil_name", "Subject", "e_mail", "birthDate", "first_name", "password"]
    + ["access_token", "Authorization", "x-api-key", "set-cookie", "dsn", "url", "remark", "fnr", "tittel"],
)
def test_keys_that_name_personal_data_or_secrets_lose_their_value(lines: Lines, key: str) -> None:
    log.info("said", **{key: "Ola Nordmann"}, nested={"deep": [{key: {"inner": "Kari"}}]})
    text = json.dumps(lines())
    assert "Ola" not in text
    assert "Kari" not in text
    assert text.count("[removed]") == 2


@pytest.mark.parametrize(
    "key",
    ["queue", "message_id", "message_type", "content_type", "media_type", "operation", "reason", "exception_type"]
    + ["target", "work", "delay", "outcome", "rows", "port", "code", "correlation_id", "object"],
)
def test_keys_that_operations_need_keep_theirs(lines: Lines, key: str) -> None:
    log.info("said", **{key: "kept"})
    assert lines()[0][key] == "kept"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("feil for 05891399971 i dag", "feil for [national-number] i dag"),
        ("058913 99971", "[national-number]"),
        ("058913-99971,", "[national-number],"),
        ("fnr=05891399971", "fnr=[national-number]"),
        ("1234567890", "1234567890"),
        ("123456789012", "123456789012"),
        ("orgnr 312345678", "orgnr 312345678"),
        ("til ola.nordmann+x@skole.kommune.no!", "til [e-mail]!"),
        ("<ola@example.no>", "<[e-mail]>"),
        ("amqp://user:pa55@host:5672/vhost", "amqp://[removed]@host:5672/vhost"),
        ("GET https://svarut.no/hent?navn=Ola&id=1 failed", "GET https://svarut.no/hent?[removed] failed"),
        ("GET /search?q=Ola HTTP/1.1", "GET /search?[removed] HTTP/1.1"),
        ("really? yes", "really? yes"),
        ("0190163d-8694-739b-aea5-966612345678", "0190163d-8694-739b-aea5-966612345678"),
        ("0190163d-8694-739b-aea5-12345678901a", "0190163d-8694-739b-aea5-12345678901a"),
        ("a" * 20 + "12345678901" + "b", "a" * 20 + "12345678901" + "b"),
    ],
)
def test_texts_are_masked(text: str, expected: str) -> None:
    assert masked(text) == expected


@given(
    before=st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20),
    number=st.from_regex(r"[0-9]{11}", fullmatch=True),
    after=st.text(st.characters(exclude_categories=["Nd", "Cs"]), max_size=20),
)
def test_no_national_number_survives_wherever_it_stands(before: str, number: str, after: str) -> None:
    value = {"k": [before + number + after], "t": (number,), number: {"deep": number}}
    assert number not in json.dumps(scrubbed(value), ensure_ascii=False)


def test_very_long_texts_are_cut() -> None:
    assert len(masked("x" * 100_000)) <= 1001


def test_objects_show_their_type_and_no_more(lines: Lines) -> None:
    class Pupil(BaseModel):
        name: str

    identity = UUID("0190163d-8694-739b-aea5-966612345678")
    log.info("said", who=Pupil(name="Ola"), where=Path("/vault/Ola.pdf"), raw=b"Ola", id=identity, count=None)
    (line,) = lines()
    assert (line["who"], line["where"], line["raw"]) == ("<Pupil>", "<PosixPath>", "<bytes>")
    assert (line["id"], line["count"]) == (str(identity), None)


def raised(failure: Exception) -> Exception:
    try:
        raise failure
    except type(failure) as caught:
        return caught


class Pupil(BaseModel):
    """For a validation error with a name in it."""

    name: int


def invalid() -> Exception:
    try:
        Pupil.model_validate({"name": "Ola Nordmann"})
    except ValueError as wrong:
        return wrong
    raise AssertionError


@pytest.mark.parametrize(
    ("failure", "kind", "message"),
    [
        (KeyError("Ola Nordmann"), "KeyError", "[…]"),
        (ValueError("invalid literal: 'Ola Nordmann'"), "ValueError", "invalid literal: […]"),
        (RuntimeError("05891399971 failed\nOla Nordmann"), "RuntimeError", "[national-number] failed"),
        (FileNotFoundError(2, "No such file", "/in/Ola.pdf"), "FileNotFoundError", "No such file"),
        (Transient("archive answered 503"), "Transient", "archive answered 503"),
        (Declined("case-not-open", "Saken er avsluttet."), "Declined", "case-not-open: Saken er avsluttet."),
        (Exception('duplicate key\nDETAIL: Key (pid)=("Ola")'), "Exception", "duplicate key"),
        (Exception("Key (pid)=(Ola) already exists"), "Exception", "Key […] already exists"),
        (invalid(), "ValidationError", "name int_parsing"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_exception_shows_its_type_and_a_message_without_values(
    lines: Lines, failure: Exception, kind: str, message: str
) -> None:
    log.error("failed", exc_info=raised(failure))
    (line,) = lines()
    assert (line["exception"]["type"], line["exception"]["message"]) == (kind, message)
    assert "Ola" not in json.dumps(line)
    assert "exc_info" not in line


def test_an_exception_shows_our_own_frames_and_its_causes(lines: Lines) -> None:
    try:
        try:
            asyncio.run(_declines())
        except Declined as no:
            raise RuntimeError("while handling") from no
    except RuntimeError:
        log.exception("failed")
    (line,) = lines()
    assert line["level"] == "error"
    (cause,) = line["exception"]["causes"]
    assert cause["type"] == "ActorRefused"
    assert [frame.rsplit(":", 1)[0] for frame in cause["frames"]] == [
        "sikkersak.identity.tokens:verify",
        "sikkersak.identity.tokens:_claims",
    ]


async def _declines() -> None:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    from sikkersak.identity import ActorVerifier

    public = Ed25519PrivateKey.generate().public_key()
    pem = public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    ActorVerifier([pem], "cases").verify("", operation="cases.case.read.v1")


def test_a_library_speaks_through_the_same_pipe_without_its_arguments(lines: Lines) -> None:
    logging.getLogger("uvicorn.error").warning("refused %s after %d s: %s", "Ola", 3, KeyError("Kari"))
    logging.getLogger("aio_pika.tools").error("%(who)s left", {"who": "Ola"})
    logging.getLogger("faststream").info("Ola's mail is ola@example.no\nsecond line with Ola")
    first, second, third = lines()
    assert (first["event"], first["said"], first["logger"]) == (
        "library_log",
        "refused […] after 3 s: KeyError",
        "uvicorn.error",
    )
    assert second["said"] == "[…] left"
    assert third["said"] == "Ola's mail is [e-mail]"
    assert {line["service"] for line in (first, second, third)} == {"cases"}


def test_a_library_template_that_does_not_fit_its_arguments_is_no_error(lines: Lines) -> None:
    logging.getLogger("lib").warning("%d pages", Decimal(3))
    assert lines()[0]["said"] == "%d pages"


def test_a_library_exception_is_described_as_ours_are(lines: Lines) -> None:
    try:
        raise ValueError("bad 'Ola'")
    except ValueError:
        logging.getLogger("uvicorn.error").exception("Exception in ASGI application")
    (line,) = lines()
    assert line["exception"]["message"] == "bad […]"
    assert "Traceback" not in json.dumps(line)


def test_extra_keys_of_a_library_are_not_logged(lines: Lines) -> None:
    logging.getLogger("lib").warning("hello", extra={"who": "Ola"})
    assert "Ola" not in json.dumps(lines())


def test_a_task_that_failed_unseen_does_not_show_its_data(lines: Lines) -> None:
    async def forget() -> None:
        async def fails() -> None:
            raise ValueError("about 'Ola Nordmann'")

        task = asyncio.ensure_future(fails())
        await asyncio.wait([task])
        del task

    asyncio.run(forget())
    (line,) = [line for line in lines() if line["logger"] == "asyncio"]
    assert line["exception"]["type"] == "ValueError"
    assert "Ola" not in json.dumps(line)


def test_addresses_of_outgoing_calls_are_not_logged(lines: Lines) -> None:
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with httpx.Client(transport=transport) as client:
        client.get("https://example.no/elev/Ola")
    assert lines() == []


def test_a_line_that_cannot_be_written_is_missed_but_not_shown(
    lines: Lines, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Full:
        def write(self, _: str) -> None:
            raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", Full())
        logging.getLogger("lib").warning("about %s", "Ola")
    said = capsys.readouterr().err
    assert json.loads(said) == {"event": "log_line_lost", "logger": "lib", "why": "OSError"}


def test_warnings_come_through_the_pipe(lines: Lines) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        configure_logs("cases")
        warnings.warn("deprecated", stacklevel=1)
    assert lines()[0]["logger"] == "py.warnings"


def test_a_logger_that_had_its_own_handler_speaks_once(lines: Lines, capsys: pytest.CaptureFixture[str]) -> None:
    stray = logging.getLogger("stray")
    stray.addHandler(logging.StreamHandler())
    stray.propagate = False
    configure_logs("cases")
    stray.warning("heard")
    assert len(lines()) == 1
    assert capsys.readouterr().err == ""
