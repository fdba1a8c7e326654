"""What definitions need of each other, and the order in which C++ can have them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.backend.select import definitions_of_functions, exceptions
from py2cpp_autograd.held_types import with_held
from py2cpp_autograd.ir_walk import bodies, statement_expressions, walk
from py2cpp_autograd.ir_walk import statements as all_statements
from py2cpp_autograd.types import DictType, FunctionType, InstanceType, SetType, Type


def uses(node: ir.Definition) -> set[str]:
    """The definitions that a definition needs before it."""
    found: set[str] = set()
    for function in bodies(node):
        found |= {name for type_ in types_of(function) for name in type_names(type_)}
        for statement in all_statements(function.body):
            found |= exceptions.named_in(statement)
            for expression in statement_expressions(statement):
                found |= {name for part in walk(expression) for name in _names_of(part)}
    if isinstance(node, ir.Family):
        found |= {one.name for one in signature_types(node) if one.kind == "enum"}
    if isinstance(node, ir.Class | ir.Family):
        found |= set(node.families)
        found |= {name for field in node.fields for name in type_names(field.type)}
    for attribute in node.attributes if isinstance(node, ir.Class) else ():
        found |= {name for part in walk(attribute.value) for name in _names_of(part)}
    if isinstance(node, ir.ExceptionClass):
        found.add(node.base)
    return found - {node.name}


def signature_types(node: ir.Family) -> list[InstanceType]:
    """The classes that the methods of a family name: of all but enumerations, C++ needs a declaration alone."""
    types = (type_ for method in node.methods for type_ in types_of(method))
    return [held for type_ in types for held in with_held(type_) if isinstance(held, InstanceType)]


def types_of(function: ir.Function) -> tuple[Type, ...]:
    """The types that the signature of a function names."""
    return (function.result, *(parameter.type for parameter in function.parameters))


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
        case ir.IsInstance(class_=class_):
            yield from type_names(class_)
        case _:
            yield from type_names(node.type)


def type_names(type_: Type) -> Iterator[str]:
    """The classes of the program that a type names, in keys of dicts and signatures of functions too."""
    for held in with_held(type_):
        match held:
            case InstanceType(name=name):
                yield name
            case DictType(key=inner) | SetType(element=inner):
                yield from type_names(inner)
            case FunctionType(parameters=parameters, result=result):
                yield from (name for part in (*parameters, result) for name in type_names(part))


def _reached(used_by: Mapping[str, set[str]], name: str) -> set[str]:
    """All that a definition uses, by way of others too."""
    found: set[str] = set()
    waiting = [name]
    while waiting:
        new = used_by.get(waiting.pop(), set()) - found
        found |= new
        waiting += new
    return found


def in_order(definitions: Sequence[ir.Definition]) -> list[ir.Definition]:
    """The source's order, but what a definition uses stands before it (cycles aside).

    A function that uses a class whose methods call it stands behind that: these need its prototype alone.
    """
    by_name: dict[str, list[ir.Definition]] = {}
    for node in definitions:
        by_name.setdefault(node.name, []).append(node)
    used_by = {name: {used for node in nodes for used in uses(node)} for name, nodes in by_name.items()}
    done: list[ir.Definition] = []
    started: set[str] = set()

    def waits(function: str, name: str) -> bool:
        called = any(isinstance(node, ir.Function) for node in by_name.get(function, ()))
        of_class = any(isinstance(node, ir.Class) for node in by_name[name])
        return called and of_class and name in _reached(used_by, function)

    def add(name: str) -> None:
        if name in started or name not in by_name:
            return
        started.add(name)
        for used in sorted(used_by[name]):
            if not waits(used, name):
                add(used)
        done.extend(sorted(by_name[name], key=calls_itself))

    for node in definitions:
        add(node.name)
    return done
