"""Checks that IR is whole: what the backend relies on. A failure is a bug of the frontend, never the user's."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import blocks, statement_expressions, walk
from py2cpp_autograd.types import NeverType


class InvalidIR(AssertionError):
    """IR that no backend can take."""


def check(program: ir.Program) -> None:
    """Raise InvalidIR when the program breaks an invariant of the IR."""
    _block(program.body, in_loop=False)
    for function in _functions(program):
        if isinstance(function.result, NeverType):
            raise InvalidIR(f"function {function.name} has no result type")
        for parameter in function.parameters:
            if isinstance(parameter.type, NeverType):
                raise InvalidIR(f"parameter {parameter.name} of {function.name} has no type")
        _block(function.body, in_loop=False)


def _functions(program: ir.Program) -> Iterator[ir.Function]:
    for node in program.definitions:
        match node:
            case ir.Function():
                yield node
            case ir.Class(init=init, methods=methods):
                yield init
                yield from methods
            case ir.AutogradFunction(forward=forward, backward=backward):
                yield forward
                yield backward


def _block(body: Sequence[ir.Stmt], in_loop: bool) -> None:
    for node in body:
        if isinstance(node, ir.Break | ir.Continue) and not in_loop:
            raise InvalidIR("break or continue outside of a loop")
        for expression in statement_expressions(node):
            for part in walk(expression):
                if isinstance(part.type, NeverType):
                    raise InvalidIR(f"an expression without a type at {part.span.start}")
        for block in blocks(node):
            inside = isinstance(node, ir.For | ir.While) or (in_loop and not isinstance(node, ir.LocalFunction))
            _block(block, inside)
