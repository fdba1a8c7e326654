"""Blocks of statements: each lowered on its own, so that one refusal does not hide the next; comments kept."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.bindings import assigned_in, target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.flow import leaves
from py2cpp_autograd.frontend.lower.targets import poison


def lower_suite(context: Context, suite: cst.BaseSuite, nested: bool = True) -> tuple[ir.Stmt, ...]:
    """The statements of an indented block or a one-line suite; `nested`: it may not run, or run often."""
    context.scope.block_depth += nested
    try:
        if isinstance(suite, cst.SimpleStatementSuite):
            return tuple(_simple(context, suite.body))
        assert isinstance(suite, cst.IndentedBlock)
        body = list(header_comments(context, suite.header))
        body += lower_statements(context, suite.body)
        body += comments(context, suite.footer)
        return tuple(body)
    finally:
        context.scope.block_depth -= nested


def lower_statements(context: Context, nodes: Sequence[cst.BaseStatement]) -> list[ir.Stmt]:
    """The statements in order, with their comments and blank lines."""
    lowered: list[ir.Stmt] = []
    for node in nodes:
        if not (isinstance(node, cst.FunctionDef | cst.ClassDef) and context.scope.kind == "module"):
            lowered += comments(context, getattr(node, "leading_lines", ()))
        made = _statement(context, node)
        lowered += made
        is_known = isinstance(node, cst.If) and not any(isinstance(part, ir.If) for part in made)
        if (is_known or _asserts(node)) and leaves(tuple(made)):
            break  # the condition is known, and nothing runs what stands behind it
        if isinstance(node, cst.SimpleStatementLine) and node.trailing_whitespace.comment is not None:
            text = _text(node.trailing_whitespace.comment)
            lowered.append(ir.Comment(text, bool(lowered), context.span(node.trailing_whitespace.comment)))
    return lowered


def _asserts(node: cst.BaseStatement) -> bool:
    return isinstance(node, cst.SimpleStatementLine) and any(isinstance(part, cst.Assert) for part in node.body)


def _statement(context: Context, node: cst.BaseStatement) -> list[ir.Stmt]:
    if isinstance(node, cst.SimpleStatementLine):
        return _simple(context, node.body)
    return _guarded(context, node)


def _simple(context: Context, nodes: Iterable[cst.BaseSmallStatement]) -> list[ir.Stmt]:
    return [statement for node in nodes for statement in _guarded(context, node)]


def _guarded(context: Context, node: cst.BaseStatement | cst.BaseSmallStatement) -> list[ir.Stmt]:
    try:
        return context.lower_statement(context, node)
    except Refusal:
        context.scope.failed = True
        for target in _targets(node):
            poison(context, *target_names(target))
        poison(context, *_inside(context, node))
        return []


def _targets(node: cst.BaseStatement | cst.BaseSmallStatement) -> list[cst.CSTNode]:
    match node:
        case cst.Assign(targets=targets):
            return [target.target for target in targets]
        case cst.AnnAssign(target=target) | cst.For(target=target) | cst.AugAssign(target=target):
            return [target]
        case cst.FunctionDef(name=name) | cst.ClassDef(name=name):
            return [name]
        case _:
            return []


def _inside(context: Context, node: cst.BaseStatement | cst.BaseSmallStatement) -> frozenset[str]:
    """The names that a refused loop or block would have bound first."""
    if isinstance(node, cst.BaseSmallStatement | cst.FunctionDef | cst.ClassDef):
        return frozenset()
    return context.source.once(assigned_in, node) - context.scope.bound


def comments(context: Context, lines: Iterable[cst.EmptyLine]) -> list[ir.Stmt]:
    """Comment lines and empty lines."""
    return list(comment_lines(context, lines))


def comment_lines(context: Context, lines: Iterable[cst.EmptyLine]) -> list[ir.Comment]:
    """Comment lines and empty lines, runs of empty lines as one."""
    found: list[ir.Comment] = []
    for line in lines:
        text = None if line.comment is None else _text(line.comment)
        if text is None and found and found[-1].text is None:
            continue
        found.append(ir.Comment(text, False, context.span(line)))
    return found


def header_comments(context: Context, header: cst.TrailingWhitespace) -> list[ir.Stmt]:
    """A comment behind the colon of a compound statement, as a line of its own."""
    if header.comment is None:
        return []
    return [ir.Comment(_text(header.comment), False, context.span(header.comment))]


def _text(comment: cst.Comment) -> str:
    return comment.value.removeprefix("#").removeprefix(" ")
