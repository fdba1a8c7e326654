"""What a call may run: the functions, methods, lambdas and modules that it reaches, each looked at once."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import bodies, statement_expressions, statements, walk
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import ApiType, FunctionType, InstanceType


@dataclass
class Called(ABC):
    """A walk over what calls of a program run, for what must not be there."""

    program: ir.Program
    table: Table
    report: Report
    _seen: set[int] = field(default_factory=set)
    _told: set[Span] = field(default_factory=set)

    @cached_property
    def functions(self) -> list[ir.Function]:
        """The functions of the program's definitions."""
        return [one for definition in self.program.definitions for one in bodies(definition)]

    @cached_property
    def classes(self) -> dict[str, ir.Class]:
        """The classes of the program, by name."""
        return {one.name: one for one in self.program.definitions if isinstance(one, ir.Class)}

    @cached_property
    def local(self) -> list[ir.Function]:
        """The functions that are defined in others."""
        return [node.function for node in self._everything() if isinstance(node, ir.LocalFunction)]

    @cached_property
    def lambdas(self) -> list[ir.Lambda]:
        """The lambdas of the program."""
        return [part for part in self.expressions() if isinstance(part, ir.Lambda)]

    def _everything(self) -> Iterator[ir.Stmt]:
        yield from statements(self.program.body)
        for function in self.functions:
            yield from statements(function.body)

    def expressions(self) -> Iterator[ir.Expr]:
        """All expressions of the program."""
        for node in self._everything():
            for expression in statement_expressions(node):
                yield from walk(expression)

    @abstractmethod
    def statement(self, node: ir.Stmt) -> None:
        """Look at a statement of a function that runs; its expressions come by themselves."""

    @abstractmethod
    def part(self, node: ir.Expr) -> None:
        """Look at an expression that is evaluated; what it calls comes by itself."""

    @abstractmethod
    def module(self, span: Span, name: str) -> None:
        """Look at the call of a module of the API, or of one that may be any module of the program."""

    @abstractmethod
    def unknown(self, span: Span) -> None:
        """Look at the call of nobody knows what."""

    def refuse(self, span: Span, message: str, help_: str) -> None:
        """Report a place, once."""
        if span not in self._told:
            self._told.add(span)
            self.report.add("PCA401", span, message, help_)

    def entered(self, own: ir.Function | ir.Lambda) -> None:
        """A function begins."""
        return None

    def left(self) -> None:
        """A function ends."""
        return None

    def function(self, function: ir.Function) -> None:
        """What a function runs."""
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        self.entered(function)
        for node in statements(function.body):
            self.statement(node)
            for expression in statement_expressions(node):
                self.expression(expression)
        self.left()

    def of_lambda(self, node: ir.Lambda) -> None:
        """What a lambda runs."""
        if id(node) not in self._seen:
            self._seen.add(id(node))
            self.entered(node)
            self.expression(node.body)
            self.left()

    def expression(self, whole: ir.Expr) -> None:
        """What an expression runs."""
        for node in walk(whole):
            self.node(node)

    def node(self, node: ir.Expr) -> None:
        """What a part of an expression runs, its own parts aside."""
        self.part(node)
        match node:
            case ir.Apply(arguments=[ir.Argument(value=receiver), *_], row=row) if (
                roles.is_module(self.table, str(receiver.type)) and row.endswith(".__call__")
            ):
                self._of_api(node.span, str(receiver.type))
            case ir.Call(function=name):
                self._functions([one for one in (*self.functions, *self.local) if one.name == name])
            case ir.MethodCall(instance=instance, method=method):
                self._method(str(instance.type), method)
            case ir.StaticCall(class_name=name, method=method):
                self._method(name, method)
            case ir.New(class_name=name):
                self._functions([self.classes[name].init] if name in self.classes else [])
            case ir.CallValue(callee=callee):
                self._called(callee)
            case _:
                pass

    def _functions(self, functions: Sequence[ir.Function]) -> None:
        for function in functions:
            self.function(function)

    def _method(self, class_name: str, name: str) -> None:
        owner = self.classes.get(class_name)
        self._functions([] if owner is None else [one for one in owner.methods if one.name == name])

    def _called(self, callee: ir.Expr) -> None:
        match callee.type:
            case InstanceType(name=name):
                self._method(name, "forward")
            case ApiType(name=name) if roles.is_module(self.table, name):
                self._of_api(callee.span, name)
            case FunctionType():
                plain = [one for one in self.program.definitions if isinstance(one, ir.Function)]
                self._functions([*plain, *self.local])
                for one in self.lambdas:
                    self.of_lambda(one)
            case _:
                self.unknown(callee.span)

    def _of_api(self, span: Span, name: str) -> None:
        if name in roles.HOLDS_ANY:
            for owner in self.classes.values():
                self._functions([one for one in owner.methods if owner.is_module and one.name == "forward"])
        self.module(span, name)
