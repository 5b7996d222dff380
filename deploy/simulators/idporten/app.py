"""The provider as a web application: ID-porten's addresses, and the control addresses for tests."""

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from simulators.idporten import authorize, control, logout, tokens
from simulators.idporten.keys import ALGORITHMS
from simulators.idporten.provider import Provider
from simulators.idporten.registry import METHODS, REQUESTABLE_LEVELS

ABILITIES: dict[str, object] = {
    "response_types_supported": ["code"],
    "response_modes_supported": ["query"],
    "grant_types_supported": ["authorization_code"],
    "subject_types_supported": ["pairwise"],
    "scopes_supported": ["openid", "profile"],
    "prompt_values_supported": ["login"],
    "ui_locales_supported": ["nb", "nn", "en", "se"],
    "acr_values_supported": list(REQUESTABLE_LEVELS),
    "amr_values_supported": sorted({method.amr for method in METHODS.values()}),
    "code_challenge_methods_supported": ["S256"],
    "token_endpoint_auth_methods_supported": ["private_key_jwt"],
    "token_endpoint_auth_signing_alg_values_supported": ALGORITHMS,
    "id_token_signing_alg_values_supported": ["RS256"],
    "authorization_response_iss_parameter_supported": True,
    "request_parameter_supported": False,
    "frontchannel_logout_supported": True,
    "frontchannel_logout_session_supported": True,
    "backchannel_logout_supported": True,
    "backchannel_logout_session_supported": True,
}


async def discovery(request: Request) -> JSONResponse:
    """GET /.well-known/openid-configuration."""
    issuer = request.app.state.provider.issuer
    addresses = {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "token_endpoint": f"{issuer}/token",
        "userinfo_endpoint": f"{issuer}/userinfo",
        "jwks_uri": f"{issuer}/jwks.json",
        "end_session_endpoint": f"{issuer}/logout",
    }
    return JSONResponse(addresses | ABILITIES)


async def jwks(request: Request) -> JSONResponse:
    """GET /jwks.json."""
    return JSONResponse(request.app.state.provider.keys.published())


def build(provider: Provider) -> Starlette:
    """The application around one provider, without the faults."""
    app = Starlette(
        routes=[
            Route("/.well-known/openid-configuration", discovery),
            Route("/jwks.json", jwks),
            Route("/par", tokens.pushed, methods=["POST"]),
            Route("/authorize", authorize.begin, methods=["GET"]),
            Route("/authorize", authorize.choose, methods=["POST"]),
            Route("/token", tokens.token, methods=["POST"]),
            Route("/userinfo", tokens.userinfo, methods=["GET", "POST"]),
            Route("/logout", logout.end_session, methods=["GET", "POST"]),
            *control.ROUTES,
        ],
        exception_handlers={ValidationError: control.refuse_order},
    )
    app.state.provider = provider
    return app
