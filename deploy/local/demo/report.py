"""What the demo shows at its end: the archive log, what was forwarded, what needs a person and why, what to open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from local.demo.mailroom import Mailroom
from local.demo.setting import log_in_as
from local.stack import Stack

if TYPE_CHECKING:
    from local.demo.run import Figures

REASONS = {
    "password": "filen krever passord",
    "damaged": "filen er skadet og kan ikke åpnes",
    "empty": "filen er tom",
    "unknown-format": "filen har et ukjent format",
}


def show(stack: Stack, mailroom: Mailroom, figures: Figures, out: Console) -> None:
    """Prints all of it."""
    administrator = log_in_as(stack, "administrator")
    log = Table("ordered", "what", "state", "attempts", "archive's number", title="The archive log")
    for row in administrator.get("deliveries", limit=200)["items"]:
        cells = (
            row["ordered_at"][11:19],
            row["kind"],
            row["state"],
            str(row["attempts"]),
            row["archive_reference"] or "–",
        )
        log.add_row(*cells)
    out.print(log)
    mail = Table("title", "why", title="Needs a person")
    for item in mailroom.left_for_a_person():
        why = ", ".join(REASONS.get(code, code) for code in item["problems"]) or item["rule"]
        mail.add_row(item["title"], why)
    out.print(mail)
    totals = Table("figure", "value", title="In all")
    for name, value in figures.__dict__.items():
        totals.add_row(name.replace("_", " "), str(value))
    out.print(totals)
    out.print(f"Staff API: {stack.url('gateway')}/api/v1/openapi.json   Broker: {stack.servers.management_url}")
