"""Loops over lists of several types, whose elements are constants: the body is lowered once for each of them.

    for v in [64, "M", 128]:                         layers.push_back(torch::nn::Conv2d(..., 64, ...));
        if v == "M":                                 layers.push_back(torch::nn::MaxPool2d(...));
            layers.append(nn.MaxPool2d(2))           layers.push_back(torch::nn::Conv2d(..., 128, ...));
        else:
            layers.append(nn.Conv2d(..., v, ...))

In each copy the loop variable is a constant, so that what is asked of it is known.
"""

from __future__ import annotations

from collections import ChainMap
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import constants, flags, keyword_dicts
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.lower.flags import WRITTEN_OUT
from py2cpp_autograd.frontend.lower.values import literal
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import MixedListType, StrType, TensorType, TupleType, is_number, without_none

#: Longer lists are refused as before: nobody would read their loops.
_MOST = 200


@dataclass(frozen=True)
class Unrolled:
    """The variables of a loop that is written out, and what they are in each copy of its body."""

    names: set[str]
    rounds: tuple[dict[str, ir.Expr], ...]


def unrolled(context: Context, node: cst.For) -> Unrolled | None:
    """How a loop over a list of several types, or over keywords, is to be lowered; None for all other loops."""
    found = _over_keywords(context, node)
    if found is not None:
        return found
    match node.iter:
        case cst.Call(func=func, args=[cst.Arg(value=inner, keyword=None, star=""), *rest]) if (
            context.qualified(func) == "builtins.enumerate" and len(rest) < 2
        ):
            start = context.expression(rest[0].value) if rest else literal(0, context.span(node))
            held = _constants(context, inner)
            if held is None or not isinstance(start, ir.Literal) or not isinstance(start.value, int):
                return None
            values = [_numbered(start.value + place, value) for place, value in enumerate(held)]
        case _:
            texts = _texts(context, node.iter, node.target.value) if isinstance(node.target, cst.Name) else None
            values = _constants(context, node.iter) or texts or []
    rounds = [_bound(node.target, value) for value in values]
    known = [one for one in rounds if one is not None]
    if not known or len(known) < len(rounds):
        return None
    found = Unrolled(set(known[0]), tuple(known))
    _check(context, node, found.names)
    return found


def _numbered(number: int, value: ir.Expr) -> ir.Expr:
    pair = literal(number, value.span), value
    return ir.TupleDisplay(pair, TupleType(tuple(part.type for part in pair)), value.span)


def _bound(target: cst.BaseExpression, value: ir.Expr) -> dict[str, ir.Expr] | None:
    """What the names of a target are for one value; None where it does not unpack into them."""
    match target:
        case cst.Name(value=name):
            return {name: value}
        case cst.Tuple(elements=elements) if isinstance(value, ir.TupleDisplay):
            if len(elements) != len(value.elements) or not all(isinstance(one, cst.Element) for one in elements):
                return None
            parts = [_bound(one.value, part) for one, part in zip(elements, value.elements, strict=True)]
            known = [part for part in parts if part is not None]
            return dict(ChainMap(*known)) if len(known) == len(parts) else None
        case _:
            return None


def _over_keywords(context: Context, node: cst.For) -> Unrolled | None:
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
    return Unrolled(set(names), tuple(rounds))


def _constants(context: Context, node: cst.BaseExpression) -> list[ir.Expr] | None:
    """The elements of a list or tuple of several types whose values are all known."""
    if isinstance(node, cst.List | cst.Tuple) and not _may_mix(node):
        return None
    if not isinstance(node, cst.Name | cst.Attribute | cst.List | cst.Tuple | cst.Subscript):
        return None
    value = context.expression(node)
    if isinstance(value, ir.TupleDisplay) and len({part.type for part in value.elements}) > 1:
        return list(map(constants.frozen, value.elements)) if constants.is_known(value) else None
    keys = dict_classes.keys_of(context, value.type)
    if keys is not None:
        return [literal(key, context.span(node)) for key in keys]
    type_ = without_none(value.type)
    if isinstance(type_, MixedListType):
        constants.want_rows(context, node, type_)
    if not isinstance(type_, MixedListType) or not 0 < len(type_.literals) <= _MOST:
        return None
    pairs = zip(type_.literals, type_.elements, strict=True)
    return [constants.display(held, part, context.span(node)) for held, part in pairs]


def _texts(context: Context, node: cst.BaseExpression, name: str) -> list[ir.Expr] | None:
    """The texts of a display, where they name something, each something else."""
    if (WRITTEN_OUT, context.scope.identity, name) not in context.assumptions.facts:
        return None
    parts = node.elements if isinstance(node, cst.List | cst.Tuple) else ()
    values = [context.expression(part.value) for part in parts if flags.is_written(part.value)]
    return values if values and len(values) == len(parts) else None


def _may_mix(node: cst.List | cst.Tuple) -> bool:
    """Whether a display may hold values of several types that are all known."""
    values = [element.value for element in node.elements]
    return len(values) > 1 and all(map(_may_be_known, values))


def _may_be_known(node: cst.BaseExpression) -> bool:
    match node:
        case cst.UnaryOperation(operator=cst.Minus(), expression=inner):
            return _may_be_known(inner)
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            return all(_may_be_known(element.value) for element in elements)
        case _:
            return isinstance(node, cst.Integer | cst.Float | cst.SimpleString | cst.Name | cst.Attribute)


def _check(context: Context, node: cst.For, names: set[str]) -> None:
    """Refuse functions that read a variable of the loop later."""
    message = "this loop over a list of several types is written out, so that"
    for part in walk(node.body):
        if isinstance(part, cst.Lambda | cst.FunctionDef) and names & _names(part):
            context.refuse("PCA307", part, f"{message} no function can use its variable", "give it as an argument")


def rebound(context: Context, name: str, value: ir.Expr) -> list[ir.Stmt] | None:
    """Let a variable of a loop that is written out stand for something else from here on; None where it cannot.

    What is no constant gets a variable of its own, in each copy of the body.
    """
    scope = context.scope
    if scope.written_out.get(name) != scope.depth:
        return None
    made = constants.frozen(value)
    if constants.is_known(made):
        scope.dispatched[name] = made
        return []
    plain = is_number(value.type) or isinstance(value.type, StrType | TensorType)
    if not plain or scope.kind == "module":  # where the variable is left behind the loop
        return None
    fresh = scope.fresh_name(name)
    scope.dispatched[name] = ir.Name(fresh, value.type, value.span)
    return [ir.Assign(ir.NameTarget(fresh, value.type, value.span), value, value.span)]


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
