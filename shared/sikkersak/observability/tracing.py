"""Traces: one W3C trace context from the mail that arrives to the record in the archive."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

PROPAGATOR = TraceContextTextMapPropagator()
HEADER = "traceparent"
ENDPOINTS = ("OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT")


def configure_tracing(service: str) -> TracerProvider:
    """The process's tracer provider. Spans leave the process only where the environment names a collector.

    Close it with `provider.shutdown()`, which sends what is left.
    """
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: service}))
    if any(os.environ.get(name) for name in ENDPOINTS):
        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def current_traceparent() -> str | None:
    """The current span as W3C `traceparent`, or None outside any span."""
    carrier: dict[str, str] = {}
    PROPAGATOR.inject(carrier)
    return carrier.get(HEADER)


def current_trace_id() -> str | None:
    """The current trace's id, 32 hex digits, or None outside any span."""
    here = trace.get_current_span().get_span_context()
    return trace.format_trace_id(here.trace_id) if here.is_valid else None


@contextmanager
def continued(traceparent: str | None) -> Iterator[None]:
    """Spans begun inside belong to the trace of `traceparent`. None, or one that cannot be read, changes nothing."""
    if traceparent is None or PROPAGATOR.extract({HEADER: traceparent}, context={}) == {}:  # type: ignore[arg-type]
        yield
        return
    token = context.attach(PROPAGATOR.extract({HEADER: traceparent}))
    try:
        yield
    finally:
        context.detach(token)
