"""The CMS envelope, as KS writes it and as broken senders do; made by OpenSSL, opened by us (SvarInn, encryption profile)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intake.svarinn.envelope import BrokenEnvelope, ForeignKey, ReceiverKey, decrypt, load_keys
from sikkersak.errors import Declined, Transient

OAEP = ("-keyopt", "rsa_padding_mode:oaep", "-keyopt", "rsa_oaep_md:sha256", "-keyopt", "rsa_mgf1_md:sha256")


def make_key(folder: Path, name: str) -> None:
    folder.mkdir(exist_ok=True)
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", f"/CN={name}"]
        + ["-keyout", str(folder / f"{name}.key.pem"), "-out", str(folder / f"{name}.crt.pem")],
        check=True,
        capture_output=True,
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("keys")
    make_key(made, "old")
    make_key(made, "new")
    return made


@pytest.fixture(scope="module")
def keys(folder: Path) -> list[ReceiverKey]:
    return load_keys(folder)


def encrypted(folder: Path, content: bytes, *, to: str = "old", options: tuple[str, ...] = ("-stream", *OAEP)) -> bytes:
    stream = [option for option in options if option == "-stream"]
    after = [option for option in options if option != "-stream"]
    done = subprocess.run(
        ["openssl", "cms", "-encrypt", "-binary", *stream, "-outform", "DER", "-aes-256-cbc"]
        + ["-recip", str(folder / f"{to}.crt.pem"), *after],
        input=content,
        check=True,
        capture_output=True,
    )
    return done.stdout


def opened(tmp_path: Path, envelope: bytes, keys: list[ReceiverKey]) -> bytes:
    source, destination = tmp_path / "in", tmp_path / "out"
    source.write_bytes(envelope)
    decrypt(source, destination, keys)
    return destination.read_bytes()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4096, 262_143, 262_144, 262_145, 3_000_000])
@pytest.mark.parametrize("options", [("-stream", *OAEP), OAEP, ("-stream",)], ids=["ber-oaep", "der-oaep", "ber-pkcs1"])
def test_what_was_put_in_comes_out(
    folder: Path, keys: list[ReceiverKey], tmp_path: Path, size: int, options: tuple[str, ...]
) -> None:
    content = bytes(index % 251 for index in range(size))
    assert opened(tmp_path, encrypted(folder, content, options=options), keys) == content


def test_every_key_of_a_rotation_opens_its_own(folder: Path, keys: list[ReceiverKey], tmp_path: Path) -> None:
    assert opened(tmp_path, encrypted(folder, b"x", to="new"), keys) == b"x"


def test_a_foreign_key_is_said_as_such(folder: Path, keys: list[ReceiverKey], tmp_path: Path) -> None:
    make_key(tmp_path / "others", "foreign")
    with pytest.raises(ForeignKey):
        opened(tmp_path, encrypted(tmp_path / "others", b"x", to="foreign"), keys)


@pytest.mark.parametrize("kept", [0, 1, 10, 300, 600, 5_000])
def test_a_cut_off_download_is_fetched_again(folder: Path, keys: list[ReceiverKey], tmp_path: Path, kept: int) -> None:
    envelope = encrypted(folder, bytes(10_000))
    with pytest.raises(Transient):
        opened(tmp_path, envelope[:kept], keys)


@given(position=st.integers(0, 5_000), flip=st.integers(1, 255))
def test_no_damage_makes_anything_but_a_named_error_or_content(position: int, flip: int) -> None:
    envelope = bytearray(ENVELOPE)
    envelope[position % len(envelope)] ^= flip
    try:
        opened(FOLDER, bytes(envelope), KEYS)
    except (Declined, Transient):
        return


def test_what_is_no_envelope_is_said_as_such(keys: list[ReceiverKey], tmp_path: Path) -> None:
    with pytest.raises(BrokenEnvelope):
        opened(tmp_path, b"%PDF-1.7 not encrypted at all", keys)


@pytest.fixture(scope="module", autouse=True)
def shared(folder: Path, keys: list[ReceiverKey], tmp_path_factory: pytest.TempPathFactory) -> None:
    global ENVELOPE, KEYS, FOLDER
    ENVELOPE, KEYS, FOLDER = encrypted(folder, bytes(4_000)), keys, tmp_path_factory.mktemp("damage")
