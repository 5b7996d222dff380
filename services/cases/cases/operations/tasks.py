"""Tasks that the product made for people: seen, and done."""

from __future__ import annotations

from uuid import UUID

from cases.office import Office
from cases.operations import operations
from cases.store import audit, people, tasks
from sikkersak.contracts.cases_casework import CompleteTask, ListTasks, Task, TaskPage
from sikkersak.messaging.operations import Ask


@operations.answers(ListTasks)
async def list_tasks(asked: ListTasks, ask: Ask, office: Office) -> TaskPage:
    """The actor's own, those of the schools that they lead, and for distributors those about the archive."""
    del office
    standing = await people.asking(ask)
    found = await tasks.page(ask.tx, standing, asked.kind, UUID(asked.cursor) if asked.cursor else None, asked.limit)
    return TaskPage(items=tuple(found), next=str(found[-1].task_id) if len(found) == asked.limit else None)


@operations.answers(CompleteTask)
async def complete_task(asked: CompleteTask, ask: Ask, office: Office) -> Task:
    """Notes how it was done."""
    del office
    standing = await people.asking(ask)
    done = await tasks.complete(ask.tx, standing, asked.task_id, asked.remark)
    await audit.note(
        ask.tx, standing.staff_id, "task-done", case_id=done.case_id, document_id=done.document_id, kind=done.kind.value
    )
    return done
