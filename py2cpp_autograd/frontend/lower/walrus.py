"""Assignment expressions."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import note_alias, variable_place
from py2cpp_autograd.frontend.lower.targets import assign_name
from py2cpp_autograd.frontend.lower.values import is_tensor_like
from py2cpp_autograd.types import Type


def lower_walrus(context: Context, node: cst.NamedExpr, expected: Type | None) -> ir.Expr:
    """`(name := value)`, which binds in the function around, also inside a comprehension."""
    value = context.expression(node.value, expected)
    assert isinstance(node.target, cst.Name)
    note_alias(context, value, variable_place(context, node.target.value))
    scope = context.scope.binding()
    with context.within(scope):
        scope.block_depth += 1
        target = assign_name(context, node.target, node.target.value, value.type)
        scope.block_depth -= 1
    if target.type != value.type and not is_tensor_like(target.type):
        context.refuse("PCA302", node, f"'{target.name}' is {target.type} elsewhere, and {value.type} here")
    return ir.Binding(target, value, value.type, context.span(node))
