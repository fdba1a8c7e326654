"""Loops over modules of any class: the body is lowered once for each class of module that the program makes.

In each copy the class is known, so that `isinstance`, attributes and calls have one meaning; copies that do nothing
are left out. What is left reads as the chain of `isinstance` tests that people write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Flow
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import BOOL, ApiType, DictType, InstanceType, ListType, TupleType, Type, without_none

OPEN = ApiType(roles.MODULE)
_OF_PARTS = (roles.PARTS, f"{roles.MODULE}.children", f"{roles.MODULE}.named_children")
#: Lowers the body, where the module is known to be of one class.
Body = Callable[[], Sequence[ir.Stmt]]


def note_class(context: Context, type_: Type) -> None:
    """Remember a class of modules that the program makes."""
    context.assumptions.join(("module class", str(type_)), type_)


def check_kept(context: Context, values: Sequence[ir.Expr]) -> None:
    """Refuse modules of any class where C++ copies them, or calls them by what it holds them as."""
    for value in values:
        if holds_open(value.type):
            message = "which modules these are, is not known before the program runs"
            context.refuse("PCA301", value.span, message, "name the modules: nn.Sequential(net.conv, net.relu)")


def holds_open(type_: Type) -> bool:
    """Whether a list or dict holds modules of any class."""
    match without_none(type_):
        case ListType(element=held) | DictType(value=held):
            return holds_open(held)
        case plain:
            return plain == OPEN


def open_name(target: cst.BaseExpression, item: Type) -> str | None:
    """The loop variable that is a module of any class."""
    match target, item:
        case cst.Name(value=name), ApiType(name=roles.MODULE):
            return name
        case (cst.Tuple(elements=elements), TupleType(elements=types)) if len(elements) == len(types):
            found = [open_name(element.value, type_) for element, type_ in zip(elements, types, strict=True)]
            return next((name for name in found if name is not None), None)
        case _:
            return None


def opened(context: Context, node: cst.For, iterable: ir.Iterable, item: Type) -> tuple[ir.Iterable, Type]:
    """A loop over a container of modules of several classes whose body asks of which class each is."""
    match iterable, item:
        case ir.Items(value=value), ApiType(name=roles.ANY_MODULE) if _asks(node.body, set(target_names(node.target))):
            row = context.table.find(roles.PARTS)
            assert row is not None
            given = (ir.Argument("self", value),)
            return ir.Items(ir.Apply(row.key, 0, "call", given, ListType(OPEN), value.span)), OPEN
        case ir.Enumerate(inner=inner, start=start), TupleType(elements=(place, held)):
            parts, part = opened(context, node, inner, held)
            return ir.Enumerate(parts, start), TupleType((place, part))
        case _:
            return iterable, item


def is_over_parts(iterable: ir.Iterable) -> bool:
    """Whether a loop runs over what a module holds, and not over the module itself."""
    if isinstance(iterable, ir.Enumerate):
        return is_over_parts(iterable.inner)
    return isinstance(iterable, ir.Items) and isinstance(iterable.value, ir.Apply) and iterable.value.row in _OF_PARTS


def _asks(node: cst.CSTNode, names: set[str]) -> bool:
    """Whether some code asks for the class of a variable."""
    match node:
        case cst.Call(func=cst.Name(value="isinstance" | "type"), args=[cst.Arg(value=cst.Name(value=name)), *_]):
            return name in names
        case cst.Attribute(value=cst.Name(value=name), attr=cst.Name(value="__class__")):
            return name in names
        case _:
            return any(_asks(child, names) for child in node.children)


def branches(
    context: Context,
    name: str,
    module: ir.Name,
    body: Body,
    span: Span,
    stem: str | None = None,
    parts: bool = False,
) -> tuple[ir.Stmt, ...]:
    """The body for each class that the module may be of, as a chain of tests; `name` is the module in the body.

    `parts`: the modules are those that a module holds.
    """
    before = context.scope.flow()
    kept: list[tuple[Type, ir.Name, tuple[ir.Stmt, ...]]] = []
    for type_ in classes(context):
        if parts and str(type_) == context.scope.self_class and not _is_a_part(context, type_):
            continue  # what this very module holds, in which no such module ever is
        known = ir.Name(_spelling(context, stem or name, len(kept)), type_, span)
        context.scope.restore(before)
        context.scope.dispatched[name] = known
        made = tuple(body())
        del context.scope.dispatched[name]
        if has_effect(made) or not _is_layer(type_):  # who derives from a layer is one in C++ too
            kept.append((type_, known, made))
    context.scope.restore(_weakest(before, context.scope.flow()))
    context.scope.dispatch_count += len(kept)
    chain: tuple[ir.Stmt, ...] = ()
    for type_, known, made in reversed(kept):
        narrow = ir.Assign(ir.NameTarget(known.name, type_, span), ir.Convert(module, type_, span), span)
        chain = (ir.If(ir.IsInstance(module, type_, BOOL, span), (narrow, *made), chain, span),)
    return chain


def _is_a_part(context: Context, type_: Type) -> bool:
    """Whether some module may hold a module of this class."""
    held = any(without_none(found) == type_ for found in context.assumptions.types.starting("field").values())
    return held or ("put into modules", str(type_)) in context.assumptions.facts


def _weakest(before: Flow, after: Flow) -> Flow:
    """What is known behind a body that may not have run."""
    narrowed = {name: type_ for name, type_ in before.narrowed.items() if after.narrowed.get(name) == type_}
    return Flow(before.bound, before.touched | after.touched, narrowed)


def classes(context: Context) -> list[Type]:
    """The classes of the modules that the program makes."""
    return sorted(context.assumptions.types.starting("module class").values(), key=_is_layer)


def _is_layer(type_: Type) -> bool:
    """Whether the C++ class of a module may be the base of another one, which has to be asked for first."""
    return not (isinstance(type_, InstanceType) and type_.base is not None)


def _spelling(context: Context, name: str, kept: int) -> str:
    """A variable for each copy, for C++ types differ; what other code gives the name is another variable."""
    others = len(context.assumptions.types.starting("variable", context.scope.identity, name))
    number = context.scope.dispatch_count + kept + 1 + others
    return context.scope.spelled(name, number)


def has_effect(body: Sequence[ir.Stmt]) -> bool:
    """Whether a body does anything at all."""
    return any(
        not isinstance(node, ir.Comment | ir.Continue) and not (isinstance(node, ir.Return) and node.value is None)
        for node in body
    )
