"""Assignments: to names, attributes, elements and tuples of these; module registration."""

from __future__ import annotations

from collections.abc import Sequence, Set
from typing import cast

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.annotations import is_for_checkers
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import (
    class_names,
    closures,
    fields,
    item_targets,
    iterators,
    kept,
    lookup,
    rows,
    second_names,
    streams,
    symbols,
    totals,
    unbinding,
    unrolled,
)
from py2cpp_autograd.frontend.lower.aliases import note_alias, note_held, note_mutation, note_unpacked, variable_place
from py2cpp_autograd.frontend.lower.attribute_targets import assign_attribute, assign_field
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import dict_classes
from py2cpp_autograd.frontend.lower.looseness import held
from py2cpp_autograd.frontend.lower.star_arguments import EXACT, note_length
from py2cpp_autograd.frontend.lower.starred import starred_parts
from py2cpp_autograd.frontend.lower.subscripts import slice_arguments
from py2cpp_autograd.frontend.lower.targets import assign_name, choose_version
from py2cpp_autograd.frontend.lower.tuples import is_plain, part_of
from py2cpp_autograd.frontend.lower.values import coerce, is_atomic, literal
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import DictType, ListType, NeverType, NoneType, SymbolType, TensorType, TupleType, Type


def lower_assign(context: Context, node: cst.Assign) -> list[ir.Stmt]:
    """`a = b = value`: the value once, the targets from left to right."""
    targets = [target.target for target in node.targets]
    if all(isinstance(t, cst.Attribute) and lookup.is_idle(context, context.qualified(t)) for t in targets):
        value = context.expression(node.value)
        return [] if is_atomic(value) else [ir.ExprStmt(value, context.span(node))]
    if len(targets) == 1:
        return assign(context, node, targets[0], node.value, None)
    value = context.expression(node.value)
    span = context.span(node)
    statements: list[ir.Stmt] = []
    if not is_atomic(value):
        name = context.scope.fresh_name("value")
        statements.append(ir.Assign(ir.NameTarget(name, value.type, span), value, span))
        value = ir.Name(name, value.type, span)
    for target in targets:
        statements += store(context, node, target, value)
    return statements


def assign(
    context: Context, node: cst.CSTNode, target: cst.BaseExpression, value: cst.BaseExpression, expected: Type | None
) -> list[ir.Stmt]:
    """`target = value`."""
    if is_for_checkers(context, value):
        return []  # a name for annotations
    if isinstance(value, cst.Lambda) and isinstance(target, cst.Name) and target.value in context.scope.functions:
        # A lambda given a name once is a function of that name; at module level it is lowered where it is called.
        if context.scope.kind == "module":
            return []
        return [closures.local_function(context, target.value, value, node)]
    if isinstance(target, cst.Name) and target.value in context.scope.applies:
        return []  # another name of `F.apply`, which is called by its own
    pairs = _separate(target, value)
    if pairs is not None:
        return [statement for pair in pairs for statement in assign(context, node, *pair, None)]
    lazy = streams.lower_lazy(context, value)
    wanted = expected or _known_type(context, target) or _kept_apart(context, target, value)
    context.scope.own_functions = kept.functions_in(context, target, value)
    lowered = lazy or context.expression(value, wanted)
    context.scope.own_functions = frozenset()
    iterators.check_stored(context, target, lowered)
    if second_names.is_one(context, target, lowered):
        return []
    if isinstance(target, cst.Name):
        lowered = class_names.kept(context, value, lowered)
    if isinstance(lowered.type, NoneType) and not isinstance(lowered, ir.Literal | ir.Name | ir.Field):
        if not _gives_none(context, lowered):
            context.refuse("PCA303", node, "this call gives no value")
        return [ir.ExprStmt(lowered, lowered.span), *store(context, node, target, literal(None, lowered.span))]
    if isinstance(target, cst.Name) and isinstance(lowered, ir.Literal) and type(lowered.value) in (int, str):
        statements = store(context, node, target, lowered)
        if context.scope.bindings.counts[target.value] == 1 and target.value not in context.usage.rebound:
            context.scope.constants[target.value] = cast("int | str", lowered.value)
        return statements
    return store(context, node, target, lowered)


def _gives_none(context: Context, call: ir.Expr) -> bool:
    """Whether a call surely gives None in Python: rows without a result in C++ may have one there."""
    row = context.table.find(call.row) if isinstance(call, ir.Apply) else None
    said = row is not None and isinstance(call, ir.Apply) and "none" in row.variants[call.variant].words
    return said or isinstance(call, ir.Call | ir.MethodCall | ir.StaticCall)


def _separate(
    target: cst.BaseExpression, value: cst.BaseExpression
) -> list[tuple[cst.BaseExpression, cst.BaseExpression]] | None:
    """`losses, counts = [], {}`: fresh containers and constants for names are assignments of their own."""
    if not isinstance(target, cst.Tuple) or not isinstance(value, cst.Tuple):
        return None
    targets, values = [e.value for e in target.elements], [e.value for e in value.elements]
    names = {part.value for part in targets if isinstance(part, cst.Name)}
    plain = len(names) == len(targets) == len(values) and all(_is_constant(part, names) for part in values)
    has_empty = any(isinstance(part, cst.List | cst.Dict) and not part.elements for part in values)
    return list(zip(targets, values, strict=True)) if plain and has_empty else None


def _is_constant(value: cst.BaseExpression, names: Set[str]) -> bool:
    """Whether a value is made of constants, and of variables that are none of these."""
    match value:
        case cst.Integer() | cst.Float() | cst.SimpleString():
            return True
        case cst.Name(value=name):
            return name not in names
        case cst.List(elements=elements):
            return all(isinstance(one, cst.Element) and _is_constant(one.value, names) for one in elements)
        case cst.Dict(elements=items):
            pairs = [(one.key, one.value) for one in items if isinstance(one, cst.DictElement)]
            return len(pairs) == len(items) and all(_is_constant(part, names) for pair in pairs for part in pair)
        case _:
            return False


def _known_type(context: Context, target: cst.BaseExpression) -> Type | None:
    """The type of a list or dict variable, so that an empty display takes it."""
    if isinstance(target, cst.Name) and context.scope.owns(target.value):
        choose_version(context, context.scope, target, target.value)
        type_ = context.assumptions.expected(context.scope.key(target.value))
        return type_ if isinstance(type_, ListType | DictType) else None
    if isinstance(target, cst.Attribute) and isinstance(target.value, cst.Name):
        class_name = context.scope.self_class
        if class_name is not None and target.value.value == context.scope.instance:
            type_ = context.assumptions.expected(("field", class_name, target.attr.value))
            return type_ if isinstance(type_, ListType | DictType) else None
    return None


def _kept_apart(context: Context, target: cst.BaseExpression, value: cst.BaseExpression) -> Type | None:
    """The type of a list display whose elements stars spread: each keeps the type that it has."""
    named = target.value if isinstance(target, cst.Name) and isinstance(value, cst.List) else None
    return EXACT if named in context.usage.starred else None


def store(context: Context, node: cst.CSTNode, target: cst.BaseExpression, value: ir.Expr) -> list[ir.Stmt]:
    """Assign a lowered value to a target of any kind."""
    span = context.span(node)
    match target:
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            if any(isinstance(element, cst.StarredElement) for element in elements):
                statements, parts = starred_parts(context, node, elements, value)
                for element, part in zip(elements, parts, strict=True):
                    statements += store(context, node, element.value, part)
                return statements
            return _unpack(context, node, [element.value for element in elements], value)
        case cst.Subscript(slice=[cst.SubscriptElement(slice=cst.Slice() as part)]) if is_list(context, target.value):
            return [_slice(context, node, target, part, value)]
        case cst.Name(value=name) if (
            name in context.scope.written_out and (rebound := unrolled.rebound(context, name, value)) is not None
        ):
            return rebound
        case cst.Name(value=name):
            lowered: ir.Target = assign_name(context, target, name, value.type, value)
            note_alias(context, value, variable_place(context, name))
            note_length(context, value, variable_place(context, name))
            fields.note_variable(context, name, value)
            if isinstance(lowered.type, SymbolType):
                return [ir.ExprStmt(value.value, value.span)] if isinstance(value, ir.Let) else []
        case cst.Attribute():
            return assign_attribute(context, node, target, held(context, value))
        case cst.Subscript():
            value = held(context, value)
            container = context.expression(target.value)
            key = dict_classes.element(context, target, container)
            if key is not None:
                return assign_field(context, node, key, container, value)
            item = item_targets.item_of_api(context, target, value)
            if item is not None:
                return [item]
            place = item_targets.subscript(context, target, value)
            if isinstance(place, ir.MethodCall):
                return [ir.ExprStmt(place, span)]
            lowered = place
        case _:
            context.refuse("PCA102", target, "this assignment target has no translation")
    value = totals.begun(context, value, lowered)
    return [ir.Assign(lowered, coerce(context, value, lowered.type, "the variable"), span)]


def is_list(context: Context, node: cst.BaseExpression) -> bool:
    """Whether an expression is a list."""
    return isinstance(context.expression(node).type, ListType)


def _slice(context: Context, node: cst.CSTNode, target: cst.Subscript, part: cst.Slice, value: ir.Expr) -> ir.Stmt:
    """`values[lower:upper:step] = items`."""
    container = context.expression(target.value)
    note_mutation(context, container)
    if isinstance(value.type, ListType) and isinstance(value.type.element, NeverType):
        value = coerce(context, value, container.type, "the slice")
    given = (*slice_arguments(context, node, part), value)
    return ir.ExprStmt(rows.apply_method(context, node, container, "__setslice__", given), context.span(node))


def _unpack(context: Context, node: cst.CSTNode, targets: list[cst.BaseExpression], value: ir.Expr) -> list[ir.Stmt]:
    value = certain(value)
    match value.type:
        case TupleType(elements=types) if len(types) == len(targets):
            pass
        case ListType(element=element):
            types = (element,) * len(targets)
        case TensorType():
            return _unpack(context, node, targets, unbinding.unbound(context, node, value))
        case _:
            context.refuse("PCA303", node, f"a value of type {value.type} does not unpack into {len(targets)} targets")
    if any(isinstance(type_, SymbolType) for type_ in types):
        return _unpack_symbols(context, node, targets, types, value)
    span = context.span(node)
    _note_parts(context, targets, [part_of(value, place, type_) for place, type_ in enumerate(types)], value)
    if all(isinstance(target, cst.Name) for target in targets):
        return _unpack_names(context, targets, types, value, span)
    return _unpack_parts(context, node, targets, types, value)


def _unpack_symbols(
    context: Context, node: cst.CSTNode, targets: list[cst.BaseExpression], types: tuple[Type, ...], value: ir.Expr
) -> list[ir.Stmt]:
    """`block, layers = Basic, [2, 2]`: the classes and functions, which C++ has not, and then what is left."""
    span = context.span(node)
    pairs = list(zip(targets, types, strict=True))
    statements: list[ir.Stmt] = []
    for target, type_ in pairs:
        statements += store(context, node, target, symbols.read(type_, span)) if isinstance(type_, SymbolType) else []
    places = [place for place, type_ in enumerate(types) if not isinstance(type_, SymbolType)]
    left = [targets[place] for place in places]
    if not isinstance(value, ir.TupleDisplay) and not is_plain(value):
        _note_parts(context, left, [part_of(value, place, types[place]) for place in places], value)
        name = ir.NameTarget(context.scope.fresh_name("value"), value.type, span)
        statements.append(ir.Assign(name, value, span))
        value = ir.Name(name.name, value.type, span)
    parts = [part_of(value, place, types[place]) for place in places]
    if len(left) == 1:
        return [*statements, *store(context, node, left[0], parts[0])]
    rest = ir.TupleDisplay(tuple(parts), TupleType(tuple(part.type for part in parts)), span)
    return [*statements, *_unpack(context, node, left, rest)] if left else statements


def _note_parts(context: Context, targets: list[cst.BaseExpression], parts: Sequence[ir.Expr], value: ir.Expr) -> None:
    """The parts of a tuple or list are copied into the targets."""
    for target, part in zip(targets, parts, strict=True):
        if isinstance(target, cst.Name):
            note_unpacked(context, value, part, variable_place(context, target.value))
        else:
            note_held(context, ("unpacked", context.span(target).start), part)


def _unpack_names(
    context: Context, targets: list[cst.BaseExpression], types: tuple[Type, ...], value: ir.Expr, span: Span
) -> list[ir.Stmt]:
    names = []
    parts = value.elements if isinstance(value, ir.TupleDisplay) else (None,) * len(targets)
    for target, type_, part in zip(targets, types, parts, strict=True):
        assert isinstance(target, cst.Name)
        names.append(assign_name(context, target, target.value, type_, part))
    if isinstance(value, ir.TupleDisplay) and all(isinstance(element, ir.Literal) for element in value.elements):
        pairs = zip(names, value.elements, strict=True)
        begun = [(name, totals.begun(context, part, name)) for name, part in pairs]
        return [ir.Assign(name, coerce(context, part, name.type, "the variable"), span) for name, part in begun]
    if any(name.type != type_ for name, type_ in zip(names, types, strict=True)):
        return _unpack_widened(context, names, types, value, span)
    return [ir.Assign(ir.Unpack(tuple(names), value.type, span), value, span)]


def _unpack_widened(
    context: Context, names: list[ir.NameTarget], types: tuple[Type, ...], value: ir.Expr, span: Span
) -> list[ir.Stmt]:
    """Variables that hold values of other types too: C++ would give them the types of the parts."""
    parts = [ir.NameTarget(context.scope.fresh_name("value"), type_, span) for type_ in types]
    statements: list[ir.Stmt] = [ir.Assign(ir.Unpack(tuple(parts), value.type, span), value, span)]
    for name, part in zip(names, parts, strict=True):
        read = totals.begun(context, ir.Name(part.name, part.type, span), name)
        statements.append(ir.Assign(name, coerce(context, read, name.type, "the variable"), span))
    return statements


def _unpack_parts(
    context: Context, node: cst.CSTNode, targets: list[cst.BaseExpression], types: tuple[Type, ...], value: ir.Expr
) -> list[ir.Stmt]:
    """Attribute and element targets: the value into temporaries first, then each target in order."""
    span = context.span(node)
    temporaries = [ir.NameTarget(context.scope.fresh_name("value"), type_, span) for type_ in types]
    statements: list[ir.Stmt] = [ir.Assign(ir.Unpack(tuple(temporaries), value.type, span), value, span)]
    for target, temporary in zip(targets, temporaries, strict=True):
        statements += store(context, node, target, ir.Name(temporary.name, temporary.type, span))
    return statements
