"""Functions that are called after the call that takes them has returned: hooks, and what schedulers compute with.

They capture by reference as long as the function that they stand in runs; where they may outlive it, they take copies.
A copy is what Python's closure reads only where the captured variable is never bound again, and holds no list or dict.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import bindings_of, names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import is_container
from py2cpp_autograd.frontend.lower.confined import is_confined
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.span import Span
from py2cpp_autograd.table.bind import Bound
from py2cpp_autograd.types import is_module_instance

_ADVICE = "make it in a function that takes this as a parameter, or write a class with __call__ that keeps it"
#: (word, line, column) of a lambda that calls give to parameters: to such as are only called, and to others.
_LENT, _KEPT_ON = "lent", "kept on"
#: Modules are made by functions, which they may not outlive.
MADE_INSIDE = ("modules made in functions",)


def keep(context: Context, node: cst.BaseExpression, value: ir.Expr, bound: Bound, index: int) -> ir.Expr:
    """The lowered function, made one that may be kept where the row keeps it."""
    if not any(index in bound.positions.get(name, ()) for name in bound.variant.keeps):
        return value
    return kept(context, node, value)


def kept(context: Context, node: cst.BaseExpression, value: ir.Expr) -> ir.Expr:
    """The lowered function as one that may outlive the call that takes it."""
    match node, value:
        case cst.List(elements=elements), ir.ListDisplay(elements=values):
            pairs = zip(elements, values, strict=True)
            return replace(value, elements=tuple(kept(context, element.value, item) for element, item in pairs))
        case cst.Lambda(), ir.Lambda():
            return replace(value, captures=captures(context, node, context.scope))
        case cst.Name(value=name), ir.FunctionRef():
            _keep_function(context, name)
    return value


def _keep_function(context: Context, name: str) -> None:
    """Remember that a local function is kept, so that the next round makes it so."""
    scope = context.resolve(name).scope
    if scope is not None and scope.kind != "module":
        context.assumptions.note(("kept", f"{scope.identity}.{name}"))


def captures(context: Context, node: cst.FunctionDef | cst.Lambda, scope: Scope) -> ir.Captures:
    """How a function that is kept takes what it captures; refused (PCA503) where no way is Python's."""
    found = list(_captures(node, scope))
    if not found:
        return "now"
    owners = {owner.identity: owner for owner, name in found if name != owner.instance}.values()
    if all(owner.kind == "module" or is_confined(context, owner) for owner in owners):
        if owners:
            _refuse_block_functions(context, node, found)
        if not any(name == owner.instance for owner, name in found):
            return "frame"
    copied = False
    for owner, name in found:
        if name in owner.functions and owner.kind != "module":
            context.assumptions.note(("kept", f"{owner.identity}.{name}"))
        elif name == owner.instance:
            _check_instance(context, node, owner, name)
            continue
        elif owner.kind != "module" and not _stays(context, owner, name, node):
            _refuse(context, node, name)
        copied = True
    return "copies" if copied else "now"


def functions_in(context: Context, target: cst.BaseExpression, value: cst.BaseExpression) -> frozenset[Span]:
    """Where the functions stand that an object puts into an attribute of its own, and that end with it."""
    match target:
        case cst.Attribute(value=cst.Name(value=name)) if name == context.scope.instance:
            return frozenset(context.span(node) for node in _choices(value))
        case _:
            return frozenset()


def _choices(value: cst.BaseExpression) -> Iterator[cst.BaseExpression]:
    match value:
        case cst.IfExp(body=body, orelse=orelse):
            yield from (*_choices(body), *_choices(orelse))
        case cst.Dict(elements=elements) | cst.List(elements=elements):
            for element in elements:
                yield from _choices(element.value)
        case _:
            yield value


def escaping(context: Context, node: cst.FunctionDef | cst.Lambda, scope: Scope) -> ir.Captures:
    """How a function that is returned, or put somewhere, takes what it captures: it may outlive every function."""
    found = list(_captures(node, scope))
    inside = [(owner, name) for owner, name in found if owner.kind != "module"]
    for owner, name in inside:
        if name in owner.functions:
            context.assumptions.note(("escapes", f"{owner.identity}.{name}"))
        elif name == owner.instance and context.span(node) in context.scope.own_functions:
            _check_instance(context, node, owner, name)
        elif name == owner.instance or not _stays(context, owner, name, node):
            _refuse(context, node, name)
    if not inside:
        return "frame" if found else "now"
    context.shared.update(name for owner, name in found if owner.kind == "module")
    return "copies"


def note_lent(context: Context, node: cst.Lambda, function: cst.FunctionDef | cst.Lambda, parameter: str) -> None:
    """Remember whether a function that a call gives to a parameter is only called there: it ends with the call."""
    context.assumptions.note((_LENT if _only_calls(function, parameter) else _KEPT_ON, *_place(context, node)))


def is_lent(context: Context, node: cst.Lambda) -> bool:
    """Whether all that take a function do nothing but call it."""
    facts, place = context.assumptions.facts, _place(context, node)
    return (_LENT, *place) in facts and (_KEPT_ON, *place) not in facts


def _place(context: Context, node: cst.Lambda) -> tuple[int, int]:
    start = context.span(node).start
    return start.line, start.column


def _only_calls(function: cst.FunctionDef | cst.Lambda, name: str) -> bool:
    """Whether a function does nothing with a parameter but call it, itself and at once."""
    called = 0
    for node in walk(function.body):
        match node:
            case cst.Yield():
                return False
            case cst.FunctionDef() | cst.Lambda() | cst.ClassDef() | cst.GeneratorExp() if name in names_used(node):
                return False
            case cst.Call(func=cst.Name(value=value)) if value == name:
                called += 1
    return called == sum(isinstance(node, cst.Name) and node.value == name for node in walk(function.body))


def _refuse(context: Context, node: cst.CSTNode, name: str) -> None:
    message = f"this function would outlive '{name}', which it uses"
    context.refuse("PCA503", node, message, _ADVICE)


def _check_instance(context: Context, node: cst.CSTNode, owner: Scope, name: str) -> None:
    """The object itself is not copied: it must live as long as the program."""
    is_module = owner.instance_type is not None and is_module_instance(owner.instance_type)
    if not is_module or MADE_INSIDE in context.assumptions.facts:
        _refuse(context, node, name)


def _refuse_block_functions(
    context: Context, node: cst.FunctionDef | cst.Lambda, found: list[tuple[Scope, str]]
) -> None:
    """A local function that a block defines ends with the block."""
    for owner, name in found:
        if owner.kind != "module" and name in owner.functions and context.scope.block_depth:
            _refuse(context, node, name)


def _captures(node: cst.FunctionDef | cst.Lambda, scope: Scope) -> Iterator[tuple[Scope, str]]:
    """The variables and local functions of the functions around; in a script's own code, its variables too."""
    own = {parameter.name.value for parameter in (*node.params.params, *node.params.kwonly_params)}
    inside = bindings_of(node.body) if isinstance(node, cst.FunctionDef) else None
    if inside is not None:
        own |= {name for name in inside.counts if inside.is_local(name)}
    for name in sorted(names_used(node.body) - own):
        outer: Scope | None = scope
        while outer is not None:
            known = outer.owns(name) or (outer.kind != "module" and name in outer.functions)
            if known or (name == outer.instance and outer.kind == "function"):
                if outer.kind != "module" or scope.kind != "function":
                    yield outer, name
                break
            outer = outer.parent


def _stays(context: Context, owner: Scope, name: str, node: cst.FunctionDef | cst.Lambda) -> bool:
    """Whether a captured variable is bound once, before the function is made, to something that does not change."""
    times = owner.bindings.counts[name] + (name in owner.parameters)
    changes = is_container(context.assumptions.get(owner.key(name)))
    rebound = isinstance(node, cst.FunctionDef) and name in bindings_of(node.body).declared_nonlocal
    in_comprehension = owner.kind == "lambda" and name in owner.bindings.counts  # its last value, in Python
    again = rebound or in_comprehension or any(name in names for names in owner.loops)
    return times == 1 and not changes and not again and name in owner.bound


def note_made(context: Context) -> None:
    """Remember that a function makes a module, which may end with it."""
    outermost: Scope | None = context.scope
    while outermost is not None and outermost.parent is not None and outermost.parent.kind != "module":
        outermost = outermost.parent
    inside = outermost is not None and outermost.kind == "function" and not outermost.constructing
    if inside and outermost is not None and not is_confined(context, outermost):
        context.assumptions.note(MADE_INSIDE)
