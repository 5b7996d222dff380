"""Every exchange, queue, binding and policy, in one place (DESIGN §4). Services declare nothing; this is imported.

    events (topic) ──► <service>.<purpose>          work queue
    retry (topic) ──► <queue>.retry.<delay>[.late] ──TTL──► redeliver (direct) ──► <queue>
    parking (direct) ──► <queue>.parking
    unrouted (fanout) ──► unrouted

`x-queue-type: quorum` is the only queue argument; the rest is policy, because policies can be changed without deleting
the queue. It holds unchanged on RabbitMQ 3.10 and 4.x.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

SERVICES: Final = ("intake", "cases", "signing", "archiver", "notifier", "gateway")
EVENTS_VHOST: Final = "sikkersak"
RPC_VHOST: Final = "sikkersak-rpc"

# Each step and its length in milliseconds. In all: 5 s + 30 s + 2 min + 10 min + 30 min + 2 h = 2 h 42 min 35 s; half as
# long again at most, where steps are spread.
DELAYS: Final = {"5s": 5_000, "30s": 30_000, "2m": 120_000, "10m": 600_000, "30m": 1_800_000, "2h": 7_200_000}
LADDER: Final = tuple(DELAYS)
# A handler that only touches its own database needs one step, for locks and deadlocks; see ADR 0004.
SHORT_LADDER: Final = ("5s",)
# Steps of a long ladder have a second queue, half as long again: what failed together does not come back together. A
# queue each, because a message with a time of its own would wait for those before it.
LATE: Final = "late"
LATE_BY: Final = 1.5

MANY: Final = 1_000_000  # never -1: RabbitMQ 3.10 drops the message at its first return
DELIVERY_LIMIT: Final = 20
RPC_WAITING: Final = 2_000  # requests that may wait for one service before new ones are shed


@dataclass(frozen=True)
class WorkQueue:
    """A queue of one service: what it hears, how many at a time, and how it tries again."""

    name: str
    hears: tuple[str, ...]
    prefetch: int
    ladder: tuple[str, ...] = SHORT_LADDER

    @property
    def is_spread(self) -> bool:
        """Whether its steps are of two lengths: for what calls others, who may have gone away for many at once."""
        return len(self.ladder) > 1

    @property
    def service(self) -> str:
        """The service that consumes it."""
        return self.name.split(".", 1)[0]


WORK_QUEUES: Final = (
    WorkQueue(
        "intake.facts",
        ("cases.mail.registered.v1", "cases.mail.refused.v1", "notifier.forwarding.changed.v1"),
        prefetch=8,
    ),
    WorkQueue(
        "cases.orders",
        ("cases.register_mail.v1", "cases.account_for_finished.v1", "cases.order_again.v1", "cases.note_act.v1"),
        prefetch=8,
    ),
    WorkQueue(
        "cases.facts",
        (
            "archiver.rendition.ready.v1",
            "archiver.delivery.changed.v1",
            "signing.job.changed.v1",
            "signing.document.signed.v1",
            "notifier.letter.changed.v1",
        ),
        prefetch=8,
    ),
    WorkQueue("archiver.orders", ("archiver.deliver.v1", "cases.finished.accounted.v1"), prefetch=8),
    WorkQueue("archiver.render", ("archiver.render.v1",), prefetch=2, ladder=LADDER),
    WorkQueue("archiver.transfer", ("archiver.transfer.v1",), prefetch=8, ladder=LADDER),
    WorkQueue("signing.orders", ("signing.request.v1",), prefetch=8),
    WorkQueue(
        "signing.create", ("signing.create.v1", "signing.cancel.v1", "signing.look.v1"), prefetch=4, ladder=LADDER
    ),
    WorkQueue(
        "notifier.orders",
        (
            "notifier.send_letter.v1",
            "notifier.forward_mail.v1",
            "notifier.redirect_mail.v1",
            "notifier.announce.v1",
            "intake.mail.received.v1",
            "intake.paper.shredding_due.v1",
            "cases.approval.requested.v1",
            "cases.staff.changed.v1",
        ),
        prefetch=8,
    ),
    WorkQueue("notifier.carry", ("notifier.carry.v1",), prefetch=8, ladder=LADDER),
    # the changes that a person at the screen waits for; the gateway passes them on
    WorkQueue(
        "gateway.facts",
        (
            "cases.document.finished.v1",
            "cases.roles.changed.v1",
            "archiver.delivery.changed.v1",
            "signing.job.changed.v1",
            "notifier.letter.changed.v1",
        ),
        prefetch=8,
    ),
)


def queues_of(service: str) -> tuple[WorkQueue, ...]:
    """The work queues that a service consumes."""
    return tuple(queue for queue in WORK_QUEUES if queue.service == service)


def definitions() -> dict[str, dict[str, Any]]:
    """What to import into each virtual host, in the form of RabbitMQ's definitions without users."""
    return {EVENTS_VHOST: _events_definitions(), RPC_VHOST: _rpc_definitions()}


def _events_definitions() -> dict[str, Any]:
    queues, bindings, policies = [_quorum("unrouted")], [_bind("unrouted", "unrouted", "")], []
    for queue in WORK_QUEUES:
        queues += [_quorum(queue.name), _quorum(f"{queue.name}.parking")]
        bindings += [_bind("events", queue.name, message_type) for message_type in queue.hears]
        bindings += [_bind("redeliver", queue.name, queue.name), _bind("parking", f"{queue.name}.parking", queue.name)]
        policies.append(_work_policy(queue.name))
        for delay, milliseconds in _steps(queue):
            queues.append(_quorum(f"{queue.name}.retry.{delay}"))
            bindings.append(_bind("retry", f"{queue.name}.retry.{delay}", f"{queue.name}.{delay}"))
            policies.append(_retry_policy(queue.name, delay, milliseconds))
    return {
        "exchanges": [
            _exchange("events", "topic", {"alternate-exchange": "unrouted"}),
            _exchange("retry", "topic"),
            _exchange("redeliver", "direct"),
            _exchange("parking", "direct"),
            _exchange("unrouted", "fanout"),
        ],
        "queues": queues,
        "bindings": bindings,
        "policies": [*policies, _keep_policy("parking", r"\.parking$"), _keep_policy("unrouted", "^unrouted$")],
    }


def _steps(queue: WorkQueue) -> Iterator[tuple[str, int]]:
    for delay in queue.ladder:
        yield delay, DELAYS[delay]
        if queue.is_spread:
            yield f"{delay}.{LATE}", int(DELAYS[delay] * LATE_BY)


def _rpc_definitions() -> dict[str, Any]:
    """Requests are transient: classic queues, unwritten messages, a short life, and no more than can be answered."""
    limits = {"max-length": RPC_WAITING, "overflow": "reject-publish", "message-ttl": 60_000}
    return {
        "exchanges": [],
        "queues": [
            {"name": f"rpc.{service}", "durable": True, "auto_delete": False, "arguments": {"x-queue-type": "classic"}}
            for service in SERVICES
            if service != "gateway"
        ],
        "bindings": [],
        "policies": [_policy("requests", r"^rpc\.", limits)],
    }


def _work_policy(queue: str) -> dict[str, Any]:
    """What the broker itself gives up on goes to parking, never to the ladder: that would be a dropped cycle."""
    definition = {
        "delivery-limit": DELIVERY_LIMIT,
        "dead-letter-exchange": "parking",
        "dead-letter-routing-key": queue,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
        "max-length": MANY,
    }
    return _policy(queue, f"^{_literal(queue)}$", definition)


def _retry_policy(queue: str, delay: str, milliseconds: int) -> dict[str, Any]:
    definition = {
        "message-ttl": milliseconds,
        "dead-letter-exchange": "redeliver",
        "dead-letter-routing-key": queue,
        "dead-letter-strategy": "at-least-once",
        "overflow": "reject-publish",
    }
    return _policy(f"{queue}.retry.{delay}", f"^{_literal(queue)}\\.retry\\.{_literal(delay)}$", definition)


def _keep_policy(name: str, pattern: str) -> dict[str, Any]:
    """An explicit, large limit: from 4.0 the default drops a message that was looked at 21 times."""
    return _policy(name, pattern, {"delivery-limit": MANY, "overflow": "reject-publish", "max-length": MANY})


def _policy(name: str, pattern: str, definition: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "pattern": pattern, "apply-to": "queues", "priority": 10, "definition": definition}


def _exchange(name: str, kind: str, arguments: dict[str, Any] | None = None) -> dict[str, Any]:
    flags = {"durable": True, "auto_delete": False, "internal": False}
    return {"name": name, "type": kind, **flags, "arguments": arguments or {}}


def _quorum(name: str) -> dict[str, Any]:
    return {"name": name, "durable": True, "auto_delete": False, "arguments": {"x-queue-type": "quorum"}}


def _bind(source: str, queue: str, routing_key: str) -> dict[str, Any]:
    target = {"destination": queue, "destination_type": "queue"}
    return {"source": source, **target, "routing_key": routing_key, "arguments": {}}


def _literal(name: str) -> str:
    return name.replace(".", r"\.")
