"""Who a calling client is: `private_key_jwt` (RFC 7523) with ID-porten's own limits."""

import base64
import json
import time
from typing import Any

from joserfc import jwt
from joserfc.errors import JoseError

from simulators.idporten.keys import registry
from simulators.idporten.provider import Provider
from simulators.idporten.refusals import TokenRefusal
from simulators.idporten.registry import Client

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
LONGEST_SECONDS = 120
CLOCK_SKEW_SECONDS = 10


def authenticate(provider: Provider, form: dict[str, str]) -> Client:
    """The client whose key signed the assertion; every fault is `invalid_client`."""
    if form.get("client_assertion_type") != ASSERTION_TYPE:
        raise TokenRefusal("invalid_client", "private_key_jwt is required", 401)
    assertion = form.get("client_assertion", "")
    claimed = form.get("client_id") or _claimed_subject(assertion)
    client = provider.registry.clients.get(claimed)
    if client is None:
        raise TokenRefusal("invalid_client", "unknown client", 401)
    try:
        token = jwt.decode(assertion, provider.registry.client_keys[client.client_id], registry=registry())
    except (JoseError, ValueError) as error:
        raise TokenRefusal("invalid_client", "the assertion is not signed with a registered key", 401) from error
    if "kid" not in token.header:
        raise TokenRefusal("invalid_client", "kid is required for a registered key", 401)
    _check_claims(provider, client, token.claims)
    return client


def _check_claims(provider: Provider, client: Client, claims: dict[str, Any]) -> None:
    now = time.time()
    issued, expires, audience = claims.get("iat"), claims.get("exp"), claims.get("aud")
    identity = (client.client_id, str(claims.get("jti") or ""))
    if claims.get("iss") != client.client_id or claims.get("sub") != client.client_id:
        fault = "iss and sub must be the client"
    elif audience not in (provider.issuer, [provider.issuer]):
        fault = "aud must be the issuer"
    elif not isinstance(issued, int | float) or not isinstance(expires, int | float):
        fault = "iat and exp are required"
    elif not 0 < expires - issued <= LONGEST_SECONDS:
        fault = "exp must be at most 120 seconds after iat"
    elif now > expires + CLOCK_SKEW_SECONDS or issued > now + CLOCK_SKEW_SECONDS:
        fault = "the assertion is not valid now"
    elif not identity[1] or identity in provider.used_assertions:
        fault = "jti is missing or used before"
    else:
        provider.used_assertions.add(identity)
        return
    raise TokenRefusal("invalid_client", fault, 401)


def _claimed_subject(assertion: str) -> str:
    """The `sub` of an assertion whose signature is not checked yet: used only to find the key to check it with."""
    try:
        payload = assertion.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return str(claims["sub"])
    except (IndexError, KeyError, TypeError, ValueError):
        return ""
