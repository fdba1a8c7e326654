"""Calls: of API functions and methods, of the program's functions, classes and modules, of Python's builtins."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.annotations import annotated
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import (
    autograd_functions,
    builtin_calls,
    class_names,
    comprehensions,
    computed_weights,
    copies,
    formats,
    functional_calls,
    functions,
    generators,
    iterated,
    keyword_dicts,
    loaders,
    log_records,
    module_hooks,
    named_parts,
    open_functions,
    operator_functions,
    parallel,
    paths,
    recomputed,
    rows,
    samplers,
    saved_files,
    slots,
    subsets,
    symbols,
    transforms,
)
from py2cpp_autograd.frontend.lower.aliases import note_value_argument
from py2cpp_autograd.frontend.lower.builtin_calls import collection_classes, questions, reductions
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import dict_displays, enumerations, layers, members, named_tuples
from py2cpp_autograd.frontend.lower.operator_names import is_operator
from py2cpp_autograd.frontend.lower.values import behind
from py2cpp_autograd.frontend.own_names import builtin
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    NONE,
    ApiType,
    CounterType,
    DequeType,
    DictType,
    FunctionType,
    InstanceType,
    ListType,
    ModuleDictType,
    NeverType,
    OptionalType,
    StrType,
    SymbolType,
    TupleType,
    Type,
    ViewType,
)


def lower_call(context: Context, node: cst.Call, expected: Type | None) -> ir.Expr:
    """`callee(arguments)`."""
    func = node.func
    name = context.qualified(func)
    if context.consumed is not node and name is None and generators.gives(context, node):
        context.consumed = node
        return iterated.started(context, node, lower_call(context, node, None))
    if name is not None:
        special = layers.explicit(context, node, name) or builtin_calls.lower(context, node, name, expected)
        if special is None:
            special = _of_library(context, node, name, expected)
        return special if special is not None else rows.call(context, node, name, node.args, expected)
    symbol = symbols.known(context, func)
    if symbol is not None:
        return _symbol(context, node, symbol, expected)
    if isinstance(func, cst.Name):
        resolved = context.resolve(func.value)
        if resolved.kind == "function" and resolved.scope is not None:
            return functions.lower_function_call(context, node, func.value, resolved.scope)
        if resolved.kind == "apply" and autograd_functions.is_function_class(context, resolved.name):
            return autograd_functions.lower_apply(context, node, resolved.name)
        named = class_named(context, func)
        if named is not None and named_tuples.is_named_tuple(context, named):
            return named_tuples.lower_new(context, node, named)
        if named is not None:
            return members.lower_new(context, node, named)
    if isinstance(func, cst.Attribute):
        return _method(context, node, func, expected)
    if isinstance(func, cst.Subscript) and class_named(context, func.value) is not None:
        made = node.with_changes(func=func.value)  # `Stack[int]()`
        context.place_at(made, context.span(node))
        return lower_call(context, made, expected)
    transformed = transforms.curried(context, node)
    if transformed is not None:
        return transformed
    chosen = questions.called(context, node)
    if chosen is not None:
        return lower_call(context, chosen, expected)
    return _value(context, node, context.expression(func), expected)


def _of_library(context: Context, node: cst.Call, name: str, expected: Type | None) -> ir.Expr | None:
    """The call of an API name that is more than a row can say; None for others."""
    match name:
        case str() if is_operator(name):
            return operator_functions.lower(context, node, expected)
        case str() if name.startswith(("logging.", "warnings.")):
            return log_records.lower_function(context, node, name)
        case roles.MODULES_BY_NAME:
            return named_parts.by_name(context, node)
        case roles.ANNOTATE:
            return _annotated(context, node)
        case roles.LOADER:
            return loaders.lower_loader(context, node, expected)
        case roles.CONCATENATED:
            return subsets.concatenated(context, node)
        case roles.BATCH_SAMPLER:
            return samplers.of_batches(context, node)
        case str() if name in roles.SAMPLERS:
            return samplers.over(context, node, name, expected)
        case str() if name in roles.PARALLEL:
            return parallel.lower(context, node)
        case roles.SUBSET | roles.RANDOM_SPLIT:
            return subsets.part(context, node, name)
        case roles.DEEP_COPY:
            return copies.deep_copy(context, node)
        case str() if name in roles.HOOKING:
            return computed_weights.lower(context, node, name)
        case roles.CHECKPOINT:
            return recomputed.lower(context, node)
        case str() if name in roles.TRANSFORMS or name in (roles.PULLBACK, roles.PUSHFORWARD):
            return transforms.lower(context, node, name)
        case roles.FUNCTIONAL_CALL:
            return functional_calls.lower(context, node)
        case roles.SAVE:
            return saved_files.save(context, node)
        case roles.LOAD:
            return saved_files.load(context, node)
        case _:
            return None


def _annotated(context: Context, node: cst.Call) -> ir.Expr:
    """`torch.jit.annotate(List[int], values)`: the values."""
    if len(node.args) != 2 or any(argument.keyword or argument.star for argument in node.args):
        context.refuse("PCA306", node, "annotate takes a type and a value")
    wanted, value = (argument.value for argument in node.args)
    return context.expression(value, annotated(context, cst.Annotation(wanted)))


def _by_name(context: Context, node: cst.Call, name: str) -> cst.Call:
    """The call of one of Python's own functions by its own name, whatever variable holds it."""
    module, _, plain = name.partition(".")
    if module != "builtins":
        return node
    made = node.with_changes(func=builtin(plain))
    context.place_at(made, context.span(node))
    return made


def _symbol(context: Context, node: cst.Call, symbol: SymbolType, expected: Type | None) -> ir.Expr:
    """The call of a class or function that a variable or attribute stands for."""
    name = symbol.name
    match symbol.kind:
        case "api":
            special = builtin_calls.lower(context, _by_name(context, node, name), name, expected)
            return special if special is not None else rows.call(context, node, name, node.args, expected)
        case "function":
            return functions.lower_function_call(context, node, name, context.module_scope)
        case "partial":
            inner, call = symbols.applied(context, node, symbol)
            return _symbol(context, call, inner, expected)
        case _ if autograd_functions.is_function_class(context, name):
            context.refuse("PCA305", node, f"only {name}.apply can be called")
        case _ if named_tuples.is_named_tuple(context, name):
            return named_tuples.lower_new(context, node, name)
        case _:
            return members.lower_new(context, node, name)


def _method(context: Context, node: cst.Call, func: cst.Attribute, expected: Type | None) -> ir.Expr:
    if isinstance(func.value, cst.Name) and autograd_functions.is_function_class(context, func.value.value):
        if func.attr.value != "apply":
            context.refuse("PCA305", node, f"only {func.value.value}.apply can be called")
        return autograd_functions.lower_apply(context, node, func.value.value)
    name = func.attr.value
    special = _class_method(context, node, func, name)
    if special is not None:
        return special
    if keyword_dicts.is_keywords(context, func.value):
        return keyword_dicts.lower_method(context, node, name)
    receiver = certain(context.expression(func.value))
    if isinstance(receiver.type, OptionalType) and rows.is_module_type(context, receiver.type.inner):
        receiver = ir.Convert(receiver, receiver.type.inner, receiver.span)
    if name == "__call__" and rows.is_module_type(context, receiver.type):
        return _value(context, node, receiver, expected)
    if module_hooks.is_registration(context, receiver.type, name):
        return module_hooks.register(context, node, receiver, name)
    record = log_records.lower_method(context, node, receiver, name)
    if record is not None:
        return record
    special = class_names.method(context, node, receiver, name) or paths.lower(context, node, receiver, name)
    special = special or slots.with_default(context, node, receiver, name)
    if special is not None:
        return special
    match receiver.type:
        case InstanceType(kind="enum", name=owner):
            return enumerations.call(context, node, func, owner, on_member=True)
        case InstanceType(kind="family"):
            return members.lower_method_call(context, node, receiver, receiver.type.name, name)
        case InstanceType():
            return _instance_method(context, node, func, receiver, expected)
        case FunctionType():
            context.refuse("PCA305", node, f"a function has no method '{name}'")
        case DictType() if name in {"items", "keys", "values"} and not node.args:
            context.sharing.views[context.span(node)] = receiver
            shown = comprehensions.collected(context, node, node, fixed=True)
            assert isinstance(shown.type, ListType)
            return replace(shown, type=ViewType(shown.type.element, fixed=True, part=name))
        case ApiType(name=owner) if name == "step" and node.args and roles.is_a(context.table, owner, roles.SCALER):
            return _step_of(context, node, receiver, expected)
        case TupleType(names=names) if names and name == "_replace":
            return named_tuples.replaced(context, node, receiver, names)
        case DictType() if name == "update" and _is_by_keyword(node) and not isinstance(receiver.type, _OTHER_UPDATES):
            return rows.call_method(context, node, receiver, name, [_as_dict(context, node)], expected)
        case CounterType() | DequeType():
            updated = collection_classes.updated(context, node, receiver, name)
            return updated or rows.call_method(context, node, receiver, name, node.args, expected)
        case ListType(fixed=False) if name == "sort":
            return reductions.sort_in_place(context, node, receiver)
        case StrType() if name == "format":
            return formats.lower_format_call(context, node, receiver)
        case _:
            part = named_parts.literal_read(context, func, receiver)
            if part is not None:
                return _value(context, node, part, expected)
            return rows.call_method(context, node, receiver, name, node.args, expected)


#: Dicts whose `update` does something else with keywords: it counts them, or takes none.
_OTHER_UPDATES = (CounterType, ModuleDictType)


def _is_by_keyword(node: cst.Call) -> bool:
    return bool(node.args) and all(argument.keyword is not None for argument in node.args)


def _as_dict(context: Context, node: cst.Call) -> cst.Arg:
    """The keywords of a call as a dict: `d.update(q=2)` is `d.update({"q": 2})`."""
    named = ((argument.keyword, argument.value) for argument in node.args)
    items = [cst.DictElement(cst.SimpleString(f'"{key.value}"'), value) for key, value in named if key is not None]
    made = cst.Arg(cst.Dict(items))
    context.place_at(made, context.span(node))
    return made


def _step_of(context: Context, node: cst.Call, scaler: ir.Expr, expected: Type | None) -> ir.Expr:
    """`scaler.step(optimizer)`: the optimizer's own step, which a class of the program may define."""
    optimizer, *rest = node.args
    called = cst.Call(cst.Attribute(optimizer.value, cst.Name("step")), rest)
    context.place_at(called, context.span(node))
    return behind(scaler, lower_call(context, called, expected))


def _class_method(context: Context, node: cst.Call, func: cst.Attribute, name: str) -> ir.Expr | None:
    """`super().name(...)`, `Base.name(self, ...)` and `C.name(...)`."""
    owner = members.super_owner(context, func.value)
    if owner is not None:
        called = members.lower_super_call(context, node, owner, name)
        called = called or layers.inherited(context, node, name, list(node.args))
        if called is None:
            context.refuse("PCA103", node, f"super().{name} of this base class has no translation")
        return called
    if members.is_explicit_super(context, node):
        return members.lower_explicit_super(context, node)
    named = class_named(context, func.value)
    return None if named is None else members.lower_class_call(context, node, named, name)


def _instance_method(
    context: Context, node: cst.Call, func: cst.Attribute, receiver: ir.Expr, expected: Type | None
) -> ir.Expr:
    assert isinstance(receiver.type, InstanceType)
    class_name, name = receiver.type.name, func.attr.value
    of_dict = dict_displays.method(context, node, name, receiver)
    if of_dict is not None:
        return of_dict
    definition = hierarchy.method(context, class_name, name)
    if name in roles.TRAINING and receiver.type.kind == "module":
        called = rows.call_method(context, node, receiver, name, node.args, expected)
        is_none = isinstance(called, ir.Apply) and _gives_nothing(context, class_name)
        return replace(called, type=NONE) if is_none else called
    if definition is not None and definition.kind != "property":
        return members.lower_method_call(context, node, receiver, class_name, name)
    if definition is None:
        layers.check_parameters(context, node, class_name, name)
    if definition is not None or hierarchy.assigns(context, class_name, name) or receiver.type.kind != "module":
        return _value(context, node, context.expression(func), expected)
    part = named_parts.literal_read(context, func, receiver)
    if part is not None:
        return _value(context, node, part, expected)
    return rows.call_method(context, node, receiver, name, node.args, expected)


def _gives_nothing(context: Context, class_name: str) -> bool:
    """Whether `train` of a class of modules gives None in place of the module."""
    definition = hierarchy.method(context, class_name, roles.TRAIN)
    match None if definition is None else definition.node.body:
        case cst.IndentedBlock(body=[*_, cst.SimpleStatementLine(body=[cst.Return(value=cst.Name("None"))])]):
            return True
        case _:
            return False


def class_named(context: Context, node: cst.BaseExpression) -> str | None:
    """The class of the program that an expression names: `Net`, or `cls` in a class method of Net."""
    symbol = symbols.known(context, node)
    if symbol is not None and symbol.kind == "class":
        return symbol.name
    if not isinstance(node, cst.Name):
        return None
    scope = context.scope
    if node.value == scope.class_parameter and not scope.owns(node.value):
        return scope.self_class
    return node.value if context.resolve(node.value).kind == "class" else None


def _value(context: Context, node: cst.Call, callee: ir.Expr, expected: Type | None) -> ir.Expr:
    match callee.type:
        case InstanceType(name=class_name):
            own = hierarchy.method(context, class_name, "__call__") is not None
            if own or callee.type.kind != "module":
                return members.lower_method_call(context, node, callee, class_name, "__call__")
            plain = partial(_forward, context, class_name)
            if hierarchy.method(context, class_name, "forward") is None and callee.type.base is not None:
                plain = partial(_apply, context, expected)
            return module_hooks.called(context, node, callee, plain)
        case FunctionType(result=result):
            values = open_functions.arguments(context, node, callee.type)
            for value in values:
                note_value_argument(context, value)
            if isinstance(result, NeverType):
                context.pending(node)
            return ir.CallValue(callee, values, result, context.span(node))
        case SymbolType():
            return _symbol(context, node, callee.type, expected)
        case OptionalType(inner=inner) if rows.is_module_type(context, inner):
            return _value(context, node, ir.Convert(callee, inner, callee.span), expected)
        case OptionalType():
            context.refuse("PCA303", node, "this value may be None, which cannot be called")
        case ApiType(name=roles.MODULE):
            context.refuse("PCA301", node, "which module this is, is not known before the program runs")
        case _:
            plain = partial(_apply, context, expected)
            is_module = rows.is_module_type(context, callee.type)
            return module_hooks.called(context, node, callee, plain) if is_module else plain(callee, node)


def _forward(context: Context, class_name: str, callee: ir.Expr, node: cst.Call) -> ir.Expr:
    return members.lower_method_call(context, node, callee, class_name, "forward")


def _apply(context: Context, expected: Type | None, callee: ir.Expr, node: cst.Call) -> ir.Expr:
    return rows.call_method(context, node, callee, "__call__", node.args, expected)
