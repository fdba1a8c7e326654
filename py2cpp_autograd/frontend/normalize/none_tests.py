"""Functions that only ask whether what they are given is None, written out where they are called.

    def exists(value):                      if closure is not None:
        return value is not None     ->         loss = closure()

    if exists(closure):
        loss = closure()

What the test tells of its operand is known behind it, which a call does not tell.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from py2cpp_autograd.frontend.bindings import bindings_of
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import walk


def write_out_none_tests(source: Source) -> Source:
    """The source with each call of such a function, on a name or attribute, as the test itself."""
    tests = dict(_tests(source.module.body))
    if not tests or any(name in tests for name in _bound_again(source.module)):
        return source

    def rule(spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
        match node:
            case cst.Call(
                func=cst.Name(value=name),
                args=[cst.Arg(keyword=None, star="", value=cst.Name() | cst.Attribute() as operand)],
            ) if name in tests:
                target = cst.ComparisonTarget(tests[name], cst.Name("None"))
                paren = [cst.LeftParen()], [cst.RightParen()]
                made = cst.Comparison(operand, [target], lpar=paren[0], rpar=paren[1])
                return spans.placed_whole(made, node)
            case _:
                return None

    return with_substitutions(source, rule)


def _tests(body: Sequence[cst.CSTNode]) -> Iterator[tuple[str, cst.BaseCompOp]]:
    """The functions of the module that are such tests, and which."""
    for node in body:
        match node:
            case cst.FunctionDef(
                name=cst.Name(value=name),
                params=cst.Parameters(params=[cst.Param(name=cst.Name(value=parameter), default=None)]),
                body=cst.IndentedBlock(body=[cst.SimpleStatementLine(body=[cst.Return(value=returned)])]),
                decorators=[],
                asynchronous=None,
            ):
                test = _test(returned, parameter)
                if test is not None:
                    yield name, test


def _test(node: cst.BaseExpression | None, parameter: str) -> cst.BaseCompOp | None:
    match node:
        case cst.Comparison(
            left=cst.Name(value=left),
            comparisons=[cst.ComparisonTarget(operator=cst.Is() | cst.IsNot() as test, comparator=cst.Name("None"))],
        ) if left == parameter:
            return test
        case _:
            return None


def _bound_again(module: cst.Module) -> Iterator[str]:
    """The names that anything but one definition of the module binds, wherever it stands."""
    seen: set[str] = set()
    yield from bindings_of(module).counts
    for node in walk(module):
        match node:
            case cst.FunctionDef(name=cst.Name(value=name), body=body):
                if name in seen:
                    yield name
                seen.add(name)
                yield from bindings_of(body).counts
            case cst.Param(name=cst.Name(value=name)):
                yield name
            case cst.CompFor(target=target):
                yield from (part.value for part in walk(target) if isinstance(part, cst.Name))
