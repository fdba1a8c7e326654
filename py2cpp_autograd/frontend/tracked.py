"""Facts and types that a round of lowering finds, and which of them it has looked at.

What was lowered is out of date once something that it looked at becomes another: only then is another round needed.
What is found before anybody looks, such as the type of a variable at its first assignment, costs no round.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Generic, TypeVar

from py2cpp_autograd.types import Type

#: ("variable", scope, name) | ("parameter", function, index) | ("result", function) | ("field", class, name) | ...
Key = tuple[str | int, ...]

T = TypeVar("T")


class Looks:
    """The keys, and beginnings of keys, that were looked at."""

    def __init__(self) -> None:
        self._seen: set[object] = set()
        self.add = self._seen.add

    def concern(self, key: Key) -> bool:
        """Whether somebody has looked at a key, or at all that begin as it does."""
        return any(key[:length] in self._seen for length in range(len(key) + 1))

    def forget(self) -> None:
        """Begin anew."""
        self._seen.clear()


class _Filed(Generic[T]):
    """Values by key, which can also be asked for by how the keys begin."""

    def __init__(self) -> None:
        self.values: dict[Key, T] = {}
        self._by_kind: dict[str | int, list[Key]] = {}

    def put(self, key: Key, value: T) -> None:
        """File a value, in the place of the one that is there."""
        if key not in self.values:
            self._by_kind.setdefault(key[0], []).append(key)
        self.values[key] = value

    def remove(self, key: Key) -> None:
        """Drop a value."""
        if self.values.pop(key, None) is not None:
            self._by_kind[key[0]].remove(key)

    def clear(self) -> None:
        """Drop all."""
        self.values.clear()
        self._by_kind.clear()

    def starting(self, start: Key) -> list[Key]:
        """The keys that begin with these parts, those that came first before others."""
        found = self._by_kind.get(start[0], ())
        return [key for key in found if key[: len(start)] == start]


class Facts:
    """What is known; each look at it is remembered."""

    def __init__(self, facts: Iterable[Key], looks: Looks) -> None:
        self._filed: _Filed[bool] = _Filed()
        self._looks = looks
        for fact in facts:
            self.put(fact)

    def __contains__(self, fact: object) -> bool:
        self._looks.add(fact)
        return fact in self._filed.values

    def starting(self, *start: str | int) -> list[Key]:
        """The facts that begin with these parts, those that came first before others."""
        self._looks.add(start)
        return self._filed.starting(start)

    def known(self, fact: Key) -> bool:
        """Whether a fact is known, for who makes it known: this is no look."""
        return fact in self._filed.values

    def put(self, fact: Key) -> bool:
        """Add a fact; whether what has been lowered is out of date by that."""
        self._filed.put(fact, True)
        return self._looks.concern(fact)

    def discard(self, fact: Key) -> None:
        """Drop a fact."""
        self._filed.remove(fact)


class Types(Mapping[Key, Type]):
    """What types are known; each look at them is remembered."""

    def __init__(self, looks: Looks) -> None:
        self._filed: _Filed[Type] = _Filed()
        self._looks = looks

    def __getitem__(self, key: Key) -> Type:
        self._looks.add(key)
        return self._filed.values[key]

    def __iter__(self) -> Iterator[Key]:
        self._looks.add(())
        return iter(self._filed.values)

    def __len__(self) -> int:
        self._looks.add(())
        return len(self._filed.values)

    def known(self, key: Key, default: Type) -> Type:
        """The type at a key, for who makes it another one: this is no look."""
        return self._filed.values.get(key, default)

    def starting(self, *start: str | int) -> dict[Key, Type]:
        """The types whose keys begin with these parts, those that came first before others."""
        self._looks.add(start)
        return {key: self._filed.values[key] for key in self._filed.starting(start)}

    def put(self, key: Key, type_: Type) -> bool:
        """Set a type; whether what has been lowered is out of date by that."""
        self._filed.put(key, type_)
        return self._looks.concern(key)

    def clear(self) -> None:
        """Drop all."""
        self._filed.clear()
