"""Traces: what a run recorded, as JSON lines. `docs/trace-format.md` describes the text.

A value is a tree of JSON objects: `{"k": kind, ...}`; floats and tensors carry their bits in hexadecimal.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

#: A recorded value.
Tree = Mapping[str, Any]


class TraceError(ValueError):
    """A trace that is damaged, or not written by the run that it should come from."""


@dataclass(frozen=True)
class Failure:
    """The exception that ended a run: its class (as that side names it), its message, its line in the Python."""

    type: str
    message: str
    line: int | None = None


@dataclass(frozen=True)
class Event:
    """One print: its arguments, and the Python line where the Python side wrote it."""

    values: Sequence[Tree]
    line: int | None = None


@dataclass(frozen=True)
class Step:
    """A statement of a script that was run: its line in Python, and the values that have changed since the last one."""

    line: int
    changed: Mapping[str, Tree]


@dataclass(frozen=True)
class Trace:
    """Everything that one run recorded."""

    records: Mapping[str, Tree] = field(default_factory=dict)
    events: Sequence[Event] = ()
    error: Failure | None = None
    generator: str = ""
    steps: Sequence[Step] = ()


def read(path: Path, nonce: str) -> Trace | None:
    """The trace in a file; None when it does not end with the nonce: the run did not come to its end."""
    records: dict[str, Tree] = {}
    events: list[Event] = []
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
            events.append(Event(entry["print"], entry.get("line")))
        elif "step" in entry:
            steps.append(Step(entry["step"], entry["changed"]))
        elif entry.get("end") == nonce:
            error = entry["error"]
            failure = None if error is None else Failure(error["class"], error["message"], error.get("line"))
            return Trace(records, events, failure, entry["generator"], tuple(steps))
    return None
