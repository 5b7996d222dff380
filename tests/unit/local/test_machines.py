"""The example of another system: why it has no token is said."""

from __future__ import annotations

from pathlib import Path

import pytest

from local.machines import MachineClient, NoToken
from local.memory import free_port


@pytest.mark.parametrize("has_key", [False, True])
def test_no_token_where_nothing_runs_says_what_to_start(tmp_path: Path, has_key: bool) -> None:
    client = MachineClient("skolesystem", "310000027", tmp_path / "key.pem")
    if has_key:
        client.registration()
    with pytest.raises(NoToken, match=r"\./dev up"):
        client.token(f"http://127.0.0.1:{free_port()}/", "https://sak.example", ["status"])
