"""Documents say what is true: links lead somewhere, commands exist, every service says the same six things of itself."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

from local.__main__ import app
from local.places import SERVICES
from local.reference import pages

REPOSITORY = Path(__file__).resolve().parents[2]
HEADINGS = ("Owns", "Hears", "Says", "Stores", "Runs", "Fails")
FENCE = re.compile(r"^```.*?^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
COMMAND = re.compile(r"\./dev[ ]+([a-z][a-z-]*)")
# Written in pieces, so that this file does not hold what it looks for.
OURS_ALONE = re.compile(
    "|".join(
        (
            "/wo" + "rk/",
            "/ro" + "ot/",
            "pypi-pro" + "xy",
            "index-" + "url *[=:] *http",
            "(?:art" + "ifactory|ne" + "xus)\\.",
        )
    )
)


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository: what git knows, and what it would take in."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [path for line in done.stdout.splitlines() if (path := REPOSITORY / line).is_file()]


def documents() -> list[Path]:
    return tracked("*.md")


def anchors(text: str) -> set[str]:
    """As GitHub makes them of headings."""
    heads = re.findall(r"^#+ (.+)$", FENCE.sub("", text), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", re.sub(r"[`*]", "", head)).strip().lower().replace(" ", "-") for head in heads}


def broken_links(path: Path) -> Iterator[str]:
    for target in LINK.findall(FENCE.sub("", path.read_text(encoding="utf-8"))):
        if re.match(r"[a-z]+:", target):
            continue
        place, _, anchor = target.partition("#")
        there = (path.parent / place).resolve() if place else path
        if not there.exists():
            yield f"{path.relative_to(REPOSITORY)}: {target}"
        elif anchor and there.suffix == ".md" and anchor not in anchors(there.read_text(encoding="utf-8")):
            yield f"{path.relative_to(REPOSITORY)}: {target} (no such heading)"


def test_every_relative_link_leads_somewhere() -> None:
    assert [wrong for path in documents() for wrong in broken_links(path)] == []


def test_a_link_to_nowhere_would_be_seen(tmp_path: Path) -> None:
    assert "Følge arkivloggen" not in anchors("text")
    assert "følge-arkivloggen" in anchors("## Følge arkivloggen\n")
    assert LINK.findall("[x](gone.md#there)") == ["gone.md#there"]


@pytest.mark.parametrize("service", SERVICES)
def test_every_service_says_what_it_owns_hears_says_stores_runs_and_fails_on(service: str) -> None:
    text = (REPOSITORY / "services" / service / "README.md").read_text(encoding="utf-8")
    said = re.findall(rf"^(?:## |\*\*)({'|'.join(HEADINGS)})\b", text, re.MULTILINE)
    assert tuple(said) == HEADINGS


def test_no_file_names_a_machine_or_a_registry() -> None:
    found = []
    for path in tracked():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:  # a picture, a document
            continue
        found += [f"{path.relative_to(REPOSITORY)}: {match.group()}" for match in OURS_ALONE.finditer(text)]
    assert found == []


def test_every_dev_command_that_is_written_of_exists() -> None:
    known = set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]
    for path in [*documents(), REPOSITORY / "dev", REPOSITORY / "docker-compose.yml"]:
        written = set(COMMAND.findall(path.read_text(encoding="utf-8")))
        assert written <= known, path.relative_to(REPOSITORY)


def test_every_address_that_the_manuals_use_is_an_address_of_the_api() -> None:
    methods = {"hent": "GET", "versjon": "GET", "last_ned": "GET", "send": "POST", "send_lest": "POST"}
    methods |= {"sett": "PUT", "endre": "PATCH"}
    known = {
        (method, re.sub(r"\{[^}]+\}", "*", address))
        for method, address in re.findall(r"^\| `([A-Z]+) /([^`]+)` \|", pages()["api.md"], re.MULTILINE)
    }
    uses = re.compile(
        r"\b(hent|versjon|last_ned|send|send_lest|sett|endre) (?:\"([^\"]+)\"|'([^']+)'|([a-z][\w/?=&-]*))"
    )
    used = set()
    for path in [*(REPOSITORY / "docs" / "manual").rglob("*.md"), *(REPOSITORY / "docs" / "runbook").glob("*.md")]:
        for block in FENCE.findall(path.read_text(encoding="utf-8")):
            for verb, *written in uses.findall(block):
                address = "".join(written).partition("?")[0]
                used.add((methods[verb], re.sub(r"\$\w+|(?<=files/)\d+", "*", address)))
    assert len(used) > 20
    assert used - known == set()
