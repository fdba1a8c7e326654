"""`copy.deepcopy` of modules: each class of module that the program makes says what its attributes hold."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import dispatch, module_hooks, rows
from py2cpp_autograd.frontend.lower.arguments import describe
from py2cpp_autograd.frontend.scope import COPIED, SHARED
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    DictType,
    FunctionType,
    InstanceType,
    IteratorType,
    ListType,
    OptionalType,
    SetType,
    TupleType,
    Type,
    is_module_container,
    without_none,
)

_ADVICE = "make a second module, and load the state of the first: b.load_state_dict(a.state_dict())"


def deep_copy(context: Context, node: cst.Call) -> ir.Expr | None:
    """A copy of a module, or of a list of modules; None for other values."""
    if len(node.args) != 1 or node.args[0].star:
        return None
    value = context.expression(node.args[0].value)
    type_ = without_none(value.type)
    is_list = isinstance(type_, ListType) and not is_module_container(type_)
    if not rows.is_module_type(context, type_.element if isinstance(type_, ListType) and is_list else type_):
        return None
    _check(context, node, _is_single(context, type_))
    dispatch.check_kept(context, [value])
    context.assumptions.note(COPIED)
    row = context.table.find(roles.DEEP_COPY)
    assert row is not None
    given = ir.Convert(value, type_, value.span) if isinstance(value.type, OptionalType) else value
    bound = rows.bind_call(context, node, row, [describe(context, None, given)], [node.args[0]])
    made = rows.application(context, node, bound, [given])
    assert isinstance(made, ir.Apply)
    return replace(made, type=replace(type_, fixed=False) if isinstance(type_, ListType) and is_list else type_)


def _is_single(context: Context, type_: Type) -> bool:
    """Whether a module is a layer of the API without parts, whose tensors are its own when it is copied."""
    row = context.table.find(type_.name) if isinstance(type_, ApiType) and not roles.is_open(type_) else None
    return row is not None and bool(row.variants[0].state) and "parts" not in row.variants[0].words


def _check(context: Context, node: cst.Call, single: bool) -> None:
    """Refuse what C++ would not copy as Python does."""
    if SHARED in context.assumptions.facts and not single:
        context.refuse("PCA401", node, "a copy of modules that share tensors or parts has no translation", _ADVICE)
    if module_hooks.REGISTERED in context.assumptions.facts:
        context.refuse("PCA401", node, "a copy of a module with its hooks has no translation", _ADVICE)
    classes = set(map(str, context.assumptions.types.starting("module class").values()))
    for key, type_ in context.assumptions.types.starting("field").items():
        if key[1] in classes and not _is_copied(context, type_):
            message = f"a copy of a {key[1]} has no translation: its '{key[2]}' is a {type_}"
            context.refuse("PCA401", node, message, _ADVICE)


def _is_copied(context: Context, type_: Type) -> bool:
    """Whether the copy of a C++ struct copies an attribute of this type, or can be told to."""
    match type_:
        case OptionalType(inner=inner) | ListType(element=inner) | SetType(element=inner):
            return _is_copied(context, inner)
        case DictType(key=key, value=value):
            return _is_copied(context, key) and _is_copied(context, value)
        case TupleType(elements=elements):
            return all(_is_copied(context, element) for element in elements)
        case InstanceType(kind=kind):
            return kind not in ("object", "family")
        case ApiType():
            plain = type_.name in {roles.DTYPE, roles.DEVICE}
            return plain or rows.is_module_type(context, type_)
        case FunctionType() | IteratorType():
            return False
        case _:
            return True
