"""How letters and signature jobs fare when very many are under way at once (M20, M21).

`./dev bench letters [--letters 1000] [--jobs 500] [--json]` starts the stand-ins, one notifier and one signing service,
orders everything, loses some answers on purpose, and follows it all to its end.

| figure | is |
| --- | --- |
| `letters`, `jobs` | ordered |
| `in_flight` | the most that were at the carriers at once, letters and jobs together |
| `doubled` | of which the stand-ins hold more than one |
| `unresolved` | without a final state, or at one that is not what the stand-in says |
| `peak_mb` | the larger service's peak of resident memory |
| `connections` | the most TCP connections that one service had open at once, servers of its own included |
| `oldest_status_s` | the most seconds that a letter was looked at later than its rhythm says |
"""

from __future__ import annotations

import argparse
import asyncio
import io
import json
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pikepdf
from joserfc.jwk import RSAKey

from sikkersak.contracts.message import Message
from sikkersak.contracts.notifier import LetterDossier, SendLetter
from sikkersak.contracts.signing import RequestSignatures, Signer, SigningDossier
from sikkersak.contracts.values import File, Party, PartyKind, PostalAddress
from sikkersak.ids import new_id
from sikkersak.messaging.outbox import say
from sikkersak.persistence.database import Database
from sikkersak.testing.running import Programs, ServiceProcess, make_keys, make_schema, service_environment, start
from sikkersak.testing.sandbox import Sandbox, sandbox
from sikkersak.vault import Vault, seal

ACCOUNT: Final = "2f0d1b3e-0f5e-4c55-8f3e-1c6f2b7a9d10"
INTEGRATION: Final = "0a6d0c2e-2b59-4a0d-8a44-7d3a3c1f9b21"
COUNTY, SENDER, PERSON, GUARDIAN = "310000019", "310000027", "01851012490", "15926100175"
ADDRESS: Final = PostalAddress(line="Eksempelveien 2", postal_code="0003", city="OSLO")
# What happens to jobs, in turn; every fifth is signed, because a signature is what costs the stand-in.
ACTS: Final = ("sign", "reject", "expire", "reserve", "contact-missing")
ENDS: Final = {"COMPLETED_SUCCESSFULLY": {"signed"}, "FAILED": {"declined", "expired", "failed"}}
LADDER_MS: Final = 2_000


@dataclass
class Seen:
    """What was seen while it ran."""

    peak_mb: float = 0.0
    connections: int = 0
    in_flight: int = 0
    oldest_status_s: float = 0.0


@dataclass
class Bench:
    """One run."""

    asked: argparse.Namespace
    folder: Path
    programs: Programs
    seen: Seen = field(default_factory=Seen)

    async def run(self) -> dict[str, Any]:
        """Starts, orders, follows, counts."""
        begin = time.monotonic()
        key = RSAKey.generate_key(2048, {"kid": "k1"})
        async with AsyncExitStack() as stack:
            notifier = await stack.enter_async_context(self.service("notifier", self.letter_carriers(key)))
            signing = await stack.enter_async_context(self.service("signing", self.portal()))
            await self.lose_answers()
            letters = await self.order_letters(notifier)
            jobs = await self.order_jobs(signing)
            await asyncio.gather(self.play_signers(signing), self.follow(notifier, signing))
            figures = {
                "letters": len(letters),
                "jobs": len(jobs),
                "in_flight": self.seen.in_flight,
                "doubled": await self.doubled(),
                "unresolved": await self.unresolved(notifier, signing),
                "peak_mb": round(self.seen.peak_mb),
                "connections": self.seen.connections,
                "oldest_status_s": round(max(self.seen.oldest_status_s, 0.0), 1),
                "parked": sum([await one.parked() for one in (notifier, signing)]),
            }
        return figures | {"seconds": round(time.monotonic() - begin)}

    # --- parts

    @asynccontextmanager
    async def service(self, name: str, told: dict[str, str]) -> AsyncIterator[Running]:
        """One service on a sandbox of its own."""
        folder = self.folder / name
        folder.mkdir()
        async with sandbox(longest_delay=LADDER_MS) as place:
            await make_schema(place, name)
            make_keys(folder)
            (folder / "work").mkdir()
            environment = {**service_environment(place, folder), **told, "WORK_FOLDER": str(folder / "work")}
            process = ServiceProcess(name, environment, folder / "log")
            vault = await Vault.open(environment["VAULT_URL"], folder / "vault_keys.json")
            database = await Database.connect(place.database_url, application="bench", size=4)
            try:
                with process.wanted() as running:
                    yield Running(name, place, database, vault, running)
            finally:
                process.stop()
                await database.close()

    def letter_carriers(self, key: RSAKey) -> dict[str, str]:
        """Stand-ins of SvarUt and Maskinporten, and what notifier is told of them."""
        client = {"client_id": "sikkersak", "organisation": COUNTY, "jwk": key.as_dict(private=False)}
        integration = {"id": INTEGRATION, "password": "hemmelig", "organisation": COUNTY, "accounts": [ACCOUNT]}
        (self.folder / "clients.json").write_text(json.dumps({"clients": [client]}))
        (self.folder / "integrations.json").write_text(json.dumps([integration]))
        (self.folder / "maskinporten.pem").write_bytes(key.as_pem(private=True))
        (issuer,) = self.programs.stand_in("maskinporten", "--clients", str(self.folder / "clients.json"))
        integrations = (
            "--integrations",
            str(self.folder / "integrations.json"),
            "--state",
            str(self.folder / "svarut"),
        )
        pace = ("--pace", str(self.asked.pace))
        (self.svarut,) = self.programs.stand_in("svarut", "--maskinporten", issuer, *pace, *integrations)
        smtp, _ = self.programs.stand_in("smtp")
        (teams,) = self.programs.stand_in("teams")
        return {
            "SVARUT_URL": f"{self.svarut}/api",
            "SVARUT_INTEGRATION_ID": INTEGRATION,
            "SVARUT_INTEGRATION_PASSWORD": "hemmelig",
            "SVARUT_ACCOUNT": ACCOUNT,
            "MASKINPORTEN_ISSUER": issuer,
            "MASKINPORTEN_CLIENT_ID": "sikkersak",
            "MASKINPORTEN_KEY": str(self.folder / "maskinporten.pem"),
            "MASKINPORTEN_KEY_ID": "k1",
            "SMTP_HOST": urlsplit(smtp).hostname or "",
            "SMTP_PORT": str(urlsplit(smtp).port),
            "SMTP_STARTTLS": "false",
            "SMTP_SENDER": "sikkersak@fjordvik.example",
            "GENERAL_ARCHIVE_MAILBOX": "arkiv@fjordvik.example",
            "TEAMS_WEBHOOK": f"{teams}/workflows/w1/triggers/manual/paths/invoke?sig=development",
            "PUBLIC_URL": "http://127.0.0.1:8080",
            "STATUS_SECONDS": "1",
            "STATUS_RHYTHM": str(self.asked.rhythm),
            "SWEEP_SECONDS": "2",
        }

    def portal(self) -> dict[str, str]:
        """The signing service's stand-in with its limit, and what signing is told of it."""
        folder, client = self.folder / "certificates", self.folder / "client.pem"
        command = [sys.executable, "-m", "simulators", "signing", "--ca-dir", str(folder)]
        issued = start([*command, "--issue-client", SENDER, str(client)], {}, self.folder / "ca.log").wait(60)
        assert issued == 0
        limit = ("--calls-a-second", str(self.asked.calls + max(2, self.asked.calls // 4)))
        url, self.signing = self.programs.stand_in("signing", "--ca-dir", str(folder), "--pace", "0.2", *limit)
        return {
            "PORTAL_URL": url,
            "PORTAL_ORGANISATION": SENDER,
            "PORTAL_CERTIFICATE": str(client),
            "PORTAL_TRUST": str(folder),
            "PORTAL_CALLS_A_SECOND": str(self.asked.calls),
            "POLL_SECONDS": "0.2",
            "SWEEP_SECONDS": "2",
        }

    async def lose_answers(self) -> None:
        """Some letters and jobs are taken without an answer: they must be found again, and never doubled."""
        async with httpx.AsyncClient() as client:
            for control, path, count in (
                (self.svarut, "/forsendelser/person$", self.asked.letters // 50),
                (self.signing, "^POST .*/portal/signature-jobs$", self.asked.jobs // 50),
            ):
                faults = {"lose_answers": count, "only": path}
                (await client.put(f"{control}/_control/faults", json=faults)).raise_for_status()

    async def order_letters(self, notifier: Running) -> list[UUID]:
        """As many letters to as many files."""
        orders: list[Message] = []
        for number in range(self.asked.letters):
            receiver = Party(kind=PartyKind.PERSON, name="Ola Prøve", national_id=PERSON, address=ADDRESS)
            dossier = LetterDossier(
                title="Vedtak",
                receiver=receiver,
                sender_organisation=COUNTY,
                sender_name="Fjordvik skole",
                case_number=f"2026/{number + 1}",
                files=(await notifier.file(),),
            )
            ref = await seal(notifier.vault, dossier)
            orders.append(SendLetter(letter_id=new_id(), document_id=new_id(), school_id=new_id(), dossier=ref))
        await notifier.say(orders)
        return [order.letter_id for order in orders if isinstance(order, SendLetter)]

    async def order_jobs(self, signing: Running) -> list[UUID]:
        """As many jobs, each with one signer and one document."""
        orders: list[Message] = []
        for _ in range(self.asked.jobs):
            signer = Signer(national_id=GUARDIAN, name="Ola Prøve")
            dossier = SigningDossier(title="Samtykke", document=await signing.file(), signers=(signer,))
            ref = await seal(signing.vault, dossier)
            orders.append(RequestSignatures(job_id=new_id(), document_id=new_id(), school_id=new_id(), dossier=ref))
        await signing.say(orders)
        return [order.job_id for order in orders if isinstance(order, RequestSignatures)]

    async def play_signers(self, signing: Running) -> None:
        """Lets every signer act, once all jobs are at the portal."""
        async with httpx.AsyncClient(timeout=120) as client:
            deadline = time.monotonic() + self.asked.within
            while time.monotonic() < deadline:
                jobs = (await client.get(f"{self.signing}/_control/state")).json()["jobs"]
                if len(jobs) >= self.asked.jobs:
                    break
                await asyncio.sleep(1)
            for position, job in enumerate(jobs):
                act = ACTS[position % len(ACTS)]
                await client.post(f"{self.signing}/_control/jobs/{job['id']}/signers/1/{act}")
        del signing

    async def follow(self, notifier: Running, signing: Running) -> None:
        """Looks every half second until everything has ended, or the time is up."""
        deadline = time.monotonic() + self.asked.within
        while time.monotonic() < deadline:
            sent, open_letters, late = await notifier.look(LOOK_AT_LETTERS)
            awaiting, open_jobs, _ = await signing.look(LOOK_AT_JOBS)
            self.seen.in_flight = max(self.seen.in_flight, sent + awaiting)
            self.seen.oldest_status_s = max(self.seen.oldest_status_s, late)
            for one in (notifier, signing):
                self.seen.peak_mb = max(self.seen.peak_mb, one.peak_mb())
                self.seen.connections = max(self.seen.connections, one.connections())
            if not self.asked.json:
                print(
                    f"  letters under way {open_letters}, at SvarUt {sent}; jobs {open_jobs}, at the portal {awaiting}"
                )
            if open_letters == 0 and open_jobs == 0:
                return
            await asyncio.sleep(0.5)

    async def doubled(self) -> int:
        """References under which a stand-in holds more than one."""
        async with httpx.AsyncClient(timeout=120) as client:
            letters = (await client.get(f"{self.svarut}/_control/state")).json()["letters"]
            jobs = (await client.get(f"{self.signing}/_control/state")).json()["jobs"]
        held = Counter([one["eksternReferanse"] for one in letters] + [one["reference"] for one in jobs])
        return sum(count > 1 for count in held.values())

    async def unresolved(self, notifier: Running, signing: Running) -> int:
        """What has no end, or another than the carrier says."""
        async with httpx.AsyncClient(timeout=120) as client:
            jobs = (await client.get(f"{self.signing}/_control/state")).json()["jobs"]
        rows = await notifier.rows("select state from consignments where kind = 'letter'")
        known = {str(row["job_id"]): row["state"] for row in await signing.rows("select job_id, state from jobs")}
        wrong = sum(known.get(job["reference"]) not in ENDS.get(job["state"], set()) for job in jobs)
        missing = self.asked.jobs - len(jobs)
        return wrong + missing + sum(row["state"] != "delivered" for row in rows) + self.asked.letters - len(rows)


LOOK_AT_LETTERS: Final = """
select count(*) filter (where state = 'sent') as away,
  greatest(count(*) filter (where state in ('waiting', 'trying', 'sent')), $1 - count(*)) as under_way,
  coalesce(extract(epoch from max(now() - next_look_at) filter (where state = 'sent')), 0) as late
from consignments where kind = 'letter'
"""
LOOK_AT_JOBS: Final = """
select count(*) filter (where state = 'awaiting_signatures') as away,
  greatest(count(*) filter (where state in ('waiting', 'awaiting_signatures')), $1 - count(*)) as under_way, 0 as late
from jobs
"""


@dataclass
class Running:
    """A running service, and what can be seen of it."""

    name: str
    place: Sandbox
    database: Database
    vault: Vault
    process: subprocess.Popen[str]
    ordered: int = 0

    async def say(self, orders: Sequence[Message]) -> None:
        """Says all orders through the service's own outbox."""
        self.ordered = len(orders)
        for position in range(0, len(orders), 100):
            async with self.database.transaction() as tx:
                for order in orders[position : position + 100]:
                    await say(tx, order)

    async def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """Rows of the service's schema."""
        async with self.database.transaction() as tx:
            return [dict(row) for row in await tx.fetch(sql, *values)]

    async def look(self, sql: str) -> tuple[int, int, float]:
        """How many are at the carrier, how many have not ended, and how late the latest look is."""
        (row,) = await self.rows(sql, self.ordered)
        return int(row["away"]), int(row["under_way"]), float(row["late"])

    async def file(self) -> File:
        """A small document unlike all others."""
        document = pikepdf.new()
        document.add_blank_page()
        document.docinfo["/Title"] = str(new_id())
        target = io.BytesIO()
        document.save(target)
        ref = await self.vault.put(target.getvalue(), "application/pdf")
        return File(name="Vedtak.pdf", media_type="application/pdf", ref=ref)

    async def parked(self) -> int:
        """Messages that a person would have to look at."""
        queue = {"notifier": "notifier.carry", "signing": "signing.create"}[self.name]
        return await self.place.depth(f"{queue}.parking")

    def peak_mb(self) -> float:
        """The process's own peak of resident memory."""
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
        return 0.0

    def connections(self) -> int:
        """Its open sockets, those to database and broker included."""
        links = Path(f"/proc/{self.process.pid}/fd").iterdir()
        return sum(_is_socket(link) for link in links)


def _is_socket(link: Path) -> bool:
    try:
        return str(link.readlink()).startswith("socket:")
    except OSError:  # closed in the meantime
        return False


def main() -> None:
    """Runs once and prints the figures."""
    parser = argparse.ArgumentParser(prog="./dev bench letters", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--letters", type=int, default=1000)
    parser.add_argument("--jobs", type=int, default=500)
    parser.add_argument("--pace", type=float, default=25.0, help="seconds that SvarUt's stand-in takes for each status")
    parser.add_argument("--rhythm", type=float, default=0.1, help="factor on the pauses between looks at one letter")
    parser.add_argument(
        "--calls", type=int, default=40, help="calls a second that the signing service's stand-in takes"
    )
    parser.add_argument("--within", type=float, default=600.0, help="seconds until what has no end is unresolved")
    parser.add_argument("--json", action="store_true", help="only one line of figures")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="sikkersak-bench-") as name:
        programs = Programs(Path(name))
        try:
            figures = asyncio.run(Bench(asked, Path(name), programs).run())
        finally:
            programs.stop()
    print(json.dumps(figures))


if __name__ == "__main__":
    main()
