"""Bodies of functions: lowered once the types of the parameters are settled."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import Bindings, bindings_of, mentions
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import generators, guards
from py2cpp_autograd.frontend.lower.aliases import note_default
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.flow import giving_nothing
from py2cpp_autograd.frontend.lower.parameters import FunctionNode, Signature, default_for, signature_of
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.normalize.cached_functions import CACHES
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.ir_walk import blocks, statements
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import NONE, ApiType, OptionalType, SymbolType


@dataclass(frozen=True)
class Enclosing:
    """The class that a method is lowered for, the one that it stands in, and what it is there."""

    class_name: str
    owner: str
    kind: hierarchy.MethodKind = "method"
    constructing: bool = False


def lower_body(
    context: Context,
    identity: str,
    name: str,
    definition: FunctionNode,
    skip: int,
    parent: Scope,
    enclosing: Enclosing | None = None,
) -> ir.Function:
    """The IR of a function whose parameter types are settled. The first `skip` parameters are self, cls or ctx."""
    signature = signature_of(context, definition, skip)
    scope = _function_scope(context, identity, definition, signature, parent)
    if enclosing is None:
        scope.inherit(parent)
    else:
        _enclose(context, scope, definition, enclosing)
    guards = _guards(context, definition)
    yields = generators.is_generator(context, definition)
    if not yields and isinstance(definition, cst.FunctionDef) and context.source.once(_gives_nothing, definition.body):
        context.assumptions.join(("result", identity), NONE)  # before it calls itself
    scope.yields = ("yield", identity) if yields else None
    with context.within(scope):
        body = _body(context, definition)
    if yields:
        generators.check_body(context, definition, body)
    ends = yields or _ends(body) or scope.failed
    if not ends or (not scope.failed and not yields and _only_raises(body)):
        context.assumptions.join(("result", identity), NONE)
    result = context.assumptions.get(("result", identity))
    if not ends and isinstance(result, OptionalType):
        end = context.span(definition)
        body = (*body, ir.Return(coerce(context, ir.Literal(None, NONE, end), result, "the result"), end))
    if yields:
        result = NONE
    rebound = scope.bindings.counts - Counter(name for name, _ in scope.extended)
    found = [_parameter(context, identity, p, p.name.value in rebound) for p in signature.parameters]
    parameters = _with_trailing_defaults([part for part in found if not isinstance(part.type, SymbolType)])
    outer = frozenset(scope.bindings.declared_global | scope.bindings.declared_nonlocal)
    kind: ir.FunctionKind = "constructing" if scope.constructing else "method"
    if enclosing is not None and enclosing.kind in {"static", "class"}:
        kind = "static"
    made = ir.Function(name, parameters, result, body, guards, context.span(definition), (), outer, kind=kind)
    return generators.marked(context, made, definition, identity) if yields else made


def _gives_nothing(node: cst.CSTNode) -> bool:
    """Whether no `return` of a function's body, those of functions in it aside, has a value."""
    if isinstance(node, cst.FunctionDef | cst.ClassDef | cst.Lambda):
        return True
    gives = isinstance(node, cst.Return) and node.value is not None
    return not gives and all(map(_gives_nothing, children(node)))


def _only_raises(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a body that runs to its end gives no result on any way."""
    return _ends(body) and not any(isinstance(node, ir.Return) for node in statements(body))


def _enclose(context: Context, scope: Scope, definition: FunctionNode, enclosing: Enclosing) -> None:
    """Make the scope one of a method: with self, cls or ctx as its first parameter."""
    scope.self_class, scope.owner_class = enclosing.class_name, enclosing.owner
    scope.constructing = enclosing.constructing
    if enclosing.kind == "static":
        return
    plain = (*definition.params.posonly_params, *definition.params.params)
    if not plain:
        context.refuse("PCA306", definition, "a method takes the object itself as its first parameter")
    first = plain[0].name.value
    if enclosing.kind == "class":
        scope.class_parameter = first
        return
    scope.instance = first
    if hierarchy.kind_of(context, enclosing.class_name) == "function":
        scope.instance_type = ApiType(roles.CONTEXT)
    else:
        scope.instance_type = hierarchy.instance_type(context, enclosing.class_name)


def _function_scope(
    context: Context, identity: str, definition: FunctionNode, signature: Signature, parent: Scope
) -> Scope:
    once = context.source.once
    bindings = once(bindings_of, definition.body).copy() if isinstance(definition, cst.FunctionDef) else Bindings()
    scope = Scope(identity, "function", parent, bindings, frozenset(signature.names))
    scope.bound.update(signature.names)
    scope.mentions = once(mentions, definition.body)
    scope.closes = once(_defines, definition.body)
    scope.result = ("result", identity)
    if signature.keywords_at is not None:
        scope.keywords, scope.keywords_at = signature.keywords, signature.keywords_at
        scope.keyword_names = signature.collected
    if isinstance(definition, cst.FunctionDef):
        scope.body = definition.body
        scope.functions = local_functions(definition.body, bindings)
        scope.applies = applies(context, definition.body, bindings)
    return scope


def local_functions(body: cst.BaseSuite | cst.Module, bindings: Bindings) -> dict[str, FunctionNode]:
    """The functions that a block defines: `def`, and lambdas given a name once."""
    found: dict[str, FunctionNode] = {}
    for statement in body.body:
        match statement:
            case cst.FunctionDef(name=cst.Name(value=name)):
                found[name] = statement
            case cst.SimpleStatementLine(
                body=[
                    cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=cst.Lambda() as function)
                ]
            ) if bindings.counts[name] == 1:
                found[name] = function
            case cst.If(body=suite) | cst.For(body=suite) | cst.While(body=suite) | cst.With(body=suite):
                inner = local_functions(suite, bindings) if isinstance(suite, cst.IndentedBlock) else {}
                is_module = isinstance(body, cst.Module)
                found.update({n: f for n, f in inner.items() if is_module or _uses(body, n) == _uses(suite, n)})
    return found


def applies(context: Context, node: cst.CSTNode, bindings: Bindings) -> dict[str, str]:
    """The names that a body gives once to the `apply` of a custom Function, in whichever block."""
    given = context.source.once(_given_applies, node)
    return {name: owner for name, owner in given if bindings.counts[name] == 1 and owner in context.classes}


def _given_applies(node: cst.CSTNode) -> list[tuple[str, str]]:
    """The names that a body gives to the `apply` of anything, and of what."""
    found: list[tuple[str, str]] = []
    for child in children(node):
        match child:
            case cst.FunctionDef() | cst.ClassDef() | cst.BaseExpression():
                continue
            case cst.Assign(
                targets=[cst.AssignTarget(target=cst.Name(value=name))],
                value=cst.Attribute(value=cst.Name(value=owner), attr=cst.Name(value="apply")),
            ):
                found.append((name, owner))
            case _:
                found += _given_applies(child)
    return found


def _defines(node: cst.CSTNode) -> bool:
    """Whether a piece of code defines functions."""
    return any(isinstance(child, cst.FunctionDef | cst.Lambda) or _defines(child) for child in children(node))


def _uses(node: cst.CSTNode, name: str) -> int:
    """How often a name stands in a piece of code: a function of a block is a C++ variable of that block."""
    own = isinstance(node, cst.Name) and node.value == name
    return own + sum(_uses(child, name) for child in children(node))


def _body(context: Context, definition: FunctionNode) -> tuple[ir.Stmt, ...]:
    if isinstance(definition, cst.FunctionDef):
        return lower_suite(context, definition.body, nested=False)
    try:
        value = context.expression(definition.body)
    except Refusal:
        context.scope.failed = True
        return ()
    result = context.scope.result
    assert result is not None
    context.assumptions.join(result, value.type)
    return giving_nothing(value, value.span) if value.type == NONE else (ir.Return(value, value.span),)


def _ends(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether every way through the body returns or raises; what stands behind that is never reached."""
    return any(map(_ends_there, body))


def _ends_there(statement: ir.Stmt) -> bool:
    match statement:
        case ir.Return() | ir.Raise():
            return True
        case ir.If(body=then, orelse=orelse):
            return _ends(then) and _ends(orelse)
        case ir.With(body=inner) | ir.For(iterable=ir.Generated(manages=True), body=inner):
            return _ends(inner)
        case ir.Try(body=tried, handlers=handlers, orelse=orelse, final=final):
            return _ends(final) or (_ends((*tried, *orelse)) and all(_ends(handler.body) for handler in handlers))
        case ir.While(test=ir.Literal(value=True), body=inner):
            return not _breaks(inner)
        case _:
            return False


def _with_trailing_defaults(parameters: list[ir.Parameter]) -> tuple[ir.Parameter, ...]:
    """C++ knows defaults only at the end of the parameters."""
    last = max((index for index, parameter in enumerate(parameters) if parameter.default is None), default=0)
    return tuple(replace(p, default=None) if index < last else p for index, p in enumerate(parameters))


def _breaks(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether a `break` may end the loop that the body is of; loops inside keep theirs."""
    return any(
        isinstance(statement, ir.Break)
        or (not isinstance(statement, ir.For | ir.While | ir.LocalFunction) and any(map(_breaks, blocks(statement))))
        for statement in body
    )


def _parameter(context: Context, identity: str, parameter: cst.Param, rebound: bool) -> ir.Parameter:
    name = parameter.name.value
    type_ = context.assumptions.get(("variable", identity, name, 1))
    try:
        default = default_for(context, parameter, type_)
    except Refusal:
        default = None
    if default is not None:
        note_default(context, identity, name, default)
    mutated = ("mutated", identity, name) in context.assumptions.facts
    if mutated and rebound:
        message = f"parameter '{name}' is changed in place, and given another value"
        context.refuse("PCA501", parameter, message, "give the other value a name of its own")
    return ir.Parameter(name, type_, default, mutated, context.span(parameter))


_BINDING = frozenset({"builtins.staticmethod", "builtins.classmethod", "builtins.property", "typing.override"})


def _is_setter(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.Attribute) and node.attr.value == "setter"


def _guards(context: Context, definition: FunctionNode) -> tuple[ir.With, ...]:
    """Decorators that are contexts, such as `@torch.no_grad()`."""
    if not isinstance(definition, cst.FunctionDef):
        return ()
    if definition.asynchronous is not None:
        context.refuse("PCA102", definition, "asynchronous functions have no translation")
    found = []
    for decorator in definition.decorators:
        name = context.qualified(decorator.decorator)
        if name in _BINDING or name == roles.ONCE_DIFFERENTIABLE or _is_setter(decorator.decorator):
            continue
        if generators.is_manager_decorator(name) or name in roles.MARKS:
            continue
        called = decorator.decorator.func if isinstance(decorator.decorator, cst.Call) else decorator.decorator
        if context.qualified(called) in CACHES:
            message = "only functions of the module keep their results, whose calls are all written in one way"
            context.refuse("PCA108", decorator, message, "keep the results in a dict, or compute them anew")
        found.append(guards.guard(context, decorator.decorator, decorator=True))
    return tuple(found)
