"""The text of modules, and of objects of classes of the program: what their `__str__` or `__repr__` gives."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import module_texts, rows
from py2cpp_autograd.frontend.lower.classes import dict_classes, enumerations, members
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, InstanceType


def text(context: Context, node: cst.CSTNode, value: ir.Expr, method: str) -> ir.Expr | None:
    """`str(x)` or `repr(x)` of a module or object, by its `__str__` or `__repr__`; None where it has neither."""
    if rows.is_module_type(context, value.type):
        return module_texts.text(context, node, value, method)
    if isinstance(value.type, InstanceType) and value.type.kind == "enum":
        return enumerations.text(context, node, value, value.type.name, method)
    if not isinstance(value.type, InstanceType):
        return None
    called = members.call_special(context, node, value, method, ())
    return called or members.call_special(context, node, value, "__repr__", ())


def printed(context: Context, node: cst.CSTNode, value: ir.Expr) -> ir.Expr:
    """What `print` is given for a value: of an object its text; a dict is recorded as it is."""
    shown = text(context, node, value, "__str__")
    if isinstance(value.type, ApiType) and not _is_shown(context, value.type):
        message = f"the text of a value of type {value.type} differs between Python and C++"
        context.refuse("PCA502", node, message, "print its values one by one")
    return value if shown is None or dict_classes.keys_of(context, value.type) is not None else shown


def _is_shown(context: Context, type_: ApiType) -> bool:
    """Whether C++ shows what Python shows of a value of the API."""
    by_values = type_.name in roles.SHOWN_BY_VALUES or rows.is_module_type(context, type_)
    return by_values or context.table.attribute(type_, "__str__") is not None
