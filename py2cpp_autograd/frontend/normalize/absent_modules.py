"""Modules that a program can do without are not there: a translated program does what Python does without them.

    try:                                    HAS_FLASH = False
        import flash_attn            ->
        HAS_FLASH = True
    except ImportError:
        HAS_FLASH = False
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import dotted, walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

_CATCHING = frozenset({"ImportError", "ModuleNotFoundError", "Exception", "BaseException"})
_ENDING = frozenset({"exit", "quit", "_exit"})
_HELP = "where it is installed, Python may do something else"


def do_without_absent_modules(source: Source, table: Table, report: Report) -> Source:
    """The source with what each `try` to import such a module comes to, and a warning at each."""
    if not any(isinstance(node, cst.Try) for node in walk(source.module)):
        return source
    spans = Spans(source)
    absent = _Absent(spans, table)
    module = spans.substituted(source.module, absent)
    assert isinstance(module, cst.Module)
    for name, node in absent.found:
        message = f"'{name}' is taken as not installed: this is what the program does without it"
        report.add("PCA207", source.span(node), message, _HELP)
    return replace(source, module=module, positions=spans.positions) if absent.found else source


class _Absent:
    """The rule that has another for each block with such a `try` in it; `found` are the modules, and where."""

    def __init__(self, spans: Spans, table: Table) -> None:
        self.spans, self.table = spans, table
        self.found: list[tuple[str, cst.CSTNode]] = []

    def __call__(self, node: cst.CSTNode) -> cst.CSTNode | None:
        """The node in another's place, if there is one."""
        if not isinstance(node, cst.Module | cst.IndentedBlock):
            return None
        lines = [one for line in node.body for one in self._instead(line)]
        if all(one is line for one, line in zip(lines, node.body, strict=False)) and len(lines) == len(node.body):
            return None
        return self.spans.substituted(self.spans.changed(node, body=lines), self)

    def _instead(self, node: cst.BaseStatement) -> Sequence[cst.BaseStatement]:
        """What a statement comes to."""
        handler = _handler(node) if isinstance(node, cst.Try) else None
        if not isinstance(node, cst.Try) or handler is None:
            return [node]
        before: list[cst.BaseStatement] = []
        for line in self._lines(node.body):
            name = self._absent(line)
            if name is not None:
                self.found.append((name, line))
                last = () if node.finalbody is None else self._lines(node.finalbody.body)
                return [*before, *self._lines(handler.body), *last]
            if not _only_binds(line):
                break
            before.append(line)
        return [node]

    def _lines(self, suite: cst.BaseSuite) -> Iterator[cst.BaseStatement]:
        """The statements of a block, a line each."""
        match suite:
            case cst.IndentedBlock(body=lines):
                yield from lines
            case cst.SimpleStatementSuite(body=parts):
                yield from (self.spans.placed(cst.SimpleStatementLine([part]), part) for part in parts)

    def _absent(self, line: cst.BaseStatement) -> str | None:
        """The first module that a line imports, and that is not there."""
        match line:
            case cst.SimpleStatementLine(body=[cst.Import(names=names)]):
                modules = [dotted(alias.name) for alias in names]
            case cst.SimpleStatementLine(body=[cst.ImportFrom(module=path, relative=[])]):
                modules = [dotted(path)]
            case _:
                return None
        return next((module.partition(".")[0] for module in modules if roles.is_foreign(self.table, module)), None)


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
