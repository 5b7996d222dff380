"""The same vault in a bucket: obstore's S3 client against a small server that speaks the part of S3 the vault uses."""

from __future__ import annotations

import asyncio
import hashlib
import os
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path
from xml.sax.saxutils import escape

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from sikkersak.vault import Rewrapped, Vault, VaultAway, VaultCorrupt, VaultMissing
from sikkersak.vault.sealing import CHUNK

PDF = "application/pdf"


class Bucket:
    """Objects in memory behind S3's HTTP interface: put, multipart put, get with range and version, list, delete."""

    def __init__(self) -> None:
        self.objects: dict[str, bytes] = {}
        self.parts: dict[str, dict[int, bytes]] = {}
        self.url = ""

    async def answer(self, request: Request) -> Response:
        key = request.path_params["key"].removeprefix("/")
        query = request.query_params
        if request.method in {"GET", "HEAD"}:
            return self.listed(query["prefix"]) if "list-type" in query else self.given(request, key)
        if request.method == "DELETE":
            self.objects.pop(key, None)
            return Response(status_code=204)
        body = await request.body()
        if request.method == "POST" and "delete" in query:
            return self.removed(body)
        if "uploads" in query:
            self.parts[key] = {}
            return xml(f"<InitiateMultipartUploadResult><UploadId>{key}</UploadId></InitiateMultipartUploadResult>")
        if "partNumber" in query:
            self.parts[key][int(query["partNumber"])] = body
            return Response(headers={"ETag": f'"{query["partNumber"]}"'})
        if "uploadId" in query:
            self.objects[key] = b"".join(part for _, part in sorted(self.parts.pop(key).items()))
            return xml("<CompleteMultipartUploadResult><ETag>whole</ETag></CompleteMultipartUploadResult>")
        if request.headers.get("if-none-match") == "*" and key in self.objects:
            return Response(status_code=412)
        self.objects[key] = body
        return Response(headers={"ETag": self.version(key)})

    def given(self, request: Request, key: str) -> Response:
        if key not in self.objects:
            return Response(status_code=404)
        content, version = self.objects[key], self.version(key)
        if request.headers.get("if-match", version) != version:
            return Response(status_code=412)
        headers = {"ETag": version, "Last-Modified": "Mon, 05 Jan 2026 10:00:00 GMT"}
        asked = re.match(r"bytes=(\d+)-(\d+)", request.headers.get("range", ""))
        if asked is None:
            return Response(content, headers=headers)
        start, end = int(asked[1]), min(int(asked[2]) + 1, len(content))
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{len(content)}"
        return Response(content[start:end], 206, headers)

    def listed(self, prefix: str) -> Response:
        entries = "".join(
            f"<Contents><Key>{escape(key)}</Key><Size>{len(content)}</Size>"
            "<LastModified>2026-01-05T10:00:00.000Z</LastModified></Contents>"
            for key, content in self.objects.items()
            if key.startswith(prefix)
        )
        return xml(f"<ListBucketResult>{entries}</ListBucketResult>")

    def removed(self, body: bytes) -> Response:
        keys = re.findall(r"<Key>(.*?)</Key>", body.decode())
        for key in keys:
            self.objects.pop(key, None)
        return xml(
            "<DeleteResult>" + "".join(f"<Deleted><Key>{key}</Key></Deleted>" for key in keys) + "</DeleteResult>"
        )

    def version(self, key: str) -> str:
        return f'"{hashlib.sha256(self.objects[key]).hexdigest()}"'


def xml(text: str) -> Response:
    return Response(text, media_type="application/xml")


@pytest.fixture
async def bucket(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Bucket]:
    """A running server, and the environment that leads obstore to it."""
    bucket = Bucket()
    methods = ["GET", "HEAD", "PUT", "POST", "DELETE"]
    app = Starlette(routes=[Route("/bucket{key:path}", bucket.answer, methods=methods)])
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, lifespan="off"))
    listening = socket.create_server(("127.0.0.1", 0))
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    for name, value in {
        "AWS_ENDPOINT_URL": address,
        "AWS_ALLOW_HTTP": "true",
        "AWS_REGION": "eu-north-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }.items():
        monkeypatch.setenv(name, value)
    serving = asyncio.create_task(server.serve([listening]))
    yield bucket
    server.should_exit = True
    with suppress(TimeoutError):
        await asyncio.wait_for(serving, 10)


WriteKeys = Callable[..., Path]


async def test_content_goes_into_the_bucket_and_comes_back(bucket: Bucket, write_keys: WriteKeys) -> None:
    vault = await Vault.open("s3://bucket/documents", write_keys("k1"))
    for size in (0, 10, CHUNK, 9 * CHUNK + 1):  # the last goes in parts
        content = os.urandom(size)
        ref = await vault.put(content, PDF)
        assert await vault.put(content, PDF) == ref
        assert await vault.read_bytes(ref, size) == content
        assert b"".join([piece async for piece in vault.read_range(ref, size // 2, size)]) == content[size // 2 :]
    assert {key.split("/")[0] for key in bucket.objects} == {"documents"}
    assert len(bucket.objects) == 4 + 1  # and the mark that says the vault is there


async def test_trouble_in_the_bucket_has_its_right_name(bucket: Bucket, write_keys: WriteKeys) -> None:
    vault = await Vault.open("s3://bucket/documents", write_keys("k1"))
    ref = await vault.put(os.urandom(100), PDF)
    (key,) = (key for key in bucket.objects if "/objects/" in key)
    whole = bucket.objects[key]
    bucket.objects[key] = whole[:-1] + bytes([whole[-1] ^ 1])
    with pytest.raises(VaultCorrupt):
        await vault.read_bytes(ref, 100)
    await vault.delete(ref)
    with pytest.raises(VaultMissing):
        await vault.read_bytes(ref, 100)
    bucket.objects.clear()
    with pytest.raises(VaultAway):
        await vault.read_bytes(ref, 100)


async def test_keys_rotate_in_the_bucket_too(bucket: Bucket, write_keys: WriteKeys) -> None:
    before = await Vault.open("s3://bucket/documents", write_keys("k1"))
    ref = await before.put(b"innhold", PDF)
    both = await Vault.open("s3://bucket/documents", write_keys("k2", "k1"))
    assert await both.rewrap() == Rewrapped(moved=1)
    after = await Vault.open("s3://bucket/documents", write_keys("k2"))
    assert await after.read_bytes(ref, 100) == b"innhold"
