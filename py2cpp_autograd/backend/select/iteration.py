"""Loops."""

from __future__ import annotations

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.select import indexing
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.backend.select.owners import with_owners
from py2cpp_autograd.ir_walk import generated_in, target_names
from py2cpp_autograd.span import Span
from py2cpp_autograd.types import (
    ApiType,
    DictType,
    IntType,
    IteratorType,
    ListType,
    NoneType,
    TensorType,
    TupleType,
    is_number,
)


def loop(
    selection: Selection,
    target: ir.Target,
    iterable: ir.Iterable,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str] = frozenset(),
) -> tuple[cpp.Stmt, ...]:
    """A loop over an iterable; names in `hoisted` are declared outside of it and assigned in each pass."""
    before, kept = with_owners(selection, iterable)
    return (*before, *_loop(selection, target, kept, body, span, hoisted))


def _loop(
    selection: Selection,
    target: ir.Target,
    iterable: ir.Iterable,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> tuple[cpp.Stmt, ...]:
    if isinstance(iterable, ir.Range) and isinstance(target, ir.NameTarget) and isinstance(iterable.step, ir.Literal):
        return _counted(selection, target, iterable, body, span, hoisted)
    if isinstance(iterable, ir.Items) and isinstance(iterable.value.type, IteratorType):
        return _pulled(selection, target, iterable.value, body, span, hoisted)
    if isinstance(iterable, ir.Items) and isinstance(target, ir.NameTarget) and not iterable.live:
        return _items(selection, target, iterable, body, span, hoisted)
    if generated_in(iterable) is not None:
        return _generated(selection, target, iterable, body, span, hoisted)
    if isinstance(iterable, ir.DictItems | ir.DictValues):
        return (_dict_view(selection, target, iterable, body, span, hoisted),)
    return _general(selection, target, iterable, body, span, hoisted)


def _pulled(
    selection: Selection,
    target: ir.Target,
    value: ir.Expr,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> tuple[cpp.Stmt, ...]:
    """What an iterator still has."""
    over = selection.expression(value)
    selection.headers.add('"py2cpp/iterators.h"')
    if isinstance(target, ir.NameTarget) and target.name not in hoisted:
        return (cpp.RangeFor("[[maybe_unused]] auto", selection.name(target.name), over, body, span),)
    item = selection.temporary("item")
    if isinstance(target, ir.Unpack):
        bound = _bind_parts(selection, target, cpp.Name(item), hoisted)
    else:
        bound = _bind(selection, target, cpp.Name(item), hoisted)
    return (cpp.RangeFor("auto", item, over, (*bound, *body), span),)


def _goes_on(found: ir.Generated, body: tuple[cpp.Stmt, ...]) -> tuple[cpp.Stmt, ...]:
    """The end of a loop's body: the generator is asked for more."""
    ended = bool(body) and isinstance(body[-1], cpp.Return)
    return () if found.manages or ended else (cpp.Return(cpp.Bool(True)),)


def _generated(
    selection: Selection,
    target: ir.Target,
    iterable: ir.Iterable,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> tuple[cpp.Stmt, ...]:
    """The call of a generator, with the loop's body as a lambda that it calls with each value."""
    found = generated_in(iterable)
    assert found is not None and isinstance(found.call.type, ListType)
    body = (*body, *_goes_on(found, body))
    item = target.targets[1] if isinstance(iterable, ir.Enumerate) and isinstance(target, ir.Unpack) else target
    before: tuple[cpp.Stmt, ...] = ()
    if isinstance(iterable, ir.Enumerate):
        before, counted = _count_items(selection, target, iterable, hoisted)
        body = (*counted, *body)
    parameters: tuple[cpp.Parameter, ...] = ()
    if not isinstance(found.call.type.element, NoneType):
        name, bound = _parameter(selection, item, hoisted)
        body = (*bound, *body)
        parameters = (cpp.Parameter(f"[[maybe_unused]] {selection.type(found.call.type.element)}", name),)
    made = selection.expression(found.call)
    assert isinstance(made, cpp.Call)
    run = cpp.Lambda("&", parameters, None, body)
    return (*before, cpp.Do(cpp.Call(made.callee, (*made.arguments, run)), span))


def _parameter(selection: Selection, item: ir.Target, hoisted: frozenset[str]) -> tuple[str, tuple[cpp.Stmt, ...]]:
    """What the lambda's parameter is called, and how the loop variables get their parts of it."""
    if isinstance(item, ir.NameTarget) and item.name not in hoisted:
        return selection.name(item.name), ()
    name = selection.temporary("value")
    return name, _bind(selection, item, cpp.Name(name), hoisted)


def _count_items(
    selection: Selection, target: ir.Target, iterable: ir.Enumerate, hoisted: frozenset[str]
) -> tuple[tuple[cpp.Stmt, ...], tuple[cpp.Stmt, ...]]:
    """A counter before the loop, and its value for the loop variable in each pass."""
    counter = cpp.Name(selection.temporary("count"))
    assert isinstance(target, ir.Unpack)
    declared = cpp.Declare("int64_t", counter.text, selection.expression(iterable.start))
    given = _bind(selection, target.targets[0], counter, hoisted)
    return (declared,), (*given, cpp.Do(cpp.Unary("++", counter)))


def note_bounded(selection: Selection, target: ir.Target, iterable: ir.Iterable) -> None:
    """Remember a counter that is never negative, and small enough to add to."""
    selection.bounded.difference_update(name.name for name in target_names(target))
    counted = isinstance(iterable, ir.Range) and isinstance(target, ir.NameTarget)
    if counted or isinstance(iterable, ir.Enumerate):
        first = next(iter(target_names(target)))
        if isinstance(first.type, IntType) and _starts_natural(iterable):
            selection.bounded.add(first.name)


def _starts_natural(iterable: ir.Iterable) -> bool:
    """Whether the counter never gets negative."""
    match iterable:
        case ir.Range(start=ir.Literal(value=int(start)), step=ir.Literal(value=int(step))):
            return start >= 0 and step > 0
        case ir.Enumerate(start=ir.Literal(value=int(start))):
            return start >= 0
        case _:
            return False


def _dict_view(
    selection: Selection,
    target: ir.Target,
    iterable: ir.DictItems | ir.DictValues,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> cpp.Stmt:
    """The keys and values of a dict, or its values."""
    item = cpp.Name(selection.temporary("item"))
    value = cpp.Call(cpp.Member(item, "value"), ())
    access: Access = (_key(selection, item, iterable.value), value) if isinstance(iterable, ir.DictItems) else value
    bound = _distribute(selection, target, access, hoisted)
    return cpp.RangeFor("const auto&", item.text, selection.expression(iterable.value), (*bound, *body), span)


def _key(selection: Selection, item: cpp.Expr, items: ir.Expr) -> cpp.Expr:
    """The key of an item of a dict, which holds tuples as a type of its own."""
    if isinstance(items.type, DictType) and isinstance(items.type.key, TupleType):
        return selection.shim("tuple_key", "key_of", item)
    return cpp.Call(cpp.Member(item, "key"), ())


def _counted(
    selection: Selection,
    target: ir.NameTarget,
    iterable: ir.Range,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> tuple[cpp.Stmt, ...]:
    name = selection.name(target.name)
    counter = name
    if target.name in hoisted:
        counter = selection.temporary(name)
        body = (cpp.Do(cpp.Binary("=", cpp.Name(name), cpp.Name(counter))), *body)
    if isinstance(iterable.stop, ir.Literal | ir.Name):
        return (cpp.For(*_count(selection, counter, iterable, selection.expression(iterable.stop)), body, span),)
    # C++ tests the end before each pass, Python evaluates it once.
    stop = selection.temporary("stop")
    declared = cpp.Declare("const int64_t", stop, selection.expression(iterable.stop))
    return declared, cpp.For(*_count(selection, counter, iterable, cpp.Name(stop)), body, span)


def _count(
    selection: Selection, counter: str, iterable: ir.Range, stop: cpp.Expr
) -> tuple[cpp.Declare, cpp.Expr, cpp.Expr]:
    assert isinstance(iterable.step, ir.Literal) and isinstance(iterable.step.value, int)
    step = iterable.step.value
    variable = cpp.Name(counter)
    init = cpp.Declare("int64_t", counter, selection.expression(iterable.start))
    test = cpp.Binary("<" if step > 0 else ">", variable, stop)
    if abs(step) == 1:
        return init, test, cpp.Unary("++" if step > 0 else "--", variable)
    return init, test, cpp.Binary("+=" if step > 0 else "-=", variable, cpp.Int(abs(step)))


def _items(
    selection: Selection,
    target: ir.NameTarget,
    iterable: ir.Items,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> tuple[cpp.Stmt, ...]:
    name = selection.name(target.name)
    over = _elements(selection, iterable)
    if isinstance(iterable.value.type, DictType):
        item = selection.temporary("item")
        bound = _bind(selection, target, _key(selection, cpp.Name(item), iterable.value), hoisted)
        return (cpp.RangeFor("const auto&", item, over, (*bound, *body), span),)
    if target.name in hoisted:
        item = selection.temporary(name)
        body = (cpp.Do(cpp.Binary("=", cpp.Name(name), cpp.Name(item))), *body)
        return (cpp.RangeFor("const auto&", item, over, body, span),)
    return (cpp.RangeFor("[[maybe_unused]] auto" if is_number(target.type) else "auto", name, over, body, span),)


def _elements(selection: Selection, iterable: ir.Items) -> cpp.Expr:
    made = selection.expression(iterable.value)
    if isinstance(iterable.value.type, TensorType):
        return cpp.Call(cpp.Member(made, "unbind"), (cpp.Int(0),))
    return cpp.Unary("*", made) if _is_held(iterable.value) else made


def _is_held(container: ir.Expr) -> bool:
    """Whether a container is a module of LibTorch, an `nn.Sequential`: C++ has a holder of it."""
    return isinstance(container.type, ApiType)


def _bind(selection: Selection, target: ir.Target, value: cpp.Expr, hoisted: frozenset[str]) -> tuple[cpp.Stmt, ...]:
    """Statements that give the parts of an item to the loop variables."""
    if isinstance(target, ir.NameTarget):
        name = selection.name(target.name)
        if target.name in hoisted:
            return (cpp.Do(cpp.Binary("=", cpp.Name(name), value)),)
        return (cpp.Declare("[[maybe_unused]] auto", name, value),)
    assert isinstance(target, ir.Unpack)
    item = selection.temporary("item")
    return (cpp.Declare("auto", item, value), *_bind_parts(selection, target, cpp.Name(item), hoisted))


def _bind_parts(
    selection: Selection, target: ir.Unpack, item: cpp.Name, hoisted: frozenset[str]
) -> tuple[cpp.Stmt, ...]:
    made: list[cpp.Stmt] = []
    if not isinstance(target.type, TupleType):
        made.append(cpp.Do(indexing.sized(selection, item, len(target.targets))))
    for index, part in enumerate(target.targets):
        piece = (
            selection.call(f"std::get<{index}>", item, header="<tuple>")
            if isinstance(target.type, TupleType)
            else cpp.Call(cpp.Member(item, "at"), (cpp.Int(index),))
        )
        made += _bind(selection, part, piece, hoisted)
    return tuple(made)


def _general(
    selection: Selection,
    target: ir.Target,
    iterable: ir.Iterable,
    body: tuple[cpp.Stmt, ...],
    span: Span | None,
    hoisted: frozenset[str],
) -> tuple[cpp.Stmt, ...]:
    """`enumerate`, `zip`, `items`, `reversed`: a counted loop over containers that are evaluated first."""
    index = selection.temporary("index")
    walker = _Walker(selection, index)
    access = walker.access(iterable)
    bound = _distribute(selection, target, access, hoisted)
    test: cpp.Expr | None = None
    for length in walker.lengths:
        part = cpp.Binary("<", cpp.Name(index), length)
        test = part if test is None else cpp.Binary("&&", test, part)
    if test is None:
        raise TypeError("a loop over nothing that ends")
    init = cpp.Declare("int64_t", index, cpp.Int(0))
    made = cpp.For(init, test, cpp.Unary("++", cpp.Name(index)), (*bound, *body), span)
    return (*walker.before, made)


#: How one item of a compound iterable is reached: an expression, or one for each part of a tuple.
Access = cpp.Expr | tuple["Access", ...]


class _Walker:
    def __init__(self, selection: Selection, index: str) -> None:
        self.selection, self.index = selection, index
        self.before: list[cpp.Stmt] = []
        self.lengths: list[cpp.Expr] = []

    def access(self, iterable: ir.Iterable) -> Access:
        match iterable:
            case ir.Enumerate(inner=inner, start=start):
                item = self.access(inner)
                return (self._shifted(start), item)
            case ir.Zip(inners=inners):
                return tuple(self.access(inner) for inner in inners)
            case ir.Range(start=start, stop=stop, step=step):
                return self._range(start, stop, step)
            case ir.DictItems(value=value):
                item = self._element(value, cpp.Name(self.index))
                return (_key(self.selection, item, value), cpp.Call(cpp.Member(item, "value"), ()))
            case ir.DictValues(value=value):
                return cpp.Call(cpp.Member(self._element(value, cpp.Name(self.index)), "value"), ())
            case ir.Reversed(inner=ir.Items(value=value)):
                name = self._container(value)
                last = cpp.Binary("-", cpp.Call(cpp.Member(name, "size"), ()), cpp.Int(1))
                return cpp.Index(name, cpp.Binary("-", last, cpp.Name(self.index)))
            case ir.Reversed(inner=ir.Range(start=start, stop=stop, step=ir.Literal(value=int(step)))) if step == 1:
                return self._backward(start, stop)
            case ir.Items(value=value, live=live):
                item = self._element(value, cpp.Name(self.index), "auto&" if live else "auto")
                if isinstance(value.type, DictType):
                    return _key(self.selection, item, value)
                return item
            case _:
                raise TypeError("this iterable has no translation")

    def _shifted(self, start: ir.Expr) -> cpp.Expr:
        if isinstance(start, ir.Literal) and start.value == 0:
            return cpp.Name(self.index)
        return cpp.Binary("+", cpp.Name(self.index), self._once(start, "start"))

    def _once(self, value: ir.Expr, stem: str) -> cpp.Expr:
        """A number that each pass needs, and Python evaluates once; what a name holds stays: sequencing saw to it."""
        made = self.selection.expression(value)
        if isinstance(value, ir.Literal | ir.Name):
            return made
        name = self.selection.temporary(stem)
        self.before.append(cpp.Declare("const int64_t", name, made))
        return cpp.Name(name)

    def _range(self, start: ir.Expr, stop: ir.Expr, step: ir.Expr) -> cpp.Expr:
        first, last, width = self._once(start, "start"), self._once(stop, "stop"), self._once(step, "step")
        self.lengths.append(self.selection.shim("list", "range_length", first, last, width))
        return cpp.Binary("+", first, cpp.Binary("*", cpp.Name(self.index), width))

    def _backward(self, start: ir.Expr, stop: ir.Expr) -> cpp.Expr:
        first, last = self._once(start, "start"), self._once(stop, "stop")
        self.lengths.append(cpp.Binary("-", last, first))
        return cpp.Binary("-", cpp.Binary("-", last, cpp.Int(1)), cpp.Name(self.index))

    def _container(self, value: ir.Expr, kept: str = "auto") -> cpp.Expr:
        made = self.selection.expression(value)
        if isinstance(value.type, TensorType):
            made = cpp.Call(cpp.Member(made, "unbind"), (cpp.Int(0),))
        if not isinstance(made, cpp.Name):
            name = self.selection.temporary("items")
            self.before.append(cpp.Declare(kept, name, made))
            made = cpp.Name(name)
        length = cpp.Call(cpp.Member(made, "size", arrow=_is_held(value)), ())
        self.lengths.append(cpp.Call(cpp.Name("static_cast<int64_t>"), (length,)))
        return made

    def _element(self, value: ir.Expr, index: cpp.Expr, kept: str = "auto") -> cpp.Expr:
        container = self._container(value, kept)
        if isinstance(value.type, DictType):
            container = cpp.Call(cpp.Member(container, "items"), ())
        if _is_held(value):
            container = cpp.Call(cpp.Member(container, "begin", arrow=True), ())
        return cpp.Index(container, index)


def _distribute(
    selection: Selection, target: ir.Target, access: Access, hoisted: frozenset[str]
) -> tuple[cpp.Stmt, ...]:
    if isinstance(access, tuple) and isinstance(target, ir.Unpack):
        pairs = zip(target.targets, access, strict=True)
        return tuple(statement for part, item in pairs for statement in _distribute(selection, part, item, hoisted))
    return _bind(selection, target, _whole(access), hoisted)


def _whole(access: Access) -> cpp.Expr:
    """An item of a compound iterable in one piece."""
    if not isinstance(access, tuple):
        return access
    return cpp.Call(cpp.Name("std::make_tuple"), tuple(map(_whole, access)))
