"""Where C++ declares each variable of a body: at its first assignment where that dominates every use, else before.

Python's variables live as long as the function; C++'s as long as their block. A variable goes into the innermost
block that holds all its uses; a loop body only if each pass assigns it before it reads it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import (
    children,
    generated_in,
    iterable_children,
    statement_expressions,
    target_names,
    walrus_names,
)
from py2cpp_autograd.types import Type

#: The way to a statement: (block, index in it) from the outermost block inwards.
Path = tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Occurrence:
    """One use of a variable in a statement."""

    path: Path
    chain: tuple[ir.Stmt, ...]  # the statement at each step of the path; the last one is the use's own
    kind: str  # "bind", "loop", "update" or "read"

    @property
    def statement(self) -> ir.Stmt:
        """The statement of the use itself."""
        return self.chain[-1]


@dataclass
class Placement:
    """The declarations of a body."""

    #: Variables declared by the assignment statement itself, by the identity of the statement.
    declaring: dict[int, set[str]] = field(default_factory=dict)
    #: Variables declared, with their type, right before a statement.
    before: dict[int, list[tuple[str, Type]]] = field(default_factory=dict)
    #: Loop variables that outlive their loop.
    outliving: set[str] = field(default_factory=set)
    #: Variables that nothing reads.
    unread: set[str] = field(default_factory=set)
    #: Variables that are assigned more than once.
    rebound: set[str] = field(default_factory=set)
    #: Variables that a lambda or local function uses.
    captured: set[str] = field(default_factory=set)
    #: The types of the variables.
    types: dict[str, Type] = field(default_factory=dict)


class _Collector:
    def __init__(self) -> None:
        self.found: dict[str, list[Occurrence]] = {}
        self.types: dict[str, Type] = {}
        self.loops: set[int] = set()
        self.captured: set[str] = set()
        self.late: set[str] = set()
        self.blocks = 0

    def block(
        self, body: Sequence[ir.Stmt], prefix: Path, chain: tuple[ir.Stmt, ...] = (), is_loop: bool = False
    ) -> None:
        self.blocks += 1
        number = self.blocks
        if is_loop:
            self.loops.add(number)
        for index, node in enumerate(body):
            self.statement(node, (*prefix, (number, index)), (*chain, node))

    def statement(self, node: ir.Stmt, path: Path, chain: tuple[ir.Stmt, ...]) -> None:
        for expression in statement_expressions(node):
            for name in _reads(expression):
                self.note(name, Occurrence(path, chain, "read"))
            self.captured.update(_lambda_reads(expression))
            self.late.update(_late_reads(expression))
            for target in walrus_names(expression):
                self.types[target.name] = target.type
                self.note(target.name, Occurrence(path, chain, "update"))
        self._own(node, path, chain)
        match node:
            case ir.If(body=body, orelse=orelse):
                self.block(body, path, chain)
                self.block(orelse, path, chain)
            case ir.While(body=body) | ir.For(body=body):
                self.block(body, path, chain, is_loop=True)
                if isinstance(node, ir.For) and generated_in(node.iterable) is not None:
                    # The body becomes a lambda that the generator calls.
                    self.captured.update(names_used(body))
            case ir.With(body=body):
                self.block(body, path, chain)
            case ir.Try(body=body, handlers=handlers, orelse=orelse, final=final):
                for block in (body, *(handler.body for handler in handlers), orelse, final):
                    self.block(block, path, chain)

    def _own(self, node: ir.Stmt, path: Path, chain: tuple[ir.Stmt, ...]) -> None:
        match node:
            case ir.Assign(target=target):
                self._bind(target, Occurrence(path, chain, "bind"))
            case ir.AugmentedAssign(target=ir.NameTarget(name=name, type=type_)):
                self.types.setdefault(name, type_)
                self.note(name, Occurrence(path, chain, "update"))
            case ir.For(target=target):
                self._bind(target, Occurrence(path, chain, "loop"))
            case ir.Try(handlers=handlers):
                for caught in (handler.name for handler in handlers if handler.name is not None):
                    self._bind(caught, Occurrence(path, chain, "loop"))
            case ir.Delete(name=name):
                self.note(name, Occurrence(path, chain, "read"))
            case ir.LocalFunction(function=function):
                for name in free_names(function):
                    self.captured.add(name)
                    self.late.update([name] if function.captures == "frame" else [])
                    self.note(name, Occurrence(path, chain, "read"))

    def _bind(self, target: ir.Target, occurrence: Occurrence) -> None:
        for name in target_names(target):
            self.types[name.name] = name.type
            self.note(name.name, occurrence)

    def note(self, name: str, occurrence: Occurrence) -> None:
        self.found.setdefault(name, []).append(occurrence)


def _reads(node: ir.Expr, bound: frozenset[str] = frozenset()) -> Iterator[str]:
    """The variables that an expression reads, those that it binds itself excluded."""
    if isinstance(node, ir.Name):
        if node.name not in bound:
            yield node.name
    elif isinstance(node, ir.Binding):
        yield node.target.name
        yield from _reads(node.value, bound)
    elif isinstance(node, ir.Lambda):
        yield from _reads(node.body, bound | {parameter.name for parameter in node.parameters})
    elif isinstance(node, ir.Let):
        yield from _reads(node.value, bound)
        yield from _reads(node.body, bound if node.name is None else bound | {node.name})
    elif isinstance(node, ir.Comprehension):
        yield from _comprehension_reads(node, bound)
    else:
        for child in children(node):
            yield from _reads(child, bound)


def _comprehension_reads(node: ir.Comprehension, bound: frozenset[str]) -> Iterator[str]:
    if node.start is not None:
        yield from _reads(node.start, bound)
    for clause in node.clauses:
        for part in iterable_children(clause.iterable):
            yield from _reads(part, bound)
        bound |= {target.name for target in target_names(clause.target)}
        if clause.condition is not None:
            yield from _reads(clause.condition, bound)
    for inside in (node.key, node.element):
        if inside is not None:
            yield from _reads(inside, bound)


def _late_reads(node: ir.Expr) -> Iterator[str]:
    """What lambdas capture that are called later on."""
    if isinstance(node, ir.Lambda) and node.captures == "frame":
        yield from _reads(node)
    for child in children(node):
        yield from _late_reads(child)


def _lambda_reads(node: ir.Expr) -> Iterator[str]:
    if isinstance(node, ir.Lambda | ir.Let | ir.Comprehension):
        yield from _reads(node)
    for child in children(node):
        yield from _lambda_reads(child)


def free_names(function: ir.Function) -> set[str]:
    """The outer variables that a local function uses."""
    collector = _Collector()
    collector.block(function.body, ())
    own = {parameter.name for parameter in function.parameters}
    own |= {n for n, uses in collector.found.items() if any(use.kind != "read" for use in uses)} - function.outer
    return set(collector.found) - own


def names_used(body: Sequence[ir.Stmt]) -> set[str]:
    """The variables that a block uses."""
    collector = _Collector()
    collector.block(body, ())
    return set(collector.found)


def place(body: Sequence[ir.Stmt], known: Iterable[str]) -> Placement:
    """The declarations of a body; `known` names (parameters, shared variables) have theirs elsewhere."""
    collector = _Collector()
    collector.block(body, ())
    placement = Placement(captured=collector.captured, types=collector.types)
    given = set(known)
    for name, uses in collector.found.items():
        if not any(use.kind == "read" for use in uses):
            placement.unread.add(name)
        if sum(use.kind != "read" for use in uses) > 1:
            placement.rebound.add(name)
        if name in given and any(use.kind == "loop" for use in uses):
            placement.outliving.add(name)  # others see what the loop gives it
        if name not in given and name in collector.types:
            _place(placement, collector, name, uses)
    return placement


def _place(placement: Placement, collector: _Collector, name: str, uses: list[Occurrence]) -> None:
    late = name in collector.late  # whoever captured it may come back to it when its block is over
    if not late and all(_inside_own_loop(name, use, uses) for use in uses):
        return
    if any(use.kind == "loop" for use in uses):
        placement.outliving.add(name)
    depth = 0 if late else _depth(collector, name, uses)
    first = uses[0]
    if _declares(first, depth, name):
        placement.declaring.setdefault(id(first.statement), set()).add(name)
        return
    holder = min(uses, key=lambda use: use.path[depth][1])
    placement.before.setdefault(id(holder.chain[depth]), []).append((name, collector.types[name]))


def _inside_own_loop(name: str, use: Occurrence, uses: list[Occurrence]) -> bool:
    """Whether a use lies in (or is) a loop that binds the name."""
    return any(
        other.kind == "loop"
        and use.path[: len(other.path)] == other.path
        and (use is other or len(use.path) > len(other.path))
        for other in uses
    )


def _depth(collector: _Collector, name: str, uses: list[Occurrence]) -> int:
    """How deep the block lies that the variable can live in."""
    shared = _common(uses)
    if _declares(uses[0], shared, name):
        return shared  # each way into the block assigns it first
    depth = 0
    while all(len(use.path) > depth + 1 for use in uses):
        heads = {use.path[: depth + 1] for use in uses}
        inner = {use.path[depth + 1][0] for use in uses}
        if len(heads) != 1 or len(inner) != 1:
            break
        if inner & collector.loops and not _declares(uses[0], depth + 1, name):
            break
        depth += 1
    return depth


def _common(uses: list[Occurrence]) -> int:
    """How deep the innermost block lies that holds all uses."""
    depth = 0
    while all(len(use.path) > depth + 1 for use in uses):
        if len({use.path[: depth + 1] for use in uses}) != 1 or len({use.path[depth + 1][0] for use in uses}) != 1:
            break
        depth += 1
    return depth


def _declares(use: Occurrence, depth: int, name: str) -> bool:
    """Whether a use is an assignment right in the block at `depth`, which does not read the variable itself."""
    if use.kind != "bind" or len(use.path) != depth + 1 or not isinstance(use.statement, ir.Assign):
        return False
    return name not in set(_reads(use.statement.value))
