"""Methods that nothing in a script calls: what has no translation there need not stop the rest.

    class Policy(nn.Module):
        def forward(self, x): ...
        def act(self, state): ...      # `act` stands nowhere else: no call can get here

A method is reached where its name stands anywhere outside it, as a text too, and where the library may call it.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

#: What finds a method by a name that no text says.
_DYNAMIC = frozenset({"getattr", "setattr", "delattr", "hasattr", "vars", "dir", "eval", "exec", "globals", "locals"})
_KINDS = frozenset({"classmethod", "property", "staticmethod"})


@dataclass(frozen=True)
class Method:
    """A method of a class of the module, and its lines."""

    owner: ast.ClassDef
    node: ast.FunctionDef

    @property
    def name(self) -> str:
        """As messages show it."""
        return f"{self.owner.name}.{self.node.name}"

    @property
    def first(self) -> int:
        """Its first line, that of a decorator where it has one."""
        return min([self.node.lineno, *(decorator.lineno for decorator in self.node.decorator_list)])

    def contains(self, span: Span) -> bool:
        """Whether a place is in it."""
        return self.first <= span.start.line and span.end.line <= (self.node.end_lineno or self.node.lineno)


def unreached_methods(tree: ast.Module, table: Table) -> list[Method]:
    """The methods that nothing calls, in a program of one file."""
    if any(_is_dynamic(node) for node in ast.walk(tree)):
        return []
    classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
    found = [method for owner in classes.values() for method in _methods(owner) if _is_own(method, classes, table)]
    inside = {method.node for method in found}
    wanted = set(_names(tree, inside))
    while True:
        more = [method for method in found if method.node.name in wanted]
        if not more:
            return found
        found = [method for method in found if method not in more]
        wanted |= {name for method in more for name in _names(method.node, frozenset())}


def without_methods(source: str, methods: Collection[Method]) -> str:
    """The source, the lines of these methods empty."""
    lines = source.split("\n")
    for method in methods:
        for line in range(method.first, (method.node.end_lineno or method.node.lineno) + 1):
            lines[line - 1] = ""
    for owner in {method.owner for method in methods}:
        gone = {method.node for method in methods}
        if all(node in gone for node in owner.body):
            lines[owner.body[0].lineno - 1] = " " * owner.body[0].col_offset + "pass"
    return "\n".join(lines)


def _methods(owner: ast.ClassDef) -> Iterator[Method]:
    names = [node.name for node in owner.body if isinstance(node, ast.FunctionDef)]
    for node in owner.body:
        if not isinstance(node, ast.FunctionDef) or names.count(node.name) > 1:
            continue
        if all(map(_is_plain, node.decorator_list)):
            yield Method(owner, node)


def _is_plain(decorator: ast.expr) -> bool:
    match decorator:
        case ast.Name(id=name):
            return name in _KINDS
        case ast.Call(func=ast.Attribute(value=ast.Name(id=roles.LIBRARY), attr=name), args=[], keywords=[]):
            return name in roles.GRAD_MODES
        case _:
            return False


def _is_own(method: Method, classes: dict[str, ast.ClassDef], table: Table) -> bool:
    """Whether only the program calls the method: Python has no use of its name, nor has a base class of the library."""
    name = method.node.name
    if name.startswith("__") and name.endswith("__"):
        return False
    pending, seen = [method.owner], set()
    while pending:
        owner = pending.pop()
        if owner.keywords or owner.decorator_list:
            return False
        seen.add(owner)
        for written in owner.bases:
            base = classes.get(written.id) if isinstance(written, ast.Name) else None
            if base is not None:
                pending += [base] if base not in seen else []
            elif not _leaves_alone(written, name, table):
                return False
    return True


def _leaves_alone(base: ast.expr, name: str, table: Table) -> bool:
    """Whether a base class of the library never calls a method of this name."""
    last = ast.unparse(base).rpartition(".")[2]
    if last == "object":
        return True
    is_module = last == roles.MODULE.rpartition(".")[2]
    return is_module and name not in roles.CALLED_IN_MODULES and table.member(roles.MODULE, name) is None


def _is_dynamic(node: ast.AST) -> bool:
    match node:
        case ast.Call(func=ast.Name(id=name), args=[_, ast.Constant(), *_]):
            return name in _DYNAMIC - {"getattr", "setattr", "delattr", "hasattr"}
        case ast.Call(func=ast.Name(id=name)):
            return name in _DYNAMIC
        case ast.ImportFrom(names=[ast.alias(name="*")]):
            return True
        case _:
            return False


def _names(node: ast.AST, outside: Collection[ast.AST]) -> Iterator[str]:
    """All names in a piece of code, those in texts included, other pieces left out."""
    if node in outside:
        return
    match node:
        case ast.Attribute(attr=name) | ast.Name(id=name) | ast.keyword(arg=str(name)):
            yield name
        case ast.Constant(value=str(text)):
            yield from re.findall(r"\w+", text)
        case ast.alias(name=name, asname=other):
            yield from (*name.split("."), *([other] if other else []))
        case _:
            pass
    for child in ast.iter_child_nodes(node):
        yield from _names(child, outside)
