"""`print(model)`, `str(model)`: Python's text of a module, which the runtime makes from the tree of its parts."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import dispatch, parallel, rows
from py2cpp_autograd.frontend.lower.classes import members
from py2cpp_autograd.frontend.scope import SHOWN
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import STR, InstanceType

#: Stands for a module of a class of the program that some text shows.
_PART = "module_that_is_shown__"


def text(context: Context, node: cst.CSTNode, value: ir.Expr, method: str) -> ir.Expr:
    """The text of a module; `method` is `__str__` or `__repr__`."""
    context.assumptions.note(SHOWN)
    for type_ in dispatch.classes(context):
        if isinstance(type_, InstanceType):
            _lower_own(context, node, type_)
    if isinstance(value.type, InstanceType) and method == "__str__":
        own = members.call_special(context, node, value, method, ())
        if own is not None:
            return own
    return rows.apply_function(context, node, roles.MODULE_TEXT, (value,))


def _lower_own(context: Context, node: cst.CSTNode, type_: InstanceType) -> None:
    """Lower what a class of the program says of itself, which the runtime calls."""
    if hierarchy.method(context, type_.name, roles.CLASS_NAME) is not None or parallel.is_made(context, type_):
        context.refuse("PCA502", node, f"the text of a {type_} differs between Python and C++", "print its parts")
    for name in roles.TEXTS_OF_MODULES:
        part = ir.Name(_PART, type_, context.span(node))
        said = members.call_special(context, node, part, name, ())
        if said is not None and said.type != STR:
            context.refuse("PCA303", node, f"{type_.name}.{name} gives no text")
