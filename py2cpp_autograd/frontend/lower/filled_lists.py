"""Whether a list has a value in it for sure where it is used, as far as the text around tells.

    layers = [Block(3)]               layers = []
    for _ in range(n):                for _ in range(n):
        layers.append(Block(8))           layers.append(Block(8))
    nn.Sequential(*layers)  # sure    nn.Sequential(*layers)  # empty, where n is 0
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import bindings_of, mentions
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.types import TupleType

_ADDS = frozenset({"append", "insert"})
_KEEPS = frozenset({"extend", "reverse"})
_Block = Sequence[cst.BaseStatement | cst.BaseSmallStatement]


def surely_filled(context: Context, value: ir.Expr) -> bool:
    """Whether the list that an expression gives has a value in it."""
    match value:
        case _ if isinstance(value.type, TupleType):
            return bool(value.type.elements)
        case ir.ListDisplay(elements=elements):
            return bool(elements)
        case ir.DictDisplay(items=items):
            return bool(items)
        case ir.Convert(operand=operand):
            return surely_filled(context, operand)
        case ir.Name(name=name) if context.scope.body is not None and context.scope.owns(name):
            return _filled_before(context, context.scope.body.body, name, value)
        case _:
            return False


def _filled_before(context: Context, block: _Block, name: str, use: ir.Name) -> bool:
    """Whether the statements of a block, up to the one with the use, leave a value in the list."""
    filled = False
    for statement in block:
        span = context.span(statement)
        if span.contains(use.span.start):
            return _filled_inside(context, statement, name, use, filled)
        filled = _filled_by(statement, name, filled)
    return False


def _filled_inside(context: Context, node: cst.CSTNode, name: str, use: ir.Name, filled: bool) -> bool:
    """What holds at a use in a part of a statement."""
    inner = [part for part in walk(node) if isinstance(part, cst.IndentedBlock)]
    block = next((part for part in inner if context.span(part).contains(use.span.start)), None)
    if block is None:
        return filled
    if filled and not bindings_of(block).counts.get(name):
        return True
    return _filled_before(context, block.body, name, use)


def _filled_by(node: cst.CSTNode, name: str, filled: bool) -> bool:
    """Whether the list has a value behind a statement."""
    match node:
        case cst.SimpleStatementLine(body=parts):
            for part in parts:
                filled = _filled_by(part, name, filled)
            return filled
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=target))], value=value) if target == name:
            return _is_filled(value)
        case cst.AugAssign(target=cst.Name(value=target), operator=cst.AddAssign(), value=value) if target == name:
            return filled or _is_filled(value)
        case cst.Expr(value=cst.Call(func=cst.Attribute(value=cst.Name(value=target), attr=cst.Name(value=method)))):
            return method in _ADDS or (filled and method in _KEEPS) if target == name else filled
        case cst.If(body=body, orelse=cst.Else(body=other)):
            return all(_filled_by_all(part, name, filled) for part in (body, other))
        case cst.BaseCompoundStatement():
            lines = (line for line in walk(node) if isinstance(line, cst.SimpleStatementLine))
            return filled and all(_filled_by(line, name, filled) for line in lines)
        case _:
            return filled and not mentions(node).get(name)


def _filled_by_all(body: cst.BaseSuite, name: str, filled: bool) -> bool:
    for statement in body.body:
        filled = _filled_by(statement, name, filled)
    return filled


def _is_filled(node: cst.BaseExpression) -> bool:
    elements = node.elements if isinstance(node, cst.List | cst.Tuple) else ()
    return any(isinstance(element, cst.Element) for element in elements)
