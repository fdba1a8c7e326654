"""The types, defaults and names of ATen's schemas in the words of the row language."""

from __future__ import annotations

import ast

from torchgen.model import BaseTy, BaseType, ListType, OptionalType, Type

_WORDS = {
    BaseTy.Tensor: "Tensor",
    BaseTy.int: "int",
    BaseTy.SymInt: "int",
    BaseTy.float: "float",
    BaseTy.bool: "bool",
    BaseTy.str: "str",
    BaseTy.Scalar: "Scalar",
    BaseTy.ScalarType: "dtype",
    BaseTy.Generator: "Generator",
    BaseTy.Layout: "Layout",
    BaseTy.Device: "device",
    BaseTy.MemoryFormat: "MemoryFormat",
}
#: Defaults that torch's Python parser, which wants a number there, reads as 0.
NAMED_DEFAULTS = frozenset({"Mean", "Sum"})


class Inexpressible(Exception):
    """An overload that the row language cannot say; the message is the reason."""


def hole(name: str, method: bool, type_: Type | None) -> str:
    """The Python name of an operator's argument."""
    return "input" if name == "self" and not method and str(type_) == "Tensor" else name


def is_int_list(type_: Type) -> bool:
    """Whether the type is a list of ints, which methods take as separate arguments too."""
    return isinstance(type_, ListType) and str(type_.elem) in ("int", "SymInt")


def python_default(default: str) -> str:
    """A schema's default as a Python literal; raises Inexpressible."""
    try:
        value = ast.literal_eval("0" if default in NAMED_DEFAULTS else default)
    except (ValueError, SyntaxError):
        raise Inexpressible(f"default {default}") from None
    return repr(tuple(value) if isinstance(value, list) else value)


def word(type_: Type) -> str:
    """A schema type in the row language; raises Inexpressible."""
    match type_:
        case BaseType(name=name) if name in _WORDS:
            return _WORDS[name]
        case OptionalType(elem=elem):
            return f"{word(elem)}?"
        case ListType(elem=elem, size=size) if str(elem) not in ("bool", "Scalar", "Tensor?"):
            return f"{word(elem)}[{size or ''}]"
        case _:
            raise Inexpressible(f"type {type_}")


def returned(type_: Type) -> str:
    """The type of a result in the row language; raises Inexpressible."""
    match type_:
        case BaseType(name=BaseTy.Scalar):
            raise Inexpressible("a number of unknown type as the result")
        case ListType(elem=BaseType(name=BaseTy.Tensor)):
            return "(Tensor, ...)"  # Python gets a tuple
        case _:
            return word(type_)
