"""Assignments to names: versions of a variable, its type over its whole scope, and what is known about it now."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import same_family
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.types import NeverType, NoneType, Type


def assign_name(context: Context, node: cst.CSTNode, name: str, type_: Type) -> ir.NameTarget:
    """The variable `name` as the target of a value of `type_`, from here on bound."""
    scope = _owner(context, node, name)
    if scope is context.scope:
        _split(context, scope, node, name, type_)
    joined = context.assumptions.join(scope.key(name), type_)
    context.places.setdefault(scope.key(name), context.span(node))
    joined = context.settled(joined, node, f"'{name}'")
    target = ir.NameTarget(scope.spelling(name), joined, context.span(node))
    for known in (scope, context.scope):
        known.bound.add(name)
        known.touched.add(name)
        known.poisoned.discard(name)
        known.constants.pop(name, None)
    for key in [key for key in context.scope.narrowed if key.startswith(f"{name}.")]:
        del context.scope.narrowed[key]
    if isinstance(type_, NoneType):
        context.scope.narrowed.pop(name, None)
    else:
        context.scope.narrowed[name] = type_
    return target


def _owner(context: Context, node: cst.CSTNode, name: str) -> Scope:
    """The scope that an assignment to `name` binds it in."""
    scope = context.scope
    if name in scope.functions or (scope.kind == "module" and name in context.classes):
        context.refuse("PCA206", node, f"'{name}' is a function or class of this file")
    if name in scope.bindings.declared_global:
        context.shared.add(name)
        context.assumptions.note(("captured", "", name))
        return context.module_scope
    if name in scope.bindings.declared_nonlocal:
        outer = scope.parent
        while outer is not None and not outer.owns(name):
            outer = outer.parent
        if outer is not None:
            context.assumptions.note(("captured", outer.identity, name))
            return outer
    return scope


def _split(context: Context, scope: Scope, node: cst.CSTNode, name: str, type_: Type) -> None:
    """Start a new version where straight-line code rebinds a name to another type: two C++ variables."""
    if ("captured", scope.identity, name) in context.assumptions.facts or scope.kind == "lambda":
        return
    position = context.span(node).start
    fact = ("split", scope.identity, name, position.line, position.column)
    if fact not in context.assumptions.facts:
        known = context.assumptions.get(scope.key(name))
        straight = scope.block_depth == 0 and name in scope.bound
        if not straight or isinstance(known, NeverType) or same_family(known, type_):
            return
        context.assumptions.note(fact)
    scope.versions[name] = scope.versions.get(name, 1) + 1


def poison(context: Context, node: cst.CSTNode) -> None:
    """Mark the names that a refused assignment would have bound, so that their uses raise no second diagnostic."""
    for name in target_names(node):
        context.scope.poisoned.add(name)
        context.scope.bound.add(name)
        context.scope.touched.add(name)
