"""A part of a file: the functions and classes that are asked for, and what they need of the rest.

Statements of the module that are not needed become empty lines, so that the rest stands where it stood. Needed is what
binds a name that a needed statement reads, and what changes the value of such a variable.
"""

from __future__ import annotations

import ast
import builtins
import dis
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from types import CodeType

from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.quiet import without_warnings

_LOADS = frozenset({"LOAD_NAME", "LOAD_GLOBAL", "LOAD_CLASSDEREF"})
_STORES = frozenset({"STORE_NAME", "STORE_GLOBAL"})
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass(frozen=True)
class Statement:
    """A statement of the module: its lines, and the names that it binds, reads and may change the value of."""

    first: int
    last: int
    binds: frozenset[str]
    reads: frozenset[str]
    changes: frozenset[str]


def part_of(source: str, names: Collection[str]) -> str:
    """The source with what `names` need, the rest left empty; all of it without names, or where it is not Python.

    Raises Refusal with a message where the module defines no such function or class.
    """
    module = read_module(source) if names else None
    if module is None:
        return source
    tree, statements = module
    defined = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
    missing = [name for name in names if name not in defined]
    if missing:
        raise Refusal(f"the file defines no function or class '{missing[0]}'")
    kept = _needed(statements, set(names), defined)
    header = set() if ast.get_docstring(tree) is None else {0}
    return without(source, statements, kept | header)


def _needed(statements: list[Statement], wanted: set[str], definitions: set[str]) -> set[int]:
    """The places of the statements that are needed."""
    kept: set[int] = set()
    while True:
        variables = wanted - definitions
        found = {
            place
            for place, statement in enumerate(statements)
            if place not in kept and (statement.binds & wanted or statement.changes & variables)
        }
        if not found and not _is_open(statements, kept, wanted):
            return kept
        found = found or {place for place, one in enumerate(statements) if "*" in one.binds and place not in kept}
        kept |= found
        wanted |= {name for place in found for name in statements[place].reads}


def _is_open(statements: list[Statement], kept: set[int], wanted: set[str]) -> bool:
    """Whether a name may come from a star import that is not kept yet."""
    bound = {name for place in kept for name in statements[place].binds}
    stars = any("*" in one.binds for place, one in enumerate(statements) if place not in kept)
    return stars and any(name not in bound and not hasattr(builtins, name) for name in wanted)


def without(source: str, statements: Sequence[Statement], kept: Collection[int]) -> str:
    """The source, the lines of other statements and of the comments before them empty."""
    stay = {line for place in kept for line in range(statements[place].first, statements[place].last + 1)}
    lines = source.split("\n")
    end = statements[0].first - 1 if statements else 0
    for place, statement in enumerate(statements):
        if place not in kept:
            for line in range(end + 1, statement.last + 1):
                if line not in stay:
                    lines[line - 1] = ""
        end = statement.last
    return "\n".join(lines)


# ------------------------------------------------------------------------------------------- statements


def read_module(source: str) -> tuple[ast.Module, list[Statement]] | None:
    """The statements of a module, and what each of them binds and reads; None where the source is not Python."""
    try:
        with without_warnings():
            tree = ast.parse(source)
            return tree, [_read(node) for node in tree.body]
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _read(node: ast.stmt) -> Statement:
    code = compile(ast.Module([node], []), "<part>", "exec", dont_inherit=True)
    binds = {str(i.argval) for i in dis.get_instructions(code) if i.opname in _STORES}
    if isinstance(node, ast.ImportFrom) and (node.module == "__future__" or node.names[0].name == "*"):
        binds = {"*"} if node.names[0].name == "*" else set()
    decorators = node.decorator_list if isinstance(node, DEFINITIONS) else []
    first = min([node.lineno, *(decorator.lineno for decorator in decorators)])
    reads = frozenset({*_loads(code), *_quoted(node)})
    return Statement(first, node.end_lineno or node.lineno, frozenset(binds), reads, frozenset(_changes(node)))


def _loads(code: CodeType) -> Iterator[str]:
    for instruction in dis.get_instructions(code):
        if instruction.opname in _LOADS or instruction.opname == "STORE_GLOBAL":
            yield str(instruction.argval)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _loads(constant)


def _quoted(node: ast.stmt) -> Iterator[str]:
    """The names in annotations that are texts."""
    for part in ast.walk(node):
        for annotation in (getattr(part, "annotation", None), getattr(part, "returns", None)):
            for inner in ast.walk(annotation) if isinstance(annotation, ast.AST) else ():
                if isinstance(inner, ast.Constant) and isinstance(inner.value, str):
                    yield from _names(inner.value)


def _names(text: str) -> Iterator[str]:
    try:
        parsed = ast.parse(text, mode="eval")
    except SyntaxError:
        return
    yield from (part.id for part in ast.walk(parsed) if isinstance(part, ast.Name))


def _changes(node: ast.AST) -> Iterator[str]:
    """The variables whose values a statement may change: by element, by attribute, or in a call that gives nothing."""
    match node:
        case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef() | ast.Lambda():
            return
        case ast.Subscript(value=value, ctx=ast.Store() | ast.Del()) | ast.Attribute(
            value=value, ctx=ast.Store() | ast.Del()
        ):
            yield from _root(value)
        case ast.Expr(value=ast.Call(func=func, args=args, keywords=keywords)):
            yield from _root(func)
            for argument in (*args, *(keyword.value for keyword in keywords)):
                yield from _root(argument)
    for child in ast.iter_child_nodes(node):
        yield from _changes(child)


def _root(node: ast.expr) -> Iterator[str]:
    """The variable that an expression takes parts of."""
    while isinstance(node, ast.Attribute | ast.Subscript | ast.Starred):
        node = node.value
    if isinstance(node, ast.Name):
        yield node.id
