"""Python's abstract classes: which values are instances of them, as their own classes say."""

from __future__ import annotations

import collections.abc
import numbers
from types import ModuleType

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.builtin_calls.python_classes import class_of
from py2cpp_autograd.types import ApiType, InstanceType, IteratorType, TensorType, Type, is_module_container

#: Where programs find them. Those of typing are other names for those of collections.abc.
_MODULES: dict[str, ModuleType] = {"numbers": numbers, "collections.abc": collections.abc, "typing": collections.abc}
_ITERABLE = collections.abc.Iterable
_COLLECTIONS = (_ITERABLE, collections.abc.Sequence, collections.abc.Mapping)
_NUMBERS = (numbers.Number, numbers.Real, numbers.Integral)


def is_instance(context: Context, type_: Type, name: str | None) -> bool | None:
    """Whether values of a type are instances of an abstract class; None where that is not known."""
    module, _, short = (name or "").rpartition(".")
    asked = getattr(_MODULES.get(module), short, None)
    if asked in _NUMBERS:
        return None if isinstance(type_, TensorType | ApiType) else _derives(context, type_, asked)
    if asked not in _COLLECTIONS or is_module_container(type_) or isinstance(type_, ApiType):
        return None
    if asked is _ITERABLE and isinstance(type_, InstanceType) and type_.kind == "object":
        return hierarchy.method(context, type_.name, "__iter__") is not None
    if isinstance(type_, InstanceType):
        return None
    return _derives(context, type_, asked) or (asked is _ITERABLE and isinstance(type_, TensorType | IteratorType))


def _derives(context: Context, type_: Type, asked: type) -> bool:
    class_ = hierarchy.mixed_in(context, type_) or class_of(type_)
    return class_ is not None and issubclass(class_, asked)
