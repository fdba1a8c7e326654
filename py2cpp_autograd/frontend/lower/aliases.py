"""Lists and dicts that get a second place, or are changed: what `frontend.sharing` has to know of a program."""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.confined import is_confined
from py2cpp_autograd.frontend.scope import Key, Scope
from py2cpp_autograd.frontend.sharing import Change, Copy, Place, is_fresh, made_at
from py2cpp_autograd.frontend.walk import uses
from py2cpp_autograd.types import (
    INT,
    ApiType,
    DictType,
    ListType,
    OptionalType,
    SetType,
    TupleType,
    Type,
    is_module_container,
)

#: The results and the arguments of functions that are called as values.
_ANY_RESULT: Place = ("result", "")
_ANY_ARGUMENT: Place = ("argument", "")
#: What gives a new container of the same elements.
_COPYING = frozenset({
    "builtins.sorted", "builtins.list.copy", "builtins.list.__getslice__", "builtins.dict.copy", "builtins.dict.__or__",
    "collections.OrderedDict.copy", "collections.defaultdict.copy", "collections.deque.copy",
    "collections.Counter.copy", "collections.Counter.__add__", "collections.Counter.__sub__",
    "collections.Counter.__or__", "collections.Counter.__and__", "collections.Counter.most_common",
    "collections.Counter.elements", "builtins.set.copy", "builtins.set.union", "builtins.set.__or__",
    "builtins.set.intersection", "builtins.set.__and__", "builtins.set.difference", "builtins.set.__sub__",
    "builtins.set.symmetric_difference", "builtins.set.__xor__", "builtins.set.__iter__", "py2cpp.set_of",
    "py2cpp.set_of_keys", "py2cpp.keys_without", "py2cpp.keys_with", "builtins.dict.fromkeys", "copy.deepcopy",
})  # fmt: skip


def is_container(type_: Type) -> bool:
    """Whether the value is a list, dict or set that can change."""
    if is_module_container(type_):
        return False  # a handle in C++ too
    return (isinstance(type_, ListType) and not type_.fixed) or isinstance(type_, DictType | SetType)


def holds_containers(type_: Type) -> bool:
    """Whether the value is a list or dict, or a tuple with one inside."""
    match type_:
        case OptionalType(inner):
            return holds_containers(inner)
        case TupleType(elements=elements):
            return any(map(holds_containers, elements))
        case ListType(element=element, fixed=True):
            return holds_containers(element)
        case _:
            return is_container(type_)


# ---------------------------------------------------------------------------------------------- places


def variable_place(context: Context, name: str) -> Place:
    """The place that a variable is; its versions are one."""
    for candidate in (name, name.rstrip("_").rpartition("_")[0]):
        resolved = context.resolve(candidate)
        if resolved.kind == "variable" and resolved.scope is not None:
            return ("variable", resolved.scope.identity, candidate)
    return ("variable", context.scope.identity, name)


def result_place(context: Context) -> Place:
    """The place of what the function at hand returns."""
    return ("result", _called(context.scope))


def record_place(name: str) -> Place:
    """The place of the lists in the dicts that stand for instances of an API class, `group["params"]`."""
    return ("record", name)


def _called(scope: Scope) -> str:
    is_method = scope.self_class is not None and scope.parent is not None and scope.parent.kind == "module"
    identity = scope.identity.partition("#")[0]
    return identity if is_method else identity.rpartition(".")[2]


def place_of(context: Context, value: ir.Expr) -> Place:
    """The place that the value of an expression is in."""
    sharing = context.sharing
    match value:
        case ir.Name(name=name):
            return variable_place(context, name)
        case ir.Field(instance=instance, name=name):
            return ("field", str(instance.type), name)
        case ir.ClassAttribute(class_name=class_name, name=name):
            return ("class attribute", class_name, name)
        case ir.Call(function=function):
            return ("result", function)
        case ir.MethodCall(instance=instance, method=method):
            return ("result", f"{instance.type}.{method}")
        case ir.StaticCall(class_name=class_name, method=method):
            return ("result", f"{class_name}.{method}")
        case ir.Subscript(container=container):
            return sharing.held(place_of(context, container))
        case ir.Convert(operand=operand):
            return place_of(context, operand)
        case ir.Conditional(body=body, orelse=orelse):
            place = place_of(context, body)
            sharing.flow(place_of(context, orelse), place)
            return place
        case ir.Let(name=name, value=inner, body=body):
            sharing.flow(place_of(context, inner), ("variable", context.scope.identity, name))
            return place_of(context, body)
        case ir.CallValue():
            return _ANY_RESULT
        case ir.Apply(arguments=arguments):
            return _applied(context, value, [argument.value for argument in arguments])
        case ir.Binary(left=left, right=right, operator=operator):
            return _joined(context, value, (left, right), repeated=operator == "*")
        case ir.ListSlice(container=container):
            return _joined(context, value, (container,))
        case _:
            return made_at(value.span)


def _joined(context: Context, value: ir.Expr, parts: Sequence[ir.Expr], repeated: bool = False) -> Place:
    """A new list of what others hold, or of what one holds several times."""
    place = made_at(value.span)
    for part in parts:
        note_elements(context, place, part)
    if repeated and isinstance(value.type, ListType) and holds_containers(value.type.element):
        held = context.sharing.held(place)
        context.sharing.copy(Copy(held, value.type.element, value.span), held)
    return place


def _applied(context: Context, value: ir.Apply, arguments: list[ir.Expr]) -> Place:
    """What a row gives: perhaps what its receiver holds (`d.get(k)`, `group["params"]`), else a new container."""
    owner = arguments[0].type if arguments else None
    if isinstance(owner, ApiType) and context.table.is_record(owner.name):
        return record_place(owner.name)
    place = made_at(value.span)
    for argument in arguments:
        if holds_containers(argument.type):
            held = context.sharing.held(place_of(context, argument))
            context.sharing.flow(held, place)
            context.sharing.flow(held, context.sharing.held(place))
    return place


# ---------------------------------------------------------------------------------------------- events


def note_alias(context: Context, value: ir.Expr, target: Place, kept: bool = False) -> None:
    """Remember that a list or dict gets a second place here: sound only if nothing changes it."""
    viewed = context.sharing.views.get(value.span) if isinstance(value, ir.Comprehension) else None
    if not holds_containers(value.type) and viewed is None:
        return
    place = place_of(context, viewed or value)
    if viewed is None and _makes(context, value):
        context.sharing.flow(place, target)
        return
    scope = context.scope
    in_line = scope.kind != "lambda" and scope.block_depth == 0 and scope.loop_depth == 0
    parameter = place if _is_handed_over(context, value) else None
    taken = (scope, str(target[2])) if target[:2] == ("variable", scope.identity) else None
    held = (viewed or value).type
    copied = Copy(place, held, value.span, parameter, scope.identity, in_line, kept=kept, variable=taken)
    context.sharing.copy(copied, target)


def _makes(context: Context, value: ir.Expr) -> bool:
    """Whether the value is a container that nothing else holds."""
    match value:
        case ir.Call(function=name) | ir.MethodCall(method=name) | ir.StaticCall(method=name):
            return name != "__iter__" and _stored(name) not in context.assumptions.facts
        case ir.Conditional(body=body, orelse=orelse):
            return _makes(context, body) and _makes(context, orelse)
        case ir.Convert(operand=operand):
            return _makes(context, operand)
        case ir.Apply(row=row, type=ListType(element=inner) | DictType(value=inner) | SetType(element=inner)) if (
            row in _COPYING
        ):
            return not holds_containers(inner)
        case ir.Apply(arguments=arguments):
            return not any(holds_containers(argument.value.type) for argument in arguments)
        case _:
            return is_fresh(value)


def _is_handed_over(context: Context, value: ir.Expr) -> bool:
    """Whether a value is a parameter that the function uses here alone."""
    match value:
        case ir.Name(name=name):
            scope = context.scope
            return name in scope.parameters and scope.mentions.get(name, 2) == 1 and not scope.loop_depth
        case ir.Convert(operand=operand):
            return _is_handed_over(context, operand)
        case ir.Conditional(body=body, orelse=orelse):
            one, other = (_makes(context, part) for part in (body, orelse))
            return (one and _is_handed_over(context, orelse)) or (other and _is_handed_over(context, body))
        case _:
            return False


def note_held(context: Context, container: Place, value: ir.Expr) -> None:
    """Remember that a list or dict is put into a container."""
    if holds_containers(value.type):
        note_alias(context, value, context.sharing.held(container))


def note_elements(context: Context, container: Place, source: ir.Expr) -> None:
    """Remember that a list takes what another one holds: lists and dicts in it have a second place from here on."""
    match source.type:
        case ListType(element=held) | DictType(value=held) if holds_containers(held):
            pass
        case _:
            return
    if isinstance(source, ir.ListDisplay):
        for element in source.elements:
            note_held(context, container, element)
    elif _makes(context, source):
        context.sharing.flow(context.sharing.held(place_of(context, source)), context.sharing.held(container))
    else:
        index = ir.Literal(0, INT, source.span)
        note_held(context, container, ir.Subscript(source, index, held, source.span))


def note_unpacked(context: Context, value: ir.Expr, part: ir.Expr, target: Place) -> None:
    """Remember that a part of a tuple or list gets a place: alone, if nothing else holds the whole."""
    if isinstance(value, ir.Call | ir.MethodCall | ir.StaticCall) and _makes(context, value):
        context.sharing.flow(place_of(context, part), target)
    else:
        note_alias(context, part, target)


def note_returned_parts(context: Context, value: ir.TupleDisplay) -> None:
    """Remember that a function gives a tuple to its callers: each part once, if it is a variable that ends here."""
    held = context.sharing.held(made_at(value.span))
    names = [element.name for element in value.elements if isinstance(element, ir.Name)]
    for element in value.elements:
        if not holds_containers(element.type):
            continue
        once = isinstance(element, ir.Name) and names.count(element.name) == 1
        if (once and _is_given_away(context, element)) or _makes(context, element):
            context.sharing.flow(place_of(context, element), held)
        else:
            context.assumptions.note(_stored(_called(context.scope)))
            note_alias(context, element, held)


def note_returned(context: Context, value: ir.Expr) -> None:
    """Remember what a function gives to its callers: a variable of its own, which ends here, is theirs alone."""
    if not holds_containers(value.type):
        return
    place = result_place(context)
    if _is_given_away(context, value) or _makes(context, value):
        context.sharing.flow(place_of(context, value), place)
    else:
        context.assumptions.note(_stored(_called(context.scope)))
        note_alias(context, value, place)


def note_given(context: Context, value: ir.Expr, target: Place) -> None:
    """Remember that an object takes a list: the variable of a function has it no more, where this is its last use."""
    if isinstance(value, ir.Name) and holds_containers(value.type) and _ends_here(context, value):
        context.sharing.flow(place_of(context, value), target)
    else:
        note_alias(context, value, target)


def _ends_here(context: Context, value: ir.Name) -> bool:
    """Whether a use of a variable of the function at hand is the last one, and runs once."""
    scope = context.scope
    if scope.kind != "function" or scope.loop_depth or scope.body is None or not _is_given_away(context, value):
        return False
    places = [context.span(node).start for _, node in uses(scope.body, value.name)]
    return value.span.start in places and max(places) == value.span.start


def _is_given_away(context: Context, value: ir.Expr) -> bool:
    """Whether a value is a variable of the function at hand alone, which a return ends."""
    scope = context.scope
    own = isinstance(value, ir.Name) and scope.owns(value.name) and value.name not in scope.parameters
    return own and isinstance(value, ir.Name) and not _is_left_behind(context, scope, value.name)


def _stored(function: str) -> Key:
    """The fact that what a function, or a method of some class, returns may have another place too."""
    return ("stored result", function.rpartition(".")[2])


def _is_left_behind(context: Context, scope: Scope, name: str) -> bool:
    """Whether a closure that may outlive the function has the variable too."""
    return ("captured", scope.identity, name) in context.assumptions.facts and not is_confined(context, scope)


def _note_class_attribute(context: Context, container: ir.ClassAttribute) -> None:
    """Remember that what all objects of a class share is changed in place: one class has it, and no other."""
    name = container.class_name
    owner = hierarchy.attribute(context, name, container.name)
    derived = any(name in hierarchy.mro(context, other)[1:] for other in context.classes)
    if derived or owner is None or owner.owner != name:
        message = f"'{container.name}' is one {container.type} for the objects of several classes, and is changed"
        context.refuse("PCA501", container.span, message, "make it in __init__: self.items = []")
    context.assumptions.note(("class attribute assigned", name, container.name))


def note_mutation(context: Context, container: ir.Expr, resized: bool = True) -> None:
    """Remember that a list or dict is changed in place."""
    if not holds_containers(container.type):
        return
    if resized and isinstance(container, ir.Name | ir.Field):
        context.changes.append(container.name)
    if isinstance(container, ir.ClassAttribute):
        _note_class_attribute(context, container)
    code = context.scope.binding()
    deferred = code is not context.scope
    change = Change(place_of(context, container), container.span, code.identity, deferred, resized)
    context.sharing.changed.append(change)
    root = container
    while isinstance(root, ir.Subscript | ir.Convert):
        root = root.container if isinstance(root, ir.Subscript) else root.operand
    if isinstance(root, ir.Conditional):
        note_mutation(context, root.body, resized)
        note_mutation(context, root.orelse, resized)
    if isinstance(root, ir.Name) and root.name in context.scope.parameters:
        context.assumptions.note(("mutated", context.scope.identity, root.name))


def is_key(context: Context, index: ir.Expr) -> bool:
    """Whether an index is the variable of a loop: a key, if the loop runs over the dict."""
    return isinstance(index, ir.Name) and any(index.name in names for names in context.scope.loops)


def note_argument(context: Context, identity: str, parameter: str, value: ir.Expr) -> None:
    """A container given to a parameter, which C++ takes by reference: what the function changes changes here."""
    if not holds_containers(value.type):
        return
    place: Place = ("variable", identity, parameter)
    context.sharing.flow(place_of(context, value), place)
    if not _makes(context, value):
        context.sharing.lent.add(place)
    if ("mutated", identity, parameter) in context.assumptions.facts:
        if _makes(context, value):
            message = f"'{parameter}' is changed by the function"
            context.refuse("PCA501", value.span, message, "put the value into a variable first")
        note_mutation(context, value)


def note_default(context: Context, identity: str, parameter: str, value: ir.Expr) -> None:
    """A container that is a default: one for all calls in Python, a new one each time in C++."""
    written = value.operand if isinstance(value, ir.Convert) else value
    is_none = isinstance(written, ir.Literal) and written.value is None
    if holds_containers(value.type) and not is_none:
        place: Place = ("variable", identity, parameter)
        context.sharing.lent.add(place)
        context.sharing.copy(Copy(made_at(value.span), value.type, value.span, default=True), place)


def note_function_value(context: Context, identity: str, parameters: tuple[str, ...]) -> None:
    """A function used as a value: calls of values may give it anything, and take anything from it."""
    context.sharing.flow(("result", identity.rpartition(".")[2]), _ANY_RESULT)
    for parameter in parameters:
        place: Place = ("variable", identity, parameter)
        context.sharing.flow(_ANY_ARGUMENT, place)
        context.sharing.lent.add(place)


def note_value_argument(context: Context, value: ir.Expr) -> None:
    """A container given to a function that is called as a value."""
    if holds_containers(value.type):
        context.sharing.flow(place_of(context, value), _ANY_ARGUMENT)
