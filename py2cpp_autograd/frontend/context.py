"""The state of one round of lowering, and the few operations that every construct needs from it."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import UnionType
from typing import Any, Literal, NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal, Report
from py2cpp_autograd.frontend.own_names import IMPORTED
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.scope import REST, Assumptions, Key, Scope
from py2cpp_autograd.frontend.sharing import Sharing
from py2cpp_autograd.frontend.usage import Usage
from py2cpp_autograd.frontend.walk import children, walk
from py2cpp_autograd.span import Position, Span
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import SymbolType, Type

#: A key of a dict that is an object.
DictKey = str | int
#: How an expression is lowered: the node, and the type that the place wants, if any.
ExpressionLowering = Callable[["Context", cst.BaseExpression, Type | None], ir.Expr]

#: How a statement is lowered, to none, one or several IR statements.
StatementLowering = Callable[["Context", cst.BaseStatement | cst.BaseSmallStatement], list[ir.Stmt]]

#: What each `partial(f, ...)` of the program stands for, in all rounds: the class or function, and its arguments.
Partials = dict[str, tuple[SymbolType, tuple[cst.Arg, ...]]]


@dataclass(frozen=True)
class Resolved:
    """What a name or dotted name stands for."""

    kind: Literal["variable", "function", "class", "apply", "api", "unknown"]
    name: str
    scope: Scope | None = None


@dataclass
class FunctionInstance:
    """A function specialised to one family of parameter types; `lowered` once its body is done in this round.

    `is_open`: its body is being lowered, here or around.
    """

    identity: str
    node: cst.FunctionDef | cst.Lambda
    parameter_types: tuple[Type, ...]
    lowered: ir.Function | None = None
    started: bool = False
    is_open: bool = False


@dataclass
class Context:
    """One round of lowering over the whole program."""

    source: Source
    table: Table
    report: Report
    assumptions: Assumptions
    scope: Scope
    lower_expression: ExpressionLowering
    lower_statement: StatementLowering
    imports: dict[str, str] = field(default_factory=lambda: dict(IMPORTED))
    classes: dict[str, cst.ClassDef] = field(default_factory=dict)
    instances: dict[str, list[FunctionInstance]] = field(default_factory=dict)
    built_classes: dict[str, ir.Definition] = field(default_factory=dict)
    made_up: dict[cst.CSTNode, Span] = field(default_factory=dict)
    surely_assigned: dict[str, frozenset[str]] = field(default_factory=dict)  # attributes, by class
    dict_classes: dict[str, tuple[DictKey, ...]] = field(default_factory=dict)  # made of dicts, by their keys
    loaders: set[str] = field(default_factory=set)  # the classes that are made for the loaders of its data sets
    origins: dict[str, str] = field(default_factory=dict)  # classes that are specialised, by the name in C++
    partials: Partials = field(default_factory=dict)
    written: dict[tuple[str, str], cst.FunctionDef] = field(default_factory=dict)
    building: set[str] = field(default_factory=set)
    opened: set[str] = field(default_factory=set)  # named tuples whose type is being found
    begun: list[str] = field(default_factory=list)  # classes that are put together at the end of the round
    lowered_methods: dict[tuple[str, str], ir.Function | None] = field(default_factory=dict)  # by class and name
    made_inside: dict[str, set[str]] = field(default_factory=dict)  # the modules that methods of a module make
    super_methods: dict[str, dict[str, Any]] = field(default_factory=dict)
    unsettled: list[Span] = field(default_factory=list)
    stuck: bool = False  # something waits for types, though calls have told those of the parameters around it
    inside_untold: bool = False  # a method is being lowered that nothing has called so far
    waiting: bool = False  # for what all the rest tells
    has_roots: bool = False  # functions, classes or methods that nothing names
    sharing: Sharing = field(default_factory=Sharing)
    changes: list[str] = field(default_factory=list)  # the containers that changed so far, by name
    shared: set[str] = field(default_factory=set)
    global_types: dict[str, Type] = field(default_factory=dict)
    places: dict[Key, Span] = field(default_factory=dict)
    guesses: dict[tuple[object, ...], Type | None] = field(default_factory=dict)  # of parameters that no call tells
    orders: dict[tuple[str, int], tuple[str, ...]] = field(default_factory=dict)  # of classes, and how many there were
    api_bases: dict[tuple[str, int, int], list[str]] = field(default_factory=dict)  # likewise, and of how many imports
    methods: dict[tuple[str, int, int], dict[str, Any]] = field(default_factory=dict)  # of classes, in the same way
    generator_methods: dict[tuple[int, int], frozenset[str]] = field(default_factory=dict)  # of all classes, likewise
    recomputed: list[ir.Expr] = field(default_factory=list)  # calls that Python runs again in the backward pass
    consumed: cst.CSTNode | None = None  # the call of a generator that a loop runs over

    def __post_init__(self) -> None:
        self.module_scope = self.scope

    @property
    def usage(self) -> Usage:
        """Which definitions the program names."""
        return self.source.usage

    # ------------------------------------------------------------------------------------ reporting

    def span(self, node: cst.CSTNode) -> Span:
        """Where the node stands in the source."""
        made = self.made_up.get(node) if self.made_up else None
        return made or self.source.span(node)

    def innermost(self, body: cst.CSTNode, kinds: type[cst.CSTNode] | UnionType, place: Position) -> Span | None:
        """Where the innermost node of some kinds stands that a place in a body is in."""
        spans = (self.span(node) for node in walk(body) if isinstance(node, kinds))
        return max((one for one in spans if one.contains(place)), key=lambda one: one.start, default=None)

    def place_at(self, node: cst.CSTNode, span: Span) -> None:
        """Let a node that is not in the source stand somewhere; parts that are in the source stay where they are."""
        if node in self.source.positions:
            return
        self.made_up[node] = span
        for child in children(node):
            self.place_at(child, span)

    def refuse(self, code: str, node: cst.CSTNode | Span, message: str, help_: str | None = None) -> NoReturn:
        """Report the construct and leave it."""
        self.report.add(code, node if isinstance(node, Span) else self.span(node), message, help_)
        raise Refusal

    def pending(self, node: cst.CSTNode | Span) -> NoReturn:
        """Leave a construct whose types a later round will know; the last round reports it if nothing else did."""
        self.postpone(node)
        self.stuck = self.stuck or not self.inside_untold
        raise Refusal

    def postpone(self, node: cst.CSTNode | Span) -> None:
        """Go on with a construct whose types a later round will know; the last round reports it if they are not."""
        self.unsettled.append(node if isinstance(node, Span) else self.span(node))
        self.assumptions.pending = True

    def wait(self, node: cst.CSTNode | Span) -> None:
        """Leave a construct whose type is a guess until all the rest is known; do nothing then."""
        if REST not in self.assumptions.facts:
            self.waiting = True
            self.pending(node)

    # ---------------------------------------------------------------------------------------- names

    def expression(self, node: cst.BaseExpression, expected: Type | None = None) -> ir.Expr:
        """Lower an expression."""
        return self.lower_expression(self, node, expected)

    def resolve(self, name: str) -> Resolved:
        """What a bare name stands for at this point."""
        scope: Scope | None = self.scope
        while scope is not None:
            if name in scope.bindings.declared_global:
                scope = self.module_scope
            if name in scope.functions:
                return Resolved("function", name, scope)
            if name in scope.applies:
                return Resolved("apply", scope.applies[name])
            if scope.owns(name):
                return Resolved("variable", name, scope)
            scope = scope.parent
        if name in self.classes:
            return Resolved("class", name)
        if name in self.imports:
            return Resolved("api", self.imports[name])
        if hasattr(builtins, name):
            return Resolved("api", f"builtins.{name}")
        return Resolved("unknown", name)

    def qualified(self, node: cst.BaseExpression) -> str | None:
        """The API name that a (dotted) name stands for, such as that of an imported module's function."""
        match node:
            case cst.Name(value=name):
                resolved = self.resolve(name)
                return resolved.name if resolved.kind == "api" else None
            case cst.Attribute(value=value, attr=attr):
                prefix = self.qualified(value)
                if prefix is None or self._is_value(prefix):
                    return None
                return f"{prefix}.{attr.value}"
            case _:
                return None

    def constant(self, name: str) -> int | str | None:
        """The value of a variable that is assigned once, an int literal or a text."""
        scope: Scope | None = self.scope
        while scope is not None:
            if scope.owns(name):
                return scope.constants.get(name)
            scope = scope.parent
        return None

    def variable_type(self, name: str) -> Type:
        """The type of a variable of the current scope, as far as it is known."""
        return self.assumptions.get(self.scope.key(name))

    def _is_value(self, name: str) -> bool:
        """Whether an API name is a constant, whose attributes are those of its value."""
        row = self.table.find(name)
        return row is not None and row.variants[0].kind == "value"

    # --------------------------------------------------------------------------------------- scopes

    @contextmanager
    def within(self, scope: Scope) -> Iterator[Scope]:
        """Lower in another scope."""
        previous, self.scope = self.scope, scope
        try:
            yield scope
        finally:
            self.scope = previous

    def settled(self, type_: Type | None, node: cst.CSTNode | Span, what: str) -> Type:
        """The joined type, or a PCA302 refusal when there is none."""
        if type_ is None:
            self.refuse("PCA302", node, f"{what} holds values of several types")
        return type_
