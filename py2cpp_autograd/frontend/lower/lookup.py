"""Looking up names in the API table: the row of an API name or of an attribute, or why there is none."""

from __future__ import annotations

from typing import NoReturn

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.nearest import did_you_mean
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.row import Row, Variant
from py2cpp_autograd.types import ApiType, InstanceType, MixedListType, NeverType, OptionalType, Type


def find(context: Context, node: cst.CSTNode | Span, type_: Type, name: str) -> Row | None:
    """The row of an attribute or method of a value of `type_`."""
    if isinstance(type_, InstanceType) and type_.kind != "module":
        return None
    if isinstance(type_, InstanceType):
        return context.table.attribute(hierarchy.api_class(type_), name)
    return context.table.attribute(type_.inner if isinstance(type_, OptionalType) else type_, name)


def required(context: Context, node: cst.CSTNode | Span, type_: Type, name: str) -> Row:
    """The row of an attribute or method, which has to be there."""
    row = find(context, node, type_, name)
    if row is None:
        refuse_attribute(context, node, type_, name)
    check_refused(context, node, row)
    return row


def refuse_attribute(context: Context, node: cst.CSTNode | Span, type_: Type, name: str) -> NoReturn:
    """Report an attribute that neither the table nor the program knows."""
    if isinstance(type_, NeverType):
        context.pending(node)
    if isinstance(type_, MixedListType):
        context.refuse("PCA307", node, f"this list is a {type_}: a list of values of several types cannot change")
    known = context.table.class_key(type_)
    public = context.table.public_names(known)
    if public and name not in public and not name.startswith("_"):
        message = f"a value of type {type_} has no attribute '{name}'"
        context.refuse("PCA305", node, message, did_you_mean(name, public))
    if roles.is_open(type_):
        message = f"which module has this '{name}' is not known before the program runs"
        context.refuse("PCA301", node, message, "ask first: if isinstance(module, nn.Linear)")
    if isinstance(type_, ApiType) or known is not None:
        context.refuse("PCA400", node, f"'{name}' of {type_} is not in the API table")
    context.refuse("PCA305", node, f"a value of type {type_} has no attribute '{name}'")


def refuse_unmapped(context: Context, node: cst.CSTNode, name: str) -> NoReturn:
    """Report an API name that the table does not know."""
    top = name.partition(".")[0]
    if top == "builtins":
        context.refuse("PCA400", node, f"Python's '{name.partition('.')[2]}' has no translation")
    refuse_module(context, node, name)
    if not context.table.knows_module(top):
        context.refuse("PCA204", node, f"module '{top}' has no C++ counterpart")
    module = name.rpartition(".")[0]
    beside = (row.key for row in context.table.rows() if row.key.rpartition(".")[0] == module)
    context.refuse("PCA400", node, f"'{name}' is not in the API table", did_you_mean(name, beside))


def refuse_module(context: Context, node: cst.CSTNode, name: str) -> None:
    """Report a name of a module that has no counterpart as a whole, with what the table says about the module."""
    row = context.table.module(name)
    if row is not None:
        check_refused(context, node, row)


def is_idle(context: Context, name: str | None) -> bool:
    """Whether an assignment to the name of a module changes nothing that a program computes."""
    row = None if name is None else context.table.module(name)
    return row is not None and "idle" in row.variants[0].words


def check_refused(context: Context, node: cst.CSTNode | Span, row: Row) -> None:
    """Refuse what its row refuses, whatever it is called with."""
    if "sig" not in row.variants[0].words:
        check_variant(context, node, row.variants[0])


def check_variant(context: Context, node: cst.CSTNode | Span, variant: Variant) -> None:
    """Refuse what one variant refuses."""
    if variant.refuse is not None:
        why = variant.why or f"'{variant.key}' has no C++ counterpart"
        context.refuse(variant.refuse, node, why, variant.help or None)
