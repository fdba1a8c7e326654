"""The types of parameters that no call has told, when no call is left that could: conventions, in two stages.

Before them comes what waited for all that calls tell (`Context.wait`). Then come the functions and classes that nothing
else names: their callers are elsewhere. What they call gets its types from them. Then comes what is named but never
reached. Where something was refused by then, the refusal stands between it and its callers: nothing is known of its
parameters, and what follows from that is no error of its own.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.guesses import guess
from py2cpp_autograd.frontend.lower.parameters import FunctionNode
from py2cpp_autograd.frontend.scope import REST, Key, Untold
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import NEVER, TENSOR, Type

_FIRST: Key = ("conventions", "roots")
_ALL: Key = ("conventions", "all")
_REFUSED: Key = ("conventions", "refused")

#: What modules do when they are called.
_CALLED = frozenset({"forward", "__call__"})


def go_on(context: Context, is_left: bool) -> bool:
    """Begin the next stage, if there is one and it may tell types; `is_left`: something is not lowered yet."""
    facts = context.assumptions.facts
    if context.waiting and REST not in facts:
        context.assumptions.note(REST)
        return True
    if _ALL in facts or not (context.unsettled or is_left):
        return False
    is_first = _FIRST not in facts and context.has_roots
    context.assumptions.note(_FIRST if is_first else _ALL)
    if _ALL in facts and context.report.refused:
        context.assumptions.note(_REFUSED)
    return True


def apply_to(context: Context, name: str) -> bool:
    """Whether the turn of a function or class that nothing has called has come."""
    return name not in context.usage.decorators and _has_come(context, context.usage.is_named(name))


def apply_to_method(context: Context, class_name: str, name: str) -> bool:
    """Whether the turn of a method that nothing has called has come."""
    origin = context.origins.get(class_name, class_name)
    named = context.usage.is_named(origin) if name in _CALLED | {"__init__"} else context.usage.is_attribute(name)
    return _has_come(context, named)


def _has_come(context: Context, is_named: bool) -> bool:
    """Whether the turn has come of something that the program names, or of something that it does not."""
    facts = context.assumptions.facts
    context.has_roots |= not is_named
    return _ALL in facts or (_FIRST in facts and not is_named)


def usual_type(
    context: Context, identity: str, definition: FunctionNode, parameter: cst.Param, class_name: str | None
) -> Type | None:
    """What a parameter is that no call tells: what its uses say, else a tensor, or what its default is (None here).

    NEVER where nothing is to be taken for granted.
    """
    name = parameter.name.value
    untold = Untold(identity, name, context.span(parameter), _advice(definition, name))
    if untold.fact in context.assumptions.facts or _is_out_of_reach(context, definition, class_name):
        return NEVER
    found = guess(context, definition, name, class_name)
    if found is not None or parameter.default is not None:
        return found
    if not (isinstance(definition, cst.FunctionDef) and definition.name.value in _CALLED):
        context.assumptions.untold[untold] = None
    return TENSOR


def _advice(definition: FunctionNode, name: str) -> str:
    """What to write so that the type of a parameter is known."""
    for node in walk(definition.body):
        match node:
            case cst.Attribute(value=cst.Name(value=used)) if used == name:
                return f"annotate it with its class, such as a dataclass of this file: `{name}: Config`"
            case cst.Subscript(
                value=cst.Name(value=used), slice=[cst.SubscriptElement(slice=cst.Index(value=cst.SimpleString()))]
            ) if used == name:
                return f"annotate it, such as `{name}: dict[str, int]`, or make it a dataclass"
            case cst.Call(func=cst.Name(value=used)) if used == name:
                return "call this in the same file, with the class or function that is meant"
    return f"annotate it, such as `{name}: int`"


def _is_out_of_reach(context: Context, definition: FunctionNode, class_name: str | None) -> bool:
    """Whether a refusal stands between a function and its callers."""
    if _REFUSED not in context.assumptions.facts:
        return False
    name = definition.name.value if isinstance(definition, cst.FunctionDef) else ""
    if class_name is None:
        return context.usage.is_named(name)
    origin = context.origins.get(class_name, class_name)
    return context.usage.is_named(origin) or (name not in _CALLED and context.usage.is_attribute(name))
