"""The names that a function body, or the module, binds: one walk of our own, without libcst's slow scope metadata."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd.frontend.walk import Visitor, children, walk


@dataclass
class Bindings:
    """How often each name is bound in one scope, and the names it declares `global` or `nonlocal`."""

    counts: Counter[str] = field(default_factory=Counter)
    declared_global: set[str] = field(default_factory=set)
    declared_nonlocal: set[str] = field(default_factory=set)

    def copy(self) -> Bindings:
        """The same, to be changed."""
        return Bindings(self.counts.copy(), set(self.declared_global), set(self.declared_nonlocal))

    def is_local(self, name: str) -> bool:
        """Whether the name is a variable of this scope."""
        return name in self.counts and name not in self.declared_global and name not in self.declared_nonlocal


class _Binder(Visitor):
    def __init__(self) -> None:
        self.bindings = Bindings()

    def _target(self, node: cst.CSTNode) -> None:
        for name in target_names(node):
            self.bindings.counts[name] += 1

    def visit_AssignTarget(self, node: cst.AssignTarget) -> None:
        self._target(node.target)

    def visit_AugAssign(self, node: cst.AugAssign) -> None:
        self._target(node.target)

    def visit_AnnAssign(self, node: cst.AnnAssign) -> None:
        self._target(node.target)

    def visit_For(self, node: cst.For) -> None:
        self._target(node.target)

    def visit_NamedExpr(self, node: cst.NamedExpr) -> None:
        self._target(node.target)

    def visit_WithItem(self, node: cst.WithItem) -> None:
        if node.asname is not None:
            self._target(node.asname.name)

    def visit_Try(self, node: cst.Try) -> bool:
        return not is_import(node)

    def visit_ExceptHandler(self, node: cst.ExceptHandler) -> None:
        if node.name is not None:
            self._target(node.name.name)

    def visit_MatchAs(self, node: cst.MatchAs) -> None:
        if node.name is not None:
            self._target(node.name)

    def visit_MatchStar(self, node: cst.MatchStar) -> None:
        if node.name is not None:
            self._target(node.name)

    def visit_Global(self, node: cst.Global) -> None:
        self.bindings.declared_global.update(item.name.value for item in node.names)

    def visit_Nonlocal(self, node: cst.Nonlocal) -> None:
        self.bindings.declared_nonlocal.update(item.name.value for item in node.names)

    def visit_FunctionDef(self, node: cst.FunctionDef) -> bool:
        return False

    def visit_ClassDef(self, node: cst.ClassDef) -> bool:
        return False

    def visit_Lambda(self, node: cst.Lambda) -> bool:
        return False


def is_import(node: cst.Try) -> bool:
    """Whether a `try` only imports: what it would do without the module is never done."""
    lines = node.body.body
    simple = [part for line in lines if isinstance(line, cst.SimpleStatementLine) for part in line.body]
    whole = all(isinstance(line, cst.SimpleStatementLine) for line in lines)
    return whole and all(isinstance(part, cst.Import | cst.ImportFrom) for part in simple) and node.finalbody is None


def target_names(node: cst.CSTNode) -> Iterable[str]:
    """The variables that an assignment to target `node` binds; an attribute of one is `self.x`."""
    match node:
        case cst.Name(value=name):
            yield name
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            for element in elements:
                yield from target_names(element.value)
        case cst.StarredElement(value=value):
            yield from target_names(value)
        case cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value=name)):
            yield f"{owner}.{name}"
        case _:
            return


class _Mentions(Visitor):
    def __init__(self) -> None:
        self.found: dict[str, int] = {}

    def visit_Name(self, node: cst.Name) -> None:
        self.found[node.value] = self.found.get(node.value, 0) + 1

    def visit_Attribute(self, node: cst.Attribute) -> None:
        self.found[node.attr.value] = self.found.get(node.attr.value, 0) - 1

    def visit_Arg(self, node: cst.Arg) -> None:
        if node.keyword is not None:
            self.found[node.keyword.value] = self.found.get(node.keyword.value, 0) - 1

    def visit_Comparison(self, node: cst.Comparison) -> bool:
        compared = [part.comparator for part in node.comparisons]
        return not any(isinstance(part, cst.Name) and part.value == "None" for part in compared)


def mentions(body: cst.CSTNode) -> dict[str, int]:
    """How often a body uses each name; whether something is None does not count."""
    visitor = _Mentions()
    visitor.visit(body)
    return visitor.found


def names_used(node: cst.CSTNode) -> set[str]:
    """The bare names that stand anywhere in a piece of code, those of attributes included."""
    names = {node.value} if isinstance(node, cst.Name) else set()
    return names.union(*map(names_used, children(node)))


def bindings_of(body: cst.CSTNode) -> Bindings:
    """The variables bound in `body`, nested functions and classes excluded."""
    binder = _Binder()
    binder.visit(body)
    return binder.bindings


def bound_by_functions(module: cst.Module) -> Counter[str]:
    """How often functions bind each variable of a module (`global`)."""
    found: Counter[str] = Counter()
    for node in walk(module):
        if isinstance(node, cst.FunctionDef):
            inside = bindings_of(node.body)
            found.update({name: inside.counts[name] for name in inside.declared_global if name in inside.counts})
    return found


def declared_inside(node: cst.CSTNode) -> frozenset[str]:
    """The names that functions declare `global` or `nonlocal`: they may bind variables of other scopes."""
    return frozenset(item.name.value for item in walk(node) if isinstance(item, cst.NameItem))


def assigned_in(body: cst.CSTNode) -> frozenset[str]:
    """The names that a block or statement may rebind, for forgetting what was known about them."""
    return frozenset(bindings_of(body).counts)
