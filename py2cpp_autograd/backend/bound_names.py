"""The names that bodies bind and read."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import statement_expressions, statements, target_names, walk, walrus_names
from py2cpp_autograd.span import Span

#: A Python name and where it stands.
Named = tuple[str, Span]


def assigned(body: Sequence[ir.Stmt]) -> set[str]:
    """The variables that a body binds, at any depth."""
    return {target.name for statement in statements(body) for target in _bound(statement)}


def _bound(node: ir.Stmt) -> list[ir.NameTarget]:
    found = [target for expression in statement_expressions(node) for target in walrus_names(expression)]
    match node:
        case ir.Assign(target=target) | ir.AugmentedAssign(target=target) | ir.For(target=target):
            found += target_names(target)
        case ir.Try(handlers=handlers):
            found += [handler.name for handler in handlers if handler.name is not None]
    return found


def names_in(body: Sequence[ir.Stmt]) -> set[str]:
    """All names that a body reads or binds."""
    return {name for name, _ in named(body)}


def named(body: Sequence[ir.Stmt]) -> Iterator[Named]:
    """The names that a body binds or reads, those of the functions inside it too."""
    for node in statements(body):
        match node:
            case ir.Assign(target=target) | ir.AugmentedAssign(target=target) | ir.For(target=target):
                yield from ((name.name, name.span) for name in target_names(target))
            case ir.Try(handlers=handlers):
                yield from ((found.name.name, found.span) for found in handlers if found.name is not None)
            case ir.LocalFunction(function=function):
                yield function.name, function.span
                yield from ((parameter.name, parameter.span) for parameter in function.parameters)
        for expression in statement_expressions(node):
            for part in walk(expression):
                yield from _of_expression(part)


def _of_expression(node: ir.Expr) -> Iterator[Named]:
    match node:
        case ir.Let(name=None):
            return
        case ir.Name(name=name) | ir.Let(name=str(name)) | ir.Call(function=name) | ir.FunctionRef(function=name):
            yield name, node.span
        case ir.Lambda(parameters=parameters):
            yield from ((parameter.name, parameter.span) for parameter in parameters)
        case ir.Comprehension(clauses=clauses):
            yield from ((name.name, name.span) for clause in clauses for name in target_names(clause.target))
        case ir.Binding(target=target):
            yield target.name, target.span
