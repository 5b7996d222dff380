"""All SQL of the gateway: sessions, log-ins under way, logouts seen, changes for open pages, files sent in."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.login.identity import Authentication, Demand
from gateway.login.provider import LogoutNotice, PendingLogin
from gateway.login.session import Limits, Session
from sikkersak.persistence.database import Database, Row, Transaction, present

CHANGES_AT_ONCE = 100
_SESSION = "digest, pid_lookup, begun_at, last_seen_at, authentications, provider_session, sealed_id_token, locale"


class SqlSessionStore:
    """`gateway.login.session.SessionStore` in PostgreSQL; every call is a transaction of its own."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add_pending(self, pending: PendingLogin) -> None:
        """Keeps a log-in that has begun, until `pending.expires_at`."""
        async with self._database.transaction() as tx:
            await tx.execute(
                """insert into pending_logins (digest, state, nonce, verifier, issuer, level, is_forced, max_age,
                     begun_at, expires_at, return_to, continues)
                   values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)""",
                *(pending.digest, pending.state, pending.nonce, pending.verifier, pending.issuer),
                *(pending.demand.level, pending.demand.forced, pending.demand.max_age),
                *(pending.begun_at, pending.expires_at, pending.return_to, pending.continues),
            )

    async def take_pending(self, digest: bytes) -> PendingLogin | None:
        """Gives it once: the row is locked while it is deleted, so another replica finds nothing."""
        async with self._database.transaction() as tx:
            row = await tx.fetchrow("delete from pending_logins where digest = $1 returning *", digest)
        return _pending(row) if row else None

    async def add(self, session: Session) -> None:
        """Keeps a new session."""
        async with self._database.transaction() as tx:
            await _insert(tx, session)

    async def find(self, digest: bytes) -> Session | None:
        """The session with this digest, alive or not."""
        row = await self._database.one(f"select {_SESSION} from sessions where digest = $1", digest)
        return _session(row) if row else None

    async def look_up(self, digest: bytes) -> tuple[Session, int] | None:
        """As `find`, and how often anybody's roles have changed: one question, because every request has it."""
        asked = f"select {_SESSION}, (select version from staff_version) as version from sessions where digest = $1"
        row = await self._database.one(asked, digest)
        if row is None:
            return None
        session = dict(row)
        version: int = session.pop("version")
        return _session(session), version

    async def touch(self, session: Session) -> None:
        """Saves `last_seen_at`, never backwards; an ended session is not brought back."""
        async with self._database.transaction() as tx:
            await tx.execute(
                "update sessions set last_seen_at = greatest(last_seen_at, $2) where digest = $1",
                session.digest,
                session.last_seen_at,
            )

    async def replace(self, old: bytes, session: Session) -> bool:
        """Puts the strengthened session in the old one's place; False if the old has ended."""
        async with self._database.transaction() as tx:
            if await tx.fetchval("delete from sessions where digest = $1 returning true", old) is None:
                return False
            await _insert(tx, session)
            return True

    async def end(self, digest: bytes) -> Session | None:
        """Deletes it and gives what was deleted; None if it was gone."""
        async with self._database.transaction() as tx:
            row = await tx.fetchrow(f"delete from sessions where digest = $1 returning {_SESSION}", digest)
        return _session(row) if row else None

    async def of_person(self, pid_lookup: str) -> list[Session]:
        """Every session of a person, alive or not, the latest used first."""
        asked = f"select {_SESSION} from sessions where pid_lookup = $1 order by last_seen_at desc limit 100"
        async with self._database.transaction() as tx:
            return [_session(row) for row in await tx.fetch(asked, pid_lookup)]

    async def end_of_person(self, pid_lookup: str, but: bytes | None) -> list[bytes]:
        """Deletes every session of a person, except one where it is named; their digests."""
        ended = "delete from sessions where pid_lookup = $1 and digest is distinct from $2 returning digest"
        async with self._database.transaction() as tx:
            return [row["digest"] for row in await tx.fetch(ended, pid_lookup, but)]

    async def end_by_provider_session(self, issuer: str, provider_session: str) -> int:
        """Deletes every session with this `sid`; the count."""
        async with self._database.transaction() as tx:
            return await _end_by_provider_session(tx, issuer, provider_session)

    async def first_logout(self, token_id: str, expires_at: datetime) -> bool:
        """True the first time a logout token with this id is seen."""
        async with self._database.transaction() as tx:
            return await _first_logout(tx, token_id, expires_at)

    async def log_out(self, notice: LogoutNotice) -> int:
        """Ends what the notice names, the first time it is seen, in one transaction: a crash between cannot lose it."""
        async with self._database.transaction() as tx:
            if not await _first_logout(tx, notice.token_id, notice.expires_at):
                return 0
            return await _end_by_provider_session(tx, notice.issuer, notice.provider_session)


@dataclass(frozen=True)
class Change:
    """Something about a document changed; `kind` says what, `state` how it stands now. Ids only."""

    kind: str
    state: str | None
    document_id: UUID
    case_id: UUID | None = None
    school_id: UUID | None = None


@dataclass(frozen=True)
class ChangeRow:
    """A change with its number; numbers grow."""

    sequence: int
    change: Change


@dataclass(frozen=True)
class Wanted:
    """What is followed: one document, or everything in one case."""

    document_id: UUID | None = None
    case_id: UUID | None = None


async def note_change(tx: Transaction, change: Change, at: datetime) -> None:
    """Keeps it. One at a time, so that a number that is seen has none below it that is not."""
    await tx.execute("lock table changes in exclusive mode")
    insert = "insert into changes (kind, state, document_id, case_id, school_id, at) values ($1, $2, $3, $4, $5, $6)"
    values = (change.kind, change.state, change.document_id, change.case_id, change.school_id)
    await tx.execute(insert, *values, at)


async def newest_change(database: Database) -> int:
    """The number of the newest change; 0 when there is none."""
    row = await database.one("select coalesce(max(sequence), 0) as newest from changes")
    return int(row["newest"]) if row else 0


async def changes_after(database: Database, wanted: Wanted, sequence: int) -> list[ChangeRow]:
    """What came after that number, oldest first, at most a hundred."""
    asked = f"""select sequence, kind, state, document_id, case_id, school_id from changes
      where sequence > $1 and (document_id = $2 or case_id = $3) order by sequence limit {CHANGES_AT_ONCE}"""
    async with database.transaction() as tx:
        rows = await tx.fetch(asked, sequence, wanted.document_id, wanted.case_id)
    return [
        ChangeRow(
            row["sequence"], Change(row["kind"], row["state"], row["document_id"], row["case_id"], row["school_id"])
        )
        for row in rows
    ]


@dataclass(frozen=True)
class UploadRow:
    """A file that somebody has sent in; `dossier` is the reference of what tells about it."""

    upload_id: UUID
    staff_id: UUID
    dossier: dict[str, Any]
    received_at: datetime
    expires_at: datetime


async def add_upload(tx: Transaction, row: UploadRow, key: str) -> UploadRow:
    """Keeps it, or gives what this person sent under the same key before."""
    insert = """insert into uploads (upload_id, staff_id, dossier, received_at, expires_at, key)
      values ($1, $2, $3, $4, $5, $6) on conflict (staff_id, key) do nothing"""
    await tx.execute(insert, row.upload_id, row.staff_id, row.dossier, row.received_at, row.expires_at, key)
    kept = await tx.fetchrow("select * from uploads where staff_id = $1 and key = $2", row.staff_id, key)
    return _upload(present(kept, "upload"))


async def uploads_of(
    tx: Transaction, staff_id: UUID, upload_ids: Sequence[UUID], at: datetime
) -> dict[UUID, UploadRow]:
    """Those of the given that this person sent and that have not expired."""
    asked = "select * from uploads where staff_id = $1 and upload_id = any($2) and expires_at > $3"
    return {row["upload_id"]: _upload(row) for row in await tx.fetch(asked, staff_id, list(upload_ids), at)}


def _upload(row: Row) -> UploadRow:
    return UploadRow(row["upload_id"], row["staff_id"], row["dossier"], row["received_at"], row["expires_at"])


async def prune(tx: Transaction, limits: Limits, keep_changes: timedelta, now: datetime) -> None:
    """Deletes what has expired: it is refused already, and nobody needs it. Key: the expiry, so twice is harmless."""
    await tx.execute("delete from pending_logins where expires_at <= $1", now)
    await tx.execute(
        "delete from sessions where last_seen_at <= $1 or begun_at <= $2", now - limits.idle, now - limits.absolute
    )
    # one day of grace: a token that has expired is refused by its time already, whatever our clocks do meanwhile
    await tx.execute("delete from logouts where expires_at <= $1", now - timedelta(days=1))
    await tx.execute("delete from changes where at <= $1", now - keep_changes)
    await tx.execute("delete from uploads where expires_at <= $1", now)


async def _insert(tx: Transaction, session: Session) -> None:
    await tx.execute(
        f"""insert into sessions ({_SESSION}, issuer) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)""",
        *(session.digest, session.pid_lookup, session.begun_at, session.last_seen_at),
        [_proof_row(proof) for proof in session.authentications],
        *(session.provider_session, session.sealed_id_token, session.locale),
        session.authentications[-1].issuer,
    )


async def _end_by_provider_session(tx: Transaction, issuer: str, provider_session: str) -> int:
    ended = "delete from sessions where issuer = $1 and provider_session = $2 returning true"
    return len(await tx.fetch(ended, issuer, provider_session))


async def _first_logout(tx: Transaction, token_id: str, expires_at: datetime) -> bool:
    insert = "insert into logouts (token_id, expires_at) values ($1, $2) on conflict do nothing returning true"
    return await tx.fetchval(insert, token_id, expires_at) is not None


def _pending(row: Row) -> PendingLogin:
    return PendingLogin(
        digest=row["digest"],
        state=row["state"],
        nonce=row["nonce"],
        verifier=row["verifier"],
        issuer=row["issuer"],
        demand=Demand(row["level"], row["is_forced"], row["max_age"]),
        begun_at=row["begun_at"],
        return_to=row["return_to"],
        continues=row["continues"],
    )


def _session(row: Row | dict[str, Any]) -> Session:
    proofs = tuple(_proof(proof) for proof in row["authentications"])
    return Session(**{**dict(row), "authentications": proofs})


def _proof_row(proof: Authentication) -> dict[str, Any]:
    moments = {name: getattr(proof, name).isoformat() for name in ("authenticated_at", "received_at")}
    return asdict(proof) | moments


def _proof(row: dict[str, Any]) -> Authentication:
    moments = {name: datetime.fromisoformat(row[name]) for name in ("authenticated_at", "received_at")}
    return Authentication(**{**row, **moments, "methods": tuple(row["methods"])})
