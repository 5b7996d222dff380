"""A hostile set, sent to the real service: each shipment ends in a clear state, none stops the others (R11)."""

from __future__ import annotations

import asyncio
import io
import os
import zipfile
from pathlib import Path
from typing import Any
from uuid import UUID

import pikepdf
import pytest
import pyzipper

from intake.reasons import REASONS
from sikkersak.testing.waiting import eventually

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECRET = b"Hemmelig innhold som skal bli i hvelvet"


def pdf(**extra: Any) -> bytes:
    document = pikepdf.new()
    document.add_blank_page()
    for name, value in extra.items():
        document.Root[f"/{name}"] = value
    target = io.BytesIO()
    document.save(target, encryption=None)
    return target.getvalue()


def action(kind: str, **more: Any) -> pikepdf.Dictionary:
    return pikepdf.Dictionary(S=pikepdf.Name(f"/{kind}"), **more)


def locked_pdf() -> bytes:
    document, target = pikepdf.new(), io.BytesIO()
    document.add_blank_page()
    document.save(target, encryption=pikepdf.Encryption(user="u", owner="o"))
    return target.getvalue()


def packed(*files: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, content in files:
            archive.writestr(name, content)
    return target.getvalue()


def locked_zip() -> bytes:
    target = io.BytesIO()
    with pyzipper.AESZipFile(target, "w", encryption=pyzipper.WZ_AES) as archive:
        archive.setpassword(b"hemmelig")
        archive.writestr("brev.pdf", pdf())
    return target.getvalue()


def nested(levels: int) -> bytes:
    content = packed(("innerst.txt", b"x"))
    for _ in range(levels):
        content = packed(("pakke.zip", content))
    return content


RAW = {"packaging": "pdf"}  # the plain payload is the first file's bytes, whatever they are
LONG = f"{'å' * 296}.pdf"


async def test_what_can_be_kept_is_kept_and_marked(intake: Any) -> None:
    javascript = pdf(OpenAction=action("JavaScript", JS=pikepdf.String("app.alert(1)")))
    launch = pdf(AA=pikepdf.Dictionary(O=action("Launch", F=pikepdf.String("calc.exe"))))
    sent: dict[str, tuple[bytes, str | None, set[str]]] = {
        "skript.pdf": (javascript, None, {"javascript"}),
        "start.pdf": (launch, None, {"launch-action"}),
        "vanlig.pdf": (pdf(), None, set()),
        "tom.pdf": (b"", "empty", set()),
        "to-ting.pdf": (b"GIF89a " + pdf() + packed(("x.txt", b"x")), None, {"polyglot"}),
        "låst.pdf": (locked_pdf(), "password", set()),
        "skadet.pdf": (pdf()[:200], "damaged", set()),
        "pakke.zip": (nested(20), "archive-in-shipment", set()),
        "låst.zip": (locked_zip(), "password", set()),
        "løgn.odt": (
            packed(("mimetype", b"application/pdf" * 400_000), ("content.xml", b"")),
            "archive-in-shipment",
            set(),
        ),
        "hva-som-helst.pdf": (os.urandom(3000), "unknown-format", set()),
        "æøå ÆØÅ é.pdf": (pdf(), None, set()),
        "\u202efdp.exe": (pdf(), None, set()),
        LONG: (pdf(), None, set()),
        "../../../../tmp/utenfor.pdf": (SECRET, None, set()),
        "/etc/utenfor.pdf": (SECRET, None, set()),
    }
    shipment = await intake.svarinn.place("Alt mulig", *((name, one[0]) for name, one in sent.items()))
    kept = await intake.stored(shipment)
    assert len(kept) == len(sent)
    for (name, (_, problem, warnings)), one in zip(sent.items(), kept, strict=True):
        found = (one["problem"], set(one["warnings"]), one["scan"])
        assert found == (problem, warnings, "not-scanned"), name
        assert problem is None or problem in REASONS
        shown = one["file"]["name"]
        assert "/" not in shown
        assert "\u202e" not in shown
        assert len(shown) <= 200
    names = [one["file"]["name"] for one in kept]
    assert {"æøå ÆØÅ é.pdf", "fdp.exe", "utenfor.pdf"} <= set(names)
    assert next(name for name in names if name.startswith("ååå")).endswith(".pdf")


HOPELESS: dict[str, tuple[str, tuple[tuple[str, bytes], ...], dict[str, Any]]] = {
    "zip bomb": ("too-large", (("bombe.pdf", bytes(60_000_000)),), {}),
    "ten thousand entries": ("too-many-files", tuple((f"{n}.txt", b"x") for n in range(10_000)), {}),
    "bomb in an odd packing": ("broken-package", (("x", packed(("x", bytes(10_000)), method=zipfile.ZIP_LZMA)),), RAW),
    "wrong hash": ("differs-from-list", (("brev.pdf", pdf()),), {"damage": "wrong_hash"}),
    "a file missing": ("differs-from-list", (("a.pdf", pdf()), ("b.pdf", pdf())), {"damage": "missing_file"}),
    "truncated CMS": ("cut-off", (("brev.pdf", pdf()),), {"damage": "truncated_cms"}),
    "foreign key": ("foreign-key", (("brev.pdf", pdf()),), {"damage": "foreign_key"}),
    "no archive": ("differs-from-list", (("brev.pdf", pdf()),), {"damage": "not_an_archive"}),
    "encrypted package": ("broken-package", (("brev.pdf", locked_zip()),), RAW),
    "damaged package": ("broken-package", (("brev.pdf", packed(("brev.pdf", pdf()))[:-30]),), RAW),
    "nested BER": ("broken-envelope", (("x", b"\x30\x80" * 200_000),), {"damage": "not_encrypted"}),
    "nested recipients": (
        "broken-envelope",
        (("x", b"\x30\x80\x06\x09*\x86H\x86\xf7\r\x01\x07\x03\xa0\x80\x30\x80\x02\x01\x00" + b"\x31\x80" * 200_000),),
        {"damage": "not_encrypted"},
    ),
    "endless length": ("broken-envelope", (("x", b"\x30\xff" + b"\xff" * 300),), {"damage": "not_encrypted"}),
    "no CMS": ("broken-envelope", (("x", b"%PDF-1.7 " * 100),), {"damage": "not_encrypted"}),
    "0 bytes": ("cut-off", (("x", b""),), {"damage": "not_encrypted"}),
    "foreign host": (
        "foreign-download-host",
        (("x", pdf()),),
        {"override": {"nedlastingslenke": "http://127.0.0.1:9/x"}},
    ),
}


async def test_what_cannot_be_read_waits_with_its_reason_and_stops_nobody(intake: Any) -> None:
    placed: dict[str, UUID] = {}
    for name, (_, files, facts) in HOPELESS.items():
        placed[name] = await intake.svarinn.place(f"Umulig: {name}", *files, **facts)
    after = await intake.svarinn.place("Etter alle de andre", ("brev.pdf", pdf()))
    assert (await intake.stored(after))[0]["problem"] is None
    rows = [intake.waiting(placed[name], code) for name, (code, _, _) in HOPELESS.items()]
    for row in await asyncio.gather(*rows):
        assert row["state"] == "seen"
        assert row["attempts"] >= 1
        assert REASONS[row["problem"]].endswith(".")


async def test_titles_and_facts_of_any_kind_are_kept(intake: Any) -> None:
    nul = await intake.svarinn.place(
        "Melding\x00 om\u202e elev\ud800".encode("utf-8", "replace").decode() + "\x00", ("a.pdf", pdf())
    )
    nulls = await intake.svarinn.place(
        "Nuller overalt",
        ("a.pdf", pdf()),
        override={
            "avsender": None,
            "dato": "-0044-03-15T00:00:00Z",
            "tittel": None,
            "eksternRef": 17,
            "svarPaForsendelse": "ikke en id",
            "ukjent": {"felt": [1, None]},
            "metadataFraAvleverendeSystem": {"mappeId": None},
        },
    )
    long = await intake.svarinn.place("å" * 5000, ("a.pdf", pdf()))
    await intake.stored(nul)
    row = await intake.row(nul)
    assert row["title"].startswith("Melding\ufffd om elev")
    await intake.stored(long)
    assert len((await intake.row(long))["title"]) == 1000
    await intake.stored(nulls)
    row = await intake.row(nulls)
    assert (row["title"], row["sender"]["name"], row["external_reference"]) == ("Uten tittel", "Ukjent avsender", "17")


def content_of(path: Path) -> bytes:
    """What lies in it; what cannot be read is tried again now and then, and its file may be gone."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        return b""


async def test_the_service_is_well_and_nothing_was_written_outside_the_vault(intake: Any) -> None:
    """Runs last: after the hostile set nothing of it lies anywhere but, sealed, in the vault."""

    async def work_is_empty() -> bool:
        return not any((intake.folder / "work").iterdir())

    await eventually(work_is_empty, what="an empty work folder")
    outside = [Path("/tmp/utenfor.pdf"), Path("/etc/utenfor.pdf"), *intake.folder.rglob("*utenfor*")]
    assert not [path for path in outside if path.exists()]
    mine = [path for path in intake.folder.rglob("*") if path.is_file()]
    assert not [path for path in mine if SECRET in content_of(path)]
    known = {"vault", "keys", "older", "identity", "vault_keys.json", "systems.json", "intake.log", "work"}
    assert {path.relative_to(intake.folder).parts[0] for path in mine} <= known
    log = (intake.folder / "intake.log").read_text()
    assert "shipment_unforeseen" not in log
    assert "shipment_skipped" not in log
    assert "Umulig" not in log
    assert "Hemmelig" not in log
