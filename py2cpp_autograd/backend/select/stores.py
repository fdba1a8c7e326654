"""Stores: into elements, and into attributes, of ctx and of modules, which register what they are given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.fill import Filler
from py2cpp_autograd.backend.select import expressions, indexing, python
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import ApiType, DictType, IntType, NoneType, OptionalType, Type, without_none


def store(selection: Selection, target: ir.Target, value: ir.Expr) -> cpp.Expr:
    """An assignment to what is no variable of its own: an attribute, an element, a part of a tensor."""
    made = selection.expression(value)
    match target:
        case ir.ClassAttributeTarget(class_name=class_name, name=name):
            place = expressions.class_member(selection, class_name, selection.field(name))
            return cpp.Binary("=", place, made)
        case ir.FieldTarget():
            return store_field(selection, target, value, made)
        case ir.PropertyTarget(row=row, variant=index, instance=instance):
            variant = selection.variant(row, index)
            given = {variant.self_name: instance, "value": value}
            return Filler(variant, given, selection.expression).pattern("set")
        case ir.SubscriptTarget(container=container, index=position):
            return _store_element(selection, container, position, made)
        case ir.TensorIndexTarget():
            return indexing.assign(selection, target, made)
        case _:
            raise TypeError(f"no store to {type(target).__name__}")


def _store_element(selection: Selection, container: ir.Expr, index: ir.Expr, value: cpp.Expr) -> cpp.Expr:
    if isinstance(container.type, DictType):
        made = selection.expression(container)
        return selection.shim("dict", "set", made, selection.expression(index), value)
    return cpp.Binary("=", indexing.element(selection, container, index, assigned=True), value)


def store_field(selection: Selection, target: ir.FieldTarget, value: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    """`self.name = value`, `ctx.name = value`."""
    if isinstance(target.instance, ir.Name) and target.instance.name == selection.function_context:
        context = selection.expression(target.instance)
        slot = cpp.Index(cpp.Member(context, "saved_data", arrow=True), cpp.String(target.name))
        return cpp.Binary("=", slot, _as_ivalue(value, made))
    if selection.is_boxed(target.type):
        return _boxed(selection, target, value, made)
    if selection.is_late(target.instance.type, target.name):
        return _late(selection, target, made)
    field = selection.expression(ir.Field(target.instance, target.name, target.type, target.span))
    kind = _kind(selection, target)
    return cpp.Binary("=", field, made if kind is None else _registered(selection, kind, target, value, made))


def _late(selection: Selection, target: ir.FieldTarget, made: cpp.Expr) -> cpp.Expr:
    """An attribute that may have no value: it has one from here on, also where that is None, or a list of nothing."""
    place = expressions.place(selection, target.instance, target.name, target.type)
    plain = selection.type(target.type)
    if isinstance(made, cpp.Brace) and made.type is None:
        made = cpp.Brace(cpp.Name(plain), made.elements)
    if plain.startswith("std::optional<"):
        return cpp.Call(cpp.Member(place, "emplace"), (made,))
    return cpp.Binary("=", place, made)


def _boxed(selection: Selection, target: ir.FieldTarget, value: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    """An optimizer as an attribute: made in place, for it cannot be copied."""
    name = selection.type(target.type)
    if not (isinstance(made, cpp.Call) and made.callee == cpp.Name(name)):
        message = f"a {target.type} that is made elsewhere cannot become an attribute in C++"
        selection.report.add("PCA102", value.span, message, "make it where the attribute is assigned")
        return made
    exact = not any(isinstance(argument, cpp.Brace) and argument.type is None for argument in made.arguments)
    given = made.arguments if exact else (made,)
    field = expressions.place(selection, target.instance, target.name, target.type)
    return cpp.Binary("=", field, selection.call(f"std::make_shared<{name}>", *given, header="<memory>"))


def _as_ivalue(value: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    return python.exact(made) if isinstance(value.type, IntType) else made


def _kind(selection: Selection, target: ir.FieldTarget) -> str | None:
    """What the module that has the attribute registers: a child, a parameter, a buffer."""
    if not selection.is_module(target.instance.type):
        return None
    return "module" if selection.is_module(target.type) or _is_any(target.type) else target.registered


def _is_any(type_: Type) -> bool:
    """Whether a module's class is known only when the program runs."""
    return without_none(type_) == ApiType(roles.ANY_MODULE)


def _registered(selection: Selection, kind: str, target: ir.FieldTarget, value: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    """`register_module("name", value)` and the like where the name is new, else a call that knows what is there."""
    own = isinstance(target.instance, ir.Name) and target.instance.name == selection.instance
    first = own and selection.in_constructor and target.name not in selection.repeated
    nothing = _is_none(value)
    if first and nothing:
        return made
    if first and not isinstance(value.type, OptionalType) and not _is_any(target.type):
        return _first(selection, kind, target.name, value, made)
    if nothing and kind == "module":
        made = cpp.Call(cpp.Name(selection.type(target.type)), () if _is_any(target.type) else (cpp.Name("nullptr"),))
    owner = cpp.Name("this") if own else selection.expression(target.instance)
    return selection.shim("module_tree", f"set_{kind}", cpp.Unary("*", owner), cpp.String(target.name), made)


def _is_none(value: ir.Expr) -> bool:
    plain = value.operand if isinstance(value, ir.Convert) else value
    return isinstance(plain, ir.Literal) and isinstance(plain.type, NoneType)


def _first(selection: Selection, kind: str, name: str, value: ir.Expr, made: cpp.Expr) -> cpp.Expr:
    arguments = [cpp.String(name), made]
    if kind == "parameter" and isinstance(value, ir.Apply):
        given = {argument.parameter: argument.value for argument in value.arguments}
        data = given.get("data")
        if isinstance(data, ir.Apply) and _is_factory(selection, data):
            arguments[1] = selection.expression(data)
            flag = given.get("requires_grad")
            if flag is not None:
                arguments.append(cpp.Commented("requires_grad", selection.expression(flag)))
    return cpp.Call(cpp.Name(f"register_{kind}"), tuple(arguments))


def _is_factory(selection: Selection, node: ir.Apply) -> bool:
    return node.form == "call" and selection.variant(node.row, node.variant).has_tensor_options


def repeated(body: Sequence[ir.Stmt]) -> frozenset[str]:
    """The attributes that some way through a constructor assigns more than once."""
    return frozenset(name for name, count in _most(body).items() if count > 1)


def assigned(body: Sequence[ir.Stmt]) -> frozenset[str]:
    """The attributes that a body assigns."""
    return frozenset(_most(body))


def _most(body: Sequence[ir.Stmt]) -> Counter[str]:
    """How often, at most, each attribute is assigned."""
    counts: Counter[str] = Counter()
    for node in body:
        match node:
            case ir.Assign(target=ir.FieldTarget(name=name)):
                counts[name] += 1
            case ir.If(body=then, orelse=orelse):
                counts += _most(then) | _most(orelse)
            case ir.With(body=inner):
                counts += _most(inner)
            case ir.For(body=inner) | ir.While(body=inner):
                counts += _most(inner) + _most(inner)
    return counts
