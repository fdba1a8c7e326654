"""Hooks of modules, which LibTorch does not have: calls of the modules that may have some go through the runtime.

model.fc.register_forward_hook(hook)        # py2cpp::register_forward_hook(model->fc, [&](Linear m, ...) { ... })
model.fc(x)                                 # py2cpp::hooked(model->fc, [&](torch::Tensor input) { ... }, {x})

Hooks are specialised to the class of the module. Calls are wrapped for the classes that hooks are registered on, and
where the class is not known; the rest of a program reads as if there were no hooks.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import Bindings
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import is_settled, same_family
from py2cpp_autograd.frontend.lower import kept, lookup, open_functions, rows
from py2cpp_autograd.frontend.lower.arguments import describe
from py2cpp_autograd.frontend.lower.classes.building import build_class
from py2cpp_autograd.frontend.scope import Key, Scope
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import Bound, CallArgument, bind
from py2cpp_autograd.types import (
    INT,
    NEVER,
    TENSOR,
    ApiType,
    FunctionType,
    InstanceType,
    ListType,
    NeverType,
    NoneType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
    is_module_container,
    without_none,
)

#: Lowers the call of a module as if it had no hooks.
Plain = Callable[[ir.Expr, cst.Call], ir.Expr]

_INPUTS = ListType(TENSOR, fixed=True)
_GRADIENTS = ListType(OptionalType(TENSOR), fixed=True)
_OPEN = ApiType(roles.MODULE)
REGISTERED: Key = ("module hooks",)
#: Some hook gives a tensor in the place of another one, whose dtype may differ.
_REPLACES: Key = ("module hooks", "replace")


def is_registration(context: Context, receiver: Type, name: str) -> bool:
    """Whether a method of a value registers a hook of a module."""
    own = isinstance(receiver, InstanceType) and hierarchy.method(context, receiver.name, name) is not None
    return name in roles.HOOKS and not own and rows.is_module_type(context, receiver)


# -------------------------------------------------------------------------------------- registrations


def register(context: Context, node: cst.Call, module: ir.Expr, name: str) -> ir.Expr:
    """`module.register_forward_hook(hook)` and its like."""
    note_hooked(context, node, module)
    row = lookup.required(context, node, module.type, name)
    values, described = [module], [CallArgument(None, module.type)]
    places: list[cst.CSTNode] = [node]
    for index, argument in enumerate(node.args):
        keyword = None if argument.keyword is None else argument.keyword.value
        is_hook = keyword == "hook" or (keyword is None and index == 0)
        value = _hook(context, argument.value, module, name) if is_hook else context.expression(argument.value)
        values.append(value)
        described.append(describe(context, keyword, value))
        places.append(argument)
    bound = rows.bind_call(context, node, row, described, places)
    return rows.application(context, node, bound, values)


def note_hooked(context: Context, node: cst.CSTNode, module: ir.Expr) -> None:
    """Remember that modules of this class may have hooks."""
    _check_called(context, node, module)
    context.assumptions.note(REGISTERED)
    context.assumptions.note(("hooked", _known_class(context, module.type)))


def _check_called(context: Context, node: cst.CSTNode, module: ir.Expr) -> None:
    """Refuse hooks that would not be run where Python runs them."""
    if is_module_container(module.type):
        context.refuse("PCA103", node, "a list or dict of modules is never called, so that its hooks never run")
    scope = context.scope
    if isinstance(module, ir.Name) and module.name == scope.instance and scope.constructing:
        advice = "register the hook once the module is made"
        context.refuse("PCA103", node, "a hook of the very module that is being made has no translation", advice)
    for other in _made_of(context, module.type):
        message = f"modules of class {other} call their parts in C++, where hooks are not run"
        context.refuse("PCA401", node, message, "write the module with the parts as attributes")


def _made_of(context: Context, hooked: Type) -> list[str]:
    """The API classes of modules, made by the program, that call a module of this class by themselves."""
    found = []
    for type_ in context.assumptions.types.starting("module class").values():
        row = context.table.find(type_.name) if isinstance(type_, ApiType) else None
        parts = () if row is None or row.key == roles.ATTENTION else row.variants[0].words.get("parts", ())
        if parts and row is not None and (str(hooked) in (row.key, *parts) or _known_class(context, hooked) == "any"):
            found.append(row.key)
    return found


def _known_class(context: Context, type_: Type) -> str:
    """The class of a module; "any" where modules of several classes have the type."""
    return "any" if _is_open(type_) else str(type_)


def _is_open(type_: Type) -> bool:
    return isinstance(type_, ApiType) and type_.name in {roles.MODULE, roles.ANY_MODULE}


def _hook(context: Context, node: cst.BaseExpression, module: ir.Expr, name: str) -> ir.Expr:
    """The hook, as a function of the module's class, its inputs, ..."""
    parts = roles.HOOKS[name]
    output = _output(context, node, module.type)
    of: dict[str, Type] = {"inputs": _INPUTS, "gradients": _GRADIENTS, "output": output}
    taken = tuple(of[part] for part in parts)
    if "gradients" in parts and not isinstance(output, TensorType | TupleType):
        context.refuse("PCA303", node, f"an output of type {output} has no gradients for a hook")
    value = _function(context, node, module.type, taken)
    _check_result(context, node, value, parts, output)
    return value


def _function(context: Context, node: cst.BaseExpression, module: Type, taken: tuple[Type, ...]) -> ir.Expr:
    """A function that is named or written here, of a module of this class; a value that is a function, of any."""
    if _is_one_function(context, node):
        return context.expression(node, FunctionType((module, *taken), NEVER))
    if isinstance(node, cst.Lambda) or _is_named(context, node) or _is_callable_object(context, node):
        made = node if isinstance(node, cst.Lambda) else open_functions.calling(context, node, 1 + len(taken), "item")
        value = context.expression(made, FunctionType((module, *taken), NEVER))
        assert isinstance(value, ir.Lambda)
        return replace(value, captures=kept.captures(context, made, context.scope))
    wanted = FunctionType((_OPEN, *taken), NEVER)
    for place, type_ in enumerate(wanted.parameters):
        context.assumptions.join(("called value", len(wanted.parameters), place), type_)
    value = context.expression(node, wanted)
    if not isinstance(value.type, FunctionType):
        context.refuse("PCA303", node, f"a hook is a function; this is a {value.type}")
    if not is_settled(value.type):
        context.pending(node)
    same = len(value.type.parameters) == len(wanted.parameters)
    if not same or not all(map(same_family, value.type.parameters, wanted.parameters)):
        message = f"this hook takes {value.type} elsewhere, and {wanted} here"
        context.refuse("PCA302", node, message, "write one function for each type")
    return value


def _is_one_function(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is the name of a function of the module that no other call specialises otherwise."""
    if not isinstance(node, cst.Name) or context.resolve(node.value).scope is not context.module_scope:
        return False
    is_function = context.resolve(node.value).kind == "function"
    return is_function and len(context.instances.get(node.value, ())) <= 1


def _is_named(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is the name of a function, or a method of an object that has a name."""
    match node:
        case cst.Name(value=name):
            return context.resolve(name).kind == "function"
        case cst.Attribute(value=cst.Name() as owner, attr=cst.Name(value=name)) if context.qualified(node) is None:
            return _has_method(context, owner, name)
        case _:
            return context.qualified(node) is not None


def _is_callable_object(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is the name of an object of the program that can be called."""
    return isinstance(node, cst.Name) and _has_method(context, node, "__call__")


def _has_method(context: Context, node: cst.Name, name: str) -> bool:
    if context.resolve(node.value).kind not in {"variable", "unknown"}:
        return False
    type_ = context.expression(node).type
    return isinstance(type_, InstanceType) and hierarchy.method(context, type_.name, name) is not None


def _check_result(
    context: Context, node: cst.BaseExpression, value: ir.Expr, parts: tuple[str, ...], output: Type
) -> None:
    """Refuse what a hook may not give; remember that one gives something."""
    assert isinstance(value.type, FunctionType)
    result = value.type.result
    if isinstance(result, NoneType):
        return
    if not is_settled(result):
        context.pending(node)
    context.assumptions.note(_REPLACES)
    plain = without_none(result)
    if parts[-1] == "output":
        fits = same_family(plain, output)
    else:
        fits = _are_tensors(plain) or (isinstance(plain, TensorType) and parts == ("inputs",))
    if not fits:
        message = f"what this hook gives, a {result}, cannot stand in the place of what it is given"
        context.refuse("PCA303", node, message, "return None, or a value of the same type")


def _are_tensors(type_: Type) -> bool:
    """Whether a value is a tuple of tensors, of which some may be None."""
    match type_:
        case TupleType(elements=elements):
            return all(isinstance(without_none(element), TensorType) for element in elements)
        case ListType(element=element, fixed=True):
            return isinstance(without_none(element), TensorType)
        case _:
            return False


def _output(context: Context, node: cst.CSTNode, module: Type) -> Type:
    """What a call of the module gives."""
    if isinstance(module, InstanceType):
        build_class(context, module.name)
        found = context.assumptions.get(("result", f"{module.name}.forward"))
        if isinstance(found, NeverType):
            context.assumptions.note(("called", f"{module.name}.forward"))
            context.pending(node)
        return found
    if _is_open(module):
        return TENSOR
    row = lookup.required(context, node, module, "__call__")
    parameters = row.variants[0].signature.parameters[1:]
    given = [CallArgument(None, TENSOR) for parameter in parameters if not parameter.has_default]
    bound = bind(context.table, row, [CallArgument(None, module), *given])
    return bound.result if isinstance(bound, Bound) else TENSOR


# ---------------------------------------------------------------------------------------------- calls


def called(context: Context, node: cst.Call, module: ir.Expr, plain: Plain) -> ir.Expr:
    """`module(arguments)`, run with the module's hooks where it may have some."""
    facts = context.assumptions.facts
    is_fresh = isinstance(module, ir.New) or (isinstance(module, ir.Apply) and module.row not in roles.HOOKING)
    if REGISTERED not in facts or is_fresh:
        return plain(module, node)
    if module.type == ApiType(roles.ANY_MODULE) or roles.is_sequential(context.table, module.type):
        made = plain(module, node)
        if not isinstance(made, ir.Apply):
            return made
        given = tuple(argument.value for argument in made.arguments)
        return rows.apply_method(context, node, given[0], "__hooked__", given[1:])
    may_have_some = _is_open(module.type) or ("hooked", "any") in facts or ("hooked", str(module.type)) in facts
    if not may_have_some:
        return plain(module, node)
    if not _is_simple(module):
        name = context.scope.fresh_name("module")
        body = _hooked(context, node, ir.Name(name, module.type, module.span), plain)
        return ir.Let(name, module, body, body.type, body.span)
    return _hooked(context, node, module, plain)


def _is_simple(module: ir.Expr) -> bool:
    """Whether a module is read twice as well as once."""
    match module:
        case ir.Name():
            return True
        case ir.Field(instance=inner) | ir.Convert(operand=inner):
            return _is_simple(inner)
        case ir.Subscript(container=container, index=index):
            return _is_simple(container) and isinstance(index, ir.Literal | ir.Name)
        case _:
            return False


def _hooked(context: Context, node: cst.Call, module: ir.Expr, plain: Plain) -> ir.Expr:
    """The call as a function of the tensors that it is given, run by the runtime."""
    span = context.span(node)
    inputs = [_input(context, argument) for argument in node.args]
    names = [context.scope.fresh_name("input") for value in inputs if value is not None]
    replaced = iter(names)
    given = [
        argument if value is None else argument.with_changes(value=cst.Name(next(replaced)))
        for argument, value in zip(node.args, inputs, strict=True)
    ]
    inner = node.with_changes(args=given)
    context.place_at(inner, span)
    forward = _lambda(context, names, lambda: plain(module, inner), span)
    tensors = ir.ListDisplay(tuple(value for value in inputs if value is not None), _INPUTS, span)
    by_keyword = sum(
        value is not None and argument.keyword is not None for argument, value in zip(node.args, inputs, strict=True)
    )
    arguments = [ir.Argument("self", module), ir.Argument("forward", forward), ir.Argument("inputs", tensors)]
    if by_keyword:
        arguments.append(ir.Argument("by_keyword", ir.Literal(by_keyword, INT, span)))
    assert isinstance(forward.type, FunctionType)
    return ir.Apply(roles.HOOKED, 0, "call", tuple(arguments), _result(context, forward.type.result), span)


def _input(context: Context, argument: cst.Arg) -> ir.Expr | None:
    """An argument that is a tensor; None for one that stays where it is, which hooks do not see."""
    advice = "give tensors, and numbers by keyword"
    if argument.star:
        context.refuse("PCA104", argument, "a starred argument of a module that has hooks has no translation", advice)
    value = context.expression(argument.value)
    if isinstance(value.type, TensorType):
        return value
    if argument.keyword is not None and isinstance(value, ir.Literal | ir.Name):
        return None
    if isinstance(value.type, NeverType):
        context.pending(argument)
    context.refuse("PCA303", argument, f"a {value.type} given to a module that has hooks has no translation", advice)


def _lambda(context: Context, names: list[str], body: Callable[[], ir.Expr], span: Span) -> ir.Lambda:
    identity = f"{context.scope.identity}@{span.start.line}:{span.start.column}"
    scope = Scope(identity, "lambda", context.scope, Bindings(), frozenset(names))
    scope.inherit(context.scope)
    scope.bound.update(names)
    for name in names:
        context.assumptions.join(("variable", identity, name, 1), TENSOR)
    with context.within(scope):
        made = body()
    parameters = tuple(ir.Parameter(name, TENSOR, None, False, span) for name in names)
    return ir.Lambda(parameters, made, FunctionType((TENSOR,) * len(names), made.type), span)


def _result(context: Context, type_: Type) -> Type:
    """What the call gives: where a hook may give another tensor, nothing is known of its dtype."""
    if _REPLACES not in context.assumptions.facts:
        return type_
    match type_:
        case TensorType():
            return TENSOR
        case OptionalType(inner=inner):
            return OptionalType(_result(context, inner))
        case TupleType(elements=elements, names=names):
            return TupleType(tuple(_result(context, element) for element in elements), names)
        case ListType(element=element):
            return replace(type_, element=_result(context, element))
        case _:
            return type_
