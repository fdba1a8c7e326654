"""Definitions of a script that nothing in it reaches: what has no translation there need not stop the rest.

They become empty lines, so that the rest stands where it stood. In a file that runs nothing, functions and classes are
what it is for: nothing of it is left out.
"""

from __future__ import annotations

import ast
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from py2cpp_autograd.frontend.part import DEFINITIONS, Statement, read_module, without
from py2cpp_autograd.frontend.unreached_methods import Method, unreached_methods, without_methods
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

_RUNS = (ast.Expr, ast.For, ast.While, ast.With, ast.If, ast.Try)


@dataclass(frozen=True)
class Unreached:
    """The source without some definitions, and where their names stand."""

    source: str
    definitions: tuple[tuple[str, Span], ...]


def without_unreached(
    source: str, errors: Collection[Span], wanted: Collection[str] | None = None, table: Table | None = None
) -> Unreached | None:
    """The source without the definitions that these errors are in; None where one is in what a script reaches.

    `wanted` are the names that other modules have in them, where this is a module that a script imports; `table` is
    given where this is all of the program, whose methods may then be left out one by one.
    """
    module = read_module(source)
    if module is None or (wanted is None and not _is_program(module[0])):
        return None
    tree, statements = module
    uncalled = [] if table is None else unreached_methods(tree, table)
    called = read_module(without_methods(source, uncalled)) or module
    reached = _reached(called[0].body, called[1], wanted or roles.DRIVEN)
    methods: set[Method] = set()
    places: set[int] = set()
    for span in errors:
        place = _place_of(statements, span)
        found = next((method for method in uncalled if method.contains(span)), None)
        if place in reached and found is not None:
            methods.add(found)
        elif place is None or place in reached:
            return None
        else:
            places.add(place)
    definitions = [node for place, node in enumerate(tree.body) if place in places and isinstance(node, DEFINITIONS)]
    named = [*((node.name, node) for node in definitions), *((method.name, method.node) for method in methods)]
    rest = without(without_methods(source, methods), statements, set(range(len(statements))) - places)
    return Unreached(rest, tuple((name, _name_span(source, node)) for name, node in named)) if named else None


def _is_program(tree: ast.Module) -> bool:
    """Whether something runs: statements of the module, or a model that the harness drives."""
    names = {node.name for node in tree.body if isinstance(node, DEFINITIONS)}
    return any(map(_runs, tree.body)) or names >= roles.DRIVEN


def _runs(node: ast.stmt) -> bool:
    """Whether a statement of the module does something: it is no docstring, definition, import or constant."""
    return isinstance(node, _RUNS) and not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))


def _reached(nodes: Sequence[ast.stmt], statements: Sequence[Statement], named: Collection[str]) -> set[int]:
    """The places of what runs, and of the definitions that it names, and those name."""
    reached = {place for place, node in enumerate(nodes) if not _is_idle(node)}
    wanted = {*named, *(name for place in reached for name in statements[place].reads)}
    while True:
        more = {place for place, one in enumerate(statements) if place not in reached and one.binds & wanted}
        if not more:
            return reached
        reached |= more
        wanted |= {name for place in more for name in statements[place].reads}


def _is_idle(node: ast.stmt) -> bool:
    """Whether a definition does nothing by being there: no decorator, base, default or class body that computes."""
    match node:
        case ast.FunctionDef(decorator_list=decorators, args=taken):
            return all(map(_is_guard, decorators)) and all(map(_is_plain, _defaults(taken)))
        case ast.ClassDef(decorator_list=[], keywords=[], bases=bases, body=body):
            return all(map(_is_plain, bases)) and all(map(_is_member, body))
        case _:
            return False


def _is_member(node: ast.stmt) -> bool:
    match node:
        case ast.FunctionDef(decorator_list=decorators, args=taken):
            plain = (one for one in decorators if not _is_guard(one))
            return all(map(_is_plain, (*plain, *_defaults(taken))))
        case ast.Assign(value=value) | ast.Expr(value=value):
            return _is_plain(value)
        case ast.AnnAssign(value=value):
            return value is None or _is_plain(value)
        case _:
            return isinstance(node, ast.Pass)


def _is_guard(node: ast.expr) -> bool:
    """Whether a decorator is `torch.no_grad()`, which does nothing before the function is called."""
    match node:
        case ast.Call(func=ast.Attribute(value=ast.Name(id=roles.LIBRARY), attr=name), args=[], keywords=[]):
            return name in roles.GRAD_MODES
        case _:
            return False


def _defaults(taken: ast.arguments) -> list[ast.expr]:
    return [*taken.defaults, *(value for value in taken.kw_defaults if value is not None)]


def _is_plain(node: ast.expr) -> bool:
    """Whether an expression only names something."""
    match node:
        case ast.Attribute(value=value) | ast.UnaryOp(operand=value):
            return _is_plain(value)
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            return all(map(_is_plain, elements))
        case _:
            return isinstance(node, ast.Constant | ast.Name)


def _place_of(statements: Sequence[Statement], span: Span) -> int | None:
    lines = range(span.start.line, span.end.line + 1)
    inside = (place for place, one in enumerate(statements) if one.first <= lines[0] and lines[-1] <= one.last)
    return next(inside, None)


def _name_span(source: str, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Span:
    line = source.split("\n")[node.lineno - 1]
    start = line.index(node.name, line.index("class" if isinstance(node, ast.ClassDef) else "def"))
    return Span.of(node.lineno, start, node.lineno, start + len(node.name))
