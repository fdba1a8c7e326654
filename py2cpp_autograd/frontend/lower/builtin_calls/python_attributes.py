"""Which attributes the values of Python's own classes have: those of the classes themselves, asked here and now."""

from __future__ import annotations

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.hierarchy import kind_of
from py2cpp_autograd.frontend.lower.builtin_calls.python_classes import class_of
from py2cpp_autograd.types import ApiType, ListType, TensorType, Type, is_module_container

#: What a torch.Size has and other tuples have not, and what only a state of a module has.
_OF_SIZES, _OF_STATES = "numel", "_metadata"


#: The special methods of tensors that programs ask for.
_OF_TENSORS = frozenset({"__len__", "__iter__", "__getitem__", "__setitem__"})


def has(context: Context, type_: Type, name: str) -> bool | None:
    """Whether values of a type have an attribute; None where Python's own classes do not tell."""
    if of_object(name):
        return True
    if isinstance(type_, TensorType):
        return True if name in _OF_TENSORS else None
    class_ = class_of(type_)
    is_of_groups = type(type_) is ListType and isinstance(type_.element, ApiType)
    if class_ is None or is_of_groups or (name == _OF_STATES and class_ is dict):
        return None
    found = _gives(class_, name)
    if class_ is tuple and not found and (name == _OF_SIZES or _has_named_tuples(context)):
        return None
    return found


def of_object(name: str) -> bool:
    """Whether all objects have an attribute of this name."""
    return _gives(object, name)


def _gives(class_: type, name: str) -> bool:
    """Whether instances of a class have an attribute: classes have some more of their own."""
    return any(name in vars(base) for base in class_.__mro__)


def is_listed(type_: Type, name: str) -> bool:
    """Whether a type is one of PyTorch, of which it is known whether it has an attribute of this name."""
    is_of_pytorch = isinstance(type_, ApiType | TensorType) or is_module_container(type_)
    return is_of_pytorch and not (name.startswith("__") and name.endswith("__"))


def _has_named_tuples(context: Context) -> bool:
    return any(kind_of(context, name) == "tuple" for name in context.classes)
