"""Functions that are kept after the function that they stand in has returned: lambdas with copies of their captures.

A copy is what Python's closure reads only where the captured variable is never bound again, and holds no list or dict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import is_container
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.table.bind import Bound


def keep(context: Context, node: cst.BaseExpression, value: ir.Expr, bound: Bound, index: int) -> ir.Expr:
    """The lowered function, made one that may be kept where the row keeps it."""
    if not any(index in bound.positions.get(name, ()) for name in bound.variant.keeps):
        return value
    return _kept(context, node, value)


def _kept(context: Context, node: cst.BaseExpression, value: ir.Expr) -> ir.Expr:
    match node, value:
        case cst.List(elements=elements), ir.ListDisplay(elements=values):
            pairs = zip(elements, values, strict=True)
            return replace(value, elements=tuple(_kept(context, element.value, item) for element, item in pairs))
        case cst.Lambda(), ir.Lambda():
            return replace(value, kept=check_captures(context, node, context.scope))
        case cst.Name(value=name), ir.FunctionRef():
            _keep_function(context, name)
    return value


def _keep_function(context: Context, name: str) -> None:
    """Remember that a local function is kept, so that the next round makes it so."""
    scope = context.resolve(name).scope
    if scope is not None and scope.kind != "module":
        context.assumptions.note(("kept", f"{scope.identity}.{name}"))


def check_captures(context: Context, node: cst.FunctionDef | cst.Lambda, scope: Scope) -> bool:
    """Refuse captures of which a copy is not the same; gives whether there are captures."""
    found = False
    for owner, name in _captures(node, scope):
        found = True
        if name in owner.functions:
            context.assumptions.note(("kept", f"{owner.identity}.{name}"))
        elif not _stays(context, owner, name):
            context.refuse(
                "PCA503", node, f"this function would outlive '{name}', which it uses", "copy it to a new name first"
            )
    return found


def _captures(node: cst.FunctionDef | cst.Lambda, scope: Scope) -> Iterator[tuple[Scope, str]]:
    own = {parameter.name.value for parameter in (*node.params.params, *node.params.kwonly_params)}
    for name in sorted(names_used(node.body) - own):
        outer: Scope | None = scope
        while outer is not None and outer.kind != "module":
            if outer.owns(name) or name in outer.functions or name == outer.instance:
                yield outer, name
                break
            outer = outer.parent


def _stays(context: Context, owner: Scope, name: str) -> bool:
    """Whether a captured variable is bound once, before the function is made, to something that does not change."""
    times = owner.bindings.counts[name] + (name in owner.parameters)
    changes = is_container(context.assumptions.get(owner.key(name)))
    return times == 1 and not changes and name in owner.bound and name != owner.instance


def names_used(node: cst.CSTNode) -> set[str]:
    """The bare names that stand anywhere in a function's body."""
    names = {node.value} if isinstance(node, cst.Name) else set()
    return names.union(*map(names_used, node.children))
