"""The gateway's word for who asks: believed when it is right in every part, and refused otherwise."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed448 import Ed448PrivateKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.types import PrivateKeyTypes
from joserfc import jwt
from joserfc.jwk import OKPKey

from sikkersak.errors import Forbidden
from sikkersak.identity import Actor, ActorKind, ActorRefused, ActorSigner, ActorVerifier, BadActorKey, Role

NOW = 1_790_000_000
OPERATION = "cases.case.read.v1"
ACTOR = Actor(
    staff_id=UUID("01890a5d-ac96-774b-bcce-b302099a8057"),
    roles=frozenset({Role.EMPLOYEE, Role.SCHOOL_LEADER, "a-role-of-next-year"}),
    schools=frozenset({UUID("01890a5d-ac96-774b-bcce-b302099a8058")}),
    level="high",
    session="s-1",
)


def pem_of(key: PrivateKeyTypes) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


PRIVATE = pem_of(Ed25519PrivateKey.generate())
OTHER_PRIVATE = pem_of(Ed25519PrivateKey.generate())


def signer(private: bytes = PRIVATE, at: int = NOW) -> ActorSigner:
    return ActorSigner(private, clock=lambda: at)


def verifier(*signers: ActorSigner, at: float = NOW, audience: str = "cases") -> ActorVerifier:
    keys = [known.public_key_pem() for known in signers or (signer(),)]
    return ActorVerifier(keys, audience, clock=lambda: at)


def token(**changes: Any) -> str:
    return signer().sign(ACTOR, **({"audience": "cases", "operation": OPERATION} | changes))


def test_the_service_learns_exactly_who_asked() -> None:
    assert verifier().verify(token(), operation=OPERATION) == ACTOR


@pytest.mark.parametrize("kind", ActorKind)
def test_people_machines_and_the_system_itself_are_told_apart(kind: ActorKind) -> None:
    actor = ACTOR.model_copy(update={"kind": kind})
    sent = signer().sign(actor, audience="cases", operation=OPERATION)
    assert verifier().verify(sent, operation=OPERATION).kind is kind


def test_an_actor_without_schools_has_none() -> None:
    actor = Actor(staff_id=ACTOR.staff_id, level="substantial", session="s")
    sent = signer().sign(actor, audience="cases", operation=OPERATION)
    assert verifier().verify(sent, operation=OPERATION).schools == frozenset()


def test_no_two_tokens_are_the_same() -> None:
    assert token() != token()


@pytest.mark.parametrize("late", [-10, 0, 60, 70])
def test_clocks_may_differ_by_ten_seconds(late: int) -> None:
    assert verifier(at=NOW + late).verify(token(), operation=OPERATION) == ACTOR


def test_old_and_new_keys_are_trusted_while_they_are_exchanged() -> None:
    old, new = signer(PRIVATE), signer(OTHER_PRIVATE)
    both = verifier(old, new)
    for known in (old, new):
        assert both.verify(known.sign(ACTOR, audience="cases", operation=OPERATION), operation=OPERATION) == ACTOR


def test_a_token_for_one_request_is_good_for_that_request_only() -> None:
    sent = token(request=b'{"case_id": 1}')
    assert verifier().verify(sent, operation=OPERATION, request=b'{"case_id": 1}') == ACTOR
    assert refused(lambda: verifier().verify(sent, operation=OPERATION, request=b'{"case_id": 2}')) == "wrong-request"
    assert refused(lambda: verifier().verify(token(), operation=OPERATION, request=b"")) == "wrong-request"


def refused(attempt: Callable[[], object]) -> str:
    """The cause of the refusal; the text that is shown is always the same."""
    with pytest.raises(ActorRefused) as no:
        attempt()
    assert isinstance(no.value, Forbidden)
    assert no.value.status == 403
    assert no.value.detail == "Vi kunne ikke bekrefte hvem du er. Logg inn på nytt."
    return no.value.cause


def forged(
    claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, key: OKPKey | None = None
) -> str:
    """A token whose maker has `key` (by default the gateway's own) and changed some parts."""
    real = OKPKey.import_key(PRIVATE)
    parts = {
        "iss": "gateway",
        "aud": "cases",
        "sub": str(ACTOR.staff_id),
        "iat": NOW,
        "exp": NOW + 60,
        "jti": "1",
        "operation": OPERATION,
        "actor": ACTOR.model_dump(mode="json"),
    } | (claims or {})
    head = {"alg": "Ed25519", "typ": "sikkersak-actor+jwt", "kid": real.thumbprint()} | (header or {})
    said = {name: value for name, value in parts.items() if value is not None}
    return jwt.encode(head, said, key or real, algorithms=["Ed25519"])


def unpadded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def unsigned(algorithm: str) -> str:
    head, body, _ = forged().split(".")
    said = json.loads(base64.urlsafe_b64decode(head + "==")) | {"alg": algorithm}
    return f"{unpadded(json.dumps(said).encode())}.{body}."


def signed_with_the_public_key_as_a_secret() -> str:
    """The classic confusion of algorithms: what is public is used as if it were the shared secret."""
    body = unsigned("HS256").removesuffix(".")
    secret = signer().public_key_pem()
    return f"{body}.{unpadded(hmac.digest(secret, body.encode(), 'sha256'))}"


def altered() -> str:
    head, body, signature = forged().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    claims["actor"]["roles"] = ["administrator"]
    return f"{head}.{unpadded(json.dumps(claims).encode())}.{signature}"


MISUSES: dict[str, tuple[Callable[[], str], str]] = {
    "nothing": (lambda: "", "no-token"),
    "a giant": (lambda: "a" * 20_000, "no-token"),
    "noise": (lambda: "not.a.token", "malformed"),
    "a header that is no object": (lambda: "W10.e30.AA", "malformed"),
    "one part": (lambda: forged().split(".")[0], "bad-signature"),
    "another's key": (lambda: forged(key=OKPKey.import_key(OTHER_PRIVATE)), "bad-signature"),
    "a key of its own": (lambda: forged(header={"kid": "mine"}), "unknown-key"),
    "no key id": (lambda: forged(header={"kid": ""}), "unknown-key"),
    "altered roles": (altered, "bad-signature"),
    "algorithm none": (lambda: unsigned("none"), "bad-signature"),
    "algorithm HS256 unsigned": (lambda: unsigned("HS256"), "bad-signature"),
    "the public key as a secret": (signed_with_the_public_key_as_a_secret, "bad-signature"),
    "another kind of JWT": (lambda: forged(header={"typ": "JWT"}), "wrong-typ"),
    "another service's": (lambda: forged({"aud": "archiver"}), "wrong-aud"),
    "several services'": (lambda: forged({"aud": ["cases", "archiver"]}), "wrong-aud"),
    "another issuer's": (lambda: forged({"iss": "somebody"}), "wrong-iss"),
    "another operation's": (lambda: forged({"operation": "cases.case.close.v1"}), "wrong-operation"),
    "no operation's": (lambda: forged({"operation": None}), "wrong-operation"),
    "expired": (lambda: forged({"iat": NOW - 71, "exp": NOW - 11}), "expired"),
    "from the future": (lambda: forged({"iat": NOW + 11, "exp": NOW + 71}), "not-yet-valid"),
    "valid for a day": (lambda: forged({"exp": NOW + 86_400}), "too-long-lived"),
    "expires before it was issued": (lambda: forged({"exp": NOW - 1}), "too-long-lived"),
    "never expires": (lambda: forged({"exp": None}), "incomplete"),
    "no time of issue": (lambda: forged({"iat": None}), "incomplete"),
    "times as text": (lambda: forged({"exp": str(NOW + 60)}), "incomplete"),
    "no id": (lambda: forged({"jti": None}), "incomplete"),
    "no actor": (lambda: forged({"actor": None}), "no-actor"),
    "an actor without a login": (lambda: forged({"actor": {"staff_id": str(ACTOR.staff_id)}}), "no-actor"),
    "an actor at a low level": (
        lambda: forged({"actor": ACTOR.model_dump(mode="json") | {"level": "low"}}),
        "no-actor",
    ),
    "a subject that is another": (lambda: forged({"sub": "01890a5d-ac96-774b-bcce-b302099a8059"}), "wrong-sub"),
}


@pytest.mark.parametrize("misuse", MISUSES)
def test_a_misused_token_is_refused(misuse: str) -> None:
    make, cause = MISUSES[misuse]
    assert refused(lambda: verifier().verify(make(), operation=OPERATION)) == cause


def test_the_forger_of_these_tests_can_make_a_good_token_too() -> None:
    assert verifier().verify(forged(), operation=OPERATION) == ACTOR


def test_a_withdrawn_key_is_trusted_no_more() -> None:
    only_new = verifier(signer(OTHER_PRIVATE))
    assert refused(lambda: only_new.verify(token(), operation=OPERATION)) == "unknown-key"


@pytest.mark.parametrize(
    "pem",
    [
        b"",
        b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
        pem_of(rsa.generate_private_key(65537, 2048)),
        pem_of(ec.generate_private_key(ec.SECP256R1())),
        pem_of(Ed448PrivateKey.generate()),
        signer().public_key_pem(),
    ],
    ids=["empty", "garbage", "RSA", "P-256", "Ed448", "a public key"],
)
def test_the_gateway_refuses_a_key_that_is_unfit_to_sign(pem: bytes) -> None:
    with pytest.raises(BadActorKey):
        ActorSigner(pem)


def test_a_service_refuses_the_private_key_and_having_no_key() -> None:
    with pytest.raises(BadActorKey, match="private"):
        ActorVerifier([PRIVATE], "cases")
    with pytest.raises(BadActorKey, match="no key"):
        ActorVerifier([], "cases")


def test_a_service_trusts_the_keys_in_its_folder(tmp_path: Path) -> None:
    with pytest.raises(BadActorKey):
        ActorVerifier.from_folder(tmp_path, audience="cases")
    (tmp_path / "2026.pem").write_bytes(signer().public_key_pem())
    (tmp_path / "2027.pem").write_bytes(signer(OTHER_PRIVATE).public_key_pem())
    (tmp_path / "README").write_text("not a key")
    found = ActorVerifier.from_folder(tmp_path, audience="cases", clock=lambda: NOW)
    assert found.verify(token(), operation=OPERATION) == ACTOR


def test_every_role_has_a_sentence_for_people() -> None:
    assert {role.value for role in Role} == {
        "mail_distributor",
        "employee",
        "employee_create_cases",
        "school_leader",
        "administrator",
        "operations",
    }
    assert all(role.display.endswith(".") and role.display[0].isupper() for role in Role)
    assert Role.EMPLOYEE in {"employee"}
