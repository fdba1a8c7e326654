"""What depends on the clock: values that differ from run to run, so that `verify` cannot compare them.

    start = time.time()                            start and elapsed are recorded as values that equal anything,
    train()                                   ->   and so is what the print writes; everything else is compared.
    elapsed = time.time() - start
    print(f"{elapsed:.1f} s")

Such values may be stored, computed with and printed. Where they could reach a tensor, or decide what the program does,
it is refused: that would take part in results that no two runs share.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from py2cpp_autograd import ir
from py2cpp_autograd.backend.clashes import bodies
from py2cpp_autograd.backend.effects import variant_of
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import (
    children,
    iterable_children,
    statement_expressions,
    statements,
    target_names,
    target_parts,
    walk,
)
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import DictType, ListType, TensorType

#: A variable with its function ("" for the module), an attribute (".", name), a result ("()", function or method), or
#: the part of a result that is a tuple ("()[0]", function or method).
Place = tuple[str, str]


@dataclass
class Clock:
    """The places of a program whose values depend on the clock."""

    table: Table
    places: set[Place] = field(default_factory=set)
    #: What is printed of them, by identity; the nodes are kept, so that no other takes their identity.
    _printed: dict[int, ir.Expr] = field(default_factory=dict)

    def note_printed(self, node: ir.Expr) -> None:
        """Remember that an argument of a print depends on the clock."""
        self._printed[id(node)] = node

    def is_printed(self, node: ir.Expr) -> bool:
        """Whether an argument of a print depends on the clock."""
        return id(node) in self._printed

    def reaches_variable(self, name: str) -> bool:
        """Whether a variable of the module depends on the clock."""
        return ("", name) in self.places

    def reaches(self, node: ir.Expr, scope: _Scope) -> bool:
        """Whether the value of an expression depends on the clock."""
        match node:
            case ir.Name(name=name):
                return scope.place(name) in self.places
            case ir.Field(name=name) if (".", name) in self.places:
                return True
            case ir.Call(function=name) | ir.MethodCall(method=name) | ir.StaticCall(method=name):
                return ("()", name) in self.places
            case ir.Apply() if variant_of(self.table, node).effect == "clock":
                return True
            case _:
                return any(self.reaches(child, scope) for child in children(node))


@dataclass(frozen=True)
class _Scope:
    """A function (or "", the module), with the names of its own."""

    function: str
    names: frozenset[str] = frozenset()

    def place(self, name: str) -> Place:
        return (self.function if name in self.names else "", name)


def find(program: ir.Program, table: Table, report: Report) -> Clock:
    """What depends on the clock; the program is refused where that decides what it does."""
    clock = Clock(table)
    found = list(_bodies(program))
    if not any(_asks(table, body) for _, body in found):
        return clock
    parameters = _parameters(program)
    known = -1
    while known < len(clock.places):
        known = len(clock.places)
        for scope, body in found:
            _Body(clock, scope, parameters).spread(body)
    for scope, body in found:
        _Body(clock, scope, parameters).check(body, report)
    return clock


def _asks(table: Table, body: Sequence[ir.Stmt]) -> bool:
    return any(
        isinstance(part, ir.Apply) and variant_of(table, part).effect == "clock"
        for node in statements(body)
        for expression in statement_expressions(node)
        for part in walk(expression)
    )


def _bodies(program: ir.Program) -> Iterator[tuple[_Scope, tuple[ir.Stmt, ...]]]:
    yield _Scope(""), program.body
    for definition in program.definitions:
        for function in bodies(definition):
            yield _scope_of(function), function.body


def _scope_of(function: ir.Function) -> _Scope:
    own = {parameter.name for parameter in function.parameters}
    for node in statements(function.body):
        if isinstance(node, ir.Assign | ir.AugmentedAssign | ir.For):
            own |= {target.name for target in target_names(node.target)}
        if isinstance(node, ir.LocalFunction):
            own |= {parameter.name for parameter in node.function.parameters}
    return _Scope(function.name, frozenset(own - function.outer))


def _parameters(program: ir.Program) -> dict[str, list[ir.Function]]:
    """The functions and methods by what calls name: a class by its constructor."""
    found: dict[str, list[ir.Function]] = {}
    for definition in program.definitions:
        for function in bodies(definition):
            found.setdefault(function.name, []).append(function)
        if isinstance(definition, ir.Class):
            found.setdefault(definition.name, []).append(definition.init)
    return found


@dataclass(frozen=True)
class _Body:
    clock: Clock
    scope: _Scope
    functions: dict[str, list[ir.Function]]

    def spread(self, body: Sequence[ir.Stmt]) -> None:
        """Note the places that statements give what depends on the clock."""
        for node in statements(body):
            self._spread_calls(node)
            match node:
                case ir.Assign(target=target, value=value) | ir.AugmentedAssign(target=target, value=value):
                    self._assign(target, value)
                case ir.For(target=target, iterable=iterable):
                    if any(map(self._reaches, iterable_children(iterable))):
                        self._note(target)
                case ir.ExprStmt(value=ir.Apply() as value) if self._is_filled(value):
                    self._note_root(children(value)[0])
                case ir.Return(value=value) if value is not None:
                    self._return(self.scope.function, value)
                case ir.LocalFunction(function=function):
                    for inner in statements(function.body):
                        if isinstance(inner, ir.Return) and inner.value is not None:
                            self._return(function.name, inner.value)

    def _reaches(self, node: ir.Expr) -> bool:
        return self.clock.reaches(node, self.scope)

    def _return(self, function: str, value: ir.Expr) -> None:
        if not self._reaches(value):
            return
        self.clock.places.add(("()", function))
        for index, part in enumerate(value.elements if isinstance(value, ir.TupleDisplay) else ()):
            if self._reaches(part):
                self.clock.places.add((f"()[{index}]", function))

    def _assign(self, target: ir.Target, value: ir.Expr) -> None:
        if not self._reaches(value):
            return
        if isinstance(target, ir.Unpack):
            for index, part in enumerate(target.targets):
                if self._reaches_part(value, index):
                    self._note(part)
        else:
            self._note(target)

    def _reaches_part(self, value: ir.Expr, index: int) -> bool:
        """Whether a part of a tuple depends on the clock: where the parts are not known, all do."""
        match value:
            case ir.TupleDisplay(elements=elements):
                return self._reaches(elements[index])
            case ir.Call(function=name) | ir.MethodCall(method=name) | ir.StaticCall(method=name):
                known = any(place == name and kind.startswith("()[") for kind, place in self.clock.places)
                return not known or (f"()[{index}]", name) in self.clock.places
            case _:
                return True

    def _is_filled(self, node: ir.Apply) -> bool:
        """Whether a list or dict is given what depends on the clock."""
        receiver, *given = children(node) or (None,)
        filled = receiver is not None and isinstance(receiver.type, ListType | DictType)
        return filled and any(map(self._reaches, given))

    def _note(self, target: ir.Target) -> None:
        for part in target_parts(target):
            match part:
                case ir.NameTarget(name=name):
                    self.clock.places.add(self.scope.place(name))
                case ir.FieldTarget(name=name) | ir.ClassAttributeTarget(name=name):
                    self.clock.places.add((".", name))
                case ir.SubscriptTarget(container=container):
                    self._note_root(container)

    def _note_root(self, node: ir.Expr) -> None:
        match node:
            case ir.Name(name=name):
                self.clock.places.add(self.scope.place(name))
            case ir.Field(name=name):
                self.clock.places.add((".", name))
            case ir.Subscript(container=inner) | ir.Convert(operand=inner):
                self._note_root(inner)

    def _spread_calls(self, node: ir.Stmt) -> None:
        for expression in statement_expressions(node):
            for part in walk(expression):
                match part:
                    case (
                        ir.Call(function=name, arguments=arguments)
                        | ir.MethodCall(method=name, arguments=arguments)
                        | ir.StaticCall(method=name, arguments=arguments)
                        | ir.New(class_name=name, arguments=arguments)
                    ):
                        self._give(name, arguments)

    def _give(self, name: str, arguments: tuple[ir.Expr, ...]) -> None:
        given = [index for index, argument in enumerate(arguments) if self._reaches(argument)]
        for function in self.functions.get(name, ()):
            names = [parameter.name for parameter in function.parameters]
            self.clock.places |= {(function.name, names[index]) for index in given if index < len(names)}

    def check(self, body: Sequence[ir.Stmt], report: Report) -> None:
        """Refuse what the clock must not decide."""
        for node in statements(body):
            for deciding in _deciding(node):
                if self._reaches(deciding):
                    _refuse(report, deciding, "what the program does next depends on the clock")
            for argument in node.arguments if isinstance(node, ir.Print) else ():
                if self._reaches(argument):
                    self.clock.note_printed(argument)
            for expression in statement_expressions(node):
                for part in walk(expression):
                    if self._leaves(part):
                        _refuse(report, part, "the clock takes part in a result")

    def _leaves(self, node: ir.Expr) -> bool:
        """Whether what depends on the clock gets where it cannot be followed."""
        given = any(map(self._reaches, children(node)))
        match node:
            case ir.CallValue() | ir.FunctionApply() | ir.Lambda():
                return given
            case ir.Apply() if given:
                writes = variant_of(self.clock.table, node).effect in ("write", "rng")
                return isinstance(node.type, TensorType) or (writes and not self._is_filled(node))
            case _:
                return False


def _deciding(node: ir.Stmt) -> tuple[ir.Expr, ...]:
    match node:
        case ir.If(test=test) | ir.While(test=test) | ir.Assert(test=test):
            return (test,)
        case ir.For(iterable=ir.Range() as iterable):
            return iterable_children(iterable)
        case ir.Raise(message=message) if message is not None:
            return (message,)
        case ir.With(arguments=arguments):
            return tuple(argument.value for argument in arguments)
        case ir.Assign(target=ir.TensorIndexTarget() | ir.PropertyTarget(), value=value):
            return (value,)
        case _:
            return ()


def _refuse(report: Report, node: ir.Expr, message: str) -> None:
    report.add("PCA401", node.span, message, "use the time only to print or store it")
