"""Classes of the program: `nn.Module` subclasses and custom `autograd.Function`s."""

from __future__ import annotations

from dataclasses import replace

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.bound_names import names_in
from py2cpp_autograd.backend.dependencies import type_names, types_of
from py2cpp_autograd.backend.names import MODULE_MEMBERS, cpp_name
from py2cpp_autograd.backend.placement import free_names
from py2cpp_autograd.backend.select import bases, families, probes, stores, texts
from py2cpp_autograd.backend.select import definitions_of_functions as functions
from py2cpp_autograd.backend.select.context import Members, Selection
from py2cpp_autograd.ir_walk import any_expression, gives_away
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import (
    ApiType,
    BoolType,
    DictType,
    FloatType,
    IntType,
    ListType,
    NoneType,
    OptionalType,
    TensorType,
    TupleType,
    Type,
)


def module(selection: Selection, node: ir.Class, shared: frozenset[str]) -> tuple[cpp.Declaration, ...]:
    """`struct NetImpl : torch::nn::Module {...}; TORCH_MODULE(Net);`."""
    declared = node.name in selection.ahead
    methods = (node.init, *node.methods)
    if any(_gives_itself(one, node.instance) or _mentions(one, node.name) for one in methods):
        selection.ahead.add(node.name)
    name = f"{cpp_name(node.name)}Impl"
    derived_from = ", ".join((bases.spelled(selection, node), *texts.bases(selection, node), *_told(selection, node)))
    struct = cpp.Struct(name, derived_from, _members(selection, node, shared), node.span)
    comments = tuple(cpp.Comment(comment.text) for comment in node.leading)
    known = probes.known(node, name)
    if declared:
        return (*comments, struct, *known)
    if node.name in selection.ahead:
        return (*ahead(node), cpp.Comment(None), *comments, struct, *known)
    return (*comments, struct, _holder(node), *known)


def ahead(node: ir.Class) -> tuple[cpp.Declaration, ...]:
    """`struct NetImpl; TORCH_MODULE(Net);`: the class, before it is defined."""
    return (cpp.Struct(f"{cpp_name(node.name)}Impl", "", None), _holder(node))


def _holder(node: ir.Class) -> cpp.MacroCall:
    return cpp.MacroCall("TORCH_MODULE", (cpp.Name(cpp_name(node.name)),))


def plain(selection: Selection, node: ir.Class, shared: frozenset[str]) -> tuple[cpp.Declaration, ...]:
    """`struct Point {...};`, held by shared pointers: Python's objects are shared."""
    name = cpp_name(node.name)
    gives_itself = any(_gives_itself(method, node.instance) for method in node.methods)
    others = (f"std::enable_shared_from_this<{name}>",) if gives_itself else ()
    struct = cpp.Struct(name, families.bases(node, others), _members(selection, node, shared), node.span)
    return (*(cpp.Comment(comment.text) for comment in node.leading), struct)


def apart(
    declarations: tuple[cpp.Declaration, ...],
) -> tuple[tuple[cpp.Declaration, ...], tuple[cpp.Declaration, ...]]:
    """The struct of a class with the bodies of its functions behind it: these need what it is declared before."""
    kept: list[cpp.Declaration] = []
    bodies: list[cpp.Declaration] = []
    for one in declarations:
        if not isinstance(one, cpp.Struct) or one.members is None:
            kept.append(one)
            continue
        inside: list[cpp.Declaration] = []
        for member in one.members:
            if not isinstance(member, cpp.Function) or member.body is None or member.result == "auto":
                inside.append(member)
                continue
            inside.append(replace(member, body=None, initializers=()))
            taken = tuple(replace(parameter, default=None) for parameter in member.parameters)
            spelled = f"{one.name}::{member.name}"
            bodies += [replace(member, name=spelled, parameters=taken, prefix="", suffix=""), cpp.Comment(None)]
        kept.append(replace(one, members=tuple(inside)))
    return tuple(kept), tuple(bodies)


def _gives_itself(method: ir.Function, instance: str) -> bool:
    """Whether a method uses its object as a value."""
    return next(gives_away(method.body, instance), None) is not None


def _names(method: ir.Function, name: str) -> bool:
    """Whether a method takes or gives objects of a class."""
    return any(name in type_names(type_) for type_ in types_of(method))


def _mentions(method: ir.Function, name: str) -> bool:
    """Whether a method takes, gives or makes objects of a class, or asks modules whether they are of it."""

    def mentions(part: ir.Expr) -> bool:
        match part:
            case ir.New(class_name=made):
                return made == name
            case ir.IsInstance(class_=class_):
                return str(class_) == name
            case _:
                return False

    return _names(method, name) or any_expression(method.body, mentions)


def _members(selection: Selection, node: ir.Class, shared: frozenset[str]) -> tuple[cpp.Declaration, ...]:
    name = cpp_name(node.name)
    selection.instance, selection.class_name, selection.members = node.instance, node.name, _names_in(selection, node)
    members: list[cpp.Declaration] = []
    if bases.is_inherited(node):
        members.append(bases.inheriting(selection, node))
    elif node.init.body or node.init.parameters or texts.named(selection, node):
        members.append(_constructor(selection, node, shared, f"{name}Impl" if node.is_module else name))
    for method in node.methods:
        members.append(cpp.Comment(None))
        members += [cpp.Comment(comment.text) for comment in method.leading]
        members.append(_method(selection, node, method, shared))
    if node.is_module:
        forward = [method for method in node.methods if method.name == "forward"]
        members += [macro for method in forward for macro in _defaults(selection, method)]
        members += [*_copied(selection, node), *_swapped(selection, node)]
    members += [*_saved(selection, node), *probes.items(selection, node), *probes.fields(selection, node)]
    members += [probes.written()] if node.families else []
    members += [cpp.Comment(None)] if node.fields or node.attributes else []
    members += [functions.field(selection, field) for field in node.fields if field.name not in node.inherited]
    members += [_attribute(selection, attribute) for attribute in node.attributes]
    members += texts.members(selection, node)
    selection.instance, selection.class_name, selection.members = None, None, Members()
    selection.hidden = set()
    return _trimmed(members)


def _attribute(selection: Selection, attribute: ir.ClassAttributeDeclaration) -> cpp.Declare:
    spelled = selection.type(attribute.type)
    value = selection.expression(attribute.value)
    plain_type = isinstance(attribute.type, IntType | FloatType | BoolType)
    lead = "inline static" if attribute.assigned else "static constexpr" if plain_type else "inline static const"
    return cpp.Declare(f"{lead} {spelled}", selection.field(attribute.name), value)


def _defaults(selection: Selection, forward: ir.Function) -> tuple[cpp.Declaration, ...]:
    """What a container that knows the module as AnyModule needs to leave out the arguments of `forward`."""
    values = []
    for index, parameter in enumerate(forward.parameters):
        if parameter.default is not None:
            held = cpp.Call(cpp.Name("torch::nn::AnyValue"), (_default(selection, parameter.default, parameter.type),))
            values.append(cpp.Brace(None, (cpp.Int(index), held)))
    if not values or len(values) == len(forward.parameters):
        return ()
    return (cpp.Comment(None), cpp.MacroCall("FORWARD_HAS_DEFAULT_ARGS", tuple(values)))


def _copied(selection: Selection, node: ir.Class) -> list[cpp.Declaration]:
    """What a deep copy of the module needs to know: the attributes that do not copy themselves."""
    if not node.copied:
        return []
    selection.headers.add('"py2cpp/copy.h"')
    held = tuple(cpp.Name(selection.field(field.name)) for field in node.fields if _holds(selection, field.type))
    held = (*map(cpp.Name, bases.state(selection, node)), *held)
    return [cpp.Comment(None), cpp.MacroCall("PY2CPP_COPIED", held)]


def _told(selection: Selection, node: ir.Class) -> tuple[str, ...]:
    """What a module derives from that is called with other tensors than its own."""
    if not _registered(node):
        return ()
    selection.headers.add('"py2cpp/functional_call.h"')
    return ("py2cpp::Registered",)


def _swapped(selection: Selection, node: ir.Class) -> list[cpp.Declaration]:
    """Where a module holds its parameters and buffers, whose place others can take."""
    held = tuple(cpp.Name(selection.field(name)) for name in _registered(node))
    return [cpp.Comment(None), cpp.MacroCall("PY2CPP_REGISTERED", held)] if held else []


def _registered(node: ir.Class) -> tuple[str, ...]:
    fields = node.fields if node.swapped else ()
    return tuple(field.name for field in fields if field.registration in ("parameter", "buffer"))


def _saved(selection: Selection, node: ir.Class) -> list[cpp.Declaration]:
    """What a file needs to know of a dict: its keys, and the attributes that stand for them."""
    if not node.saved:
        return []
    pairs = [
        cpp.Call(
            cpp.Name("std::make_pair"),
            (probes.key(key), cpp.Name(f"&{cpp_name(node.name)}::{selection.field(attribute)}")),
        )
        for key, attribute, _ in node.keys
    ]
    body = (cpp.Return(cpp.Call(cpp.Name("std::make_tuple"), tuple(pairs))),)
    return [cpp.Comment(None), cpp.Function("auto", "saved_items", (), body, prefix="static")]


def _holds(selection: Selection, type_: Type) -> bool:
    """Whether copies of a value are other names for the same tensors or modules."""
    match type_:
        case TensorType():
            return True
        case OptionalType(inner=inner) | ListType(element=inner) | DictType(value=inner):
            return _holds(selection, inner)
        case TupleType(elements=elements):
            return any(_holds(selection, element) for element in elements)
        case _:
            return selection.is_module(type_) or type_ == ApiType(roles.ANY_MODULE)


def _default(selection: Selection, value: ir.Expr, type_: Type) -> cpp.Expr:
    """A default argument that has exactly the parameter's type."""
    spelled = cpp.Name(selection.type(type_))
    plain = value.operand if isinstance(value, ir.Convert) else value
    if isinstance(plain.type, NoneType):
        empty = (cpp.Name("nullptr"),) if selection.is_module(type_) else ()
        return cpp.Call(spelled, empty)
    made = selection.expression(value)
    return made if isinstance(made, cpp.Float | cpp.Bool) else cpp.Call(spelled, (made,))


def _trimmed(members: list[cpp.Declaration]) -> tuple[cpp.Declaration, ...]:
    while members and isinstance(members[0], cpp.Comment) and members[0].text is None:
        members.pop(0)
    return tuple(members)


def _names_in(selection: Selection, node: ir.Class) -> Members:
    """What the functions of a class mean by the names that it has."""
    names = {selection.field(one.name) for one in node.fields} | {selection.field(one.name) for one in node.attributes}
    names |= {selection.method(one.name) for one in node.methods}
    names |= MODULE_MEMBERS if node.is_module else frozenset()
    return Members(frozenset(names), node.base is not None)


def _scoped(selection: Selection, function: ir.Function, shared: frozenset[str]) -> None:
    """Fields that a local name hides are written with `this->`."""
    selection.locals = names_in(function.body) | {parameter.name for parameter in function.parameters}
    selection.shared = shared
    selection.hidden = {name for name in free_names(function) & set(selection.homes) if selection.members.hide(name)}


def _constructor(selection: Selection, node: ir.Class, shared: frozenset[str], name: str) -> cpp.Function:
    later = [part for method in node.methods if method.kind == "constructing" for part in method.body]
    selection.in_constructor = True
    selection.repeated = stores.repeated(node.init.body) | stores.assigned(later)
    _scoped(selection, node.init, shared)
    initializers, init = bases.initializers(selection, node, shared)
    initializers += texts.named(selection, node)
    body = functions.body(selection, init, shared)
    taken = functions.parameters(selection, node.init)
    selection.in_constructor, selection.locals = False, set()
    return cpp.Function("", name, taken, body, initializers=initializers, span=node.init.span)


def _method(selection: Selection, owner: ir.Class, node: ir.Function, shared: frozenset[str]) -> cpp.Function:
    _scoped(selection, node, shared)
    selection.in_constructor = node.kind == "constructing"
    selection.repeated = stores.assigned(node.body)
    selection.instance = None if node.kind == "static" else owner.instance
    made = functions.function(selection, node, shared)
    selection.locals, selection.in_constructor, selection.instance = set(), False, owner.instance
    prefix = "static" if node.kind == "static" else ""
    if owner.is_module and node.name == roles.TRAIN:
        return replace(made, name=roles.TRAIN, suffix="override")
    is_override = texts.is_said(owner, node) or node.name in owner.virtual
    suffix = "override" if is_override else ""
    return replace(made, name=selection.method(node.name), prefix=prefix, suffix=suffix)


#: What a `torch::autograd::Function` has.
_FUNCTION_MEMBERS = Members(frozenset({"apply", "backward", "forward"}))


def autograd_function(
    selection: Selection, node: ir.AutogradFunction, shared: frozenset[str]
) -> tuple[cpp.Declaration, ...]:
    """`struct F : torch::autograd::Function<F>` with static forward and backward."""
    name = cpp_name(node.name)
    selection.edges = _edges(node.forward)
    selection.members = _FUNCTION_MEMBERS
    selection.hidden = {name for name in selection.homes if selection.members.hide(name)}
    forward = _forward(selection, node, shared)
    backward = _backward(selection, node, shared)
    selection.function_context, selection.edges = None, {}
    selection.members, selection.hidden = Members(), set()
    comments = tuple(cpp.Comment(comment.text) for comment in node.leading)
    struct = cpp.Struct(name, f"torch::autograd::Function<{name}>", (forward, cpp.Comment(None), backward), node.span)
    return (*comments, struct)


def _edges(forward: ir.Function) -> dict[int, int | None]:
    """C++ counts the tensor arguments of forward alone, Python counts all."""
    edges: dict[int, int | None] = {}
    count = 0
    for index, parameter in enumerate(forward.parameters):
        is_tensor = functions.is_tensor(parameter.type)
        edges[index] = count if is_tensor else None
        count += is_tensor
    return edges


def _context(name: str, used: bool) -> cpp.Parameter:
    spelled = cpp_name(name)
    return cpp.Parameter("torch::autograd::AutogradContext*", spelled if used else f"/*{spelled}*/")


def _forward(selection: Selection, node: ir.AutogradFunction, shared: frozenset[str]) -> cpp.Function:
    selection.function_context = node.context
    several = isinstance(node.forward.result, TupleType)
    body = functions.body(selection, node.forward, shared, "list" if several else "value")
    used = node.context in functions.names_read(node.forward)
    taken = (_context(node.context, used), *functions.parameters(selection, node.forward))
    result = "torch::autograd::variable_list" if several else "torch::Tensor"
    return cpp.Function(result, "forward", taken, body, prefix="static", span=node.forward.span)


def _backward(selection: Selection, node: ir.AutogradFunction, shared: frozenset[str]) -> cpp.Function:
    selection.function_context = node.backward_context
    read = functions.names_read(node.backward)
    gradients = "grad_outputs"
    while gradients in read:
        gradients += "_"
    unpacked: list[cpp.Stmt] = [
        cpp.Declare("auto", selection.name(parameter.name), cpp.Index(cpp.Name(gradients), cpp.Int(index)))
        for index, parameter in enumerate(node.backward.parameters)
        if parameter.name in read
    ]
    body = functions.body(selection, replace(node.backward), shared, "list")
    whole = _once(selection, gradients, (*unpacked, *body)) if node.once else (*unpacked, *body)
    named = bool(unpacked) or node.once
    taken = (
        _context(node.backward_context, node.backward_context in read),
        cpp.Parameter("const torch::autograd::variable_list&", gradients if named else f"/*{gradients}*/"),
    )
    result = "torch::autograd::variable_list"
    made = cpp.Function(result, "backward", taken, whole, prefix="static", span=node.backward.span)
    return _by_value(made)


def _once(selection: Selection, gradients: str, body: tuple[cpp.Stmt, ...]) -> tuple[cpp.Stmt, ...]:
    """A backward that is run without a graph, its results an error to differentiate."""
    inner = cpp.Lambda("&", (), "torch::autograd::variable_list", body)
    return (cpp.Return(selection.shim("autograd", "once_differentiable", cpp.Name(gradients), inner)),)


def _by_value(made: cpp.Function) -> cpp.Function:
    """LibTorch passes the gradients as an rvalue, which binds to a value too: `variable_list grad_outputs`."""
    context, gradients = made.parameters
    return replace(made, parameters=(context, replace(gradients, type="torch::autograd::variable_list")))
