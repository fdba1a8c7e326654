"""A tensor that is taken apart along its first dimension: `a, b = t`, `f(*t)`."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.table import roles


def unbound(context: Context, node: cst.CSTNode, value: ir.Expr) -> ir.Expr:
    """The parts of a tensor; refused where what C++ takes as a tensor may be several in Python."""
    if isinstance(value, ir.Apply) and value.row in roles.CONTAINER_CALLS:
        message = "whether the last of these modules gives a tensor, or several, is not known here"
        context.refuse("PCA303", node, message, "call the module that gives several values by itself")
    return rows.apply_method(context, node, value, "unbind", ())
