"""The classes of Python that values have: what values are instances of, and their attributes, are asked of these."""

from __future__ import annotations

import collections
import types

from py2cpp_autograd.types import (
    BoolType,
    ComplexType,
    CounterType,
    DefaultDictType,
    DequeType,
    DictType,
    FloatType,
    FunctionType,
    IntType,
    ListType,
    MixedListType,
    NoneType,
    OrderedDictType,
    RangeType,
    SetType,
    StrType,
    TupleType,
    Type,
    ViewType,
)

_CLASSES: dict[type, type] = {
    BoolType: bool,
    IntType: int,
    FloatType: float,
    ComplexType: complex,
    StrType: str,
    NoneType: type(None),
    TupleType: tuple,
    MixedListType: list,
    RangeType: range,
    DictType: dict,
    OrderedDictType: collections.OrderedDict,
    DefaultDictType: collections.defaultdict,
    CounterType: collections.Counter,
    SetType: set,
    DequeType: collections.deque,
    FunctionType: types.FunctionType,
}
_VIEWS: dict[str, type] = {part: type(getattr({}, part)()) for part in ("keys", "values", "items")}


def class_of(type_: Type) -> type | None:
    """The class; None for values of PyTorch and of the program, and where several classes have one type."""
    if isinstance(type_, ViewType):
        return _VIEWS[type_.part]
    if type(type_) is ListType:
        return tuple if type_.fixed else list
    return _CLASSES.get(type(type_))
