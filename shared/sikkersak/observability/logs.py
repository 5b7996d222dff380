"""Logs: one JSON object a line on standard output, an event's name and its keys, scrubbed whoever wrote it (R3).

Ours are `log.info("message_parked", queue=…)`: a stable name, then keys. What libraries write comes through the same
pipe as the event `library_log`, with their template kept and its arguments masked: those are other people's data.
"""

from __future__ import annotations

import contextlib
import logging
import sys
from collections.abc import Mapping
from typing import Final

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from sikkersak.observability.failures import described, failure_in
from sikkersak.observability.scrubbing import REMOVED, is_denied, masked, scrubbed
from sikkersak.observability.tracing import current_trace_id

# They log addresses with what stands in them, or message bodies when told to be talkative.
QUIET: Final = ("httpx", "httpcore", "uvicorn.access", "aiormq", "aio_pika", "multipart", "hpack", "fontTools")
FRAME_KEYS: Final = frozenset({"event", "level", "time", "logger", "service"})


class StandardOutput(logging.Handler):
    """Writes to whatever standard output is at the moment. A line that cannot be written never shows its arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        """One line, flushed: a crash must not take the last words with it."""
        try:
            sys.stdout.write(self.format(record) + "\n")
            sys.stdout.flush()
        except Exception:  # a log that fails must not fail the work; which kind it was is said below
            self.handleError(record)

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the standard library's name
        """The standard library would print the message and its arguments as they are, to standard error."""
        failure = sys.exc_info()[1]
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(
                f'{{"event": "log_line_lost", "logger": "{record.name}", "why": "{type(failure).__name__}"}}\n'
            )


def configure_logs(service: str, level: str = "INFO") -> None:
    """Routes every log of the process, structlog's and the standard library's, to standard output."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[*_common(service), structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = StandardOutput()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[_from_library, *_common(service)],
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                scrub,
                structlog.processors.JSONRenderer(ensure_ascii=False, sort_keys=False),
            ],
            use_get_message=False,
            pass_foreign_args=True,
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    logging.captureWarnings(True)
    _tame_libraries()


def scrub(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """The last step before a line is written: exceptions described, denied keys emptied, texts masked."""
    failure = failure_in(event.pop("exc_info", None))
    for key in ("stack_info", "stack", "exception"):
        event.pop(key, None)
    clean: EventDict = {
        masked(key): REMOVED if key not in FRAME_KEYS and is_denied(key) else scrubbed(value)
        for key, value in event.items()
    }
    if failure is not None:
        clean["exception"] = described(failure)
    return clean


def _common(service: str) -> list[Processor]:
    def add_service(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["service"] = service
        return event

    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="time"),
        add_service,
        _add_trace,
    ]


def _add_trace(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    trace_id = current_trace_id()
    if trace_id is not None:
        event["trace_id"] = trace_id
    return event


def _from_library(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A library's line: its template's first line, with numbers left in and every other argument masked."""
    event["said"] = _said(str(event["event"]), event.pop("positional_args", None))
    event["event"] = "library_log"
    return event


def _said(template: str, args: object) -> str:
    first_line = next(iter(template.splitlines()), "")
    if not args:
        return first_line
    try:
        if isinstance(args, Mapping):
            return first_line % {key: _argument(value) for key, value in args.items()}
        return first_line % (tuple(map(_argument, args)) if isinstance(args, tuple) else _argument(args))
    except (TypeError, ValueError, KeyError):  # a template that wants another type than the mask
        return first_line


def _argument(value: object) -> bool | float | str:
    if isinstance(value, BaseException):
        return type(value).__name__
    return value if isinstance(value, bool | int | float) else "[…]"


def _tame_libraries() -> None:
    """Loggers that brought handlers of their own speak through ours; the talkative ones only when it matters."""
    for name in list(logging.root.manager.loggerDict):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
