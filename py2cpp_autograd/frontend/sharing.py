"""Which places of a program may hold one and the same list or dict: C++ copies where Python shares.

A place is a variable, an attribute of a class, a result, or what a container holds. Giving a container to a second
place joins the two, and remembers which way it went; a copy is harmless as long as nothing changes, in the joined
places, what may have come from where the copy came from.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import Type

#: ("variable", scope, name) | ("field", class, name) | ("result", function) | ("made", line, column) | ("held", place)
Place = tuple[object, ...]


@dataclass(frozen=True)
class Copy:
    """A place that takes what is in another, where C++ makes a copy.

    `parameter`: the source is a parameter that its function uses nowhere else, so that the copy takes over what
    callers make for it. `code`: the function whose code makes it ("": the script's own); `once`: it does so in a
    straight line. `default`: the source is a parameter's default, which each call copies. `kept`: an iterator takes it,
    which is asked for items from the statement at hand on.
    """

    source: Place
    type: Type
    span: Span
    parameter: Place | None = None
    code: str = ""
    once: bool = False
    default: bool = False
    kept: bool = False
    variable: tuple[Scope, str] | None = None  # what takes it, where that is a variable of the scope at hand


@dataclass(frozen=True)
class Change:
    """A container in a place is changed at `span`, in the code of a function ("": the script's own).

    `deferred`: it stands in a lambda or comprehension there, which may run later.
    """

    place: Place
    span: Span
    code: str
    deferred: bool
    resized: bool = True  # it may hold more or fewer values behind that


@dataclass(frozen=True)
class Loop:
    """A loop over what a place holds. `span`: of what it runs over; `by_position`: C++ can ask as Python does."""

    node: cst.For | cst.CompFor
    place: Place
    type: Type
    span: Span
    by_position: bool


@dataclass
class Sharing:
    """Places joined by assignment (union-find); what containers in joined places hold is joined too.

    Two places that take containers from a third are joined, and need not hold one container: `sources` tells.
    """

    parents: dict[Place, Place] = field(default_factory=dict)
    sources: dict[Place, set[Place]] = field(default_factory=dict)  # where the containers of a place come from
    inside: dict[Place, Place] = field(default_factory=dict)
    changed: list[Change] = field(default_factory=list)
    copies: list[Copy] = field(default_factory=list)
    lent: set[Place] = field(default_factory=set)  # parameters that callers give containers that they keep
    counted: dict[Place, set[Place]] = field(default_factory=dict)  # lists as long as others are
    spread: list[tuple[Place, Type, Span]] = field(default_factory=list)  # what stars spread, and where
    loops: list[Loop] = field(default_factory=list)
    views: dict[Span, ir.Expr] = field(default_factory=dict)  # the dicts that `d.items()` and such look at

    def find(self, place: Place) -> Place:
        """The place that stands for all that are joined with this one."""
        while place in self.parents:
            place = self.parents[place]
        return place

    def held(self, place: Place) -> Place:
        """What a container in a place holds."""
        root = self.find(place)
        return self.inside.setdefault(root, ("held", root))

    def flow(self, source: Place, target: Place) -> None:
        """Let a place hold a container that another one holds."""
        self.sources.setdefault(target, set()).add(source)
        pending = [(source, target)]
        while pending:
            one, other = (self.find(place) for place in pending.pop())
            if one == other:
                continue
            self.parents[other] = one
            inner = self.inside.pop(other, None)
            if inner is not None:
                pending.append((self.inside.setdefault(one, inner), inner))

    def copy(self, copied: Copy, target: Place) -> None:
        """Give what is in one place to another, where C++ makes a copy of it."""
        self.flow(copied.source, target)
        self.copies.append(copied)

    def hazards(self) -> Iterator[tuple[Copy, list[Change]]]:
        """The copies whose original, or copy, is changed at some time, and what changes it."""
        origins = _Origins(self)
        for copied in self.copies:
            parts = self._parts(copied.source)
            joined = [(change, parts.get(self.find(change.place))) for change in self.changed]
            changes = [change for change, part in joined if part and origins.meet(change.place, part)]
            if changes and (copied.parameter is None or copied.parameter in self.lent):
                yield copied, changes

    def resized_loops(self) -> Iterator[tuple[Loop, list[Change]]]:
        """The loops over what something makes longer or shorter at some time, and what does."""
        if not self.loops:
            return
        origins = _Origins(self)
        for loop in self.loops:
            root = self.find(loop.place)
            joined = [change for change in self.changed if change.resized and self.find(change.place) == root]
            changes = [change for change in joined if origins.meet(change.place, loop.place)]
            if changes:
                yield loop, changes

    def _parts(self, place: Place) -> dict[Place, Place]:
        """A container, and what it holds, by the places that stand for them: a copy has copies of these."""
        found: dict[Place, Place] = {}
        part = place
        while (root := self.find(part)) not in found:
            found[root] = part
            part = self.inside.get(root, root)
        return found

    def resized(self) -> Iterator[tuple[Type, Span]]:
        """The stars, by place, before lists that something changes."""
        changed = {self.find(change.place) for change in self.changed}
        for place, type_, span in self.spread:
            if self.find(place) in changed:
                yield type_, span


class _Origins:
    """Where the containers of places may come from, along all ways that they went."""

    def __init__(self, sharing: Sharing) -> None:
        self._sharing = sharing
        self._sources: dict[Place, set[Place]] = {}
        self._found: dict[Place, frozenset[Place]] = {}
        for target, sources in sharing.sources.items():
            self._sources.setdefault(self._node(target), set()).update(map(self._node, sources))

    def meet(self, one: Place, other: Place) -> bool:
        """Whether two places may hold one container."""
        return not self._of(one).isdisjoint(self._of(other))

    def _node(self, place: Place) -> Place:
        """What containers in joined places hold is one: a list is found in them by other ways than it was put there."""
        return ("held", self._sharing.find(place)) if place[0] == "held" else place

    def _of(self, place: Place) -> frozenset[Place]:
        node = self._node(place)
        if node not in self._found:
            reached, pending = {node}, [node]
            while pending:
                new = self._sources.get(pending.pop(), set()) - reached
                reached |= new
                pending.extend(new)
            self._found[node] = frozenset(reached)
        return self._found[node]


def made_at(span: Span) -> Place:
    """The place of a container that an expression makes."""
    return ("made", span.start, span.end)


def is_fresh(value: ir.Expr) -> bool:
    """Whether an expression makes a new container."""
    displays = ir.ListDisplay | ir.DictDisplay | ir.SetDisplay | ir.TupleDisplay
    fresh = displays | ir.Collection | ir.Comprehension | ir.Binary | ir.ListSlice
    return isinstance(value, fresh)
