"""What cases answers when the gateway asks for a person."""

from cases.gate import gate
from cases.office import Office
from sikkersak.messaging.operations import Operations

operations: Operations[Office] = Operations("cases", gate)

from cases.operations import (  # noqa: E402, F401 - they register themselves
    approvals,
    audit_log,
    casework,
    closing,
    documents,
    editing,
    employees,
    extraordinary,
    finished,
    folders,
    handover,
    imports,
    journal,
    people,
    references,
    roles,
    school_year,
    search,
    sending,
    suggestions,
    tasks,
    templates,
)
