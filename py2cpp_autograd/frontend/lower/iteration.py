"""What loops and comprehensions run over, and the targets they assign."""

from __future__ import annotations

from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import columns, eager, generators, iterated, rows
from py2cpp_autograd.frontend.lower.aliases import holds_containers, note_alias, place_of, variable_place
from py2cpp_autograd.frontend.lower.certain import certain
from py2cpp_autograd.frontend.lower.classes import dict_classes, enumerations, members
from py2cpp_autograd.frontend.lower.literals import frozen
from py2cpp_autograd.frontend.lower.shared_state import note_stored_variable
from py2cpp_autograd.frontend.lower.targets import assign_name
from py2cpp_autograd.frontend.lower.tuples import is_plain
from py2cpp_autograd.frontend.lower.values import INT64_MAX, literal
from py2cpp_autograd.ir_walk import generated_in, iterable_children
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    INT,
    STR,
    ApiType,
    DictType,
    InstanceType,
    IntType,
    IteratorType,
    ListType,
    MixedListType,
    ModuleListType,
    NeverType,
    OptionalType,
    SetType,
    StrType,
    TensorType,
    TupleType,
    Type,
)


def lower_iterable(context: Context, node: cst.BaseExpression) -> tuple[ir.Iterable, Type]:
    """What `for ... in node` runs over, and the type of its items."""
    if isinstance(node, cst.Call):
        name = context.qualified(node.func)
        match name:
            case "builtins.range":
                return _range(context, node), INT
            case "itertools.count":
                return _count(context, node), INT
            case "builtins.enumerate":
                return _enumerate(context, node)
            case "builtins.zip":
                return _zip(context, node)
            case "builtins.reversed":
                return _reversed(context, node)
        if (
            isinstance(node.func, cst.Attribute)
            and not node.args
            and node.func.attr.value in {"items", "keys", "values"}
        ):
            found = _dict_view(context, node.func)
            if found is not None:
                return found
        if generators.called(context, node) is not None:
            return generators.lower_consumed(context, node)
    return _items(context, node)


def loop_source(
    context: Context, node: cst.BaseExpression, target: cst.BaseExpression
) -> tuple[ir.Iterable, Type]:
    """What `for` runs over, with these variables."""
    iterable, item = lower_iterable(context, node)
    if isinstance(target, cst.Tuple | cst.List):
        iterable, item = _present(context, node, iterable, item)
    match iterable:
        case ir.Items(ir.Apply(arguments=(ir.Argument(value=ir.SetDisplay() as made) as given,)) as items):
            given = replace(given, value=frozen(node, made))
            return ir.Items(replace(items, arguments=(given,))), item
        case _:
            return iterable, item


def _present(context: Context, node: cst.CSTNode, iterable: ir.Iterable, item: Type) -> tuple[ir.Iterable, Type]:
    """Items that unpack, which may be None: Python raises at the first one that is, C++ before the loop."""
    if not isinstance(item, OptionalType) or not isinstance(item.inner, TupleType) or holds_containers(item):
        return iterable, item
    made = iterated.listed(context, node, iterable, item, fixed=True)
    surely = replace(made, element=certain(made.element), type=ListType(item.inner, fixed=True))
    return ir.Items(surely), item.inner


def _only(context: Context, node: cst.Call) -> cst.BaseExpression:
    if len(node.args) != 1 or node.args[0].keyword is not None or node.args[0].star:
        context.refuse("PCA306", node, "this call takes one argument")
    return node.args[0].value


def _positional(context: Context, node: cst.Call) -> list[cst.BaseExpression]:
    for argument in node.args:
        if argument.keyword is not None or argument.star:
            context.refuse("PCA104", argument, "only plain positional arguments have a translation here")
    return [argument.value for argument in node.args]


def _range(context: Context, node: cst.Call) -> ir.Range:
    values = [_int(context, argument) for argument in _positional(context, node)]
    span = context.span(node)
    if not 1 <= len(values) <= 3:
        context.refuse("PCA306", node, "range takes one to three arguments")
    start, stop = (literal(0, span), values[0]) if len(values) == 1 else (values[0], values[1])
    step = values[2] if len(values) == 3 else literal(1, span)
    if isinstance(step, ir.Literal) and step.value == 0:
        context.refuse("PCA303", node, "range() arg 3 must not be zero")
    return ir.Range(start, stop, step)


def _count(context: Context, node: cst.Call) -> ir.Range:
    """`itertools.count(start, step)`: a range up to the largest int, which no loop reaches."""
    values = [_int(context, argument) for argument in _positional(context, node)]
    span = context.span(node)
    start = values[0] if values else literal(0, span)
    step = values[1] if len(values) > 1 else literal(1, span)
    if len(values) > 2 or not isinstance(step, ir.Literal) or not isinstance(step.value, int) or step.value < 1:
        context.refuse("PCA404", node, "count takes a start, and a positive literal as its step")
    return ir.Range(start, literal(INT64_MAX - step.value, span), step)


def _int(context: Context, node: cst.BaseExpression) -> ir.Expr:
    value = enumerations.plain(context, node, certain(context.expression(node)))
    if not isinstance(value.type, IntType):
        context.refuse("PCA303", node, f"an int is needed here, not {value.type}")
    return value


def _enumerate(context: Context, node: cst.Call) -> tuple[ir.Iterable, Type]:
    keywords = [None if argument.keyword is None else argument.keyword.value for argument in node.args]
    if keywords not in ([None], [None, None], [None, "start"]) or any(argument.star for argument in node.args):
        context.refuse("PCA306", node, "enumerate takes an iterable and a start")
    inner, item = lower_iterable(context, node.args[0].value)
    start = _int(context, node.args[1].value) if len(node.args) == 2 else literal(0, context.span(node))
    return _pulled(context, node, ir.Enumerate(inner, start), TupleType((INT, item)))


def _zip(context: Context, node: cst.Call) -> tuple[ir.Iterable, Type]:
    if columns.is_transposed(node):
        return columns.lower(context, node)
    inners = [lower_iterable(context, argument) for argument in _positional(context, node)]
    if not inners:
        context.refuse("PCA306", node, "zip of nothing has no translation")
    made = ir.Zip(tuple(inner for inner, _ in inners))
    return _pulled(context, node, made, TupleType(tuple(item for _, item in inners)))


def _pulled(context: Context, node: cst.Call, made: ir.Iterable, item: Type) -> tuple[ir.Iterable, Type]:
    """The iterable; one that takes values of an iterator, or that takes turns, as an iterator itself."""
    if not (_pulls(made) or (isinstance(made, ir.Zip) and _takes_turns(context, made))):
        return made, item
    return ir.Items(iterated.of(context, node, made, item)), item


def _takes_turns(context: Context, made: ir.Zip) -> bool:
    """Whether it matters which of several runs first: a generator, or loaders, which draw when they begin."""
    values = [inner.value for inner in made.inners if isinstance(inner, ir.Items)]
    loaders = [value for value in values if iterated.has_iterator(context, value)]
    return len(loaders) > 1 or any(generated_in(inner) for inner in made.inners)


def _pulls(iterable: ir.Iterable) -> bool:
    match iterable:
        case ir.Items(value=value):
            return isinstance(value.type, IteratorType)
        case ir.Enumerate(inner=inner) | ir.Reversed(inner=inner):
            return _pulls(inner)
        case ir.Zip(inners=inners):
            return any(map(_pulls, inners))
        case _:
            return False


def _reversed(context: Context, node: cst.Call) -> tuple[ir.Iterable, Type]:
    """`reversed(x)`: of a list backwards by index, of anything else by way of a list."""
    inner, item = lower_iterable(context, _only(context, node))
    match inner:
        case ir.Range(start=start, stop=stop, step=ir.Literal(value=1)):
            return ir.Reversed(ir.Range(start, stop, literal(1, context.span(node)))), item
        case ir.Items(value=value) if isinstance(value.type, ListType) and not isinstance(value.type, ModuleListType):
            return ir.Reversed(inner), item
        case ir.Range() | ir.DictItems() | ir.DictValues() | ir.Items():
            if isinstance(inner, ir.Items) and not isinstance(inner.value.type, DictType | ModuleListType):
                context.refuse("PCA303", node, f"reversed of a value of type {inner.value.type} has no translation")
            return ir.Reversed(ir.Items(iterated.listed(context, node, inner, item))), item
        case _:
            context.refuse("PCA303", node, "only a sequence can be reversed", "make a list of it first: list(...)")


def _dict_view(context: Context, node: cst.Attribute) -> tuple[ir.Iterable, Type] | None:
    value = certain(context.expression(node.value))
    if not isinstance(value.type, DictType):
        return None
    if node.attr.value == "items":
        return ir.DictItems(value), TupleType((value.type.key, value.type.value))
    if node.attr.value == "keys":
        return ir.Items(value), value.type.key
    return ir.DictValues(value), value.type.value


def _numbers(context: Context, node: cst.BaseExpression) -> cst.BaseExpression | None:
    """`x.tolist()` of a tensor, whose dimensions only the run tells, as the numbers of one: `[e.item() for e in x]`."""
    match node:
        case cst.Call(func=cst.Attribute(value=tensor, attr=cst.Name("tolist")), args=[]):
            is_tensor = context.qualified(node.func) is None and isinstance(context.expression(tensor).type, TensorType)
        case _:
            return None
    if not is_tensor:
        return None
    name = context.scope.fresh_name("element")
    item = cst.Call(cst.Attribute(cst.Name(name), cst.Name("item")))
    made = cst.ListComp(item, cst.CompFor(cst.Name(name), tensor))
    context.place_at(made, context.span(node))
    return made


def _items(context: Context, node: cst.BaseExpression) -> tuple[ir.Iterable, Type]:
    named = node.value if isinstance(node, cst.Name) and context.resolve(node.value).kind == "class" else None
    if named is not None and hierarchy.kind_of(context, named) == "enum":
        return ir.Items(enumerations.members(context, node, named)), InstanceType(named, "enum")
    value = certain(context.expression(_numbers(context, node) or node, eager.wanted(context, node)))
    if isinstance(value.type, ApiType) and context.table.member(value.type.name, "__iter__") is not None:
        value = rows.apply_method(context, node, value, "__iter__", ())
    if _iterates_as_base(context, value.type):
        value = rows.apply_method(context, node, value, "__iter__", ())
    match value.type:
        case InstanceType(kind="object" | "module") if hierarchy.method(context, str(value.type), "__iter__"):
            return _iterated(context, node, value)
        case InstanceType() if (keys := dict_classes.keys_of(context, value.type)) is not None and is_plain(value):
            listed = dict_classes.listed(keys, context.span(node))
            return ir.Items(listed), listed.elements[0].type
        case ListType(element=element) | IteratorType(element=element):
            return ir.Items(value), element
        case DictType(key=key):
            return ir.Items(value), key
        case StrType():
            characters = rows.apply_method(context, node, value, "__iter__", ())
            return ir.Items(characters), STR
        case SetType(element=element):
            return ir.Items(rows.apply_method(context, node, value, "__iter__", ())), element
        case TensorType(category=category):
            return ir.Items(value), TensorType(category)
        case ApiType(name=name) if context.table.member(name, "__len__") is not None:
            return ir.Items(value), ApiType(roles.ANY_MODULE, roles.ANY_MODULE)
        case TupleType(elements=elements) if elements and len(set(elements)) == 1:
            if isinstance(value, ir.TupleDisplay):
                value = ir.ListDisplay(value.elements, ListType(elements[0], fixed=True), value.span)
                return ir.Items(value), elements[0]
            same = ListType(elements[0], fixed=True)
            return ir.Items(ir.Convert(value, same, value.span)), elements[0]
    if isinstance(value.type, MixedListType):
        message = f"a loop variable has one type, and this list is a {value.type}"
        context.refuse("PCA307", node, message, "use a list of literals, which nothing else stands for, or of one type")
    context.refuse("PCA303", node, f"a loop over a value of type {value.type} has no translation")


def _iterates_as_base(context: Context, type_: Type) -> bool:
    """Whether a loop over a module of the program is one over the modules of the container that it derives from."""
    if not isinstance(type_, InstanceType) or type_.base is None or hierarchy.method(context, type_.name, "__iter__"):
        return False
    return context.table.attribute(hierarchy.api_class(type_), "__iter__") is not None


def _iterated(context: Context, node: cst.BaseExpression, value: ir.Expr) -> tuple[ir.Iterable, Type]:
    """A loop over an object: over the list that its `__iter__` gives an iterator of."""
    found = members.call_special(context, node, value, "__iter__", ())
    assert found is not None
    definition = hierarchy.method(context, str(value.type), "__iter__")
    if definition is not None and generators.is_generator(context, definition.node):
        return generators.generated(context, node, found)
    if not isinstance(found.type, ListType):
        context.refuse("PCA303", node, f"a loop over a {value.type}, whose __iter__ gives {found.type}")
    return ir.Items(found), found.type.element


def lower_target(context: Context, node: cst.BaseExpression, item: Type, iterable: ir.Iterable) -> ir.Target:
    """The loop variables, each bound to (a part of) an item."""
    _note_items(context, node, iterable)
    return _target(context, node, item)


def _note_items(context: Context, node: cst.BaseExpression, iterable: ir.Iterable) -> None:
    """What loop variables hold is copied from what the loop runs over."""
    for value in iterable_children(iterable):
        place = context.sharing.held(place_of(context, value))
        held = _held(iterable, value.type)
        for name in target_names(node):
            if holds_containers(held):
                part = ir.Subscript(value, value, held, value.span)
                note_alias(context, part, variable_place(context, name))
            context.sharing.flow(place, variable_place(context, name))


def _held(iterable: ir.Iterable, type_: Type) -> Type:
    """What of a container that a loop runs over the loop variables may have."""
    match iterable, type_:
        case ir.Items(), DictType(key=key):
            return key
        case _, ListType(element=element) | DictType(value=element):
            return element
        case _:
            return type_


def _target(context: Context, node: cst.BaseExpression, item: Type) -> ir.Target:
    match node:
        case cst.Name(value=name):
            note_stored_variable(context, name, item)
            return assign_name(context, node, name, item)
        case cst.Tuple(elements=elements) | cst.List(elements=elements):
            if any(isinstance(element, cst.StarredElement) for element in elements):
                message = "a star among the variables of a loop has no translation"
                context.refuse("PCA102", node, message, "let one variable take the item, and unpack it: a, *b = item")
            return _unpack(context, node, [element.value for element in elements], item)
        case _:
            context.refuse("PCA102", node, "a loop variable must be a name or a tuple of names")


def _unpack(context: Context, node: cst.BaseExpression, parts: list[cst.BaseExpression], item: Type) -> ir.Target:
    match item:
        case TupleType(elements=types) if len(types) == len(parts):
            pass
        case ListType(element=element):
            types = (element,) * len(parts)
        case NeverType():
            context.pending(node)
        case _:
            context.refuse("PCA303", node, f"{item} does not unpack into {len(parts)} names")
    targets = tuple(_target(context, part, type_) for part, type_ in zip(parts, types, strict=True))
    return ir.Unpack(targets, item, context.span(node))


def is_nonempty(context: Context, iterable: ir.Iterable) -> bool:
    """Whether the loop surely runs at least once."""
    match iterable:
        case ir.Range(start=start, stop=stop, step=step):
            values = [_constant(context, value) for value in (start, stop, step)]
            if None in values:
                return False
            return len(range(*(value for value in values if value is not None))) > 0
        case ir.Items(value=ir.ListDisplay(elements=elements)):
            return bool(elements)
        case ir.Enumerate(inner=inner) | ir.Reversed(inner=inner):
            return is_nonempty(context, inner)
        case ir.Generated(manages=manages):
            return manages
        case ir.Zip(inners=inners):
            return all(is_nonempty(context, inner) for inner in inners)
        case _:
            return False


def _constant(context: Context, value: ir.Expr) -> int | None:
    match value:
        case ir.Literal(value=int(number)):
            return number
        case ir.Name(name=name):
            found = context.constant(name)
            return found if isinstance(found, int) else None
        case _:
            return None
