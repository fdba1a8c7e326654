"""Python's abstract classes: which values are instances of them, by their types alone.

Source: the tables of collections.abc and numbers in Python's library reference, and what the classes register there.
"""

from __future__ import annotations

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    ComplexType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    IteratorType,
    ListType,
    MixedListType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
    ViewType,
    is_module_container,
)

_INTEGRAL = IntType | BoolType
_REAL = _INTEGRAL | FloatType
_SEQUENCES = ListType | TupleType | MixedListType | StrType
_ITERABLE = _SEQUENCES | DictType | SetType | IteratorType | TensorType
_NUMBERS = {"numbers.Integral": _INTEGRAL, "numbers.Real": _REAL, "numbers.Number": _REAL | ComplexType}


def is_instance(context: Context, type_: Type, name: str | None) -> bool | None:
    """Whether values of a type are instances of an abstract class; None where that is not known."""
    if name in _NUMBERS and not isinstance(type_, TensorType | ApiType):
        return isinstance(type_, _NUMBERS[name])
    module, _, class_ = (name or "").rpartition(".")
    if module not in ("collections.abc", "typing") or is_module_container(type_):
        return None
    match class_:
        case "Iterable":
            return _is_iterable(context, type_)
        case "Sequence" if not isinstance(type_, InstanceType | ApiType):
            return isinstance(type_, _SEQUENCES) and not isinstance(type_, ViewType)
        case "Mapping" if not isinstance(type_, InstanceType | ApiType):
            return isinstance(type_, DictType)
        case _:
            return None


def _is_iterable(context: Context, type_: Type) -> bool | None:
    match type_:
        case InstanceType(name=name, kind="object"):
            return hierarchy.method(context, name, "__iter__") is not None
        case InstanceType() | ApiType():
            return None
        case _:
            return isinstance(type_, _ITERABLE)
