"""What definitions need of each other, and the order in which C++ can have them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.backend.clashes import bodies
from py2cpp_autograd.backend.select import definitions_of_functions, exceptions
from py2cpp_autograd.ir_walk import statement_expressions, walk
from py2cpp_autograd.ir_walk import statements as all_statements
from py2cpp_autograd.types import DictType, InstanceType, ListType, Type


def uses(node: ir.Definition) -> set[str]:
    """The definitions that a definition needs before it."""
    found: set[str] = set()
    for function in bodies(node):
        found |= {name for parameter in function.parameters for name in type_names(parameter.type)}
        found |= set(type_names(function.result))
        for statement in all_statements(function.body):
            found |= exceptions.named_in(statement)
            for expression in statement_expressions(statement):
                found |= {name for part in walk(expression) for name in _names_of(part)}
    if isinstance(node, ir.Class):
        found |= {name for field in node.fields for name in type_names(field.type)}
    if isinstance(node, ir.ExceptionClass):
        found.add(node.base)
    return found - {node.name}


def calls_itself(node: ir.Definition) -> bool:
    """Whether a function calls its own name, perhaps with values of other types: another function in C++."""
    return isinstance(node, ir.Function) and definitions_of_functions.calls_itself(node)


def _names_of(node: ir.Expr) -> Iterator[str]:
    match node:
        case ir.Call(function=name) | ir.FunctionRef(function=name):
            yield name
        case ir.New(class_name=name) | ir.FunctionApply(class_name=name):
            yield name
        case ir.StaticCall(class_name=name) | ir.ClassAttribute(class_name=name):
            yield name
        case _:
            yield from type_names(node.type)


def type_names(type_: Type) -> Iterator[str]:
    """The classes of the program that a type names."""
    if isinstance(type_, InstanceType):
        yield type_.name
    elif isinstance(type_, ListType):
        yield from type_names(type_.element)
    elif isinstance(type_, DictType):
        yield from type_names(type_.value)


def in_order(definitions: Sequence[ir.Definition]) -> list[ir.Definition]:
    """The source's order, but what a definition uses stands before it (cycles aside)."""
    by_name: dict[str, list[ir.Definition]] = {}
    for node in definitions:
        by_name.setdefault(node.name, []).append(node)
    done: list[ir.Definition] = []
    started: set[str] = set()

    def add(name: str) -> None:
        if name in started or name not in by_name:
            return
        started.add(name)
        for node in by_name[name]:
            for used in sorted(uses(node)):
                add(used)
        done.extend(sorted(by_name[name], key=calls_itself))

    for node in definitions:
        add(node.name)
    return done
