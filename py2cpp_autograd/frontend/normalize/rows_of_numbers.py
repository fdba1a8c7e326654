"""The rows of a tensor as lists of numbers, where a loop over `x.tolist()` takes them for lists.

    for i, j in pairs.tolist():   ->   for i, j in [[number_.item() for number_ in row_] for row_ in pairs]:

How many dimensions a tensor has is not known before the run: what a loop does with its variable tells that here it is
two.
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.bindings import target_names
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import walk

_ROW, _NUMBER = "row_", "number_"
#: Functions that take a list for their only argument.
_OF_LISTS = frozenset({"len", "sum", "max", "min", "list", "tuple", "sorted", "any", "all", "enumerate", "reversed"})


def spell_out_rows_of_numbers(source: Source) -> Source:
    """The source with loops over the rows of tensors written out."""
    if ".tolist()" not in source.text or any(taken in source.text for taken in (_ROW, _NUMBER, "def tolist")):
        return source

    def rule(spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
        match node:
            case cst.For(target=target, iter=iterated, body=body):
                made = _written(spans, target, iterated, [body])
                return None if made is None else spans.changed(node, iter=made)
            case cst.ListComp(elt=element, for_in=clause) | cst.GeneratorExp(elt=element, for_in=clause):
                made = _written(spans, clause.target, clause.iter, [element, *(test.test for test in clause.ifs)])
                return None if made is None else spans.changed(node, for_in=spans.changed(clause, iter=made))
            case _:
                return None

    return with_substitutions(source, rule)


def _written(
    spans: Spans, target: cst.BaseExpression, iterated: cst.BaseExpression, body: Sequence[cst.CSTNode]
) -> cst.BaseExpression | None:
    """What the loop is to run over; None where that stays as it is."""
    match target, iterated:
        case cst.Tuple(elements=[_, cst.Element(value=inner)]), cst.Call(func=cst.Name("enumerate"), args=[only]):
            made = _written(spans, inner, only.value, body)
            return None if made is None else spans.changed(iterated, args=[spans.changed(only, value=made)])
        case _, cst.Call(func=cst.Attribute(value=tensor, attr=cst.Name("tolist")), args=[]):
            return _rows(spans, tensor, iterated) if _takes_lists(target, body) else None
        case _:
            return None


def _rows(spans: Spans, tensor: cst.BaseExpression, where: cst.BaseExpression) -> cst.ListComp:
    number = cst.Call(cst.Attribute(cst.Name(_NUMBER), cst.Name("item")))
    row = cst.ListComp(number, cst.CompFor(cst.Name(_NUMBER), cst.Name(_ROW)))
    return spans.placed_whole(cst.ListComp(row, cst.CompFor(cst.Name(_ROW), tensor)), where)


def _takes_lists(target: cst.BaseExpression, body: Sequence[cst.CSTNode]) -> bool:
    """Whether what a loop gives to its variables is unpacked, or used as a list is."""
    if isinstance(target, cst.Tuple | cst.List):
        return all(isinstance(element, cst.Element) for element in target.elements)
    if not isinstance(target, cst.Name):
        return False
    parts = [part for node in body for part in walk(node)]
    bound = [part.target for part in parts if isinstance(part, cst.AssignTarget | cst.AugAssign)]
    if any(target.value in target_names(one) for one in bound):
        return False
    return any(_uses_as_list(part, target.value) for part in parts)


def _uses_as_list(node: cst.CSTNode, name: str) -> bool:
    match node:
        case cst.Subscript(value=cst.Name(value=used)) | cst.For(iter=cst.Name(value=used)):
            return used == name
        case cst.CompFor(iter=cst.Name(value=used)) | cst.StarredElement(value=cst.Name(value=used)):
            return used == name
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Tuple())], value=cst.Name(value=used)):
            return used == name
        case cst.Call(func=cst.Name(value=function), args=[cst.Arg(value=cst.Name(value=used))]):
            return used == name and function in _OF_LISTS
        case cst.Arg(star="*", value=cst.Name(value=used)):
            return used == name
        case _:
            return False
