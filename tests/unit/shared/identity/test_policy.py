"""The access policy: every operation has its row, and what the rows say holds for everybody (M15-M17, R8)."""

from __future__ import annotations

import importlib
import pkgutil
from itertools import product
from uuid import uuid4

import pytest

import sikkersak.contracts
from sikkersak.contracts.message import Operation
from sikkersak.errors import Forbidden
from sikkersak.identity import Actor
from sikkersak.identity.actor import ActorKind
from sikkersak.identity.permissions import DEFAULTS, Permission
from sikkersak.identity.policy import RULES, Asker, Need, Place, Rule, Subject, Verdict, decide
from sikkersak.identity.policy.admission import admit_by_token
from sikkersak.identity.roles import Role

for module in pkgutil.iter_modules(sikkersak.contracts.__path__):
    importlib.import_module(f"sikkersak.contracts.{module.name}")

HERE, ELSEWHERE = uuid4(), uuid4()
CASE_RULES = {name: rule for name, rule in RULES.items() if rule.subject in {Subject.CASE, Subject.DOCUMENT}}
SINGLE = {name: rule for name, rule in CASE_RULES.items() if not rule.is_listing}
WHOLE_ROLES = frozenset(Permission)


def test_every_operation_of_every_service_has_its_row_and_no_row_is_for_nothing() -> None:
    assert set(RULES) == set(Operation.catalogue), (
        "an operation without a row is refused to everyone: declare it in sikkersak/identity/policy"
    )


def test_what_a_row_is_about_is_named_in_the_request() -> None:
    for name, rule in RULES.items():
        if rule.subject is not Subject.NOTHING and not rule.is_listing:
            assert f"{rule.subject.value}_id" in Operation.catalogue[name].model_fields, name


@pytest.mark.parametrize("name", sorted(RULES))
def test_somebody_who_has_left_may_do_nothing(name: str) -> None:
    leaver = Asker(WHOLE_ROLES, frozenset({HERE}), is_active=False)
    for given, is_open in product(Need, (True, False)):
        assert decide(RULES[name], leaver, Place(HERE, given, is_open)) is Verdict.REFUSED


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_nobody_knows_of_a_case_who_neither_leads_its_school_nor_is_on_it(name: str) -> None:
    for held, schools in product((*DEFAULTS.values(), WHOLE_ROLES), (frozenset(), frozenset({ELSEWHERE}))):
        assert decide(SINGLE[name], Asker(held, schools), Place(HERE)) is Verdict.HIDDEN


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_no_role_at_all_still_reads_where_one_was_put_on_and_never_writes_more_than_was_given(name: str) -> None:
    rule = SINGLE[name]
    verdict = decide(rule, Asker(frozenset(), frozenset({HERE})), Place(HERE, Need.READ))
    assert verdict is (Verdict.ALLOWED if rule.need is Need.READ and not rule.beside else Verdict.REFUSED)


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_access_to_everything_reads_and_changes_nothing(name: str) -> None:
    rule = SINGLE[name]
    verdict = decide(rule, Asker(frozenset(), reads_everything=True), Place(HERE))
    assert verdict is (Verdict.ALLOWED if rule.need is Need.READ and not rule.beside else Verdict.REFUSED)


@pytest.mark.parametrize("name", sorted(SINGLE))
def test_more_access_never_allows_less(name: str) -> None:
    order = [Verdict.HIDDEN, Verdict.REFUSED, Verdict.ALLOWED]
    for held in DEFAULTS.values():
        verdicts = [decide(SINGLE[name], Asker(held, frozenset({HERE})), Place(HERE, need)) for need in Need]
        assert [order.index(one) for one in verdicts] == sorted(order.index(one) for one in verdicts)


def test_what_is_for_open_cases_is_closed_to_everybody_in_a_closed_one() -> None:
    for name, rule in SINGLE.items():
        verdict = decide(rule, Asker(WHOLE_ROLES, frozenset({HERE})), Place(HERE, Need.MANAGE, is_open=False))
        assert verdict is (Verdict.CLOSED if rule.is_for_open_cases else Verdict.ALLOWED), name


def test_every_operation_that_changes_something_asks_for_more_than_reading() -> None:
    for name, rule in SINGLE.items():
        assert rule.need >= (Need.WRITE if Operation.catalogue[name].changes else Need.READ), name


class TestAdmissionByToken:
    ASKED = Operation.catalogue["archiver.list_deliveries.v1"]()

    def actor(self, role: Role | None, **also: object) -> Actor:
        roles = frozenset({role.value} if role else ())
        fields = {"staff_id": uuid4(), "roles": roles, "schools": {HERE}, "level": "high", "session": "s"}
        return Actor.model_validate(fields | also)

    @pytest.mark.parametrize("role", [None, *Role])
    def test_a_role_is_admitted_by_what_it_holds(self, role: Role | None) -> None:
        may = role is not None and bool(DEFAULTS[role] & {Permission.ARCHIVE_LOG, Permission.ARCHIVE_LOG_ALL})
        if may:
            admit_by_token(RULES["archiver.list_deliveries.v1"], self.ASKED, self.actor(role))
            return
        with pytest.raises(Forbidden):
            admit_by_token(RULES["archiver.list_deliveries.v1"], self.ASKED, self.actor(role))

    def test_what_administrators_made_of_a_role_counts_not_its_name(self) -> None:
        edited = self.actor(Role.EMPLOYEE, permissions=[Permission.ARCHIVE_LOG_ALL.value])
        admit_by_token(RULES["archiver.list_deliveries.v1"], self.ASKED, edited)
        with pytest.raises(Forbidden):
            emptied = self.actor(Role.ADMINISTRATOR, permissions=[])
            admit_by_token(RULES["archiver.list_deliveries.v1"], self.ASKED, emptied)

    @pytest.mark.parametrize("kind", [ActorKind.MACHINE, ActorKind.SYSTEM])
    def test_what_is_for_people_is_for_people(self, kind: ActorKind) -> None:
        with pytest.raises(Forbidden):
            admit_by_token(Rule(), self.ASKED, self.actor(Role.ADMINISTRATOR, kind=kind))
