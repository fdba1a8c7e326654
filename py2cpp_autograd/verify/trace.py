"""Traces: what a run recorded, as JSON lines. `docs/trace-format.md` describes the text.

A value is a tree of JSON objects: `{"k": kind, ...}`; floats and tensors carry their bits in hexadecimal.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

#: A recorded value.
Tree = Mapping[str, Any]


class TraceError(ValueError):
    """A trace that is damaged, or not written by the run that it should come from."""


@dataclass(frozen=True)
class Failure:
    """The exception that ended a run: its class (as that side names it), its message, its line in the Python.

    `own`: the program says what its message is.
    """

    type: str
    message: str
    line: int | None = None
    own: bool = False


@dataclass(frozen=True)
class Event:
    """One print: its arguments, and the Python line where the Python side wrote it.

    `texts` are the arguments as they are shown, where that is known: Python's own text of what has one on both sides,
    and LibTorch's of tensors. `written` is what the C++ side wrote; `format` holds Python's separator and end.
    """

    values: Sequence[Tree]
    line: int | None = None
    texts: Sequence[str | None] = ()
    format: tuple[str, str] | None = None
    written: str | None = None


@dataclass(frozen=True)
class Step:
    """A statement that was run: its line in Python, and the values that have changed since the last one.

    An `inner` one is of a function, and has the values of all variables that it names. `caller` is the line that called
    the function, in the step that its arguments are written in; 0 where it is not known.
    """

    line: int
    changed: Mapping[str, Tree]
    inner: bool = False
    caller: int | None = None


@dataclass(frozen=True)
class Trace:
    """Everything that one run recorded."""

    records: Mapping[str, Tree] = field(default_factory=dict)
    events: Sequence[Event] = ()
    error: Failure | None = None
    generator: str = ""
    steps: Sequence[Step] = ()


def read(path: Path, nonce: str, output: bytes = b"") -> Trace | None:
    """The trace in a file; None when it does not end with the nonce: the run did not come to its end.

    `output` is what the run wrote to its standard output, of which each print of a C++ side has its part.
    """
    records: dict[str, Tree] = {}
    events: list[Event] = []
    places: list[int] = []
    steps: list[Step] = []
    try:
        lines = path.read_text("utf-8", errors="surrogateescape").split("\n")
    except OSError:
        return None
    for text in lines:
        try:
            entry = json.loads(text)
        except json.JSONDecodeError:
            return None
        if "record" in entry:
            records[entry["record"]] = entry["value"]
        elif "print" in entry:
            events.append(_event(entry))
            places.append(entry.get("at", 0))
        elif "step" in entry:
            inner, caller = entry.get("inner", False), entry.get("caller")
            steps.append(Step(entry["step"], entry["changed"], inner, caller))
        elif entry.get("end") == nonce:
            error = entry["error"]
            failure = None if error is None else _failure(error)
            if "at" in entry:
                events = list(_written(events, [*places, entry["at"]], output))
            return Trace(records, events, failure, entry["generator"], tuple(steps))
    return None


def _failure(error: Mapping[str, Any]) -> Failure:
    return Failure(error["class"], error["message"], error.get("line"), error.get("own", False))


def _event(entry: Mapping[str, Any]) -> Event:
    format_ = entry.get("format")
    return Event(
        entry["print"], entry.get("line"), tuple(entry.get("texts", ())), None if format_ is None else tuple(format_)
    )


def _written(events: Sequence[Event], places: Sequence[int], output: bytes) -> Iterator[Event]:
    """The events with their parts of the output, from each one's place to the next one's."""
    for event, (start, end) in zip(events, pairwise(places), strict=True):
        yield replace(event, written=output[start:end].decode("utf-8", errors="replace"))
