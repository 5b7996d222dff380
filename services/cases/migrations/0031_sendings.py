"""What is shown of signatures and letters, and a task for each letter that did not arrive (M20, M21)."""

from __future__ import annotations

from sikkersak.persistence.migration import run

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    run("""
alter table documents add column signing_shown jsonb;
comment on column documents.signing_shown is 'what signing last said of the job, beside its state: numbers, times, the flow';

alter table letters add column attempts integer not null default 0;
alter table letters add column price_class text;

alter table tasks add column letter_id uuid references letters;
drop index tasks_once;
create unique index tasks_once on tasks (kind, document_id)
  where done_at is null and document_id is not null and letter_id is null;
create unique index tasks_once_a_letter on tasks (letter_id) where done_at is null and letter_id is not null;

insert into tasks (task_id, kind, school_id, case_id, document_id, assigned_to, letter_id)
select gen_random_uuid(), 'letter_undelivered', c.school_id, c.case_id, d.document_id, d.owner_id, l.letter_id
from letters l join documents d using (document_id) join cases c using (case_id)
where l.state in ('declined', 'given_up');
""")
