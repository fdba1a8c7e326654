"""What values of a type hold: elements, and the values of dicts."""

from __future__ import annotations

from collections.abc import Iterator

from py2cpp_autograd.types import (
    DictType,
    FloatType,
    IteratorType,
    ListType,
    MixedListType,
    OptionalType,
    SetType,
    TupleType,
    Type,
)


def is_loose(type_: Type) -> bool:
    """Whether a number, or one in a container, may be an int or a float."""
    match type_:
        case FloatType(loose=loose):
            return loose
        case OptionalType(inner=inner) | ListType(element=inner) | SetType(element=inner) | IteratorType(element=inner):
            return is_loose(inner)
        case TupleType(elements=elements):
            return any(map(is_loose, elements))
        case DictType(key=key, value=value):
            return is_loose(key) or is_loose(value)
        case _:
            return False


def with_held(type_: Type) -> Iterator[Type]:
    """A type, and those of what its values hold: elements, and the values of dicts."""
    yield type_
    match type_:
        case OptionalType(inner=inner) | ListType(element=inner) | IteratorType(element=inner) | DictType(value=inner):
            yield from with_held(inner)
        case TupleType(elements=elements):
            for element in elements:
                yield from with_held(element)


def holds_mixed_list(type_: Type) -> bool:
    """Whether a value is a list of several types, or has one inside: C++ takes it for a tuple."""
    return any(isinstance(held, MixedListType) for held in with_held(type_))
