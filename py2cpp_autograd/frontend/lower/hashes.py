"""Keys of dicts, and elements of sets: what has a hash in C++ too, and an order that is no address."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import KEYS
from py2cpp_autograd.types import (
    BoolType,
    DictType,
    FloatType,
    InstanceType,
    IntType,
    ListType,
    MixedListType,
    NeverType,
    SetType,
    StrType,
    TupleType,
    Type,
)


def check_hashable(context: Context, node: cst.CSTNode, type_: Type) -> None:
    """Refuse keys of dicts that C++ has no hash for."""
    if isinstance(type_, TupleType) and not isinstance(type_, MixedListType):
        for part in type_.elements:
            check_hashable(context, node, part)
    elif isinstance(type_, InstanceType) and type_.kind == "enum":
        context.assumptions.note((KEYS, type_.name))
    elif not isinstance(type_, IntType | StrType | FloatType | BoolType | NeverType):
        advice = "use a number, a text or a tuple of them: an index, a name, x.item()"
        context.refuse("PCA303", node, f"a value of type {type_} cannot be a key in C++", advice)


def check_element(context: Context, node: cst.CSTNode, type_: Type) -> None:
    """Refuse elements of sets whose hash, and so their order, is an address."""
    if isinstance(type_, TupleType) and not isinstance(type_, MixedListType):
        for part in type_.elements:
            check_element(context, node, part)
    elif isinstance(type_, ListType | DictType | SetType | MixedListType):
        context.refuse("PCA303", node, f"a {type_} has no hash, in Python too", "use a tuple")
    elif not isinstance(type_, IntType | StrType | FloatType | BoolType | NeverType):
        context.refuse("PCA505", node, f"Python orders a set of {type_} by their addresses", "use a list or a dict")
