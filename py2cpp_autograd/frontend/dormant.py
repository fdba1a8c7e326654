"""Blocks of a program that do not run: what has no translation there need not stop the rest.

    def resnet18(pretrained=False):                  def resnet18(pretrained=False):
        net = ResNet()                                   net = ResNet()
        if pretrained:                                   if pretrained:
            net.load_state_dict(load_url(URL))   ->          raise RuntimeError("not translated: line 4")

Such a block becomes an error that says so, should the C++ ever get there: what the program computes without it does not
depend on it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from py2cpp_autograd.frontend.conditions import Conditions
from py2cpp_autograd.quiet import without_warnings
from py2cpp_autograd.span import Span
from py2cpp_autograd.table.load import Table


@dataclass(frozen=True)
class Awake:
    """The source with some blocks replaced, where they begin, and the errors that are in none."""

    source: str
    blocks: tuple[Span, ...]
    left: tuple[Span, ...]


def without_dormant(source: str, errors: Collection[Span], table: Table) -> Awake:
    """The source in which each block that does not run, and has one of the errors in it, raises an error instead."""
    lines = source.split("\n")
    blocks: list[tuple[int, int, int]] = []
    left: list[Span] = []
    found = list(_blocks(source, table))
    for error in errors:
        block = next((one for one in found if one[0] <= error.start.line and error.end.line <= one[1]), None)
        if block is None:
            left.append(error)
        elif block not in blocks:
            blocks.append(block)
    spans = tuple(Span.of(first, column, first, len(lines[first - 1])) for first, _, column in blocks)
    for first, last, column in blocks:
        said = f"line {first}" if first == last else f"lines {first} to {last}"
        lines[first - 1] = f'{" " * column}raise RuntimeError("not translated: {said}")'
        lines[first:last] = [""] * (last - first)
    return Awake("\n".join(lines), spans, tuple(left))


def _blocks(source: str, table: Table) -> Iterator[tuple[int, int, int]]:
    """The first and last lines of each block that does not run, and the column where it begins; outer ones first."""
    try:
        with without_warnings():
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    known = Conditions(tree, table)
    for node in ast.walk(tree):
        if not isinstance(node, ast.If):
            continue
        holds = known.truth(node.test)
        body = [] if holds is None else node.orelse if holds else node.body
        test_ends = node.test.end_lineno or node.test.lineno
        if body and body[0].lineno > test_ends and body[0].col_offset > node.col_offset:
            yield _first_line(body[0]), body[-1].end_lineno or body[-1].lineno, body[0].col_offset


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        return min(decorator.lineno for decorator in node.decorator_list)
    return node.lineno
