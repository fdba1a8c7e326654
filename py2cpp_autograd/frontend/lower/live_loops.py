"""Loops over lists that grow or shrink meanwhile, in the body or in what it calls.

    for node in queue:
        queue += node.children

Python asks for each item by its position, as long as there is one: so does C++ then. Its own loop over a vector would
go on in memory that is no longer the vector's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import functions
from py2cpp_autograd.frontend.lower.aliases import place_of
from py2cpp_autograd.frontend.sharing import Change, Loop
from py2cpp_autograd.frontend.walk import walk as walk_syntax
from py2cpp_autograd.ir_walk import (
    ANY,
    bodies,
    called,
    generated_in,
    iterable_children,
    statement_expressions,
    statements,
    walk,
)
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import BOOL, ApiType, DictType, ListType, SetType, is_module_container

_LIVE = "live loop"
_CONSTRUCTOR = "__init__"
_FORWARD = "forward"


def followed(context: Context, node: cst.For | cst.CompFor, iterable: ir.Iterable) -> ir.Iterable:
    """What a loop runs over, with lists that are known to change meanwhile followed as they do."""
    if node.iter in context.made_up:
        return iterable  # what the program does not say changes nothing
    at, live = context.span(node.iter), _live(iterable)
    for value in iterable_children(iterable):
        if _is_place(value):
            by_position = isinstance(node, cst.For) and live != iterable and _has_places(value)
            context.sharing.loops.append(Loop(node, place_of(context, value), value.type, at, by_position))
    known = (_LIVE, at.start.line, at.start.column) in context.assumptions.facts
    return live if known else iterable


def _is_place(value: ir.Expr) -> bool:
    """Whether C++ runs over a container where it is, which may change: what a call gives is a copy."""
    plain = isinstance(value.type, ListType | DictType | SetType) and not is_module_container(value.type)
    return plain and isinstance(value, ir.Name | ir.Field | ir.ClassAttribute | ir.Subscript)


def _has_places(value: ir.Expr) -> bool:
    """Whether the items of a container have positions that last: bools of a C++ vector have none of their own."""
    return type(value.type) is ListType and value.type.element != BOOL and not isinstance(value, ir.Subscript)


def _yields(node: cst.CSTNode) -> bool:
    """Whether a loop yields, where other code goes on."""
    return any(isinstance(part, cst.Yield) for part in walk_syntax(node))


def _live(iterable: ir.Iterable) -> ir.Iterable:
    match iterable:
        case ir.Items(value=value) if isinstance(value.type, ListType):
            return replace(iterable, live=True)
        case ir.Enumerate(inner=inner):
            return replace(iterable, inner=_live(inner))
        case ir.Zip(inners=inners):
            return replace(iterable, inners=tuple(map(_live, inners)))
        case _:
            return iterable


def note_changes(
    context: Context, body: Sequence[ir.Stmt], definitions: Callable[[], Sequence[ir.Definition]]
) -> bool:
    """Remember the loops over lists that change meanwhile, and refuse those over what else changes.

    Gives whether there are new ones of the former.
    """
    calls = _Calls(context, body, definitions)
    found = False
    for loop, changes in context.sharing.resized_loops():
        fact = (_LIVE, loop.span.start.line, loop.span.start.column)
        if fact in context.assumptions.facts or not calls.reach(loop, changes):
            continue
        if loop.by_position:
            context.assumptions.note(fact)
            found = True
        else:
            message = f"this loop may change the {loop.type} that it runs over"
            context.report.add("PCA102", loop.span, message, "run over list(...), a copy that stays as it is")
    return found


@dataclass
class _Code:
    """The expressions of a program, what each function calls, and the functions that somebody is given.

    `overloads`: what functions are called that C++ calls otherwise, as they take other types.
    """

    overloads: dict[str, str]
    expressions: list[ir.Expr] = field(default_factory=list)
    called: dict[str, set[str]] = field(default_factory=dict)
    given: set[str] = field(default_factory=lambda: {_FORWARD, "backward"})

    def plain(self, name: str) -> str:
        """The name of a function among those of its class, or of its module, whatever it is specialised for."""
        return self.overloads.get(name, name).rpartition(".")[2].partition("#")[0]

    def runs(self, nodes: Iterable[ir.Expr]) -> set[str]:
        """The functions that expressions may run themselves."""
        return {self.plain(name) for node in nodes for name in _runs(node)}


class _Calls:
    """Which code the body of a loop runs."""

    def __init__(
        self, context: Context, body: Sequence[ir.Stmt], definitions: Callable[[], Sequence[ir.Definition]]
    ) -> None:
        self._context = context
        self._body, self._definitions = body, definitions

    def reach(self, loop: Loop, changes: Sequence[Change]) -> bool:
        """Whether the body of a loop, or what it calls, makes one of the changes of what it runs over."""
        parts = [self._whole(loop.node), *(self._consumers() if _yields(loop.node) else ())]
        if any(part.contains(change.span.start) for part in parts for change in changes):
            return True
        elsewhere = [change for change in changes if change.code or change.deferred]
        return bool(elsewhere) and self._run(parts, elsewhere)

    def _whole(self, loop: cst.For | cst.CompFor) -> Span:
        """The statement, or the comprehension, that a loop is of."""
        context, at = self._context, self._context.span(loop)
        around = None if isinstance(loop, cst.For) else context.innermost(context.source.module, cst.BaseComp, at.start)
        return around or at

    def _consumers(self) -> list[Span]:
        """The loops whose bodies run where a generator yields."""
        found = (node for _, body in self._bodies for node in statements(body))
        return [node.span for node in found if isinstance(node, ir.For) and generated_in(node.iterable) is not None]

    def _run(self, parts: Sequence[Span], changes: Sequence[Change]) -> bool:
        """Whether a part of the program runs functions that make some of the changes."""
        code = self._code
        pending = code.runs(one for one in code.expressions if any(part.contains(one.span.start) for part in parts))
        reached: set[str] = set()
        while pending:
            name = pending.pop()
            reached.add(name)
            further = code.given if name == ANY else code.called.get(name, set())
            pending |= further - reached
        by_values = ANY in reached
        return any(code.plain(change.code) in reached or (change.deferred and by_values) for change in changes)

    @cached_property
    def _bodies(self) -> list[tuple[str, Sequence[ir.Stmt]]]:
        return list(_bodies(self._body, self._definitions()))

    @cached_property
    def _code(self) -> _Code:
        instances = [(name, one) for name, several in self._context.instances.items() for one in several]
        code = _Code({functions.spelled(self._context, one): name for name, one in instances})
        for name, body in self._bodies:
            whole = (expression for node in statements(body) for expression in statement_expressions(node))
            parts = [part for expression in whole for part in walk(expression)]
            code.expressions += parts
            code.called.setdefault(code.plain(name), set()).update(code.runs(parts))
            code.given |= {code.plain(one) for part in parts for one in _gives(part)}
        return code


def _bodies(
    body: Sequence[ir.Stmt], definitions: Sequence[ir.Definition]
) -> Iterator[tuple[str, Sequence[ir.Stmt]]]:
    whole = [("", body), *((one.name, one.body) for node in definitions for one in bodies(node))]
    for name, inside in whole:
        yield name, inside
        for statement in statements(inside):
            if isinstance(statement, ir.LocalFunction):
                yield statement.function.name, statement.function.body


def _runs(node: ir.Expr) -> Iterator[str]:
    """The functions of the program that an expression itself may run, by name."""
    yield from called(node)
    match node:
        case ir.New():
            yield _CONSTRUCTOR
        case ir.Apply(row=row, arguments=arguments):
            if row.startswith(roles.GRADIENTS) or row == roles.TENSOR_BACKWARD:
                yield ANY
            elif any(_is_module(argument.value) for argument in arguments):
                yield from (_FORWARD, ANY)


def _is_module(value: ir.Expr) -> bool:
    return isinstance(value.type, ApiType) and value.type.name in roles.HOLDS_ANY


def _gives(node: ir.Expr) -> Iterator[str]:
    """The functions that somebody is given with an expression, who may call them."""
    match node:
        case ir.FunctionRef(function=name):
            yield name
        case ir.Lambda(body=body):
            yield from (name for part in walk(body) for name in _runs(part) if name != ANY)
