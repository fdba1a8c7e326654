"""Tests for None, and conversions between types that C++ does not make by itself."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.names import cpp_name
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    NoneType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
)


def as_part(selection: Selection, module: ir.Expr) -> cpp.Expr:
    """A module as a part of a container: LibTorch's Sequential holds no Sequential."""
    if isinstance(module.type, InstanceType) and module.type.name == selection.class_name:
        message = f"'{module.type.name}' among modules of other classes, in a class whose forward C++ does not know yet"
        selection.report.add("PCA102", module.span, message, "give it an attribute, or a list, of its own")
    made = selection.expression(module)
    return selection.shim("modules", "nested", made) if roles.is_sequential(selection.table, module.type) else made


def is_none(selection: Selection, operand: ir.Expr, negated: bool) -> cpp.Expr:
    """`operand is None`, in the way of its C++ type."""
    made = selection.expression(operand)
    plain = operand.type.inner if isinstance(operand.type, OptionalType) else operand.type
    if isinstance(plain, TensorType):
        defined: cpp.Expr = cpp.Call(cpp.Member(made, "defined"), ())
    elif selection.type(operand.type).startswith("std::optional<"):
        defined = cpp.Call(cpp.Member(made, "has_value"), ())
    elif (selection.is_module(plain) and plain != ApiType(roles.MODULE)) or plain == ApiType(roles.ANY_MODULE):
        defined = cpp.Unary("!", cpp.Call(cpp.Member(made, "is_empty"), ()))
    else:
        return cpp.Binary("!=" if negated else "==", made, cpp.Name("nullptr"))
    if negated:
        return defined
    return defined.operand if isinstance(defined, cpp.Unary) else cpp.Unary("!", defined)


def _as_layer(selection: Selection, operand: ir.Expr, type_: Type) -> cpp.Expr:
    """An object as one of the layer's class that its class derives from."""
    itself = isinstance(operand, ir.Base) or (isinstance(operand, ir.Name) and operand.name == selection.instance)
    made = cpp.Name("this") if itself else selection.expression(operand)
    return selection.shim("module_tree", f"as<{selection.type(type_)}>", made)


def _becomes_any(source: Type, other: Type) -> bool:
    """Whether a module is put where modules of several classes may stand, or none."""
    held = ApiType(roles.ANY_MODULE)
    return other == held or (other == OptionalType(held) and source != held)


def convert(selection: Selection, operand: ir.Expr, type_: Type) -> cpp.Expr:
    """Conversions that C++ does by itself are not written."""
    match operand.type, type_:
        case (NoneType(), OptionalType(inner=TensorType())):
            return cpp.Call(cpp.Name("torch::Tensor"), ())
        case (NoneType(), OptionalType(inner=inner)) if selection.is_pointer(inner):
            return cpp.Name("nullptr")
        case (NoneType(), OptionalType(inner=ApiType(name=roles.ANY_MODULE))):
            return cpp.Call(cpp.Name("torch::nn::AnyModule"), ())
        case (NoneType(), _):
            selection.headers.add("<optional>")
            return cpp.Name("std::nullopt")
        case (FloatType(start=int(start)), FloatType(loose=False)):
            return selection.shim("number", "surely_float", selection.expression(operand), cpp.Int(start))
        case (IntType(), FloatType()):
            return cpp.Call(cpp.Name("static_cast<double>"), (selection.expression(operand),))
        case (TupleType(), ListType()):
            return selection.shim("list", "to_list", selection.expression(operand))
        case (ListType(element=inner), ListType(element=ApiType(name=roles.ANY_MODULE) as held)) if inner != held:
            return selection.shim("modules", "any_modules", selection.expression(operand))
        case (InstanceType(base=str(base)), ApiType(name=name)) if base == name:
            return _as_layer(selection, operand, type_)
        case (_, ApiType()) if isinstance(operand, ir.Base):
            return _as_layer(selection, operand, type_)
        case (source, other) if roles.is_open(source) and selection.is_module(other) and not roles.is_open(other):
            return selection.shim("module_tree", f"as<{selection.type(other)}>", selection.expression(operand))
        case (ApiType() | InstanceType(), other) if _becomes_any(operand.type, other):
            return cpp.Call(cpp.Name("torch::nn::AnyModule"), (as_part(selection, operand),))
        case (OptionalType(inner=TensorType()), TensorType()):
            return selection.expression(operand)
        case (OptionalType(inner=inner), other) if inner == other and selection.is_module(inner):
            return selection.shim("module_tree", "present", selection.expression(operand))
        case (ApiType(name=name), ApiType(name=family)) if name != family:
            return cpp.Call(cpp.Name(selection.type(type_)), (selection.expression(operand),))
        case (OptionalType(inner=ApiType(name=name)), ApiType()) if roles.is_nullable(selection.table, name):
            return selection.expression(operand)
        case (InstanceType(order=order), InstanceType(kind="family", order=other)) if other[0] in order:
            return cpp.Call(cpp.Name(selection.type(type_)), (selection.expression(operand),))
        case (InstanceType(kind="family"), InstanceType(name=name)):
            return selection.shim("object", f"as_a<{cpp_name(name)}>", selection.expression(operand))
        case (OptionalType(inner=InstanceType(kind="object" | "family")), InstanceType()):
            return selection.shim("object", "present", selection.expression(operand))
        case (OptionalType(inner=inner), other) if inner == other and not selection.is_pointer(inner):
            return cpp.Call(cpp.Member(selection.expression(operand), "value"), ())
        case _:
            return selection.expression(operand)
