"""Packages as hostile senders make them: each ends in a named state and nothing is written outside (R11)."""

from __future__ import annotations

import hashlib
import io
import zipfile
from pathlib import Path

import pytest

from intake.packaging import BrokenPackage, WrongHash, clean_name, unpack
from intake.svarinn.shipment import ListedFile


def package(tmp_path: Path, files: dict[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> Path:
    path = tmp_path / "package"
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def listed(name: str, content: bytes, **other: object) -> ListedFile:
    facts = {"sha256": hashlib.sha256(content).hexdigest(), "size": len(content)} | other
    return ListedFile(name=name, media_type="application/pdf", **facts)


def out(tmp_path: Path) -> Path:
    folder = tmp_path / "files"
    folder.mkdir()
    return folder


def test_files_come_in_the_order_of_the_list_and_nothing_is_left_out(tmp_path: Path) -> None:
    path = package(tmp_path, {"c.pdf": b"c", "a.pdf": b"a", "b.pdf": b"b"})
    files = unpack(path, (listed("a.pdf", b"a"), listed("b.pdf", b"b")), out(tmp_path), largest=100)
    assert [(one.name, one.path.read_bytes()) for one in files] == [("a.pdf", b"a"), ("b.pdf", b"b"), ("c.pdf", b"c")]


def test_a_bare_pdf_is_one_file(tmp_path: Path) -> None:
    path = tmp_path / "package"
    path.write_bytes(b"%PDF-1.7 x")
    (only,) = unpack(path, (listed("brev.pdf", b"%PDF-1.7 x"),), out(tmp_path), largest=100)
    assert only.name == "brev.pdf"


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "..\\..\\windows\\x.pdf", "a/../../b.pdf"])
def test_a_name_is_never_a_path(tmp_path: Path, name: str) -> None:
    path = package(tmp_path, {name: b"x"})
    folder = out(tmp_path)
    (only,) = unpack(path, (), folder, largest=100)
    assert only.path.parent == folder
    assert not {"/", "\\", ".."} & {only.name, *only.name}
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["files", "package"]


def test_a_wrong_hash_is_fetched_again(tmp_path: Path) -> None:
    path = package(tmp_path, {"a.pdf": b"other"})
    with pytest.raises(WrongHash):
        unpack(path, (listed("a.pdf", b"a"),), out(tmp_path), largest=100)


def test_a_wrong_size_is_fetched_again_but_zero_means_unknown(tmp_path: Path) -> None:
    path = package(tmp_path, {"a.pdf": b"a"})
    with pytest.raises(WrongHash):
        unpack(path, (listed("a.pdf", b"a", size=7),), out(tmp_path), largest=100)
    unpack(path, (listed("a.pdf", b"a", size=0),), tmp_path / "files", largest=100)


def test_a_listed_file_that_is_missing_is_fetched_again(tmp_path: Path) -> None:
    with pytest.raises(WrongHash):
        unpack(package(tmp_path, {"a.pdf": b"a"}), (listed("b.pdf", b"b"),), out(tmp_path), largest=100)


def test_a_bomb_stops_at_the_limit(tmp_path: Path) -> None:
    path = package(tmp_path, {"bomb": bytes(50_000_000)})
    with pytest.raises(BrokenPackage):
        unpack(path, (), out(tmp_path), largest=1_000_000)
    assert not any((tmp_path / "files").iterdir())


def test_ten_thousand_entries_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BrokenPackage):
        unpack(package(tmp_path, {str(number): b"" for number in range(10_000)}), (), out(tmp_path), largest=10)


def test_a_damaged_entry_is_said_as_such(tmp_path: Path) -> None:
    path = tmp_path / "package.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pdf", bytes(range(256)) * 40)
    damaged = bytearray(path.read_bytes())
    start = 30 + len("a.pdf")  # after the local header
    damaged[start : start + 40] = b"\xff" * 40
    path.write_bytes(damaged)
    with pytest.raises(BrokenPackage):
        unpack(path, (), out(tmp_path), largest=100_000)


def test_a_damaged_package_is_said_as_such(tmp_path: Path) -> None:
    whole = package(tmp_path, {"a.pdf": b"a" * 1000}).read_bytes()
    path = tmp_path / "cut"
    path.write_bytes(whole[:60])
    with pytest.raises(BrokenPackage):
        unpack(path, (), out(tmp_path), largest=10_000)


def test_a_stream_written_with_data_descriptors_is_read(tmp_path: Path) -> None:
    class Unseekable(io.BytesIO):
        def seekable(self) -> bool:
            return False

    stream = Unseekable()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("a.pdf", b"a")
    path = tmp_path / "package"
    path.write_bytes(stream.getvalue())
    assert unpack(path, (listed("a.pdf", b"a"),), out(tmp_path), largest=10)[0].path.read_bytes() == b"a"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("brev æøå.pdf", "brev æøå.pdf"),
        ("", "uten navn"),
        ("\u202egnp.exe", "gnp.exe"),
        ("a\x00b\n.pdf", "ab.pdf"),
        ("x" * 300 + ".pdf", "x" * 196 + ".pdf"),
    ],
)
def test_names_are_fit_to_show(given: str, shown: str) -> None:
    assert clean_name(given) == shown
