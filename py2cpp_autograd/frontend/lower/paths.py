"""Parts of modules by their path: `net.get_submodule("blocks.0.fc")` is `net.blocks[0].fc`."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import InstanceType, ModuleDictType


def lower(context: Context, node: cst.Call, receiver: ir.Expr, name: str) -> ir.Expr | None:
    """The part that a literal path leads to; None for other methods, and other values than modules."""
    if name not in roles.LOCATING or not rows.is_module_type(context, receiver.type):
        return None
    if isinstance(receiver.type, InstanceType) and hierarchy.method(context, receiver.type.name, name) is not None:
        return None
    assert isinstance(node.func, cst.Attribute)
    written = node.args[0].value if len(node.args) == 1 and not node.args[0].star else None
    if not isinstance(written, cst.SimpleString) or not isinstance(written.evaluated_value, str):
        context.refuse("PCA404", node, f"{name} needs its path as a literal", "write the attributes: net.blocks[0].fc")
    found: cst.BaseExpression = node.func.value
    for part in filter(None, written.evaluated_value.split(".")):
        found = _step(context, found, part)
        context.place_at(found, context.span(node))
    return context.expression(found)


def _step(context: Context, owner: cst.BaseExpression, part: str) -> cst.BaseExpression:
    if part.isdigit():
        return cst.Subscript(owner, [cst.SubscriptElement(cst.Index(cst.Integer(part)))])
    if isinstance(context.expression(owner).type, ModuleDictType):
        return cst.Subscript(owner, [cst.SubscriptElement(cst.Index(cst.SimpleString(repr(part))))])
    return cst.Attribute(owner, cst.Name(part))
