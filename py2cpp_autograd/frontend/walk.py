"""Walks over syntax trees. libcst's own visitors look at every comma and blank, and take most of a translation's time.

What is seen are the nodes that mean something: no white space, no commas, no parentheses, no comments.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import cache
from operator import attrgetter
from typing import Any

import libcst as cst

_LAYOUT = (
    "whitespace", "leading_lines", "lines_after", "comma", "lpar", "rpar", "lbracket", "rbracket", "lbrace", "rbrace",
    "semicolon", "equal", "header", "footer", "colon", "first_colon", "second_colon", "dot", "trailing_whitespace",
    "separator", "indicator",
)  # fmt: skip

#: Classes whose fields do not stand in the order of the text.
_ORDER: dict[type[cst.CSTNode], tuple[str, ...]] = {
    cst.FunctionDef: ("decorators", "asynchronous", "name", "type_parameters", "params", "returns", "body"),
    cst.ClassDef: ("decorators", "name", "type_parameters", "bases", "keywords", "body"),
    cst.IfExp: ("body", "test", "orelse"),
    cst.DictComp: ("key", "value", "for_in"),
    cst.For: ("asynchronous", "target", "iter", "body", "orelse"),
    cst.CompFor: ("asynchronous", "target", "iter", "ifs", "inner_for_in"),
    cst.ExceptHandler: ("type", "name", "body"),
    cst.MatchCase: ("pattern", "guard", "body"),
    cst.ImportFrom: ("module", "names"),
    cst.SimpleStatementSuite: ("body",),
    cst.With: ("asynchronous", "items", "body"),
    cst.Arg: ("keyword", "value"),
    cst.Param: ("name", "annotation", "default"),
    cst.Parameters: ("posonly_params", "params", "star_arg", "kwonly_params", "star_kwarg"),
}


def children(node: cst.CSTNode) -> list[cst.CSTNode]:
    """The parts of a node, in the order of the text."""
    found: list[cst.CSTNode] = []
    for part in _parts(type(node))(node):
        class_ = part.__class__
        if class_ is tuple or class_ is list:
            found += part
        elif _is_node(class_):
            found.append(part)
    return found


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The node and all that it is made of, outer ones first."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        inside = children(found)
        inside.reverse()
        pending += inside


def surely_evaluated(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """The parts of a simple statement that are evaluated whenever it is, if nothing raises before."""
    yield node
    for part in _surely(node):
        yield from surely_evaluated(part)


def _surely(node: cst.CSTNode) -> list[cst.CSTNode]:
    match node:
        case cst.BooleanOperation(left=first) | cst.IfExp(test=first) | cst.BaseComp(for_in=cst.CompFor(iter=first)):
            return [first]
        case cst.Comparison(left=left, comparisons=[first, *_]):
            return [left, first.comparator]
        case cst.Lambda():
            return []
        case _:
            return children(node)


#: A place where a name stands, and what is around it, outermost first.
Use = tuple[tuple[cst.CSTNode, ...], cst.Name]


def uses(node: cst.CSTNode, name: str) -> Iterator[Use]:
    """The places where a name stands: as itself, not as an attribute or keyword."""
    return (use for use in all_uses(node) if use[1].value == name)


def all_uses(node: cst.CSTNode, parents: tuple[cst.CSTNode, ...] = ()) -> Iterator[Use]:
    """The places where any name stands, as itself."""
    if isinstance(node, cst.Name):
        yield parents, node
        return
    for child in children(node):
        named = isinstance(node, cst.Attribute) and child is node.attr
        if not named and not (isinstance(node, cst.Arg) and child is node.keyword):
            yield from all_uses(child, (*parents, node))


@cache
def _parts(class_: type[cst.CSTNode]) -> Callable[[cst.CSTNode], tuple[Any, ...]]:
    """Gives the fields of a node of the class that mean something."""
    names = _ORDER.get(class_) or [field.name for field in fields(class_) if not field.name.startswith(_LAYOUT)]
    match list(names):
        case []:
            return lambda node: ()
        case [name]:
            return lambda node: (getattr(node, name),)
        case _:
            return attrgetter(*names)


@cache
def _is_node(class_: type) -> bool:
    return issubclass(class_, cst.CSTNode)  # a question that abstract classes answer slowly


class Visitor:
    """Calls `visit_<Class>(node)` for each node, outer ones first; False leaves out what the node is made of."""

    def visit(self, node: cst.CSTNode) -> None:
        """Walk over `node` and all that it is made of."""
        method = getattr(self, f"visit_{type(node).__name__}", None)
        if method is None or method(node) is not False:
            for child in children(node):
                self.visit(child)


def dotted(node: cst.BaseExpression | None) -> str:
    """The text of a dotted name; empty for other expressions."""
    match node:
        case cst.Name(value=name):
            return name
        case cst.Attribute(value=value, attr=attr):
            return f"{dotted(value)}.{attr.value}"
        case _:
            return ""
