"""Layers whose weight Python computes wherever it is read, and whose class is another one then."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import Type

_FACT = "parametrized"


def note(context: Context, type_: Type) -> None:
    """Remember that some layer of a class is one."""
    context.assumptions.note((_FACT, str(type_)))


def may_be(context: Context, type_: Type) -> bool:
    """Whether some layer of a class is one."""
    return (_FACT, str(type_)) in context.assumptions.facts


def check_read(context: Context, node: cst.CSTNode, type_: Type, name: str) -> None:
    """Refuse to read such a weight, which C++ computes before each call alone."""
    if name == roles.WEIGHT and may_be(context, type_):
        message = "this weight may be one that Python computes anew where it is read"
        context.refuse("PCA401", node, message, "call the layer, which computes it")
