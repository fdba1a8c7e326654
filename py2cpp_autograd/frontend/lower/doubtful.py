"""Arguments of the API that may be None, where C++ has another call with None than without.

`pool(x, 2, stride=s)` becomes `s.has_value() ? pool(x, 2, *s) : pool(x, 2)`: each way is bound, and filled, on its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.table import signature as sig
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.types import ApiType, OptionalType, TensorType, is_module_instance

#: More arguments than these would make too many calls of one.
MOST = 2


def may_be_none(values: Sequence[object]) -> list[int]:
    """Which arguments may be None, in C++ a `std::optional`: variables and attributes, which can be read twice."""
    return [index for index, value in enumerate(values) if _is_doubtful(value)]


def _is_doubtful(value: object) -> bool:
    if isinstance(value, ir.Field):
        return isinstance(value.instance, ir.Name) and _is_optional(value)
    return isinstance(value, ir.Name) and _is_optional(value)


def _is_optional(value: ir.Name | ir.Field) -> bool:
    if not isinstance(value.type, OptionalType):
        return False
    inner = value.type.inner
    return not (isinstance(inner, TensorType) or is_module_instance(inner) or _is_family(inner))


def _is_family(inner: object) -> bool:
    return isinstance(inner, ApiType) and inner.family is not None


def has_own_call(bound: Bound, index: int) -> bool:
    """Whether C++ takes no `std::optional` where the argument goes: to a list, or to the setter of an option."""
    name = next((name for name, indices in bound.positions.items() if index in indices), "")
    parameter = bound.variant.signature.parameter(name)
    if parameter is None or not isinstance(parameter.type, sig.Maybe):
        return False
    return isinstance(parameter.type.inner, sig.Sequence | sig.Either) or name in bound.variant.settable
