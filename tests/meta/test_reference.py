"""The reference says what the code says: whoever changes a contract, a setting or a code runs `./dev reference`."""

from pathlib import Path

import pytest

from local import refusals
from local.reference import pages, stale, write


@pytest.fixture(scope="module")
def made() -> dict[str, str]:
    return pages()


def test_every_generated_page_is_current() -> None:
    assert list(stale()) == [], "run ./dev reference and commit what it writes"


def test_what_is_written_is_current_and_written_once(tmp_path: Path) -> None:
    assert len(write(tmp_path)) == len(pages())
    assert write(tmp_path) == []
    (tmp_path / "settings.md").write_text("another text")
    assert list(stale(tmp_path)) == ["settings.md"]


def test_it_names_messages_operations_settings_and_resources(made: dict[str, str]) -> None:
    assert "### `archiver.deliver.v1`" in made["messages.md"]
    assert "### `cases.open_case.v1`" in made["operations.md"]
    assert "**`SVARINN_PASSWORD`** | secret" in made["settings.md"]
    assert "`POST /documents/{document_id}/finishing`" in made["api.md"]


def test_no_table_is_broken_by_what_it_holds(made: dict[str, str]) -> None:
    for name, text in made.items():
        widths: list[int] = []
        for number, line in enumerate(text.splitlines(), start=1):
            if not line.startswith("|"):
                widths = []
                continue
            widths.append(line.replace("\\|", "").count("|"))
            assert widths[-1] == widths[0], f"{name}:{number}"


def test_a_code_is_found_where_it_is_raised_named_by_a_class_or_kept_in_a_table() -> None:
    found = {(one.owner, one.code, one.status) for one in refusals.all_refusals()}
    assert {
        ("cases", "remark-missing", "422"),  # raised
        ("cases", "stale-version", "412"),  # a class of its own
        ("gateway", "login-began-in-feide", "401"),  # attributes of a class
        ("gateway", "body-too-large", "413"),  # a table by status
        ("archiver", "rendition-password", ""),  # a table by code
        ("notifier", "handled-otherwise", ""),  # within a value
        ("gateway", "file-not-found", "404"),  # made from its subject
    } <= found
