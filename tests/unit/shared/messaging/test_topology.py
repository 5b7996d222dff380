"""The topology's rules, each of which closes a way to lose a message (R6)."""

from __future__ import annotations

import re

import pytest

from sikkersak.messaging.topology import (
    DELAYS,
    EVENTS_VHOST,
    LATE,
    LATE_BY,
    RPC_VHOST,
    SERVICES,
    WORK_QUEUES,
    definitions,
)

EVENTS = definitions()[EVENTS_VHOST]
POLICIES = EVENTS["policies"]


def policies_of(queue: str) -> list[dict]:
    return [policy for policy in POLICIES if re.search(policy["pattern"], queue)]


@pytest.mark.parametrize("queue", EVENTS["queues"], ids=lambda queue: queue["name"])
def test_every_queue_is_quorum_and_has_exactly_one_policy(queue: dict) -> None:
    assert queue["arguments"] == {"x-queue-type": "quorum"}
    assert len(policies_of(queue["name"])) == 1


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: policy["name"])
def test_no_policy_can_drop_a_message(policy: dict) -> None:
    definition = policy["definition"]
    assert definition["overflow"] == "reject-publish"
    assert definition.get("delivery-limit", 1) > 0, "on 3.10 a limit of -1 drops the message at its first return"
    if "dead-letter-exchange" in definition:
        assert definition["dead-letter-strategy"] == "at-least-once"
    assert policy["apply-to"] == "queues", "3.10 knows no narrower word"


@pytest.mark.parametrize("queue", WORK_QUEUES, ids=lambda queue: queue.name)
def test_what_the_broker_gives_up_on_goes_to_parking_never_to_the_ladder(queue) -> None:
    (policy,) = policies_of(queue.name)
    assert policy["definition"]["dead-letter-exchange"] == "parking"
    assert policy["definition"]["dead-letter-routing-key"] == queue.name


@pytest.mark.parametrize("queue", WORK_QUEUES, ids=lambda queue: queue.name)
def test_every_step_of_a_ladder_leads_back_to_its_queue(queue) -> None:
    for delay in queue.ladder:
        (policy,) = policies_of(f"{queue.name}.retry.{delay}")
        assert policy["definition"]["message-ttl"] == DELAYS[delay]
        assert policy["definition"]["dead-letter-exchange"] == "redeliver"
        assert policy["definition"]["dead-letter-routing-key"] == queue.name


@pytest.mark.parametrize("queue", [queue for queue in WORK_QUEUES if queue.is_spread], ids=lambda queue: queue.name)
def test_a_long_ladder_has_a_later_queue_for_each_step_with_one_time_for_all_that_is_in_it(queue) -> None:
    for delay in queue.ladder:
        (policy,) = policies_of(f"{queue.name}.retry.{delay}.{LATE}")
        assert policy["definition"]["message-ttl"] == DELAYS[delay] * LATE_BY
        assert policy["definition"]["dead-letter-routing-key"] == queue.name
        (binding,) = [one for one in EVENTS["bindings"] if one["destination"] == f"{queue.name}.retry.{delay}.{LATE}"]
        assert binding["routing_key"] == f"{queue.name}.{delay}.{LATE}"


def test_every_work_queue_belongs_to_a_service_and_no_type_is_heard_twice_by_one() -> None:
    assert {queue.service for queue in WORK_QUEUES} == set(SERVICES)
    for service in SERVICES:
        heard = [message_type for queue in WORK_QUEUES if queue.service == service for message_type in queue.hears]
        assert len(heard) == len(set(heard))


def test_requests_are_never_kept_on_disk_or_for_long() -> None:
    requests = definitions()[RPC_VHOST]
    assert {queue["arguments"]["x-queue-type"] for queue in requests["queues"]} == {"classic"}
    (policy,) = requests["policies"]
    assert policy["definition"]["message-ttl"] <= 60_000
    assert policy["definition"]["overflow"] == "reject-publish"
