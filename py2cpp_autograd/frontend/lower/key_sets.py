"""The keys of a dict as an operand of `-` and `|`, which make a set of them: `weights.keys() - seen`."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.types import DictType, ModuleDictType, SetType

#: The functions of the runtime that do what an operator does.
_FUNCTIONS: dict[type[cst.BaseBinaryOp], str] = {
    cst.Subtract: "py2cpp.keys_without",
    cst.BitOr: "py2cpp.keys_with",
}


def lower(context: Context, node: cst.BinaryOperation) -> ir.Expr | None:
    """`d.keys() - other` and `d.keys() | other`; None for other operations."""
    function = _FUNCTIONS.get(type(node.operator))
    held = None if function is None else _dict(context, node.left)
    if function is None or held is None:
        return None
    other = _dict(context, node.right)
    if other is not None:
        other = rows.apply_function(context, node.right, "py2cpp.set_of_keys", (other,))
        if isinstance(node.operator, cst.BitOr):
            return None  # how a set grows shows in its order
    other = other or context.expression(node.right)
    return rows.apply_function(context, node, function, (held, other)) if isinstance(other.type, SetType) else None


def _dict(context: Context, node: cst.BaseExpression) -> ir.Expr | None:
    """The dict whose keys an expression gives."""
    match node:
        case cst.Call(func=cst.Attribute(value=owner, attr=cst.Name(value="keys")), args=[]) if (
            context.qualified(node.func) is None
        ):
            value = context.expression(owner)
            plain = isinstance(value.type, DictType) and not isinstance(value.type, ModuleDictType)
            return value if plain else None
        case _:
            return None
