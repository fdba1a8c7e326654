"""Source text to a libcst module with positions, or a PCA1xx diagnostic.

CPython's own `compile` gates every input before libcst sees it: libcst accepts some text that Python refuses,
reports tokenizer errors at 1:1, and overflows the C stack on nesting that `compile` refuses cleanly.
`compile` executes nothing.
"""

from __future__ import annotations

import ast
import sys
import threading
import unicodedata
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeVar, cast

import libcst as cst
from libcst.metadata import CodeRange, PositionProvider

from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.frontend.depth import depth_of
from py2cpp_autograd.frontend.own_names import own_names
from py2cpp_autograd.frontend.usage import Usage
from py2cpp_autograd.layout import SINGLE, Layout
from py2cpp_autograd.quiet import process_settings, without_warnings
from py2cpp_autograd.span import FILE_START, Span

#: Larger files, in bytes of UTF-8, and deeper syntax trees are refused (PCA106).
MAX_BYTES = 5_000_000
MAX_DEPTH = 2_000

#: Deeper trees than this are handled on a thread with a stack of their own.
_SHALLOW = 60
_STACK_BYTES = 512 * 1024 * 1024
_RECURSION_LIMIT = 200_000

T = TypeVar("T")
N = TypeVar("N", bound=cst.CSTNode)


@dataclass(frozen=True, slots=True)
class Home:
    """The module that defines a name, the name there, and the one that the file itself imports it under, if it does."""

    module: str
    name: str
    path: str | None


@dataclass(frozen=True, slots=True)
class EnumMethod:
    """The function that stands for a method of an enumeration; `kind`: "method", "property", "class" or "static"."""

    function: str
    kind: str


@dataclass(frozen=True)
class Source:
    """A parsed file: its text with `\\n` line ends, the libcst tree and where each node stands.

    Of several files in one: where each stands, and where names that are not the file's own come from.
    """

    text: str
    module: cst.Module
    positions: dict[cst.CSTNode, CodeRange]
    depth: int
    layout: Layout = SINGLE
    homes: Mapping[str, Home] = field(default_factory=dict)
    hidden: frozenset[str] = frozenset()  # variables of the module that Python has no name for
    enum_methods: Mapping[tuple[str, str], EnumMethod] = field(default_factory=dict)  # by class and name
    own_bases: frozenset[str] = frozenset()  # classes that rows write out, and the program's own derive from
    written_for: Mapping[str, str] = field(default_factory=dict)  # classes that stand for one that Python calls so
    spans: dict[int, Span] = field(default_factory=dict, compare=False, repr=False)  # by the identity of nodes
    answers: dict[object, Any] = field(default_factory=dict, compare=False, repr=False)  # of `once`

    @cached_property
    def usage(self) -> Usage:
        """Which definitions the module names."""
        return Usage(self.module)

    @cached_property
    def own_names(self) -> frozenset[str]:
        """The names of Python's own functions that the program gives to something else."""
        return own_names(self.module)

    def span(self, node: cst.CSTNode) -> Span:
        """Where `node` stands in the text."""
        known = self.spans.get(id(node))
        if known is not None:
            return known
        found = self.positions.get(node)
        if found is None:
            return FILE_START
        made = Span.of(found.start.line, found.start.column, found.end.line, found.end.column)
        self.spans[id(node)] = made  # a node with a position lives as long as the source
        return made

    def once(self, question: Callable[[N], T], node: N) -> T:
        """The answer, not to be changed, of a question that a tree alone decides: each round of lowering asks it."""
        key = question, node
        if key not in self.answers:
            self.answers[key] = question(node)
        found: T = self.answers[key]
        return found

    def place(self, made: cst.CSTNode, like: cst.CSTNode) -> None:
        """Say that a node made in lowering stands where another one does."""
        if like in self.positions:
            self.positions[made] = self.positions[like]


def parse(text: str, report: Report) -> Source | None:
    """Parse `text`; None after adding a diagnostic to `report`."""
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    if len(text.encode("utf-8", "replace")) > MAX_BYTES:
        report.add("PCA106", FILE_START, f"the file is larger than {MAX_BYTES:,} bytes")
        return None
    depth = _gate(text, report)
    if depth is None:
        return None
    source = with_stack(depth, lambda: _parse_tree(text, depth, report))
    if source is not None and not text.isascii():
        _refuse_disguised_names(source, report)
    return None if report.refused else source


def _refuse_disguised_names(source: Source, report: Report) -> None:
    """Names whose characters Python reads as others (NFKC): C++ would take them for two variables."""
    for node in source.positions:
        if isinstance(node, cst.Name) and not unicodedata.is_normalized("NFKC", node.value):
            plain = unicodedata.normalize("NFKC", node.value)
            message = f"Python reads '{node.value}' as '{plain}', C++ does not"
            report.add("PCA601", source.span(node), message, f"write '{plain}'")


def _gate(text: str, report: Report) -> int | None:
    """The depth of the syntax tree, or None when CPython refuses the text or the tree is too deep."""
    try:
        with without_warnings():
            tree = compile(text, "<source>", "exec", ast.PyCF_ONLY_AST, dont_inherit=True)
            depth = depth_of(tree, text)
            if depth > MAX_DEPTH:  # CPython's own compiler may end the process behind this
                report.add("PCA106", FILE_START, f"the code is nested more than {MAX_DEPTH:,} levels deep")
                return None
            compile(text, "<source>", "exec", dont_inherit=True)
    except SyntaxError as error:
        report.add("PCA101", _error_span(error, text), error.msg or "invalid syntax")
        return None
    except (RecursionError, MemoryError):
        report.add("PCA106", FILE_START, "the code is nested too deeply for Python itself")
        return None
    except (ValueError, UnicodeError) as error:  # NUL bytes, lone surrogates
        report.add("PCA101", FILE_START, str(error))
        return None
    return depth


def _error_span(error: SyntaxError, text: str) -> Span:
    line = min(max(error.lineno or 1, 1), text.count("\n") + 1)
    column = max((error.offset or 1) - 1, 0)
    end_line, end_column = error.end_lineno or line, (error.end_offset or 0) - 1
    if (end_line, end_column) <= (line, column):
        end_line, end_column = line, column + 1
    return Span.of(line, column, end_line, end_column)


def _parse_tree(text: str, depth: int, report: Report) -> Source | None:
    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, cst.CSTValidationError) as error:
        line = getattr(error, "editor_line", 1)
        report.add("PCA101", Span.of(line, 0, line, 1), "valid Python that the parser of this tool does not read")
        return None
    return Source(text, module, _Positions().of(module), depth)


class _Positions(PositionProvider):
    """libcst's own positions. Its wrapper of metadata would walk the tree once more to find them."""

    def of(self, module: cst.Module) -> dict[cst.CSTNode, CodeRange]:
        """Where each node of a module stands."""
        self._gen_impl(module)
        return cast(dict[cst.CSTNode, CodeRange], self._computed)


def with_stack(depth: int, work: Callable[[], T]) -> T:
    """Run `work`, on a thread with a large stack when the tree is `depth` > 60 levels deep.

    Functions are lowered inside of those that call them: where they are many, `work` starts anew on such a thread.
    """
    if depth <= _SHALLOW:
        with suppress(RecursionError):
            return work()
    results: list[T] = []
    errors: list[BaseException] = []

    def target() -> None:
        try:
            results.append(work())
        except BaseException as error:
            errors.append(error)

    with process_settings:
        sys.setrecursionlimit(max(sys.getrecursionlimit(), _RECURSION_LIMIT))
        previous = threading.stack_size(_STACK_BYTES)
        thread = threading.Thread(target=target)
        thread.start()
        threading.stack_size(previous)
    thread.join()
    if errors:
        raise errors[0]
    return results[0]
