"""Our own metrics; what they mean stands beside each, with a query. FastStream's own come beside them."""

from __future__ import annotations

from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.gc_collector import GCCollector
from prometheus_client.platform_collector import PlatformCollector
from prometheus_client.process_collector import ProcessCollector

# Seconds. A message is handled in milliseconds, unless a ladder of up to hours lies between.
CRITICAL_TIME_BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1800, 7200, 86400)


class Metrics:
    """One process's metrics, in a registry of its own. No label ever holds an id or anything about a person."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        GCCollector(registry=self.registry)
        self._outbox()
        self._messages()
        self._flow()

    def _outbox(self) -> None:
        # max by (service) (outbox_oldest_seconds) > 30: the relay or the broker stands still
        self.outbox_pending = Gauge("outbox_pending", "Messages waiting in the outbox", registry=self.registry)
        self.outbox_oldest_seconds = Gauge(
            "outbox_oldest_seconds", "Age of the oldest message in the outbox", registry=self.registry
        )
        self.outbox_published_total = Counter(
            "outbox_published_total", "Messages confirmed and routed by the broker", registry=self.registry
        )

    def _messages(self) -> None:
        # rate(inbox_duplicates_total[5m]): a few after a restart are normal, a steady rate is not
        self.inbox_duplicates_total = Counter(
            "inbox_duplicates_total", "Messages that had been handled before", registry=self.registry
        )
        # histogram_quantile(0.99, sum by (le, type) (rate(message_critical_time_seconds_bucket[5m])))
        self.message_critical_time_seconds = Histogram(
            "message_critical_time_seconds",
            "From when something happened until it was handled here",
            ["type"],
            buckets=CRITICAL_TIME_BUCKETS,
            registry=self.registry,
        )
        # sum by (queue, exception) (increase(retry_scheduled_total[15m])): what is failing now
        self.retry_scheduled_total = Counter(
            "retry_scheduled_total",
            "Messages sent up the retry ladder",
            ["queue", "level", "exception"],
            registry=self.registry,
        )
        # increase(parked_total[5m]) > 0: a person must look
        self.parked_total = Counter("parked_total", "Messages parked", ["queue", "outcome"], registry=self.registry)

    def _flow(self) -> None:
        # circuit_state == 1: the receiver is known to be down and deliveries wait untouched
        self.circuit_state = Gauge(
            "circuit_state", "0 closed, 1 open: the receiver is known to be down", ["target"], registry=self.registry
        )
        self.consumer_paused = Gauge(
            "consumer_paused", "1 while a consumer takes nothing on purpose", ["queue"], registry=self.registry
        )
