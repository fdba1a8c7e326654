"""`type(x)`: the class of a value, which its type tells before the program runs; and the text of a class.

if type(m) == nn.Linear:    -> if (m->as<torch::nn::Linear>()), or a constant
print(type(x))              -> std::cout << "<class 'torch.Tensor'>"
"""

from __future__ import annotations

from collections.abc import Callable

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import class_names, registrations, symbols
from py2cpp_autograd.frontend.lower.looseness import asked
from py2cpp_autograd.frontend.lower.plain_tensors import may_be_parameter
from py2cpp_autograd.frontend.lower.values import behind
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    MixedListType,
    ModuleDictType,
    ModuleListType,
    NeverType,
    SetType,
    StrType,
    SymbolKind,
    TensorType,
    TupleType,
    Type,
)

_BUILTINS: dict[type, str] = {
    BoolType: "bool", IntType: "int", FloatType: "float", StrType: "str", SetType: "set",
}  # fmt: skip


def class_of(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr | None:
    """`type(x)`."""
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        return None
    value = asked(context, context.expression(node.args[0].value))
    if isinstance(value.type, NeverType):
        context.pending(node)
    found = _class(context, node, value)
    if found is None:
        message = f"the class of a value of type {value.type} is not known before the program runs"
        context.refuse("PCA301", node, message, "test isinstance")
    return behind(value, symbols.symbol(context, node, *found))


def _class(context: Context, node: cst.Call, value: ir.Expr) -> tuple[str, SymbolKind] | None:
    """The name of a class, and whose it is; None where the type does not tell it."""
    match value.type:
        case TensorType():
            return _tensor_class(context, node, value), "api"
        case InstanceType(kind="family"):
            return None
        case InstanceType(name=name) if name in context.dict_classes:
            return "builtins.dict", "api"
        case InstanceType(name=name) if not _has_subclass(context, name):
            return name, "class"
        case ApiType(name=name) if roles.is_module(context.table, name) and not class_names.is_open(context, name):
            return roles.class_of_python(name), "api"
        case ModuleListType() | ModuleDictType():
            return class_names.container_class(value.type), "api"
        case ListType(fixed=fixed) if type(value.type) is ListType and not fixed:
            return "builtins.list", "api"
        case TupleType(names=names) if type(value.type) is TupleType and not names:
            return "builtins.tuple", "api"
        case MixedListType():
            return "builtins.list", "api"
        case DictType() if type(value.type) is DictType:
            return "builtins.dict", "api"
        case other if type(other) in _BUILTINS:
            return f"builtins.{_BUILTINS[type(other)]}", "api"
        case _:
            return None


def _tensor_class(context: Context, node: cst.Call, value: ir.Expr) -> str:
    if registrations.kind_of(context, value) == "parameter":
        return roles.PARAMETER
    if may_be_parameter(context, value):
        message = "whether this tensor is a parameter is not known before the program runs"
        context.refuse("PCA301", node, message, "leave it out, or give it the value of x.detach()")
    return roles.TENSOR


def _has_subclass(context: Context, name: str) -> bool:
    return any(other != name and hierarchy.is_derived_from(context, other, name) for other in context.classes)


LOWERINGS: dict[str, Callable[[Context, cst.Call, Type | None], ir.Expr | None]] = {"builtins.type": class_of}
