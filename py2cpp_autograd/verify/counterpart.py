"""Prepares C++ that a person wrote or changed: where it records nothing itself, gives it the translation's recorders.

The translation exists twice: as emitted, and with recorder lines added. A file that began as the emitted text is
merged with the recorder lines as in a three-way merge, with the emitted text as the common ancestor.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

_RECORD = re.compile(r' *py2cpp::probe::record\(("\w+"), (\w+)\);')
_WATCH = re.compile(r' *py2cpp::probe::Watch \w+\(("\w+"), ')


def records_itself(text: str) -> bool:
    """Whether C++ text calls the recorder of `py2cpp/probe.h` itself."""
    return "py2cpp::record(" in text


def with_recorders(emitted: str, probed: str, changed: str) -> str:
    """`changed`, a later version of `emitted`, with the lines that `probed` adds to `emitted`.

    A recorder that stood behind a line that is gone stands where that line was.
    """
    base, lines = emitted.splitlines(), changed.splitlines()
    added = _added_lines(base, probed.splitlines())
    places = _places(base, lines)
    inserted: dict[int, list[str]] = {}
    for index, recorder in added:
        inserted.setdefault(places[index], []).append(recorder)
    result: list[str] = []
    for index in range(len(lines) + 1):
        result += inserted.get(index, [])
        result += lines[index : index + 1]
    return "\n".join(result) + "\n"


def resembles(text: str, emitted: str) -> bool:
    """Whether C++ by hand has most of its lines from the translation, so that recorders find their places in it."""
    lines, known = ([line.strip() for line in one.splitlines() if line.strip(" {}")] for one in (text, emitted))
    return 2 * sum(line in known for line in lines) > len(lines)


def with_watches(text: str) -> str:
    """A text with recorders that records its variables again when their blocks end.

    The translation records a variable where it changes it; who changed the C++ may change it elsewhere, too. Of a name
    that several variables have one after the other, as each has its type, only the recorded assignments are known.
    """
    return "\n".join(_watched(text.splitlines())) + "\n"


def _watched(lines: Sequence[str]) -> Iterator[str]:
    watched = {found[1] for found in map(_WATCH.match, lines) if found is not None}
    named = {found.groups() for found in map(_RECORD.fullmatch, lines) if found is not None}
    watched |= {name for name, times in Counter(name for name, _ in named).items() if times > 1}
    for number, line in enumerate(lines):
        found = _RECORD.fullmatch(line)
        if found is None or found[1] in watched:
            yield line
        else:
            yield f"{line} py2cpp::probe::Watch watch_by_hand_{number}_({found[1]}, {found[2]});"


def line_without_recorders(text: str, recorded: str, line: int) -> int:
    """The line of `text` that a line of `recorded`, which has recorders added, is or stands behind; from 1."""
    added = sum(1 for place, _ in _added_places(text.splitlines(), recorded.splitlines()) if place < line)
    return max(1, line - added)


def _added_places(base: Sequence[str], recorded: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines of `recorded` that are not in `base`, with their numbers from 1."""
    position = 0
    for number, line in enumerate(recorded, 1):
        if position < len(base) and line == base[position]:
            position += 1
        else:
            yield number, line


def _added_lines(base: Sequence[str], probed: Sequence[str]) -> Iterator[tuple[int, str]]:
    """The lines of `probed` that are not in `base`, each with the index in `base` that it stands before."""
    position = 0
    for line in probed:
        if position < len(base) and line == base[position]:
            position += 1
        else:
            yield position, line


def _places(base: Sequence[str], changed: Sequence[str]) -> list[int]:
    """For each gap between lines of `base`, the gap of `changed` that is in the same place."""
    places = [0] * (len(base) + 1)
    for tag, a, a_end, b, b_end in SequenceMatcher(None, base, changed, autojunk=False).get_opcodes():
        for index in range(a, a_end):
            places[index] = b + (index - a) if tag == "equal" or index - a <= b_end - b else b_end
    places[len(base)] = len(changed)
    return places
