"""Loops over lists of several types, whose elements are constants: the body is lowered once for each of them.

    for v in [64, "M", 128]:                         layers.push_back(torch::nn::Conv2d(..., 64, ...));
        if v == "M":                                 layers.push_back(torch::nn::MaxPool2d(...));
            layers.append(nn.MaxPool2d(2))           layers.push_back(torch::nn::Conv2d(..., 128, ...));
        else:
            layers.append(nn.Conv2d(..., v, ...))

In each copy the loop variable is a constant, so that what is asked of it is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import assigned_in
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import keyword_dicts
from py2cpp_autograd.frontend.lower.flags import WRITTEN_OUT
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import Constant, MixedListType, OptionalType

#: Longer lists are refused as before: nobody would read their loops.
_MOST = 200


@dataclass(frozen=True)
class Unrolled:
    """The constants that a loop runs over, and the names of its variables: of the element, and of its number."""

    constants: tuple[Constant, ...]
    name: str
    number: str | None = None
    start: int = 0

    @property
    def names(self) -> set[str]:
        """The variables of the loop."""
        return {self.name} if self.number is None else {self.name, self.number}

    def copies(self, node: cst.CSTNode, context: Context) -> Iterator[dict[str, ir.Expr]]:
        """What the variables are in each copy of the body."""
        span = context.span(node)
        for place, constant in enumerate(self.constants, self.start):
            known: dict[str, ir.Expr] = {self.name: literal(constant, span)}
            if self.number is not None:
                known[self.number] = literal(place, span)
            yield known


@dataclass(frozen=True)
class OverKeywords:
    """What the variables of a loop over `**kwargs` are for each keyword."""

    names: set[str]
    rounds: tuple[dict[str, ir.Expr], ...]

    def copies(self, node: cst.CSTNode, context: Context) -> Iterator[dict[str, ir.Expr]]:
        """What the variables are in each copy of the body."""
        yield from self.rounds


def unrolled(context: Context, node: cst.For) -> Unrolled | OverKeywords | None:
    """How a loop over a list of several types, or over keywords, is to be lowered; None for all other loops."""
    keywords = _over_keywords(context, node)
    if keywords is not None:
        return keywords
    match node.iter, node.target:
        case cst.Call(func=func, args=[cst.Arg(value=inner, keyword=None, star=""), *rest]), cst.Tuple(
            elements=[cst.Element(value=cst.Name(value=number)), cst.Element(value=cst.Name(value=name))]
        ) if context.qualified(func) == "builtins.enumerate" and len(rest) < 2:
            start = context.expression(rest[0].value) if rest else None
            first = 0 if start is None else start.value if isinstance(start, ir.Literal) else None
            constants = _constants(context, inner)
            if constants is None or not isinstance(first, int):
                return None
            found = Unrolled(constants, name, number, first)
        case _, cst.Name(value=name):
            constants = _constants(context, node.iter) or _texts(context, node.iter, name)
            if constants is None:
                return None
            found = Unrolled(constants, name)
        case _:
            return None
    _check(context, node, found.names)
    return found


def _over_keywords(context: Context, node: cst.For) -> OverKeywords | None:
    found = keyword_dicts.looped(context, node)
    if found is None:
        return None
    view, keys = found
    parts = node.target.elements if isinstance(node.target, cst.Tuple) else ()
    targets = [part.value for part in parts] if view == "items" else [node.target]
    names = [target.value for target in targets if isinstance(target, cst.Name)]
    if len(names) != len(targets) or len(names) != (2 if view == "items" else 1):
        context.refuse("PCA307", node.target, "this loop over keywords is written out, and needs plain variables")
    _check(context, node, set(names))
    span = context.span(node.target)
    rounds = []
    for key in keys:
        parts_of = {"keys": literal(key, span), "values": keyword_dicts.value_of(context, node, key)}
        values = parts_of.values() if view == "items" else (parts_of[view],)
        rounds.append(dict(zip(names, values, strict=True)))
    return OverKeywords(set(names), tuple(rounds))


def _constants(context: Context, node: cst.BaseExpression) -> tuple[Constant, ...] | None:
    """The elements of a list of several types whose values are all known."""
    if not isinstance(node, cst.Name | cst.Attribute | cst.List | cst.Subscript):
        return None
    if isinstance(node, cst.List) and not _mixes(node):
        return None
    type_ = context.expression(node).type
    if isinstance(type_, OptionalType) and isinstance(type_.inner, MixedListType):
        type_ = type_.inner
    if not isinstance(type_, MixedListType) or len(type_.literals) > _MOST:
        return None
    return type_.literals or None


def _texts(context: Context, node: cst.BaseExpression, name: str) -> tuple[Constant, ...] | None:
    """The texts of a display, where they name something, each something else."""
    if (WRITTEN_OUT, context.scope.identity, name) not in context.assumptions.facts:
        return None
    parts = node.elements if isinstance(node, cst.List | cst.Tuple) else ()
    texts = [part.value.evaluated_value for part in parts if isinstance(part.value, cst.SimpleString)]
    return tuple(text for text in texts if isinstance(text, str)) if texts and len(texts) == len(parts) else None


def _mixes(node: cst.List) -> bool:
    """Whether a list is written with literals of several types."""
    values = [element.value for element in node.elements]
    return all(map(_is_literal, values)) and len({type(value) for value in values}) > 1


def _is_literal(node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _is_literal(inner)
        case cst.Name(value=name):
            return name in {"True", "False", "None"}
        case _:
            return isinstance(node, cst.Integer | cst.Float | cst.SimpleString)


def _check(context: Context, node: cst.For, names: set[str]) -> None:
    """Refuse what needs a variable: assignments to it, and functions that read it later."""
    message = "this loop over a list of several types is written out, so that"
    assigned = names & assigned_in(node.body)
    if assigned:
        what = f"{message} '{min(assigned)}' cannot be assigned in it"
        context.refuse("PCA307", node.target, what, "use another name for the new value")
    for part in walk(node.body):
        if isinstance(part, cst.Lambda | cst.FunctionDef) and names & _names(part):
            context.refuse("PCA307", part, f"{message} no function can use its variable", "give it as an argument")


def is_read_later(context: Context, node: cst.For, names: set[str]) -> bool:
    """Whether what the variables are at the end of the loop may show: behind it, or when the program ends."""
    body = context.scope.body
    if context.scope.kind == "module" or body is None:
        return True
    inside = _count(node.body, names) + _count(node.target, names)
    return _count(body, names) - _in_other_loops(body, node, names) > inside


def _in_other_loops(body: cst.CSTNode, node: cst.For, names: set[str]) -> int:
    """How often names stand in other loops and comprehensions that bind them."""
    total = 0
    for part in walk(body):
        if part is not node and isinstance(part, cst.For) and names <= _names(part.target):
            total += _count(part, names) - _count(part.iter, names)
        elif isinstance(part, cst.BaseComp) and names <= _names(part.for_in.target):
            total += _count(part, names) - _count(part.for_in.iter, names)
    return total


def _names(node: cst.CSTNode) -> set[str]:
    return {part.value for part in walk(node) if isinstance(part, cst.Name)}


def _count(node: cst.CSTNode, names: set[str]) -> int:
    return sum(isinstance(part, cst.Name) and part.value in names for part in walk(node))
