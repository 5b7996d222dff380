"""What of the system's is missing, and what is said when it cannot be had."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from local import packages
from local.packages import Need


def test_a_program_on_the_path_meets_a_need() -> None:
    assert Need("sh", ("dash",)).is_met()
    assert not Need("no-such-program", ("nothing",)).is_met()


def test_a_file_meets_a_need_whatever_its_version(tmp_path: Path) -> None:
    (tmp_path / "15").mkdir()
    (tmp_path / "15" / "initdb").touch()

    assert Need(f"{tmp_path}/*/initdb", ("postgresql",)).is_met()
    assert not Need(f"{tmp_path}/*/postgres", ("postgresql",)).is_met()


def test_nothing_is_done_where_nothing_is_missing() -> None:
    assert packages.install([]) is None


def test_without_apt_the_sentence_tells_what_is_lost_and_the_way_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda _: None)

    said = packages.install([Need("soffice", ("libreoffice-writer",), "office documents are not converted")])

    assert said is not None
    assert said.startswith("office documents are not converted: ")
    assert "libreoffice-writer" in said


def test_without_root_the_sentence_is_the_command_to_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(shutil, "which", lambda name: None if name == "sudo" else f"/usr/bin/{name}")

    said = packages.install([Need("no-such-program", ("postgresql",))])

    assert said is not None
    assert "run as root once: apt-get install --no-install-recommends postgresql" in said


def test_servers_given_by_address_are_not_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Need, "is_met", lambda _: False)

    asked = {name for need in packages.missing(with_servers=False) for name in need.packages}

    assert not asked & {"postgresql", "rabbitmq-server"}
