"""Iterators of the API in variables: `parameters = net.parameters()`. They give their values once, C++'s lists always.

Where the program reads the variable once, as often as it assigns it, nobody can tell; anywhere else they are refused.
"""

from __future__ import annotations

from collections.abc import Iterator

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import place_of, result_place
from py2cpp_autograd.frontend.scope import ITERATOR, Key
from py2cpp_autograd.frontend.walk import children

_MESSAGE = "an iterator gives its values once, and this one may be asked for them again"
_ADVICE = "make a list of it: list(...)"
#: What runs its parts more than once, or later.
_AGAIN = (
    cst.For, cst.While, cst.FunctionDef, cst.Lambda, cst.ListComp, cst.GeneratorExp, cst.SetComp, cst.DictComp,
)  # fmt: skip


def is_iterator(context: Context, value: ir.Expr) -> bool:
    """Whether Python's value is an iterator, where C++ has a list."""
    match value:
        case ir.Apply(row=row, variant=variant):
            found = context.table.find(row)
            return found is not None and bool(found.variants[variant].words.get("iterator"))
        case ir.Call() | ir.MethodCall() | ir.StaticCall():
            return _given(place_of(context, value)) in context.assumptions.facts
        case _:
            return False


def note_returned(context: Context, value: ir.Expr) -> None:
    """Remember that a function gives its callers an iterator."""
    if is_iterator(context, value):
        context.assumptions.note(_given(result_place(context)))


def _given(place: tuple[object, ...]) -> Key:
    return ("iterator result", *map(str, place))


def check_stored(context: Context, target: cst.BaseExpression, value: ir.Expr) -> None:
    """Refuse to keep an iterator that may be read again (PCA103); one that is kept is no record of Python's."""
    if not is_iterator(context, value) or isinstance(target, cst.Tuple | cst.List):
        return  # what unpacks is read at once
    body = context.scope.body
    if not isinstance(target, cst.Name) or body is None or not is_read_once(body, target.value):
        context.refuse("PCA103", target, _MESSAGE, _ADVICE)
    if context.scope.kind == "module":
        context.assumptions.note((*ITERATOR, target.value))


def check_given(
    context: Context, node: cst.CSTNode, function: cst.CSTNode | None, parameter: str, value: ir.Expr
) -> None:
    """Refuse to give an iterator to a function that may read it again."""
    if function is not None and is_iterator(context, value) and not is_read_once(function, parameter):
        context.refuse("PCA103", node, _MESSAGE, _ADVICE)


def is_read_once(body: cst.CSTNode, name: str) -> bool:
    """Whether nothing but one place of some code, which runs as often as the one that binds a name, reads it."""
    places = list(_places(body, name, ()))
    return len(places) < 2 or (len(places) == 2 and places[0] == places[1])


def _places(
    node: cst.CSTNode, name: str, inside: tuple[cst.CSTNode, ...], apart: cst.CSTNode | None = None
) -> Iterator[tuple[cst.CSTNode, ...]]:
    """For each use of a name: what around it runs again, or keeps the value; outermost first. `apart` is left out."""
    if isinstance(node, cst.Name):
        yield from (inside,) if node.value == name else ()
        return
    once = _evaluated_once(node)
    if once is not None:
        yield from _places(once, name, inside)
    within = (*inside, node) if isinstance(node, _AGAIN) or _keeps(node) else inside
    parts = (node.value,) if isinstance(node, cst.Attribute | cst.Arg) else children(node)
    for part in parts:
        if part is not apart and part is not once:
            yield from _places(part, name, within, once or apart)


def _evaluated_once(node: cst.CSTNode) -> cst.CSTNode | None:
    """What a loop runs over."""
    match node:
        case cst.For(iter=iterable):
            return iterable
        case cst.ListComp(for_in=clause) | cst.GeneratorExp(for_in=clause) | cst.SetComp(for_in=clause):
            return clause.iter
        case _:
            return None


def _keeps(node: cst.CSTNode) -> bool:
    """Whether a statement puts a value where other code finds it."""
    return isinstance(node, cst.Assign) and any(not isinstance(t.target, cst.Name) for t in node.targets)
