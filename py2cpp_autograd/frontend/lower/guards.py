"""The guards of contexts: `with torch.no_grad():`, `@torch.no_grad()`."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import lookup, rows


def guard(context: Context, node: cst.BaseExpression, decorator: bool = False) -> ir.With:
    """The guard of a context, in `with` or as a decorator."""
    code = "PCA108" if decorator else "PCA102"
    callee = node.func if isinstance(node, cst.Call) else node
    name = context.qualified(callee)
    row = None if name is None else context.table.find(name)
    if row is None:
        lookup.refuse_module(context, node, name or "")
        context.refuse(
            code, node, "this decorator has no translation" if decorator else "this context has no translation"
        )
    lookup.check_refused(context, node, row)
    if row.variants[0].kind != "guard" or not (isinstance(node, cst.Call) or decorator):
        context.refuse(code, node, f"'{name}' is not a context that C++ has a guard for")
    applied = rows.apply(context, node, row, None, node.args) if isinstance(node, cst.Call) else None
    arguments = applied.arguments if isinstance(applied, ir.Apply) else ()
    variant = applied.variant if isinstance(applied, ir.Apply) else 0
    return ir.With(row.key, variant, arguments, (), context.span(node))
