"""Properties of values that spread: from a value to its variable, from an argument to its parameter, and so on."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import (
    any_expression,
    bodies,
    children,
    iterable_children,
    statement_expressions,
    statements,
    target_names,
    target_parts,
    walk,
)
from py2cpp_autograd.types import DictType, ListType

#: A variable with its function ("" for the module), an attribute (".", name), a result ("()", function or method), or
#: the part of a result that is a tuple ("()[0]", function or method).
Place = tuple[str, str]


@dataclass(frozen=True)
class Scope:
    """A function (or "", the module), with the names of its own."""

    function: str
    names: frozenset[str] = frozenset()

    def place(self, name: str) -> Place:
        """The place that a variable is."""
        return (self.function if name in self.names else "", name)


@dataclass
class Spread(ABC):
    """The places of a program whose values have a property."""

    places: set[Place] = field(default_factory=set)

    @abstractmethod
    def reaches(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether the value of an expression has the property."""

    def reaches_items(self, iterable: ir.Iterable, scope: Scope) -> bool:
        """Whether what a loop runs over has it."""
        return any(self.reaches(child, scope) for child in iterable_children(iterable))

    def holds(self, node: ir.Expr, scope: Scope) -> bool:
        """Whether a variable, an attribute, or the result of a call has it."""
        match node:
            case ir.Name(name=name):
                return scope.place(name) in self.places
            case ir.Field(name=name):
                return (".", name) in self.places
            case ir.Call(function=name) | ir.MethodCall(method=name) | ir.StaticCall(method=name):
                return ("()", name) in self.places
            case _:
                return False

    def spread(self, program: ir.Program) -> list[tuple[Scope, tuple[ir.Stmt, ...]]]:
        """Find all places; gives the bodies of the program with their scopes."""
        found, functions = list(_bodies(program)), _functions(program)
        known = -1
        while known < len(self.places):
            known = len(self.places)
            for scope, body in found:
                _Body(self, scope, functions).spread(body)
            for function in (function for named in functions.values() for function in named):
                self._spread_defaults(function)
        return found

    def _spread_defaults(self, function: ir.Function) -> None:
        for parameter in function.parameters:
            if parameter.default is not None and self.reaches(parameter.default, Scope("")):
                self.places.add((function.name, parameter.name))

    def is_filled(self, node: ir.Apply, scope: Scope) -> bool:
        """Whether a list or dict is given what has the property."""
        receiver, *given = children(node) or (None,)
        filled = receiver is not None and isinstance(receiver.type, ListType | DictType)
        return filled and any(self.reaches(value, scope) for value in given)


def has(program: ir.Program, test: Callable[[ir.Expr], bool]) -> bool:
    """Whether any expression of a program passes the test."""
    return any(any_expression(body, test) for _, body in _bodies(program))


def _bodies(program: ir.Program) -> Iterator[tuple[Scope, tuple[ir.Stmt, ...]]]:
    yield Scope(""), program.body
    for definition in program.definitions:
        for function in bodies(definition):
            yield _scope_of(function), function.body


def _scope_of(function: ir.Function) -> Scope:
    own = {parameter.name for parameter in function.parameters}
    for node in statements(function.body):
        if isinstance(node, ir.Assign | ir.AugmentedAssign | ir.For):
            own |= {target.name for target in target_names(node.target)}
        if isinstance(node, ir.LocalFunction):
            own |= {parameter.name for parameter in node.function.parameters}
    return Scope(function.name, frozenset(own - function.outer))


def _functions(program: ir.Program) -> dict[str, list[ir.Function]]:
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
    found: Spread
    scope: Scope
    functions: dict[str, list[ir.Function]]

    def spread(self, body: Sequence[ir.Stmt]) -> None:
        """Note the places that statements give values with the property."""
        for node in statements(body):
            for expression in statement_expressions(node):
                for part in walk(expression):
                    self._inside(part)
            match node:
                case ir.Assign(target=target, value=value):
                    self._assign(target, value)
                case ir.AugmentedAssign(target=ir.NameTarget(name=name) as target, value=value):
                    read = ir.Name(name, target.type, node.span)
                    self._assign(target, ir.Binary(node.operator, read, value, target.type, node.span))
                case ir.For(target=target, iterable=iterable):
                    if self.found.reaches_items(iterable, self.scope):
                        self._note(target)
                case ir.ExprStmt(value=ir.Apply() as value) if self.found.is_filled(value, self.scope):
                    self._note_root(children(value)[0])
                case ir.Return(value=value) if value is not None:
                    self._return(self.scope.function, value)
                case ir.LocalFunction(function=function):
                    for inner in statements(function.body):
                        if isinstance(inner, ir.Return) and inner.value is not None:
                            self._return(function.name, inner.value)

    def _inside(self, node: ir.Expr) -> None:
        """What is given to parameters, and what the clauses of a comprehension run over."""
        match node:
            case (
                ir.Call(function=name, arguments=arguments)
                | ir.MethodCall(method=name, arguments=arguments)
                | ir.StaticCall(method=name, arguments=arguments)
                | ir.New(class_name=name, arguments=arguments)
            ):
                self._give(name, arguments)
            case ir.Comprehension(clauses=clauses):
                for clause in clauses:
                    if self.found.reaches_items(clause.iterable, self.scope):
                        self._note(clause.target)

    def _give(self, name: str, arguments: tuple[ir.Expr, ...]) -> None:
        given = [index for index, argument in enumerate(arguments) if self._reaches(argument)]
        for function in self.functions.get(name, ()):
            names = [parameter.name for parameter in function.parameters]
            self.found.places |= {(function.name, names[index]) for index in given if index < len(names)}

    def _reaches(self, node: ir.Expr) -> bool:
        return self.found.reaches(node, self.scope)

    def _return(self, function: str, value: ir.Expr) -> None:
        if not self._reaches(value):
            return
        self.found.places.add(("()", function))
        for index, part in enumerate(value.elements if isinstance(value, ir.TupleDisplay) else ()):
            if self._reaches(part):
                self.found.places.add((f"()[{index}]", function))

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
        """Whether a part of a tuple has the property: where the parts are not known, all do."""
        match value:
            case ir.TupleDisplay(elements=elements):
                return self._reaches(elements[index])
            case ir.Call(function=name) | ir.MethodCall(method=name) | ir.StaticCall(method=name):
                known = any(place == name and kind.startswith("()[") for kind, place in self.found.places)
                return not known or (f"()[{index}]", name) in self.found.places
            case _:
                return True

    def _note(self, target: ir.Target) -> None:
        for part in target_parts(target):
            match part:
                case ir.NameTarget(name=name):
                    self.found.places.add(self.scope.place(name))
                case ir.FieldTarget(name=name) | ir.ClassAttributeTarget(name=name):
                    self.found.places.add((".", name))
                case ir.SubscriptTarget(container=container):
                    self._note_root(container)

    def _note_root(self, node: ir.Expr) -> None:
        match node:
            case ir.Name(name=name):
                self.found.places.add(self.scope.place(name))
            case ir.Field(name=name):
                self.found.places.add((".", name))
            case ir.Subscript(container=inner) | ir.Convert(operand=inner):
                self._note_root(inner)
