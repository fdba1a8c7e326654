"""Subscripts: of tensors, lists, tuples, dicts, and items of properties such as a tensor's shape."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import attributes, constants, keyword_dicts, properties, rows, symbols
from py2cpp_autograd.frontend.lower.aliases import is_key, note_mutation
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import dict_classes, enumerations, members
from py2cpp_autograd.frontend.lower.tuples import is_plain, part_of
from py2cpp_autograd.frontend.lower.values import behind, coerce, is_tensor_like, literal, widen
from py2cpp_autograd.frontend.scope import SHARED
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    INT,
    ApiType,
    BoolType,
    DefaultDictType,
    DequeType,
    DictType,
    InstanceType,
    IntType,
    ListType,
    MixedListType,
    ModuleListType,
    NoneType,
    OptionalType,
    StrType,
    SymbolType,
    TensorType,
    TupleType,
    Type,
)


def lower_subscript(context: Context, node: cst.Subscript, expected: Type | None) -> ir.Expr:
    """`value[index]`."""
    item = _property_item(context, node)
    if item is not None:
        return item
    if keyword_dicts.is_keywords(context, node.value):
        return keyword_dicts.lower_subscript(context, node)
    if isinstance(node.value, cst.Name) and context.resolve(node.value.value).kind == "class":
        named = node.value.value
        if hierarchy.kind_of(context, named) == "enum":
            return enumerations.of_name(context, node, named)
    value = certain(context.expression(node.value))
    match value.type:
        case TensorType(category=category) | OptionalType(inner=TensorType(category=category)):
            parts = tensor_index_parts(context, node)
            return ir.TensorIndex(value, parts, TensorType(category), context.span(node))
        case ModuleListType() if _is_slice(node):
            return _module_slice(context, node, value, value.type)
        case DequeType() if _is_slice(node):
            context.refuse("PCA303", node, "a deque has no slices", "make a list of it first: list(...)")
        case ListType() | StrType():
            return _list_element(context, node, value, value.type)
        case TupleType():
            return _tuple_element(context, node, value, value.type)
        case DictType(key=key, value=held):
            index = coerce(context, _of_key(context, node, key), key, "the key")
            if isinstance(value.type, DefaultDictType):
                widen(context, value, replace(value.type, key=index.type))
                note_mutation(context, value, resized=not is_key(context, index))
            return ir.Subscript(value, index, held, context.span(node))
        case ApiType() if roles.is_sequential(context.table, value.type) and _is_slice(node):
            return _module_slice(context, node, value, replace(value.type, elements=()))
        case ApiType(elements=elements) if elements:
            return _module_element(context, node, value, elements)
        case InstanceType(name=class_name) if dict_classes.keys_of(context, value.type) is not None:
            element = dict_classes.element(context, node, value)
            assert element is not None
            return attributes.field(context, element, value, class_name, element.attr.value)
        case InstanceType(kind="object" | "module" | "family") if _item(context, node, value):
            index = context.expression(_index(context, node))
            called = members.call_special(context, node, value, "__getitem__", (index,))
            assert called is not None
            return called
        case ApiType() | InstanceType(kind="module"):
            return rows.apply_method(context, node, value, "__getitem__", (context.expression(_index(context, node)),))
        case _:
            context.refuse("PCA303", node, f"a value of type {value.type} cannot be subscripted")


def _item(context: Context, node: cst.Subscript, value: ir.Expr) -> bool:
    assert isinstance(value.type, InstanceType)
    return hierarchy.has_method(context, value.type, "__getitem__")


def _property_item(context: Context, node: cst.Subscript) -> ir.Expr | None:
    """One item of a property that the table can read alone: no list is made for `x.shape[0]`."""
    if not isinstance(node.value, cst.Attribute) or len(node.slice) != 1:
        return None
    if not isinstance(node.slice[0].slice, cst.Index) or context.qualified(node.value) is not None:
        return None
    return properties.property_item(context, node, node.value, node.slice[0].slice.value)


def written_index(context: Context, node: cst.Subscript) -> cst.BaseExpression | None:
    """The index, `(a, b)` for `value[a, b]`; None where there are slices."""
    parts = [part.slice.value for part in node.slice if isinstance(part.slice, cst.Index)]
    if len(parts) != len(node.slice) or len(parts) == 1:
        return parts[0] if len(parts) == len(node.slice) else None
    made = cst.Tuple([cst.Element(part) for part in parts])
    context.place_at(made, context.span(node))
    return made


def _index(context: Context, node: cst.Subscript) -> cst.BaseExpression:
    found = written_index(context, node)
    if found is None:
        context.refuse("PCA103", node, "this subscript has no translation")
    return found


def _of_key(context: Context, node: cst.Subscript, key: Type) -> ir.Expr:
    """The key that a dict is asked for; of numbers and texts, a member that is one."""
    value = context.expression(_index(context, node))
    return value if value.type == key else enumerations.plain(context, node, value)


def _list_element(context: Context, node: cst.Subscript, value: ir.Expr, type_: ListType | StrType) -> ir.Expr:
    part = node.slice[0].slice
    span = context.span(node)
    if len(node.slice) == 1 and isinstance(part, cst.Slice):
        lower, upper, step = (_bound(context, bound) for bound in (part.lower, part.upper, part.step))
        if step is None and isinstance(type_, ListType):
            return ir.ListSlice(value, lower, upper, type_, span)
        return rows.apply_method(context, node, value, "__getslice__", slice_arguments(context, node, part))
    index = enumerations.plain(context, node, context.expression(_index(context, node)))
    if index.type == TensorType("int"):
        index = rows.apply_function(context, node, "builtins.int", [index])
    if isinstance(index.type, ApiType) and context.table.attribute(index.type, "__index__") is not None:
        index = rows.apply_method(context, node, index, "__index__", ())
    if not isinstance(index.type, IntType):
        context.refuse("PCA303", node, f"the index of a {type_} must be an int, not {index.type}")
    if isinstance(type_, StrType):
        return rows.apply_method(context, node, value, "__getitem__", (index,))
    return ir.Subscript(value, index, type_.element, span)


def slice_arguments(context: Context, node: cst.CSTNode, part: cst.Slice) -> tuple[ir.Expr, ...]:
    """The bounds of a slice, None where they are left out, and its step, 1 where it is."""
    span = context.span(node)
    lower, upper, step = (_bound(context, bound) for bound in (part.lower, part.upper, part.step))
    none, one = literal(None, span), literal(1, span)
    return (lower or none, upper or none, step or one)


def _is_slice(node: cst.Subscript) -> bool:
    return len(node.slice) == 1 and isinstance(node.slice[0].slice, cst.Slice)


def _module_slice(context: Context, node: cst.Subscript, value: ir.Expr, type_: Type) -> ir.Expr:
    """`net[lower:upper]` of a container of modules: another one with the same modules."""
    part = node.slice[0].slice
    assert isinstance(part, cst.Slice)
    context.assumptions.note(SHARED)
    if part.step is not None and isinstance(type_, ModuleListType):
        bounds = slice_arguments(context, node, part)
        made = rows.apply_function(context, node, roles.EVERY, (value, *bounds))
        return ir.Convert(made, type_, made.span) if made.type != type_ else made
    if part.step is not None:
        context.refuse("PCA103", node, "a slice of these modules with a step has no translation", "use nn.ModuleList")
    lower, upper = (_bound(context, bound) for bound in (part.lower, part.upper))
    return ir.ListSlice(value, lower, upper, type_, context.span(node))


def _bound(context: Context, node: cst.BaseExpression | None) -> ir.Expr | None:
    if node is None:
        return None
    value = context.expression(node)
    if isinstance(value.type, NoneType):
        return None
    if value.type == TensorType("int"):
        return rows.apply_function(context, node, "builtins.int", [value])
    if not isinstance(value.type, IntType):
        context.refuse("PCA303", node, f"a slice bound must be an int, not {value.type}")
    return value


def _module_element(context: Context, node: cst.Subscript, value: ir.Expr, elements: tuple[Type, ...]) -> ir.Expr:
    """A module of a container that was written out."""
    index = context.expression(_index(context, node))
    if isinstance(index, ir.Literal) and type(index.value) is int and -len(elements) <= index.value < len(elements):
        place = index.value % len(elements)
        if elements[place] == ApiType(roles.ANY_MODULE):
            return rows.apply_method(context, node, value, "__getitem__", (index,))
        return ir.Subscript(value, ir.Literal(place, INT, index.span), elements[place], context.span(node))
    return rows.apply_method(context, node, value, "__getitem__", (index,))


def _tuple_slice(context: Context, node: cst.Subscript, part: cst.Slice, value: ir.Expr, type_: TupleType) -> ir.Expr:
    """A slice of a tuple of known length, by constants."""
    bounds = []
    for written in (part.lower, part.upper, part.step):
        bound = None if written is None else context.expression(written)
        constant = None if bound is None else bound.value if isinstance(bound, ir.Literal) else "computed"
        if not (constant is None or type(constant) is int) or (written is part.step and constant == 0):
            context.refuse("PCA404", node, "the bounds of a slice of a tuple must be literals")
        bounds.append(constant)
    if not is_plain(value):
        context.refuse(
            "PCA103", node, "only a tuple in a variable can be sliced", "put the tuple into a variable first"
        )
    span = context.span(node)
    places = range(len(type_.elements))[slice(*bounds)]
    parts = [part_of(value, place, type_.elements[place]) for place in places]
    made = replace(type_, elements=tuple(part.type for part in parts), names=())
    if isinstance(made, MixedListType):
        made = replace(made, literals=made.literals[slice(*bounds)])
    return ir.TupleDisplay(tuple(parts), made, span)


def _tuple_element(context: Context, node: cst.Subscript, value: ir.Expr, type_: TupleType) -> ir.Expr:
    part = node.slice[0].slice
    if len(node.slice) == 1 and isinstance(part, cst.Slice):
        return _tuple_slice(context, node, part, value, type_)
    index = context.expression(_index(context, node))
    if not (isinstance(index, ir.Literal) and type(index.value) is int):
        if not isinstance(index.type, IntType) or len(set(type_.elements)) != 1:
            context.refuse("PCA404", node, "the index of a tuple of several types must be a literal")
        return ir.Subscript(value, index, type_.elements[0], context.span(node))
    position = index.value + len(type_.elements) if index.value < 0 else index.value
    if not 0 <= position < len(type_.elements):
        context.refuse("PCA303", node, f"tuple index {index.value} is out of range")
    held = type_.elements[position]
    if isinstance(value, ir.TupleDisplay) and constants.is_known(value):
        return value.elements[position]
    if isinstance(held, SymbolType):
        return behind(value, symbols.read(held, context.span(node)))
    return ir.Subscript(value, ir.Literal(position, INT, index.span), held, context.span(node))


def tensor_index_parts(context: Context, node: cst.Subscript) -> tuple[ir.Expr | ir.Slice | ir.Ellipsis, ...]:
    """The parts of a tensor index, each checked to be something that indexes a tensor."""
    nodes = [element.slice for element in node.slice]
    if len(nodes) == 1 and isinstance(nodes[0], cst.Index) and isinstance(nodes[0].value, cst.Tuple):
        return tuple(_part(context, cst.Index(element.value), element.value) for element in nodes[0].value.elements)
    return tuple(_part(context, part, part) for part in nodes)


def _part(context: Context, part: cst.BaseSlice, node: cst.CSTNode) -> ir.Expr | ir.Slice | ir.Ellipsis:
    if isinstance(part, cst.Slice):
        lower, upper, step = (_bound(context, bound) for bound in (part.lower, part.upper, part.step))
        return ir.Slice(lower, upper, step, context.span(node))
    assert isinstance(part, cst.Index)
    if isinstance(part.value, cst.Ellipsis):
        return ir.Ellipsis(context.span(part.value))
    value = enumerations.plain(context, part.value, context.expression(part.value))
    if _indexes(value.type):
        return value
    context.refuse("PCA303", part.value, f"a tensor cannot be indexed with {value.type}")


def _indexes(type_: Type) -> bool:
    match type_:
        case IntType() | BoolType() | NoneType():
            return True
        case ListType(element=element):
            return isinstance(element, IntType | BoolType)
        case _:
            return is_tensor_like(type_) or type_ == ApiType(roles.SLICE)
