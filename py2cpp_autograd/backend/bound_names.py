"""The names that bodies bind and read."""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import statement_expressions, statements, target_names, walk, walrus_names


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
    found: set[str] = set()
    for node in statements(body):
        found |= {target.name for target in _bound(node)}
        for expression in statement_expressions(node):
            found |= {part.name for part in walk(expression) if isinstance(part, ir.Name)}
            found |= {part.function for part in walk(expression) if isinstance(part, ir.Call | ir.FunctionRef)}
        if isinstance(node, ir.LocalFunction):
            found.add(node.function.name)
    return found
