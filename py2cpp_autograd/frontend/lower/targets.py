"""Assignments to names: versions of a variable, its type over its whole scope, and what is known about it now."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import same_family
from py2cpp_autograd.frontend.lower import flags, looseness
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.webs import Webs, webs_of
from py2cpp_autograd.types import FloatType, IntType, NeverType, NoneType, SymbolType, TensorType, Type


def assign_name(
    context: Context, node: cst.CSTNode, name: str, type_: Type, value: ir.Expr | None = None
) -> ir.NameTarget:
    """The variable `name` as the target of a value of `type_`, from here on bound."""
    scope = _owner(context, node, name)
    if name in scope.written_out:
        scope.dispatched.pop(name, None)
        message = f"this loop over a list of several types is written out, so that '{name}' cannot be assigned here"
        context.refuse("PCA307", node, message, "use another name for the new value")
    if scope is context.scope:
        _split(context, scope, node, name, type_)
    joined = _joined(context, scope, node, name, type_)
    context.places.setdefault(scope.key(name), context.span(node))
    joined = flags.settled(context, joined, node, f"'{name}'")
    looseness.note_number(context, scope, name, type_, value)
    target = ir.NameTarget(scope.spelling(name), joined, context.span(node))
    context.scope.bound.add(name)  # in another one's function only if that runs, and gets here
    context.scope.freed.discard(target.name)
    for known in (scope, context.scope):
        known.touched.add(name)
        known.poisoned.discard(name)
        known.constants.pop(name, None)
    if not scope.block_depth:
        scope.deleted.discard(target.name)
    context.scope.forget({name})
    if not isinstance(type_, NoneType):
        context.scope.narrowed[name] = type_
    return target


def _joined(context: Context, scope: Scope, node: cst.CSTNode, name: str, type_: Type) -> Type | None:
    """The type of a variable that takes a value of `type_` too; numbers and tensors together are a tensor."""
    key = scope.key(name)
    joined = context.assumptions.join(key, type_)
    known = context.assumptions.get(key)
    kinds = {type(known), type(type_)}
    if joined is not None or TensorType not in kinds or not kinds & {IntType, FloatType}:
        return joined
    if ("total", *key) in context.assumptions.facts:
        return known
    if scope is not context.scope or scope.body is None or name in scope.parameters:
        return None
    context.assumptions.note(("total", *key))
    context.assumptions.replace(key, TensorType())
    context.pending(node)


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


def choose_version(context: Context, scope: Scope, node: cst.CSTNode, name: str) -> int | None:
    """Let `name` stand for the C++ variable that an assignment of it means; its web, where that is known."""
    webs = _webs(context, scope, name)
    web = None if webs is None else webs.of(node)
    if web is not None:
        scope.versions[name] = _version(context, scope, name, web)
    return web


def choose_version_read(context: Context, scope: Scope, node: cst.Name) -> None:
    """Let a name stand for the C++ variable that a read of it means."""
    webs = _webs(context, scope, node.value)
    web = None if webs is None else webs.read_by(node)
    if web is not None:
        scope.versions[node.value] = _version(context, scope, node.value, web)


def change_in_place(context: Context, node: cst.BaseExpression) -> None:
    """`x += v` that changes the object x: what is read and what is assigned are one variable."""
    scope = context.resolve(node.value).scope if isinstance(node, cst.Name) else None
    if scope is not None and scope.webs is not None and isinstance(node, cst.Name) and node in scope.webs.augmented:
        position = context.span(node).start
        context.assumptions.note(("in place", scope.identity, position.line, position.column))


def _webs(context: Context, scope: Scope, name: str) -> Webs | None:
    """The webs of a scope, if one of its variables has several types."""
    if scope.body is None or ("several types", scope.identity, name) not in context.assumptions.facts:
        return None
    if scope.webs is None:
        scope.webs = _walked(context, scope, scope.body)
        for node, web in scope.webs.augmented.items():
            position = context.span(node).start
            if ("in place", scope.identity, position.line, position.column) in context.assumptions.facts:
                scope.webs.union((web, scope.webs.occurrences[node]))
    return scope.webs


def _walked(context: Context, scope: Scope, body: cst.BaseSuite | cst.Module) -> Webs:
    return webs_of(body, scope.parameters, lambda node: context.qualified(node) == "builtins.range")


def settle_versions(context: Context, scope: Scope) -> None:
    """Let each name stand for what it is when the module ends."""
    for name in list(scope.versions):
        web = None if scope.webs is None else scope.webs.end(name)
        if web is not None:
            scope.versions[name] = _version(context, scope, name, web)


def _version(context: Context, scope: Scope, name: str, web: int) -> int:
    """The number of the C++ variable that a web has: 1, until its type is another one's."""
    version = 1
    while ("version", scope.identity, name, web, version + 1) in context.assumptions.facts:
        version += 1
    return version


def _split(context: Context, scope: Scope, node: cst.CSTNode, name: str, type_: Type) -> None:
    """Give a value of another type a C++ variable of its own, where nothing reads it and the first one alike."""
    if _follows(context, scope, node, name, type_):
        scope.versions[name] = scope.versions.get(name, 1) + 1
        return
    choose_version(context, scope, node, name)
    version = scope.versions.get(name, 1)
    first = scope.owners.setdefault((name, version), node)
    known = context.assumptions.expected(scope.key(name))
    if scope.body is None or isinstance(known, NeverType) or same_family(known, type_):
        return
    context.assumptions.note(("several types", scope.identity, name))
    web = choose_version(context, scope, node, name)
    if web is None or scope.webs is None or web == _first(scope, name, version, first):
        return
    scope.versions[name] = version + 1
    scope.owners.setdefault((name, version + 1), node)
    context.assumptions.note(("version", scope.identity, name, web, version + 1))


def _follows(context: Context, scope: Scope, node: cst.CSTNode, name: str, type_: Type) -> bool:
    """Whether a variable surely has this value from here on, though a test that is always true stands before it.

    if isinstance(size, int):        # it is one: the test is left out of C++
        size = (size, size)          # from here on, `size` is this
    """
    facts = context.assumptions.facts
    body = scope.body
    if body is None or ("several types", scope.identity, name) in facts:
        return False
    position = context.span(node).start
    fact = ("split", scope.identity, name, position.line, position.column)
    known = context.assumptions.expected(scope.key(name))
    straight = scope.block_depth == 0 and name in scope.bound and name in scope.parameters
    retyped = straight and not isinstance(known, NeverType) and not same_family(known, type_)
    if fact not in facts and not (retyped and _seems_to_meet_given(context, scope, body, node, name)):
        return False
    only_symbol = scope.kind == "function" and not scope.closes and isinstance(type_, SymbolType)
    if ("captured", scope.identity, name) in facts and not only_symbol:
        return False
    context.assumptions.note(fact)
    return True


def _seems_to_meet_given(
    context: Context, scope: Scope, body: cst.BaseSuite | cst.Module, node: cst.CSTNode, name: str
) -> bool:
    """Whether something seems to read either what a parameter was given, or what this assignment leaves there."""
    webs = _walked(context, scope, body)
    return webs.of(node) == webs.start(name)


def _first(scope: Scope, name: str, version: int, first: cst.CSTNode) -> int | None:
    """The web that a C++ variable has its type from: that of what assigns it first, or a parameter's."""
    if scope.webs is None:
        return None
    given = scope.webs.start(name) if version == 1 else None
    return scope.webs.of(first) if given is None else given


def poison(context: Context, *names: str) -> None:
    """Mark the names that a refused statement would have bound, so that their uses raise no second diagnostic."""
    for name in names:
        context.scope.poisoned.add(name)
        context.scope.bound.add(name)
        context.scope.touched.add(name)
