"""A municipality's years of casework at once, inside the real schema of cases: for benches and for tests of plans.

Rows are made by INSERT … SELECT with the foreign keys and checks in force; what triggers would do for each row (entries
for searching, the obligation to archive) is done for all rows together. The same numbers make the same content.
"""

from __future__ import annotations

import random
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import asyncpg

LOCKED: Final = ("cases", "events", "documents", "letters")
SAID: Final = (
    "møte elev skole foresatte tiltak opplæring kartlegging lesevansker utredning vurdering samtale mobbing oppfølging "
    "spesialpedagogikk henvisning rapport plan trivsel fravær konsentrasjon språk matematikk miljø vedtak klage rådgiver "
    "barnevern helsesykepleier logoped hørsel syn motorikk assistent gruppe mestring sorg flytting atferd tilrettelegging "
    "kontaktlærer rektor evaluering periode mål delmål metode observasjon tverrfaglig samarbeid taushetsplikt samtykke"
)
WORDS: Final = SAID.split()
TITLES: Final = (
    *("Spesialundervisning", "Skolemiljøsak", "Henvisning til PPT", "Individuell opplæringsplan", "Bekymringsmelding"),
    *(
        "Tilpasset opplæring",
        "Samarbeidsmøter",
        "Oppfølging av fravær",
        "Særskilt språkopplæring",
        "Overgang til nytt trinn",
    ),
)
VARIANTS: Final = 1000

# Identifiers as the product makes them: they sort by when they were made (UUIDv7).
FUNCTIONS: Final = """
create function pg_temp.v7(at timestamptz, said text) returns uuid language sql immutable as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '7' || substr(md5(said), 1, 3)
          || '8' || substr(md5(said), 4, 15))::uuid $$;
create function pg_temp.pick(said text, most integer) returns integer language sql immutable as $$
  select (('x' || substr(md5(said), 1, 7))::bit(28)::integer % most) $$;
create function pg_temp.day(n bigint, total bigint) returns timestamptz language sql stable as $$
  select date_trunc('hour', now()) - interval '5 years' + (n::float / total) * interval '1825 days' $$;
create temp table variants (n integer primary key, body text, words tsvector);
"""
PEOPLE: Final = (
    """insert into schools (school_id, name, organisation)
    select pg_temp.v7(pg_temp.day(0, 1), 'school' || n), 'Skole ' || n, '32' || lpad(n::text, 7, '0')
    from generate_series(0, {schools} - 1) n""",
    """create temp table seeded_schools as
    select substr(organisation, 3)::integer as n, school_id from schools where organisation like '32%'""",
    """create temp table seeded_staff as
    select n, pg_temp.v7(pg_temp.day(0, 1), 'staff' || n) as staff_id, n % {schools} as school, case
        when n < {schools} then 'principal' when n < {schools} + 8 then 'head' when n < {schools} + 12 then 'distributor'
        when n < {schools} + 16 then 'counsellor' when n % 3 = 0 then 'few' else 'teacher' end as kind
    from generate_series(0, {staff} - 1) n""",
    """insert into staff (staff_id, pid_lookup, name) select staff_id, md5('a' || n) || md5('b' || n), 'Ansatt ' || n from seeded_staff""",
    """insert into staff_roles (staff_id, role) select staff_id, case kind when 'principal' then 'school_leader'
        when 'head' then 'school_leader' when 'distributor' then 'mail_distributor' else 'employee_create_cases' end
    from seeded_staff""",
    """insert into staff_schools select staff_id, school_id from seeded_staff s join seeded_schools c
      on c.n = s.school or s.kind in ('head', 'counsellor') where s.kind <> 'distributor'""",
    """insert into pupils (pupil_id, school_id, pid_lookup, name, dossier)
    select pg_temp.v7(pg_temp.day(0, 1), 'pupil' || i), c.school_id, md5('p' || i) || md5('q' || i),
      'Elev ' || chr(65 + i % 26) || i, '{{}}' from generate_series(0, {pupils} - 1) i join seeded_schools c on c.n = i % {schools}""",
)
# Of ten cases of the last year two are closed, of older ones eight.
CASES: Final = (
    """create temp table seeded_teachers as
    select staff_id, school, row_number() over (partition by school order by n) - 1 as rank,
      count(*) over (partition by school) as of_school from seeded_staff where kind = 'teacher'""",
    """create temp table seeded_cases as
    select n, n % {schools} as school, at, pg_temp.v7(at, 'case' || n) as case_id, extract(year from at)::integer as year,
      pg_temp.pick('status' || n, 10) < case when n > {cases} * 0.8 then 2 else 8 end as is_closed
    from (select n, pg_temp.day(n, {cases}) as at from generate_series(0, {cases} - 1) n) one""",
    """insert into cases (case_id, year, running, title, public_title, case_type, status, school_id, pupil_id, responsible_id,
                          access, opened_at, closed_at, closing_remark, closed_by)
    select k.case_id, k.year, row_number() over (partition by k.year order by k.n), ({titles})[1 + k.n % {kinds}] || ' ' || k.n,
      ({titles})[1 + k.n % {kinds}], 'pupil', case when k.is_closed then 'closed' else 'open' end, c.school_id,
      pg_temp.v7(pg_temp.day(0, 1), 'pupil' || (k.school + {schools} * ((k.n / {schools}) % ({pupils} / {schools})))),
      t.staff_id, '{access}', k.at, case when k.is_closed then least(k.at + interval '100 days', now()) end,
      case when k.is_closed then 'Ferdig behandlet.' end, case when k.is_closed then t.staff_id end
    from seeded_cases k join seeded_schools c on c.n = k.school
    join seeded_teachers t on t.school = k.school and t.rank = (k.n / {schools}) % t.of_school""",
    """insert into case_numbers select year, max(running) from cases group by year""",
    """insert into case_members (case_id, staff_id, "right", given_by, given_at, valid_from)
    select k.case_id, t.staff_id, 'write', t.staff_id, k.at, k.at from seeded_cases k
    join seeded_teachers t on t.school = k.school and t.rank = (k.n / {schools} + 1) % t.of_school where k.n % 3 = 0""",
    """insert into case_members (case_id, staff_id, "right", given_by, given_at, valid_from)
    select k.case_id, s.staff_id, 'read', s.staff_id, k.at, k.at from seeded_cases k
    join seeded_staff s on s.kind = 'counsellor' and (k.n / {schools} + s.n) % 20 = 0""",
    # who is on few cases is on ten, however many there are
    """insert into case_members (case_id, staff_id, "right", given_by, given_at, valid_from)
    select k.case_id, s.staff_id, 'read', s.staff_id, k.at, k.at
    from (select *, row_number() over (partition by school order by n) as place from seeded_cases) k
    join seeded_staff s on s.kind = 'few' and s.school = k.school and (k.place + s.n) % ({cases} / {schools} / 10) = 0""",
    """insert into events (event_id, case_id, kind, title, happened_at)
    select pg_temp.v7(one.at, 'event' || k.n || '-' || e), k.case_id, (array['note', 'outgoing', 'meeting', 'incoming'])[1 + e % 4],
      'Hendelse ' || e, one.at from seeded_cases k, generate_series(0, {events} - 1) e, lateral (select k.at + e * interval '9 days' as at) one""",
)
# The newest fiftieth of the cases is at work: drafts, approvals that wait, deliveries under way.
DOCUMENTS: Final = (
    """create temp table seeded_documents as
    select k.n, d, k.case_id, k.school, pg_temp.v7(k.at + d * interval '9 days', 'event' || k.n || '-' || d) as event_id,
      pg_temp.v7(k.at + d * interval '1 hour', 'document' || k.n || '-' || d) as document_id, k.at,
      pg_temp.pick('text' || k.n || '-' || d, {variants}) as variant,
      case when k.n < {cases} * 0.98 or k.is_closed then 'finished'
           else (array['finished', 'draft', 'awaiting_approval'])[1 + (k.n + d) % 3] end as state
    from seeded_cases k, generate_series(0, {documents} - 1) d""",
    """insert into documents (document_id, event_id, case_id, title, public_title, kind, record_type, state, access, body, owner_id,
                              finished_at, approval_asked_at)
    select d.document_id, d.event_id, d.case_id, 'Brev ' || d.n || '-' || d.d, 'Brev', 'outgoing', 'U', d.state, '{access}',
      v.body || ' Løpenummer' || d.n, c.responsible_id, case when d.state = 'finished' then d.at end,
      case when d.state = 'awaiting_approval' then d.at end
    from seeded_documents d join variants v on v.n = d.variant join cases c using (case_id)""",
    """insert into document_versions (document_id, version, title, body, edited_by, edited_at)
    select document_id, 1, title, body, owner_id, coalesce(finished_at, now()) from documents""",
    """insert into archive_obligations (delivery_id, document_id, case_id, kind, state, ordered_at, changed_at)
    select pg_temp.v7(d.at, 'delivery' || d.document_id), d.document_id, d.case_id, 'record',
      case when d.n < {cases} * 0.99 then 'archived' else 'waiting' end, d.at, d.at from seeded_documents d where d.state = 'finished'""",
    """insert into letters (letter_id, document_id, state, ordered_at, changed_at)
    select pg_temp.v7(d.at, 'letter' || d.document_id), d.document_id, 'delivered', d.at, d.at from seeded_documents d
    where d.state = 'finished' and d.n % 3 = 0""",
    """insert into tasks (task_id, kind, school_id, case_id, document_id, assigned_to, made_at, done_at)
    select pg_temp.v7(d.at, 'task' || d.document_id), 'send_otherwise', c.school_id, d.case_id, d.document_id, c.responsible_id, d.at,
      case when d.n < {cases} * 0.98 then d.at end from seeded_documents d join cases c using (case_id) where d.n % 20 = 0 and d.d = 0""",
)
ENTRIES: Final = (
    """insert into search_entries (entry_id, case_id, words)
    select c.case_id, c.case_id, search_words('A', c.title || ' ' || coalesce(p.name, ''))
      || setweight(to_tsvector('simple', c.year || '/' || c.running), 'A') || search_school(c.school_id)
      || search_shelves(c.case_id) || search_school_shelves(c.school_id, c.case_id)
    from cases c left join pupils p using (pupil_id) order by c.case_id""",
    """insert into search_entries (entry_id, case_id, document_id, words)
    select d.document_id, d.case_id, d.document_id, search_words('A', 'Brev ' || d.n || '-' || d.d)
      || v.words || search_words('B', 'Løpenummer' || d.n) || search_school(c.school_id)
      || search_shelves(d.document_id) || search_school_shelves(c.school_id, d.document_id)
    from seeded_documents d join variants v on v.n = d.variant join seeded_schools c on c.n = d.school order by d.document_id""",
)
READ: Final = """select note_audit(responsible_id, 'case-read', case_id, null, '{{}}') from cases order by case_id limit {reads}"""


@dataclass(frozen=True)
class Volume:
    """How much of it."""

    cases: int
    events_per_case: int = 10
    documents_per_case: int = 2
    staff: int = 400
    schools: int = 40
    reads: int = 10_000

    async def fill(self, database_url: str) -> None:
        """Fills an empty schema of cases; `database_url` is the address of an administrator, in that database."""
        connection = await asyncpg.connect(database_url, server_settings={"search_path": "cases", "jit": "off"})
        try:
            await connection.execute(FUNCTIONS)
            await connection.executemany("insert into variants (n, body) values ($1, $2)", list(_bodies()))
            await connection.execute("update variants set words = search_words('B', body)")
            async with connection.transaction():
                await self._rows(connection)
            await connection.execute("vacuum analyze")
        finally:
            await connection.close()

    async def _rows(self, connection: asyncpg.Connection[asyncpg.Record]) -> None:
        words = "select indexname, indexdef from pg_indexes where schemaname = 'cases' and indexdef ilike '%using gin (words)%'"
        indexes = await connection.fetch(words)
        for table in LOCKED:
            await connection.execute(f"alter table {table} disable trigger user")
        for row in indexes:
            await connection.execute(f"drop index {row['indexname']}")
        for step in (*PEOPLE, *CASES, *DOCUMENTS, *ENTRIES, READ):
            await connection.execute(step.format(**self._numbers()))
            if step.lstrip().startswith("create temp table"):
                await connection.execute(f"analyze {step.split()[3]}")
        await connection.execute("set constraints all immediate")
        for row in indexes:
            await connection.execute(row["indexdef"])
        for table in LOCKED:
            await connection.execute(f"alter table {table} enable trigger user")

    def _numbers(self) -> dict[str, object]:
        titles = ", ".join(f"'{title}'" for title in TITLES)
        return {
            "access": '{"is_exempt": true, "restriction": "13", "legal_basis": "Offl. § 13"}',
            "cases": self.cases,
            "documents": self.documents_per_case,
            "events": self.events_per_case,
            "kinds": len(TITLES),
            "pupils": max(self.schools, self.cases * 2 // 5 // self.schools * self.schools),
            "reads": self.reads,
            "schools": self.schools,
            "staff": self.staff,
            "titles": f"array[{titles}]",
            "variants": VARIANTS,
        }


def _bodies() -> Iterable[tuple[int, str]]:
    """Texts in which some words stand nearly everywhere and others in one of a thousand."""
    chance = random.Random(2026)
    weights = [1 / (place + 1) for place in range(len(WORDS))]
    for number in range(VARIANTS):
        said = chance.choices(WORDS, weights, k=40)
        yield number, f"{' '.join(said).capitalize()}. Særtegn{number}."
