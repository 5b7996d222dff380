"""How an exception looks in a log: its type, our own frames, and a message without what people wrote."""

from __future__ import annotations

import re
import sys
from types import FrameType, TracebackType
from typing import Any, Final

from pydantic import ValidationError

from sikkersak.errors import Declined, Transient
from sikkersak.observability.scrubbing import masked

OWN_PACKAGES: Final = frozenset({"sikkersak", "intake", "cases", "signing", "archiver", "notifier", "gateway"})
QUOTED: Final = re.compile(r"'[^']*'|\"[^\"]*\"|«[^»]*»|`[^`]*`|\([^()]*\)=\([^()]*\)")
LONGEST_MESSAGE: Final = 300
MOST_CAUSES: Final = 5
MOST_FRAMES: Final = 15


def described(failure: BaseException) -> dict[str, Any]:
    """The failure and what caused it, as plain JSON."""
    said: dict[str, Any] = {"type": type(failure).__qualname__, "message": message_of(failure)}
    frames = own_frames(failure.__traceback__)
    if frames:
        said["frames"] = frames
    causes = [
        {"type": type(cause).__qualname__, "message": message_of(cause), "frames": own_frames(cause.__traceback__)}
        for cause in _causes(failure)
    ]
    return said | {"causes": causes} if causes else said


def message_of(failure: BaseException) -> str:
    """The first line of what it says. Quoted parts go: they are values, and a value may be somebody's name.

    Our own transient and declined errors promise to carry no personal data. A validation error shows fields, not
    values; an operating system error shows its reason, not the file's name.
    """
    if isinstance(failure, ValidationError):
        places = ("/".join(map(str, error["loc"])) + " " + error["type"] for error in failure.errors())
        return masked(", ".join(places))[:LONGEST_MESSAGE]
    if isinstance(failure, Transient | Declined):
        return masked(str(failure))[:LONGEST_MESSAGE]
    if isinstance(failure, OSError) and failure.strerror:
        return masked(failure.strerror)[:LONGEST_MESSAGE]
    first_line = next(iter(str(failure).splitlines()), "")
    return masked(QUOTED.sub("[…]", first_line))[:LONGEST_MESSAGE]


def own_frames(trace: TracebackType | None) -> list[str]:
    """Where in our own code, outermost first, as `module:function:line`; where none is ours, the innermost of all."""
    places: list[tuple[FrameType, int]] = []
    while trace is not None:
        places.append((trace.tb_frame, trace.tb_lineno))
        trace = trace.tb_next
    own = [place for place in places if _module(place[0]).split(".", 1)[0] in OWN_PACKAGES]
    return [f"{_module(frame)}:{frame.f_code.co_name}:{line}" for frame, line in (own or places[-1:])[-MOST_FRAMES:]]


def failure_in(exc_info: object) -> BaseException | None:
    """The exception behind whatever a logger was given as `exc_info`."""
    if isinstance(exc_info, BaseException):
        return exc_info
    if isinstance(exc_info, tuple):
        return exc_info[1] if isinstance(exc_info[1], BaseException) else None
    return sys.exc_info()[1] if exc_info else None


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", "?"))


def _causes(failure: BaseException) -> list[BaseException]:
    causes: list[BaseException] = []
    while len(causes) < MOST_CAUSES:
        following = failure.__cause__ or (None if failure.__suppress_context__ else failure.__context__)
        if following is None:
            break
        causes.append(following)
        failure = following
    return causes
