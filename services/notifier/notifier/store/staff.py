"""Staff as cases tells of them, what each has chosen, and the news that wait for their next e-mail."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from notifier.audience import Audience
from sikkersak.contracts.cases import StaffChanged
from sikkersak.contracts.notifier import Notice, Preferences
from sikkersak.ids import new_id
from sikkersak.persistence.database import Row, Transaction, present
from sikkersak.vault import VaultRef


@dataclass(frozen=True)
class News:
    """Something to tell, of one school or of none, to those it concerns or to one person alone."""

    notice: Notice
    school_id: UUID | None = None
    count: int = 1
    staff_id: UUID | None = None
    words: VaultRef | None = None


async def keep_staff(tx: Transaction, fact: StaffChanged) -> None:
    """Keeps the newest; a fact that was overtaken changes nothing."""
    sql = """
    insert into staff (staff_id, is_active, schools, permissions, contact, changed_at, by_school)
    values ($1, $2, $3, $4, $5, $6, $7)
    on conflict (staff_id) do update set is_active = excluded.is_active, schools = excluded.schools,
      permissions = excluded.permissions, contact = excluded.contact, changed_at = excluded.changed_at,
      by_school = excluded.by_school
    where staff.changed_at < excluded.changed_at returning true
    """
    contact = fact.contact.model_dump(mode="json") if fact.contact else None
    known = (fact.staff_id, fact.is_active, list(fact.schools), list(fact.permissions), contact, fact.changed_at)
    at = (
        {str(school_id): list(held) for school_id, held in fact.by_school.items()}
        if fact.by_school is not None
        else None
    )
    is_newest = await tx.fetchval(sql, *known, at)
    if is_newest and not fact.is_active:  # all that is still told is that the last role has ended
        kept = "delete from news where staff_id = $1 and notice <> $2"
        await tx.execute(kept, fact.staff_id, Notice.ROLE_TAKEN.value)


async def contact_of(tx: Transaction, staff_id: UUID) -> VaultRef | None:
    """The sealed address of somebody who works here; one without a role may still be told that it has ended."""
    sql = "select contact from staff where staff_id = $1"
    contact = await tx.fetchval(sql, staff_id)
    return VaultRef.model_validate(contact) if contact else None


async def preferences(tx: Transaction, staff_id: UUID) -> Preferences:
    """What somebody has chosen; what everybody has until they choose."""
    row = await tx.fetchrow("select * from preferences where staff_id = $1", staff_id)
    return Preferences.model_validate(dict(row)) if row else Preferences()


async def put_preferences(tx: Transaction, staff_id: UUID, chosen: Preferences) -> None:
    """Keeps the choice. What had gathered and is not wanted any more is let go."""
    sql = """
    insert into preferences (staff_id, by_email, rhythm, muted, quiet_hours, by_teams) values ($1, $2, $3, $4, $5, $6)
    on conflict (staff_id) do update set by_email = excluded.by_email, rhythm = excluded.rhythm,
      muted = excluded.muted, quiet_hours = excluded.quiet_hours, by_teams = excluded.by_teams, changed_at = now()
    """
    muted = sorted({notice.value for notice in chosen.muted})
    await tx.execute(sql, staff_id, chosen.by_email, chosen.rhythm.value, muted, chosen.quiet_hours, chosen.by_teams)
    unwanted = "delete from news where staff_id = $1 and (not $2 or notice = any($3))"
    await tx.execute(unwanted, staff_id, chosen.by_email or chosen.by_teams, muted)


async def put_channel(tx: Transaction, staff_id: UUID, webhook: VaultRef) -> None:
    """The person's own channel, in place of the one before."""
    sql = """
    insert into own_channels (staff_id, webhook) values ($1, $2)
    on conflict (staff_id) do update set webhook = excluded.webhook, put_at = now(), refused_at = null
    """
    await tx.execute(sql, staff_id, webhook.model_dump(mode="json"))


async def remove_channel(tx: Transaction, staff_id: UUID) -> None:
    """No channel of the person's own any more."""
    await tx.execute("delete from own_channels where staff_id = $1", staff_id)


async def channel_of(tx: Transaction, staff_id: UUID) -> VaultRef | None:
    """The sealed address of somebody's own channel that has not been refused, while the person works here."""
    sql = """
    select c.webhook from own_channels c join staff s using (staff_id)
    where staff_id = $1 and s.is_active and c.refused_at is null
    """
    webhook = await tx.fetchval(sql, staff_id)
    return VaultRef.model_validate(webhook) if webhook else None


async def channel_standing(tx: Transaction, staff_id: UUID) -> Row | None:
    """Since when somebody has a channel, and whether it was refused."""
    return await tx.fetchrow("select put_at, refused_at from own_channels where staff_id = $1", staff_id)


async def channel_refused(tx: Transaction, staff_id: UUID) -> None:
    """Teams refused it: nothing more is posted there until the person puts it again."""
    await tx.execute("update own_channels set refused_at = now() where staff_id = $1 and refused_at is null", staff_id)


async def add_news(tx: Transaction, news: News, audience: Audience) -> None:
    """Counts it in the next digest of everyone whom it concerns, who can be reached, and who wants to be told."""
    sql = """
    insert into news (staff_id, notice, school_id, count, words)
    select s.staff_id, $1, $2, $3, $4 from staff s left join preferences p using (staff_id)
    left join own_channels c using (staff_id)
    where (s.is_active or $5::uuid is not null)
      and (coalesce(p.by_email, true) or p.by_teams)
      and (s.contact is not null or p.by_teams and c.put_at is not null and c.refused_at is null)
      and not $1 = any(coalesce(p.muted, '{}'))
      and ($5::uuid is null or s.staff_id = $5)
      -- somebody whom it concerns anyhow is told by what concerns them, once
      and ($5::uuid is null) = (s.permissions && $6::text[] or $8 and $2::uuid is null
          or coalesce($2 = any(s.schools), false) and ($8 or case when s.by_school is null
            then s.permissions && $7::text[] else coalesce(s.by_school->($2::text) ?| $7::text[], false) end))
    on conflict (staff_id, notice, coalesce(school_id, '00000000-0000-0000-0000-000000000000')) where words is null
    do update set count = news.count + excluded.count
    """
    words = news.words.model_dump(mode="json") if news.words else None
    who = (news.staff_id, sorted(audience.anywhere), sorted(audience.at_school), audience.is_everybody)
    await tx.execute(sql, news.notice.value, news.school_id, news.count, words, *who)


async def waiting(tx: Transaction, urgent: frozenset[Notice]) -> list[Row]:
    """Everyone for whom news wait: since when, whether any is urgent, and what they have chosen."""
    sql = """
    select n.staff_id, min(n.first_at) as since, bool_or(n.notice = any($1)) as is_urgent,
      coalesce(p.rhythm, 'hourly') as rhythm, p.quiet_hours
    from news n left join preferences p using (staff_id) group by n.staff_id, p.rhythm, p.quiet_hours
    order by is_urgent desc, since
    """
    return await tx.fetch(sql, sorted(notice.value for notice in urgent))


async def write_digests(tx: Transaction, staff_id: UUID) -> list[Row]:
    """Everything that waits for somebody, by each way that was chosen; nothing when another replica was first."""
    taken = await tx.fetch("delete from news where staff_id = $1 returning *", staff_id)
    if not taken:
        return []
    lines = [_line(row) for row in sorted(taken, key=lambda row: row["news_id"])]
    chosen = await preferences(tx, staff_id)
    by_teams = chosen.by_teams and await channel_of(tx, staff_id) is not None
    kinds = ["staff_card"] if by_teams else []
    if chosen.by_email or not by_teams:  # who chose a channel that is none, or was refused, is told all the same
        kinds.append("staff_mail")
    return [await _add_digest(tx, kind, staff_id, lines) for kind in kinds]


async def mail_instead(tx: Transaction, card: Row) -> Row | None:
    """What could not be posted in the person's channel, as a mail; none where a mail was written beside it."""
    chosen = await preferences(tx, card["staff_id"])
    if chosen.by_email or await contact_of(tx, card["staff_id"]) is None:
        return None
    return await _add_digest(tx, "staff_mail", card["staff_id"], card["news"])


async def _add_digest(tx: Transaction, kind: str, staff_id: UUID, lines: list[dict[str, Any]]) -> Row:
    sql = """
    insert into consignments (consignment_id, kind, staff_id, news, count) values ($1, $2, $3, $4, $5) returning *
    """
    return present(await tx.fetchrow(sql, new_id(), kind, staff_id, lines, len(lines)), "consignment")


def _line(row: Row) -> dict[str, Any]:
    school_id = str(row["school_id"]) if row["school_id"] else None
    return {"notice": row["notice"], "school_id": school_id, "count": row["count"], "words": row["words"]}
