"""What a compiler says about the units of one translation unit: whose fault it is, in which line, in a sentence."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

_PLACE = re.compile(r"(?:\S*/)?unit(\d+)\.cpp:(\d+)(?::\d+)?:\s*(.*)")
_PLAIN = re.compile(r"(\S+?):(\d+)(?::\d+)?: ((?:fatal )?error: .*)")
_FROM = re.compile(r"(?:In file included from|\s+from) (?:\S*/)?unit(\d+)\.cpp:(\d+)")
_ERROR = re.compile(r"(?:fatal )?error: (.*)")
#: Sentences that are kept of one unit's errors.
_KEPT = 3


@dataclass(frozen=True)
class Complaint:
    """What is wrong with a unit: lines of it with a sentence for each, without the templates' noise."""

    sentences: tuple[tuple[int, str], ...]

    @property
    def line(self) -> int:
        """The first line that is complained about."""
        return self.sentences[0][0]

    def in_lines(self, numbered: Callable[[int], int]) -> str:
        """The sentences with the lines' numbers as they are in another text."""
        texts = (f"line {numbered(line)}: {text}" if line else text for line, text in self.sentences)
        return "\n".join(texts)


def by_unit(errors: str) -> dict[int, Complaint]:
    """The complaints by the index of the unit that each is about; errors that are about none are left out."""
    found: dict[int, list[tuple[int, str]]] = {}
    for index, line, message in _located(errors):
        found.setdefault(index, []).append((line, message))
    return {index: _one(items) for index, items in found.items()}


def unlocated(errors: str) -> Complaint:
    """What is wrong with the only unit where no line of it is named: the linker, say."""
    said = [line for line in errors.splitlines() if "error" in line or "undefined reference" in line]
    return Complaint(tuple((0, line) for line in said[:_KEPT] or [errors[-1000:].strip()]))


def _one(items: list[tuple[int, str]]) -> Complaint:
    return Complaint(tuple(dict.fromkeys(items))[:_KEPT])


def _located(errors: str) -> Iterator[tuple[int, int, str]]:
    """Each error with the unit and the line that led to it: its own, or the one that a template was used in.

    GCC names the use before the error, clang behind it. Only where none is named is it the unit that brought in the
    header, as another one may have used it.
    """
    used: tuple[int, int] | None = None
    included: tuple[int, int] | None = None
    waiting: tuple[tuple[int, int] | None, str] | None = None  # what brought in the header, and its error
    for text in errors.splitlines():
        place, source, plain = _PLACE.match(text), _FROM.match(text), _PLAIN.match(text)
        here = None if place is None else (int(place[1]), int(place[2]))
        error = plain if place is None else _ERROR.match(place[3])
        if error is not None and waiting is not None:
            yield from _by_inclusion(*waiting)
            waiting = None
        if here is not None and place is not None:
            if error is not None:
                yield (*here, error[1])
                used = included = None
            elif place[3].startswith("required from"):
                used = here
            elif waiting is not None and "note: in instantiation" in text:
                yield (*here, waiting[1])
                waiting = None
        elif source is not None:
            included = (int(source[1]), int(source[2]))
        elif plain is not None:
            sentence = plain[3].partition("error: ")[2]
            if used is not None:
                yield (*used, sentence)
            else:
                waiting = (included, sentence)
            used = included = None
    if waiting is not None:
        yield from _by_inclusion(*waiting)


def _by_inclusion(included: tuple[int, int] | None, sentence: str) -> Iterator[tuple[int, int, str]]:
    if included is not None:
        yield (*included, sentence)
