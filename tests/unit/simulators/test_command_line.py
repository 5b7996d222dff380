"""How a stand-in is started by its name."""

from __future__ import annotations

import pytest

from simulators.__main__ import NAMES, entry, main


@pytest.mark.parametrize("given", [[], ["altinn"]])
def test_an_unknown_name_is_refused_with_the_known_ones(given: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(given)
    assert all(name in str(ended.value.code) for name in NAMES)


@pytest.mark.parametrize("name", ["svarinn", "svarut", "maskinporten", "smtp", "teams"])
def test_every_stand_in_tells_what_it_can_be_told(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        entry(name)(["--help"])
    assert ended.value.code == 0
    assert "--port" in capsys.readouterr().out
