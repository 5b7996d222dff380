"""`./dev test --containers` where there is no Docker engine."""

from __future__ import annotations

import pytest

from local.containers import run_tests


def test_without_an_engine_one_sentence_says_so_and_the_exit_code_is_2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere/docker.sock")
    assert run_tests(["--collect-only"]) == 2
    said = capsys.readouterr().err.strip()
    assert said.startswith("No Docker engine answers")
    assert "\n" not in said
