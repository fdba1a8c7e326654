"""Modules that a program can do without are not there: a translated program does what Python does without them.

    try:                                    HAS_FLASH = False
        import flash_attn            ->
        HAS_FLASH = True
    except ImportError:
        HAS_FLASH = False
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import dotted, walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

_CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENDING = frozenset({"exit", "quit", "_exit"})
_HELP = "where it is installed, Python may do something else"


@dataclass(frozen=True)
class _Absent:
    """A module that is not there, the statement that imports it, and what the `try` around that comes to."""

    name: str
    imported: cst.BaseSmallStatement
    instead: tuple[cst.BaseStatement, ...]


def do_without_absent_modules(source: Source, table: Table, report: Report) -> Source:
    """The source with what each `try` to import such a module comes to, and a warning at each."""
    for node in walk(source.module):
        absent = _absent(table, node)
        if absent is not None:
            message = f"'{absent.name}' is taken as not installed: this is what the program does without it"
            report.add("PCA207", source.span(absent.imported), message, _HELP)

    def rule(spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
        if not isinstance(node, cst.Module | cst.IndentedBlock):
            return None
        found = [_absent(table, line) for line in node.body]
        if not any(found):
            return None
        pairs = zip(node.body, found, strict=True)
        lines = [one for line, absent in pairs for one in ([line] if absent is None else absent.instead)]
        made = spans.changed(node, body=[_placed(spans, one) for one in lines])
        return spans.substituted(made, lambda inner: rule(spans, inner))

    return with_substitutions(source, rule)


def _absent(table: Table, node: cst.CSTNode) -> _Absent | None:
    """The module that a `try` is about; None for other statements, and where nothing goes on without it."""
    handler = _handler(node) if isinstance(node, cst.Try) else None
    if not isinstance(node, cst.Try) or handler is None:
        return None
    before: list[cst.BaseStatement] = []
    for line in _lines(node.body):
        name = _foreign(table, line)
        if name is not None:
            assert isinstance(line, cst.SimpleStatementLine)
            last = () if node.finalbody is None else _lines(node.finalbody.body)
            return _Absent(name, line.body[0], (*before, *_lines(handler.body), *last))
        if not _only_binds(line):
            return None
        before.append(line)
    return None


def _lines(suite: cst.BaseSuite) -> Iterator[cst.BaseStatement]:
    """The statements of a block, a line each."""
    match suite:
        case cst.IndentedBlock(body=lines):
            yield from lines
        case cst.SimpleStatementSuite(body=parts):
            yield from (cst.SimpleStatementLine([part]) for part in parts)


def _placed(spans: Spans, line: cst.BaseStatement) -> cst.BaseStatement:
    """A line, which may be a statement that stood on the line of its `try`."""
    if isinstance(line, cst.SimpleStatementLine) and line not in spans.positions:
        return spans.placed(line, line.body[0])
    return line


def _foreign(table: Table, line: cst.BaseStatement) -> str | None:
    """The first module that a line imports, and that is not there."""
    match line:
        case cst.SimpleStatementLine(body=[cst.Import(names=names)]):
            modules = [dotted(alias.name) for alias in names]
        case cst.SimpleStatementLine(body=[cst.ImportFrom(module=path, relative=[])]):
            modules = [dotted(path)]
        case _:
            return None
    return next((module.partition(".")[0] for module in modules if roles.is_foreign(table, module)), None)


def _handler(node: cst.Try) -> cst.ExceptHandler | None:
    """The handler that the error of an import comes to; None where it does more than to go on."""
    for handler in node.handlers:
        if _catches(handler.type):
            name = handler.name.name if handler.name is not None else None
            used = names_used(handler.body)
            shows = isinstance(name, cst.Name) and name.value in used
            ends = any(isinstance(part, cst.Raise) for part in walk(handler.body)) or not used.isdisjoint(_ENDING)
            return None if shows or ends else handler
    return None


def _catches(type_: cst.BaseExpression | None) -> bool:
    match type_:
        case None:
            return True
        case cst.Name(value=name):
            return name in _CATCHING
        case cst.Tuple(elements=elements):
            return any(_catches(element.value) for element in elements)
        case _:
            return False


def _only_binds(line: cst.BaseStatement) -> bool:
    """Whether a line does no more than to import, or to give a name to a constant."""
    match line:
        case cst.SimpleStatementLine(body=[cst.Import() | cst.ImportFrom()]):
            return True
        case cst.SimpleStatementLine(body=[cst.Assign(value=value)]):
            return isinstance(value, cst.Name | cst.BaseNumber | cst.SimpleString)
        case _:
            return False
