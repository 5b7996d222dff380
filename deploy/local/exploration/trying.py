"""The whole API tried from its own description (Schemathesis), as everyone: what it answers must be what it says it may.

Every operation gets requests that fit its description, with ids of things that exist and ids of nothing, and requests
that do not fit. No answer may be a server's error, and every answer's status, media type, headers and body must be
described.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import httpx
import hypothesis
import schemathesis
from schemathesis import Case, GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from local.demo.staff import Staff
from local.exploration.exemplar import Exemplar
from local.exploration.seeds import Seeds

UNDOCUMENTED: Final = (
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
)
SERVER_ERRORS: Final = (500, 502)  # 503 is described and says when to come again
SHARE_KNOWN: Final = 0.75
# Whoever tries the first is logged out and tries nothing any more; the others do not end before five minutes.
LEFT_OUT: Final = frozenset(
    {"/api/v1/sessions/ending", "/api/v1/documents/{document_id}/changes", "/api/v1/cases/{case_id}/changes"}
)


@dataclass
class Findings:
    """What was tried and what came of it."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[str] = field(default_factory=set)
    operations: set[str] = field(default_factory=set)
    server_errors: list[str] = field(default_factory=list)
    undocumented: list[str] = field(default_factory=list)
    refusals: dict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))

    def unreached(self) -> list[str]:
        """Operations that said yes to nobody, with the commonest noes to their exemplars."""
        return [f"{one}: {dict(self.refusals[one].most_common(4))}" for one in self.operations - self.reached]

    def figures(self) -> dict[str, object]:
        """In numbers; `reached` are the operations that said yes to somebody at least once."""
        return {
            "operations": len(self.operations),
            "reached": len(self.reached),
            "requests": self.requests,
            "server_errors": len(self.server_errors),
            "undocumented": len(self.undocumented),
        }


@dataclass
class Exploration:
    """One run over the API as these people, with what was seeded to try it on.

    Everyone first sends a request to every operation that is as its exemplars say, where there are any.
    """

    address: str
    people: Mapping[str, Staff]
    seeds: Seeds
    examples: int
    until: float = field(default_factory=lambda: time.monotonic() + 3600)
    findings: Findings = field(default_factory=Findings)
    _choice: random.Random = field(default_factory=lambda: random.Random(29))

    def run(self) -> Findings:
        """Everything as everybody, until the time is over; shuffled, so that a short run is a fair sample."""
        began = time.monotonic()
        described = httpx.get(f"{self.address}/api/v1/openapi.json", timeout=30).json()
        schema = schemathesis.openapi.from_dict(described)
        tries = [(operation, who) for operation in self._operations(schema) for who in self.people]
        self._choice.shuffle(tries)
        self.until += time.monotonic() - began  # reading the description is no trying
        for operation, who in tries:
            if exemplary := self._exemplar(operation):
                self._try(operation, who, GenerationMode.POSITIVE, exemplary)
        for operation, who in tries:
            for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
                self._try(operation, who, mode)
        return self.findings

    def _operations(self, schema: Any) -> Iterator[Any]:
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path not in LEFT_OUT:
                self.findings.operations.add(operation.label)
                yield operation

    def _try(self, operation: Any, who: str, mode: GenerationMode, exemplary: Exemplar | None = None) -> None:
        @hypothesis.seed(29)
        @hypothesis.settings(
            max_examples=1 if exemplary else self.examples,
            database=None,
            deadline=None,
            phases=[hypothesis.Phase.generate],
            suppress_health_check=list(hypothesis.HealthCheck),
        )
        @hypothesis.given(case=operation.as_strategy(generation_mode=mode))
        def one(case: Case[Any]) -> None:
            if time.monotonic() < self.until:
                self._send(case, self.people[who], exemplary)

        try:
            if time.monotonic() < self.until:
                one()
        except hypothesis.errors.Unsatisfiable:  # nothing can be wrong with a request that has nothing
            return

    def _exemplar(self, operation: Any) -> Exemplar | None:
        """One that was seeded; what is only read is also read plainly, as it is known."""
        exemplars = self.seeds.exemplars.get(operation.label, ())
        if exemplars:
            return self._choice.choice(exemplars)
        return Exemplar() if operation.method.upper() == "GET" else None

    def _send(self, case: Case[Any], person: Staff, exemplary: Exemplar | None) -> None:
        known = self.seeds.known
        for name in case.path_parameters:
            if name in known and (exemplary or self._choice.random() < SHARE_KNOWN):
                case.path_parameters[name] = self._choice.choice(known[name])
        cookies = "; ".join(f"{name}={value}" for name, value in person.http.cookies.items())
        headers = {"Cookie": cookies, "X-CSRF-Token": person.csrf}
        if exemplary:
            case.path_parameters.update(exemplary.path)
            case.query = dict(exemplary.query or {})
            for optional in ("If-Match", "If-None-Match", "Prefer", "Range"):
                case.headers.pop(optional, None)
            headers |= self._read(case, person) | dict(exemplary.headers)
            if exemplary.body is not None:
                case.body = self._of(person, exemplary.body)
        response = case.call(base_url=self.address, headers=headers, timeout=60, allow_redirects=False)
        self._judge(case, response, person)
        if exemplary and response.status_code >= 400:
            self.findings.refusals[case.operation.label][_code(response)] += 1

    def _read(self, case: Case[Any], person: Staff) -> dict[str, str]:
        """What the person has just read, where the operation asks for it: the thing itself, or what its act is about."""
        operation = case.operation
        asked = {one.name for one in operation.headers}
        if "If-Match" not in asked:
            return {}
        path = operation.path.format(**case.path_parameters)
        if "If-None-Match" in asked:
            return {"If-None-Match": "*"}
        tags = (
            person.http.get(f"{self.address}{about}").headers.get("ETag") for about in (path, path.rpartition("/")[0])
        )
        return {"If-Match": next(filter(None, tags), '"0"')}

    def _of(self, person: Staff, body: Any) -> Any:
        """The body, with an upload of the person's own where it names one."""
        is_named = isinstance(body, dict) and "upload_id" in body
        return body | {"upload_id": self.seeds.uploads[person.username]} if is_named else body

    def _judge(self, case: Case[Any], response: Any, person: Staff) -> None:
        label = case.operation.label
        self.findings.requests += 1
        self.findings.statuses[response.status_code] += 1
        if response.status_code < 400:
            self.findings.reached.add(label)
        told = f"{label} as {person.username}: {response.status_code} {response.content[:300].decode(errors='replace')}"
        if response.status_code in SERVER_ERRORS:
            self.findings.server_errors.append(told)
        try:
            case.validate_response(response, checks=[not_a_server_error, *UNDOCUMENTED])
        except (FailureGroup, Failure) as failed:
            wrongs = [one for one in getattr(failed, "exceptions", (failed,)) if "Server error" not in str(one)]
            self.findings.undocumented += [f"{told}: {str(one)[:600]}" for one in wrongs]


def _code(response: Any) -> str:
    said = response.json() if response.content else {}
    return f"{response.status_code} {said.get('code')}"
