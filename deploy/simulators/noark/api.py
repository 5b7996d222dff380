"""The addresses of the interface: pages, lists, entities."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from simulators.noark import access, uploads
from simulators.noark.codes import LISTS
from simulators.noark.core import Core
from simulators.noark.fields import checked, fill, merged
from simulators.noark.kinds import KINDS, shown
from simulators.noark.refusal import MEDIA_TYPE, Noark5Response, Refused, answer_refused
from simulators.noark.rules import CLOSED, FINAL, check_change, check_create, check_delete
from simulators.noark.search import page
from simulators.noark.tree import Entity

MERGE_PATCH = "application/merge-patch+json"
CODES = "metadata"


def core_of(request: Request) -> Core:
    """The core behind the address; only for those who have logged in.

    :raises Refused: 401.
    """
    core: Core = request.app.state.core
    if core.access.who(request) is None:
        raise Refused(401, "Logg inn først")
    return core


def author(request: Request) -> str:
    """Who makes or changes."""
    return request.app.state.core.access.who(request) or ""


async def read_json(request: Request, media_type: str) -> dict[str, Any]:
    """The body.

    :raises Refused: 400 for another media type or broken JSON.
    """
    if request.headers.get("Content-Type", "").split(";")[0].strip() != media_type:
        raise Refused(400, f"Content-Type må være {media_type}")
    try:
        body = json.loads(await request.body())
    except ValueError as error:
        raise Refused(400, "Innholdet er ikke gyldig JSON") from error
    if not isinstance(body, dict):
        raise Refused(400, "Innholdet må være et JSON-objekt")
    return body


def answer(core: Core, entity: Entity, status: int = 200) -> Response:
    """The entity with its ETag."""
    headers = {"ETag": f'"{entity.version}"'}
    if status == HTTPStatus.CREATED:
        headers["Location"] = core.address(entity)
    return Noark5Response(core.show(entity), status, headers)


async def root(request: Request) -> Response:
    """GET /api/."""
    core: Core = request.app.state.core
    return Noark5Response(core.entrance(core.access.who(request) is not None))


async def discovery(request: Request) -> Response:
    """GET /api/.well-known/openid-configuration."""
    return access.discovery(request.app.state.core.root)


async def system(request: Request) -> Response:
    """GET /api/admin/system/."""
    return Noark5Response(core_of(request).system())


async def family(request: Request) -> Response:
    """GET /api/{family}/."""
    return Noark5Response(core_of(request).family(request.path_params["family"]))


async def listed(request: Request) -> Response:
    """GET and POST /api/{family}/{name}/: a list over the whole archive, a code list, or a new definition."""
    core, name = core_of(request), request.path_params["name"]
    if request.method == "POST":
        return await define(request, core, name)
    here = f"{core.root}{request.path_params['family']}/{name}/"
    if request.path_params["family"] == CODES and name in LISTS:
        return Noark5Response(code_list(name, here))
    found = shown(name)
    if found is None or found[0] != request.path_params["family"]:
        raise Refused(404, "Finnes ikke")
    return Noark5Response(page(core.tree.of(found[1]), request.query_params, here, core.page_size, core.show))


def code_list(name: str, here: str) -> dict[str, Any]:
    """All codes of a list."""
    results = [{"kode": code, "kodenavn": text} for code, text in LISTS[name].items()]
    return {"count": len(results), "results": results, "_links": {"self": {"href": here}}}


async def define(request: Request, core: Core, name: str) -> Response:
    """POST metadata/ny-virksomhetsspesifikkeMetadata/."""
    kind = name.removeprefix("ny-")
    if kind != "virksomhetsspesifikkeMetadata" or kind == name:
        raise Refused(403, "Bare arkivets administrator kan opprette dette")
    body = checked(core.tree, kind, await read_json(request, MEDIA_TYPE))
    if any(one.body["navn"] == body["navn"] for one in core.tree.of([kind])):
        raise Refused(409, "Feltet er definert fra før")
    return answer(core, core.tree.add(kind, None, body, author(request)), 201)


async def one(request: Request) -> Response:
    """GET, PUT, PATCH, DELETE /api/{family}/{name}/{id}/."""
    core = core_of(request)
    entity = core.get(request.path_params["name"], request.path_params["id"])
    if request.method == "GET":
        return answer(core, entity)
    if request.method == "DELETE":
        check_version(request, entity)
        check_delete(core.tree, entity)
        core.tree.remove(entity)
        return Response(status_code=204)
    return await change(request, core, entity)


def check_version(request: Request, entity: Entity) -> None:
    """Optimistic locking, by whichever header comes.

    :raises Refused: 409 when the entity has changed since it was read.
    """
    given = request.headers.get("If-Match") or request.headers.get("ETag")
    if given is not None and given.strip().removeprefix("W/").strip('"') != str(entity.version):
        raise Refused(409, "Entiteten er endret av en annen")


async def change(request: Request, core: Core, entity: Entity) -> Response:
    """PUT and PATCH."""
    is_patch = request.method == "PATCH"
    given = await read_json(request, MERGE_PATCH if is_patch else MEDIA_TYPE)
    check_version(request, entity)
    fields = KINDS[entity.kind].fields
    kept = {name: value for name, value in entity.body.items() if name not in fields}
    if is_patch:
        if locked := set(given) & set(kept):
            raise Refused(400, f"Feltet settes av arkivet: {min(locked)}")
        given = merged({name: value for name, value in entity.body.items() if name in fields}, given)
    after = {**kept, **checked(core.tree, entity.kind, {n: v for n, v in given.items() if n not in kept})}
    check_change(core.tree, entity, after)
    entity.body, entity.version = after, entity.version + 1
    entity.was_final = entity.was_final or entity.code("journalstatus") in FINAL | CLOSED
    core.tree.keep(entity)
    return answer(core, entity)


async def under(request: Request) -> Response:
    """GET and POST /api/{family}/{name}/{id}/{child}/: a list of children, a template, a new child."""
    core, child = core_of(request), request.path_params["child"]
    parent = core.get(request.path_params["name"], request.path_params["id"])
    kind = KINDS[parent.kind]
    if child.removeprefix("ny-") in kind.creates and child.startswith("ny-"):
        return await create(request, core, parent, child.removeprefix("ny-"))
    found = shown(child)
    if found is None or child not in kind.lists:
        raise Refused(404, "Finnes ikke")
    here = f"{core.address(parent)}{child}/"
    return Noark5Response(
        page(core.tree.under(parent, found[1]), request.query_params, here, core.page_size, core.show)
    )


async def create(request: Request, core: Core, parent: Entity, kind: str) -> Response:
    """GET gives a template, POST makes the child."""
    if request.method == "GET":
        return Noark5Response({"_links": {KINDS[kind].rel: {"href": f"{core.address(parent)}ny-{kind}/"}}})
    body = checked(core.tree, kind, await read_json(request, MEDIA_TYPE))
    check_create(core.tree, parent, kind, body)
    body = fill(core.tree, kind, parent, body, author(request))
    return answer(core, core.tree.add(kind, parent, body, author(request)), 201)


def build(core: Core, control: list[Route]) -> Starlette:
    """The application around one core."""
    app = Starlette(
        routes=[
            *control,
            Route("/", root),
            Route("/api/", root),
            Route("/api/.well-known/openid-configuration", discovery),
            Route("/api/oauth2/token", access.token, methods=["POST"]),
            Route("/api/admin/system/", system),
            Route("/api/upload/{session}/", uploads.chunk, methods=["PUT"]),
            Route("/api/{family}/", family),
            Route("/api/{family}/{name}/", listed, methods=["GET", "POST"]),
            Route("/api/{family}/{name}/{id}/", one, methods=["GET", "PUT", "PATCH", "DELETE"]),
            Route("/api/{family}/{name}/{id}/fil/", uploads.file, methods=["GET", "POST"]),
            Route("/api/{family}/{name}/{id}/{child}/", under, methods=["GET", "POST"]),
        ],
        exception_handlers={Refused: answer_refused},
    )
    app.state.core = core
    return app
