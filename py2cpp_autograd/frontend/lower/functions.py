"""Functions: specialised where they are called, to the types of the call; local ones where they are defined."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NoReturn

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.diagnostics import Refusal
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.bindings import Bindings, bindings_of
from py2cpp_autograd.frontend.context import Context, FunctionInstance
from py2cpp_autograd.frontend.join import same_family
from py2cpp_autograd.frontend.lower import rows
from py2cpp_autograd.frontend.lower.block import lower_suite
from py2cpp_autograd.frontend.lower.values import coerce, is_container
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import NONE, TENSOR, ApiType, FunctionType, InstanceType, NeverType, Type

FunctionNode = cst.FunctionDef | cst.Lambda


@dataclass(frozen=True)
class Signature:
    """The parameters of a Python function of the program: names, defaults, which are keyword-only."""

    parameters: tuple[cst.Param, ...]
    keyword_only: frozenset[str]

    @property
    def names(self) -> tuple[str, ...]:
        """The parameters' names in order."""
        return tuple(parameter.name.value for parameter in self.parameters)


def signature_of(context: Context, node: FunctionNode, skip: int = 0) -> Signature:
    """The signature, without the first `skip` parameters (self, ctx)."""
    parameters = node.params
    if isinstance(parameters.star_arg, cst.Param) or parameters.star_kwarg is not None:
        context.refuse("PCA104", parameters, "a function with *args or **kwargs has no translation")
    plain = (*parameters.posonly_params, *parameters.params)
    keyword_only = parameters.kwonly_params
    return Signature((*plain[skip:], *keyword_only), frozenset(parameter.name.value for parameter in keyword_only))


# --------------------------------------------------------------------------------------------- calls


def bind_arguments(context: Context, node: cst.Call, signature: Signature, name: str) -> dict[str, ir.Expr]:
    """The values that a call gives to parameters, in order of evaluation; defaults are left out."""
    given: dict[str, ir.Expr] = {}
    positional = [parameter for parameter in signature.names if parameter not in signature.keyword_only]
    for index, argument in enumerate(node.args):
        if argument.star:
            context.refuse("PCA104", argument, "a starred argument has no translation")
        if argument.keyword is not None:
            parameter = argument.keyword.value
        elif index < len(positional):
            parameter = positional[index]
        else:
            context.refuse("PCA306", argument, f"{name} takes {len(positional)} positional arguments")
        if parameter not in signature.names:
            context.refuse("PCA306", argument, f"{name} has no parameter '{parameter}'")
        given[parameter] = context.expression(argument.value)
    for required in signature.parameters:
        if required.default is None and required.name.value not in given:
            context.refuse("PCA306", node, f"{name} needs a value for '{required.name.value}'")
    return given


def argument_types(context: Context, signature: Signature, given: dict[str, ir.Expr]) -> tuple[Type, ...]:
    """The type of each parameter at this call, defaults included."""
    return tuple(
        given[parameter.name.value].type if parameter.name.value in given else default_value(context, parameter).type
        for parameter in signature.parameters
    )


def default_value(context: Context, parameter: cst.Param) -> ir.Expr:
    """A default, which must mean the same at every call: a literal, or made of literals."""
    assert parameter.default is not None
    with context.within(_empty_scope(context)):
        value = context.expression(parameter.default)
    if is_container(value.type) or not _is_constant(value):
        context.refuse("PCA404", parameter.default, "a default must be a literal", "use None and set it in the body")
    return value


def _empty_scope(context: Context) -> Scope:
    return Scope("default", "lambda", context.module_scope, Bindings())


def _is_constant(value: ir.Expr) -> bool:
    match value:
        case ir.Literal():
            return True
        case ir.Apply(form="value"):
            return True
        case ir.TupleDisplay(elements=elements):
            return all(map(_is_constant, elements))
        case ir.Unary(operand=operand) | ir.Convert(operand=operand):
            return _is_constant(operand)
        case _:
            return False


def ordered(
    context: Context, signature: Signature, given: dict[str, ir.Expr], types: tuple[Type, ...], explicit: bool
) -> tuple[ir.Expr, ...]:
    """The arguments in the order of the parameters; trailing defaults left out unless `explicit`."""
    values: list[ir.Expr] = []
    count = len(signature.parameters)
    while not explicit and count and signature.names[count - 1] not in given:
        count -= 1
    for parameter, type_ in list(zip(signature.parameters, types, strict=True))[:count]:
        value = given.get(parameter.name.value)
        if value is None:
            value = default_value(context, parameter)
        values.append(coerce(context, value, type_, f"parameter '{parameter.name.value}'"))
    return tuple(values)


def lower_function_call(context: Context, node: cst.Call, name: str, scope: Scope) -> ir.Expr:
    """A call of a function of the program."""
    definition = scope.functions[name]
    signature = signature_of(context, definition)
    given = bind_arguments(context, node, signature, f"{name}()")
    types = argument_types(context, signature, given)
    is_local = scope.kind != "module"
    identity = f"{scope.identity}.{name}" if is_local else name
    if is_local:
        instance = local_instance(context, identity, definition, signature, types, node)
    else:
        instance = _instance(context, identity, definition, signature, types)
        lower_instance(context, instance, node)
    settled = parameter_types(context, instance.identity, signature)
    result = context.assumptions.get(("result", instance.identity))
    if isinstance(result, NeverType):
        context.pending(node)
    explicit = len(context.instances.get(identity, ())) > 1
    return ir.Call(name, ordered(context, signature, given, settled, explicit), result, context.span(node))


def local_instance(
    context: Context,
    identity: str,
    definition: FunctionNode,
    signature: Signature,
    types: tuple[Type, ...],
    node: cst.Call,
) -> FunctionInstance:
    """The one specialisation of a local function: C++ lambdas do not overload."""
    for parameter, type_ in zip(signature.names, types, strict=True):
        joined = context.assumptions.join(("variable", identity, parameter, 1), type_)
        context.settled(joined, node, f"parameter '{parameter}'")
    return FunctionInstance(identity, definition, types)


def _instance(
    context: Context, identity: str, definition: FunctionNode, signature: Signature, types: tuple[Type, ...]
) -> FunctionInstance:
    """The specialisation whose parameters take these types, widened if need be, or a new one."""
    found = context.instances.setdefault(identity, [])
    for instance in found:
        known = parameter_types(context, instance.identity, signature)
        if all(same_family(a, b) for a, b in zip(known, types, strict=True)):
            break
    else:
        suffix = f"#{len(found) + 1}" if found else ""
        instance = FunctionInstance(identity + suffix, definition, types)
        found.append(instance)
    for parameter, type_ in zip(signature.names, types, strict=True):
        context.assumptions.join(("variable", instance.identity, parameter, 1), type_)
    return instance


def parameter_types(context: Context, identity: str, signature: Signature) -> tuple[Type, ...]:
    """The types of a specialisation's parameters so far."""
    return tuple(context.assumptions.get(("variable", identity, parameter, 1)) for parameter in signature.names)


# -------------------------------------------------------------------------------------------- bodies


def lower_instance(context: Context, instance: FunctionInstance, node: cst.CSTNode) -> None:
    """Lower the body, once per round; a recursive call finds the result type of the last round."""
    if instance.started:
        return
    instance.started = True
    assert isinstance(instance.node, cst.FunctionDef | cst.Lambda)
    name = instance.identity.partition("#")[0]
    instance.lowered = lower_body(context, instance.identity, name, instance.node, 0, context.module_scope, None)


def lower_body(
    context: Context,
    identity: str,
    name: str,
    definition: FunctionNode,
    skip: int,
    parent: Scope,
    self_class: str | None,
) -> ir.Function:
    """The IR of a function whose parameter types are settled. The first `skip` parameters are self or ctx."""
    signature = signature_of(context, definition, skip)
    scope = _function_scope(context, identity, definition, signature, parent)
    if skip:
        scope.instance, scope.self_class = definition.params.params[0].name.value, self_class
        scope.instance_type = _instance_type(context, self_class)
    else:
        scope.inherit(parent)
    guards = _guards(context, definition)
    with context.within(scope):
        body = _body(context, definition)
    if not _ends(body) and not scope.failed:
        context.assumptions.join(("result", identity), NONE)
    result = context.assumptions.get(("result", identity))
    parameters = tuple(_parameter(context, identity, parameter) for parameter in signature.parameters)
    outer = frozenset(scope.bindings.declared_global | scope.bindings.declared_nonlocal)
    return ir.Function(name, parameters, result, body, guards, context.span(definition), (), outer)


def _instance_type(context: Context, class_name: str | None) -> Type:
    """The type of self, or of ctx in a custom Function."""
    assert class_name is not None
    is_module = any(
        base is not None and roles.is_module(context.table, base)
        for base in (context.qualified(written.value) for written in context.classes[class_name].bases)
    )
    return InstanceType(class_name) if is_module else ApiType(roles.CONTEXT)


def _function_scope(
    context: Context, identity: str, definition: FunctionNode, signature: Signature, parent: Scope
) -> Scope:
    bindings = bindings_of(definition.body) if isinstance(definition, cst.FunctionDef) else Bindings()
    scope = Scope(identity, "function", parent, bindings, frozenset(signature.names))
    scope.bound.update(signature.names)
    scope.result = ("result", identity)
    if isinstance(definition, cst.FunctionDef):
        scope.functions = local_functions(definition.body, bindings)
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
            case cst.If(body=suite) if isinstance(suite, cst.IndentedBlock):
                found.update(local_functions(suite, bindings))
    return found


def _body(context: Context, definition: FunctionNode) -> tuple[ir.Stmt, ...]:
    if isinstance(definition, cst.FunctionDef):
        return lower_suite(context, definition.body, nested=False)
    try:
        value = context.expression(definition.body)
    except Refusal:
        return ()
    result = context.scope.result
    assert result is not None
    context.assumptions.join(result, value.type)
    return (ir.Return(None if value.type == NONE else value, value.span),)


def _ends(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether every way through the body returns or raises."""
    for statement in reversed(body):
        match statement:
            case ir.Comment():
                continue
            case ir.Return() | ir.Raise():
                return True
            case ir.If(body=then, orelse=orelse):
                return _ends(then) and _ends(orelse)
            case ir.With(body=inner):
                return _ends(inner)
            case ir.While(test=ir.Literal(value=True), body=inner):
                return not any(isinstance(part, ir.Break) for part in inner)
            case _:
                return False
    return False


def _parameter(context: Context, identity: str, parameter: cst.Param) -> ir.Parameter:
    name = parameter.name.value
    type_ = context.assumptions.get(("variable", identity, name, 1))
    default = None
    if parameter.default is not None:
        try:
            default = coerce(context, default_value(context, parameter), type_, f"parameter '{name}'")
        except Refusal:
            default = None
    mutated = ("mutated", identity, name) in context.assumptions.facts
    return ir.Parameter(name, type_, default, mutated, context.span(parameter))


def _guards(context: Context, definition: FunctionNode) -> tuple[ir.With, ...]:
    """Decorators that are contexts, such as `@torch.no_grad()`."""
    if not isinstance(definition, cst.FunctionDef):
        return ()
    if definition.asynchronous is not None:
        context.refuse("PCA102", definition, "asynchronous functions have no translation")
    guards = []
    for decorator in definition.decorators:
        name = context.qualified(decorator.decorator)
        if name == "builtins.staticmethod":
            continue
        guards.append(rows.guard(context, decorator.decorator, decorator=True))
    return tuple(guards)


def lower_local_function(context: Context, node: cst.FunctionDef) -> list[ir.Stmt]:
    """A `def` inside a function: a C++ lambda. At module level, functions are lowered where they are called."""
    scope = context.scope
    if scope.kind == "module":
        return []
    return [_local(context, node.name.value, node, node)]


def _local(context: Context, name: str, definition: FunctionNode, node: cst.CSTNode) -> ir.Stmt:
    identity = f"{context.scope.identity}.{name}"
    signature = signature_of(context, definition)
    apply_annotations(context, identity, signature, convention=False)
    function = lower_body(context, identity, name, definition, 0, context.scope, None)
    return ir.LocalFunction(function, context.span(node))


def apply_annotations(context: Context, identity: str, signature: Signature, convention: bool) -> None:
    """Types for the parameters of a function that nothing calls.

    By `convention`, a parameter with neither annotation nor default is a tensor, as in TorchScript.
    """
    for parameter in signature.parameters:
        key = ("variable", identity, parameter.name.value, 1)
        if not isinstance(context.assumptions.get(key), NeverType):
            continue
        type_ = annotated(context, parameter.annotation)
        if type_ is None and parameter.default is not None:
            type_ = default_value(context, parameter).type
        if type_ is not None or convention:
            context.assumptions.join(key, type_ or TENSOR)


def lower_super_call(context: Context, node: cst.Call) -> list[ir.Stmt] | None:
    """`super().__init__()`: nothing in C++, where the base is constructed first anyway."""
    match node.func:
        case cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value="__init__")):
            if node.args or context.scope.self_class is None:
                context.refuse("PCA102", node, "this use of super() has no translation")
            return []
        case _:
            return None


def lower_lambda(context: Context, node: cst.Lambda, expected: Type | None) -> ir.Expr:
    """A lambda expression given where its parameter types are known."""
    if not isinstance(expected, FunctionType):
        context.refuse(
            "PCA301", node, "the types of this lambda's parameters are not known", "write a def, and call it"
        )
    signature = signature_of(context, node)
    if len(signature.names) != len(expected.parameters):
        context.refuse("PCA306", node, f"a function of {len(expected.parameters)} parameters is needed here")
    position = context.span(node).start
    identity = f"{context.scope.identity}@{position.line}:{position.column}"
    outer = context.scope
    scope = Scope(
        identity,
        "lambda",
        outer,
        Bindings(),
        frozenset(signature.names),
    )
    scope.inherit(outer)
    scope.bound.update(signature.names)
    parameters = []
    for parameter, type_ in zip(signature.parameters, expected.parameters, strict=True):
        context.assumptions.join(("variable", identity, parameter.name.value, 1), type_)
        parameters.append(ir.Parameter(parameter.name.value, type_, None, False, context.span(parameter)))
    with context.within(scope):
        body = context.expression(node.body)
    type_ = FunctionType(expected.parameters, body.type)
    return ir.Lambda(tuple(parameters), body, type_, context.span(node))


def function_value(context: Context, node: cst.Name, scope: Scope, expected: FunctionType) -> ir.Expr:
    """A function of the program given where a function of these parameter types is wanted."""
    name = node.value
    definition = scope.functions[name]
    signature = signature_of(context, definition)
    if len(signature.names) != len(expected.parameters):
        context.refuse("PCA306", node, f"a function of {len(expected.parameters)} parameters is needed here")
    if scope.kind == "module":
        instance = _instance(context, name, definition, signature, expected.parameters)
        lower_instance(context, instance, node)
        identity = instance.identity
    else:
        identity = f"{scope.identity}.{name}"
        for parameter, type_ in zip(signature.names, expected.parameters, strict=True):
            context.assumptions.join(("variable", identity, parameter, 1), type_)
    result = context.assumptions.get(("result", identity))
    if isinstance(result, NeverType):
        context.pending(node)
    return ir.FunctionRef(name, FunctionType(expected.parameters, result), context.span(node))


def refuse_as_value(context: Context, node: cst.Name, scope: Scope) -> NoReturn:
    """Refuse a function where a value is wanted; one that would outlive the variables it uses for that reason."""
    name = node.value
    definition = scope.functions[name]
    used = _names_used(definition.body)
    captured = sorted(variable for variable in used if scope.kind != "module" and scope.owns(variable))
    if captured:
        context.refuse("PCA503", node, f"'{name}' would outlive {', '.join(map(repr, captured))}, which it uses")
    context.refuse("PCA103", node, f"function '{name}' as a value has no translation here", "call it")


def _names_used(node: cst.CSTNode) -> set[str]:
    """The bare names that stand anywhere in a function's body."""
    names = {node.value} if isinstance(node, cst.Name) else set()
    return names.union(*map(_names_used, node.children))
