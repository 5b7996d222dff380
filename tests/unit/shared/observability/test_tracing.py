"""One trace from end to end, carried as a W3C traceparent; nothing leaves the process unasked."""

from __future__ import annotations

import pytest
from opentelemetry.sdk.trace import TracerProvider

from sikkersak.observability.tracing import configure_tracing, continued, current_trace_id, current_traceparent

TRACE_ID = "4bf92f3577b34da6a3ce929d0e0e4736"
TRACEPARENT = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> TracerProvider:
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_ENDPOINT", raising=False)
    monkeypatch.delenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", raising=False)
    return configure_tracing("cases")


def test_outside_any_span_there_is_no_traceparent() -> None:
    assert current_traceparent() is None
    assert current_trace_id() is None


def test_a_span_is_a_traceparent(provider: TracerProvider) -> None:
    with provider.get_tracer("test").start_as_current_span("work"):
        trace_id = current_trace_id()
        assert trace_id is not None
        assert (current_traceparent() or "").startswith(f"00-{trace_id}-")


def test_work_continues_the_trace_that_it_was_handed(provider: TracerProvider) -> None:
    with continued(TRACEPARENT):
        assert current_traceparent() == TRACEPARENT
        with provider.get_tracer("test").start_as_current_span("work"):
            assert current_trace_id() == TRACE_ID
            assert current_traceparent() != TRACEPARENT
    assert current_traceparent() is None


@pytest.mark.parametrize("handed", [None, "", "nonsense", "00-0-0-01", f"00-{'0' * 32}-00f067aa0ba902b7-01"])
def test_a_traceparent_that_cannot_be_read_changes_nothing(handed: str | None, provider: TracerProvider) -> None:
    with provider.get_tracer("test").start_as_current_span("outer"):
        before = current_traceparent()
        with continued(handed):
            assert current_traceparent() == before


def processors(provider: TracerProvider) -> int:
    return len(provider._active_span_processor._span_processors)


def test_spans_leave_the_process_only_where_a_collector_is_named(
    provider: TracerProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert processors(provider) == 0
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    exporting = configure_tracing("cases")
    assert processors(exporting) == 1
    exporting.shutdown()
