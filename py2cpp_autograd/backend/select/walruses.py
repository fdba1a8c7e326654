"""Which variables expressions bind: where they surely do, a recorder line stands behind; others show themselves."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import children, statement_expressions, walrus_names
from py2cpp_autograd.ir_walk import statements as all_statements


def surely_bound(expressions: Sequence[ir.Expr]) -> dict[str, ir.NameTarget]:
    """The variables that expressions bind whenever they are evaluated without an error."""
    return {target.name: target for expression in expressions for target in _surely(expression)}


def _surely(node: ir.Expr) -> Iterator[ir.NameTarget]:
    if isinstance(node, ir.Binding):
        yield node.target
    inside = children(node)
    for child in inside[:1] if isinstance(node, ir.Logical | ir.Conditional) else inside:
        yield from _surely(child)


def doubtful(body: Sequence[ir.Stmt]) -> frozenset[str]:
    """The variables that expressions bind of which no line can tell whether they have: behind `and`, in an `elif`."""
    found: set[str] = set()
    for node in all_statements(body):
        parts = statement_expressions(node)
        found |= _bound(parts) - set(surely_bound(parts))
        match node:
            case ir.If(orelse=[ir.If(test=test)]):
                found |= _bound([test])
            case ir.Try(body=tried):  # the rest of an expression may end it
                found |= _bound([part for inner in all_statements(tried) for part in statement_expressions(inner)])
    return frozenset(found)


def _bound(expressions: Sequence[ir.Expr]) -> set[str]:
    return {target.name for expression in expressions for target in walrus_names(expression)}
