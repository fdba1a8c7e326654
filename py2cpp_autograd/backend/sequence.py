"""Makes Python's order of evaluation explicit: IR to IR.

C++ leaves the order of operands and arguments open, and g++ goes from right to left: two draws of random numbers
in one expression would swap. Where the order matters, the earlier operand moves into a temporary of its own.

    torch.rand(4) - torch.rand(4)   ->   rand = torch.rand(4); rand - torch.rand(4)

The order of birth of autograd nodes matters too: backward visits nodes from the youngest to the oldest, and adds up
the gradients of a tensor with several uses in that order; in floating point, (a + b) + c is not a + (b + c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from py2cpp_autograd import ir
from py2cpp_autograd.backend.bound_names import assigned, names_in
from py2cpp_autograd.backend.effects import Effect, Effects, takes_statements, variant_of
from py2cpp_autograd.backend.orders import Order, as_written, written_order
from py2cpp_autograd.backend.reach import Reach, is_place
from py2cpp_autograd.backend.stems import stem
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import (
    children,
    iterable_children,
    target_children,
    with_children,
    with_iterable_children,
    with_target_children,
)
from py2cpp_autograd.table.load import Table

Emit = Callable[[ir.Stmt], None]


@dataclass
class Sequencer:
    """The pass over one function body; temporaries get names that the body does not use."""

    table: Table
    taken: set[str]
    recording: bool = True
    rebound: frozenset[str] = frozenset()
    reach: Reach | None = None  # of the functions of the program; None: it has none
    report: Report = field(default_factory=Report)
    effects: Effects = field(init=False)
    #: Which nodes emit temporaries, by identity; the nodes are kept, so that no other takes their identity.
    _emitting: dict[int, tuple[ir.Expr, bool]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self.effects = Effects(self.table, self.recording, self.rebound)

    # -------------------------------------------------------------------------------------- expressions

    def expression(self, node: ir.Expr, emit: Emit) -> ir.Expr:
        """The node with its parts in order, after emitting the temporaries that this takes."""
        match node:
            case ir.Logical(operands=operands):
                first = self.expression(operands[0], emit)
                return replace(node, operands=(first, *(self.enclosed(operand) for operand in operands[1:])))
            case ir.Conditional(test=test, body=body, orelse=orelse):
                test = self.expression(test, emit)
                return replace(node, test=test, body=self.enclosed(body), orelse=self.enclosed(orelse))
            case ir.Let(name=None, value=value, body=body):
                emit(ir.ExprStmt(self.expression(value, emit), node.span))
                return self.expression(body, emit)
            case ir.Let(name=str(name), value=value, body=body):
                emit(ir.Assign(ir.NameTarget(name, value.type, node.span), self.expression(value, emit), node.span))
                return self.expression(body, emit)
            case ir.Lambda(body=body):
                return replace(node, body=replace(self, recording=True).enclosed(body))
            case ir.Comprehension():
                return self._comprehension(node, emit)
            case ir.Apply():
                return self._application(node, emit)
            case _:
                order = Order.BRACED if isinstance(node, ir.ListDisplay | ir.SetDisplay) else Order.OPEN
                return self._with_parts(node, emit, order)

    def _application(self, node: ir.Apply, emit: Emit) -> ir.Expr:
        """A use of the table, whose arguments C++ evaluates as its pattern says."""
        node, order = self._in_form(node)
        spread = self._spread(node)
        if spread is not None:
            elements = tuple(self.siblings(spread.elements, emit))
            return with_children(node, [replace(spread, elements=elements)])
        return self._with_parts(node, emit, order)

    def _with_parts(self, node: ir.Expr, emit: Emit, order: Order) -> ir.Expr:
        """The node with its parts evaluated as they are written."""
        places = written_order(node, children(node))
        made = self.siblings(as_written(node), emit, order)
        return with_children(node, [made[places.index(place)] for place in range(len(made))])

    def _in_form(self, node: ir.Apply) -> tuple[ir.Apply, Order]:
        """The use in the form whose C++ has Python's order, if there is one, and what C++ promises about it."""
        variant, values = variant_of(self.table, node), children(node)
        if "ordered" in variant.words and self._hoists(values) and not self._hoists(values[1:]):
            node = replace(node, form="ordered")
        receiver_first = node.form == "ordered" or variant.calls_receiver
        in_front = bool(node.arguments) and node.arguments[0].parameter == variant.self_name
        return node, Order.RECEIVER_FIRST if receiver_first and in_front else Order.OPEN

    def _spread(self, node: ir.Apply) -> ir.ListDisplay | None:
        """The list whose elements are the arguments of the C++ call."""
        first = children(node)[0] if "spread" in variant_of(self.table, node).words else None
        return first if isinstance(first, ir.ListDisplay) else None

    def enclosed(self, node: ir.Expr) -> ir.Expr:
        """A part that is evaluated not always, or elsewhere: its temporaries stay inside it, as Lets."""
        emitted: list[ir.Stmt] = []
        result = self.expression(node, emitted.append)
        for statement in reversed(emitted):
            assert isinstance(statement, ir.Assign | ir.ExprStmt)
            target = statement.target if isinstance(statement, ir.Assign) else None
            name = target.name if isinstance(target, ir.NameTarget) else None
            result = ir.Let(name, statement.value, result, result.type, result.span)
        return result

    def _comprehension(self, node: ir.Comprehension, emit: Emit) -> ir.Expr:
        """The start of a sum and what the first clause runs over are evaluated once, before; the rest in each pass."""
        first, *others = node.clauses
        values = (*_given(node.start), *iterable_children(first.iterable))
        parts = iter(self.siblings(values, emit))
        start = None if node.start is None else next(parts)
        clauses = [self._clause(first, parts)]
        clauses += [self._clause(other, map(self.enclosed, iterable_children(other.iterable))) for other in others]
        key = None if node.key is None else self.enclosed(node.key)
        return replace(node, start=start, clauses=tuple(clauses), key=key, element=self.enclosed(node.element))

    def _clause(self, node: ir.Clause, parts: Iterator[ir.Expr]) -> ir.Clause:
        condition = None if node.condition is None else self.enclosed(node.condition)
        return replace(node, iterable=with_iterable_children(node.iterable, parts), condition=condition)

    def siblings(self, nodes: Sequence[ir.Expr], emit: Emit, order: Order = Order.OPEN) -> list[ir.Expr]:
        """Nodes in Python's order: an earlier one that a later one could disturb moves into a temporary."""
        if self._is_kept(nodes, order):
            return [self.expression(node, emit) for node in nodes]
        made: list[ir.Expr] = []
        pinned = False
        for index, node in enumerate(nodes):
            value = self.expression(node, emit)
            left = value if isinstance(node, ir.Let) else node  # the value of a Let has a name by now
            later = nodes[index + 1 :]
            if self._moves([left, *later], 0):
                pinned = pinned or is_place(left)
                made.append(self._pinned(value, later, emit) if is_place(left) else self.temporary(value, emit))
            elif pinned and self.effects.of(node) & Effect.WRITES:
                made.append(self.temporary(value, emit))
            else:
                made.append(value)
        return made

    def _pinned(self, place: ir.Expr, later: Sequence[ir.Expr], emit: Emit) -> ir.Expr:
        """A list or dict where it stands, for a copy would be another one: what finds it is evaluated here."""
        if self.reach is not None and any(self.reach.may_replace(place, node) for node in later):
            message = f"the call may put another {place.type} in this place"
            self.report.add("PCA102", place.span, message, "put the value that the call gives into a variable first")
        if not isinstance(place, ir.Subscript | ir.Apply):
            return place
        found = self._found(place, emit)
        emit(ir.ExprStmt(found, place.span))
        return found

    def _found(self, place: ir.Expr, emit: Emit) -> ir.Expr:
        """A place whose indices have names."""
        if not isinstance(place, ir.Subscript | ir.Apply):
            return place
        container, index, *rest = children(place)
        kept = index if self.effects.is_atomic(index) else self.temporary(index, emit)
        return with_children(place, [self._found(container, emit), kept, *rest])

    def _moves(self, nodes: Sequence[ir.Expr], index: int) -> bool:
        """Whether a sibling, in open order, needs a temporary because of a later one."""
        node, effects, later = nodes[index], self.effects, nodes[index + 1 :]
        binds = any(effects.of(other) & Effect.BINDS for other in later)
        if self.reach is not None and isinstance(node, ir.Name | ir.Field) and is_place(node) and not binds:
            return any(self.reach.may_replace(node, other) for other in later)
        fixed = effects.is_atomic(node) and not binds
        return not fixed and any(effects.conflict(node, other) for other in later)

    def _is_kept(self, nodes: Sequence[ir.Expr], order: Order) -> bool:
        """Whether C++ evaluates siblings in Python's order as they stand, or in one that is as good."""
        if all(not self.effects.of(node) & ~Effect.READS for node in nodes):
            return True
        if order is Order.BRACED:
            return not any(map(self._emits, nodes[1:]))
        return order is Order.RECEIVER_FIRST and not self._hoists(nodes[1:]) and not self._is_rebound(nodes)

    def _is_rebound(self, nodes: Sequence[ir.Expr]) -> bool:
        """Whether the object of a member call, which C++ takes by reference, is another one after its arguments."""
        inside = isinstance(nodes[0], ir.Subscript) or (isinstance(nodes[0], ir.Apply) and is_place(nodes[0]))
        if self.reach is not None and inside:
            return any(self.reach.may_move(nodes[0], node) for node in nodes[1:])
        return isinstance(nodes[0], ir.Name | ir.Field) and self._moves(nodes, 0)

    def _hoists(self, nodes: Sequence[ir.Expr]) -> bool:
        """Whether the nodes, as siblings in open order, need temporaries."""
        return any(map(self._emits, nodes)) or any(self._moves(nodes, index) for index in range(len(nodes)))

    def _emits(self, node: ir.Expr) -> bool:
        """Whether `expression` emits temporaries for the node."""
        if id(node) not in self._emitting:
            self._emitting[id(node)] = node, self._finds_emitting(node)
        return self._emitting[id(node)][1]

    def _finds_emitting(self, node: ir.Expr) -> bool:
        match node:
            case ir.Logical(operands=(first, *_)) | ir.Conditional(test=first):
                return self._emits(first)
            case ir.Let() | ir.Lambda():
                return isinstance(node, ir.Let)
            case ir.Comprehension(start=start, clauses=(first_clause, *_)):
                return self._hoists((*_given(start), *iterable_children(first_clause.iterable)))
            case ir.Apply():
                spread = self._spread(node)
                nodes = as_written(node) if spread is None else spread.elements
                order = self._in_form(node)[1] if spread is None else Order.OPEN
            case _:
                braced = isinstance(node, ir.ListDisplay | ir.SetDisplay)
                nodes, order = as_written(node), Order.BRACED if braced else Order.OPEN
        return any(map(self._emits, nodes)) if self._is_kept(nodes, order) else self._hoists(nodes)

    def temporary(self, value: ir.Expr, emit: Emit) -> ir.Expr:
        """The value in a variable of its own."""
        name = self.fresh(stem(value))
        emit(ir.Assign(ir.NameTarget(name, value.type, value.span), value, value.span))
        return ir.Name(name, value.type, value.span)

    def fresh(self, wanted: str) -> str:
        """A name like the one wanted that nothing in the body has."""
        name, number = wanted, 1
        while name in self.taken:
            number += 1
            name = f"{wanted}_{number}"
        self.taken.add(name)
        return name

    # --------------------------------------------------------------------------------------- statements

    def body(self, nodes: Sequence[ir.Stmt]) -> tuple[ir.Stmt, ...]:
        """The statements with the temporaries they need before them."""
        made: list[ir.Stmt] = []
        for node in nodes:
            made.append(self.statement(node, made.append))
        return tuple(made)

    def statement(self, node: ir.Stmt, emit: Emit) -> ir.Stmt:
        """One statement in Python's order."""
        match node:
            case ir.AugmentedAssign(target=ir.NameTarget() as target) if self._is_read_first(node):
                read = ir.Name(target.name, target.type, node.span)
                result = ir.Binary(node.operator, read, node.value, target.type, node.span)
                return ir.Assign(target, self.expression(result, emit), node.span)
            case ir.Assign(target=target, value=value) | ir.AugmentedAssign(target=target, value=value):
                value, *parts = self.siblings((value, *target_children(target)), emit)
                return replace(node, value=value, target=with_target_children(target, iter(parts)))
            case ir.ExprStmt(value=ir.Apply() as value) if self._is_augmented(value):
                return self._in_place(node, value, emit)
            case ir.ExprStmt(value=value):
                return replace(node, value=self.expression(value, emit))
            case ir.BaseConstruction(value=value):
                made = self.expression(value, emit)
                assert isinstance(made, ir.Apply)
                return replace(node, value=made)
            case ir.Return(value=result) | ir.Yield(value=result) if result is not None:
                return replace(node, value=self.expression(result, emit))
            case ir.Print(arguments=arguments):
                return replace(node, arguments=tuple(self._printed(arguments, emit)))
            case ir.If(test=test, body=body, orelse=orelse):
                test = self.expression(test, emit)
                return replace(node, test=test, body=self.body(body), orelse=self.body(orelse))
            case ir.While(test=test, body=body):
                return replace(node, test=self.enclosed(test), body=self.body(body))
            case ir.For():
                return self._for(node, emit)
            case ir.With():
                return self._with(node, emit)
            case ir.Assert(test=test, message=message):
                kept = None if message is None else self.enclosed(message)
                return replace(node, test=self.expression(test, emit), message=kept)
            case ir.Raise(message=message) if message is not None:
                return replace(node, message=self.expression(message, emit))
            case ir.Try(body=body, handlers=handlers, orelse=orelse, final=final):
                caught = tuple(replace(handler, body=self.body(handler.body)) for handler in handlers)
                tried, otherwise, last = self.body(body), self.body(orelse), self.body(final)
                return replace(node, body=tried, handlers=caught, orelse=otherwise, final=last)
            case ir.LocalFunction(function=function):
                return replace(node, function=sequence_function(self, function))
            case _:
                return node

    def _is_read_first(self, node: ir.AugmentedAssign) -> bool:
        """Whether the value of `name += value` may assign the variable, which C++ would read afterwards."""
        by_functions = isinstance(node.target, ir.NameTarget) and node.target.name in self.rebound
        return by_functions and bool(self.effects.of(node.value) & Effect.WRITES)

    def _is_augmented(self, node: ir.Apply) -> bool:
        """Whether a use of the table is `name op= value`, where `name` may be another object after the value."""
        augmented = node.row.rpartition(".")[2].startswith("__i") and variant_of(self.table, node).effect == "write"
        return augmented and isinstance(children(node)[0], ir.Name | ir.Field) and self._moves(children(node), 0)

    def _in_place(self, node: ir.ExprStmt, value: ir.Apply, emit: Emit) -> ir.Stmt:
        """Python changes the object that `name` held before the value, and gives it back to `name`."""
        made = self._given_back(value, emit)
        emit(replace(node, value=made))
        match children(value)[0]:
            case ir.Name(name=name, type=type_, span=span):
                target: ir.Target = ir.NameTarget(name, type_, span)
            case ir.Field(instance=instance, name=name, type=type_, span=span):
                target = ir.FieldTarget(instance, name, type_, span)
            case other:
                raise TypeError(f"{type(other).__name__} is no target")
        return ir.Assign(target, children(made)[0], node.span)

    def _given_back(self, value: ir.Apply, emit: Emit) -> ir.Expr:
        """The use of the table; of a list or dict, which nothing else changes meanwhile, on a copy."""
        first, *rest = children(value)
        if self.reach is None or not is_place(first) or any(self.reach.may_change(first, node) for node in rest):
            return self.expression(value, emit)
        kept = self.temporary(first, emit)
        return with_children(value, [kept, *self.siblings(rest, emit)])

    def _with(self, node: ir.With, emit: Emit) -> ir.Stmt:
        values = self.siblings([argument.value for argument in node.arguments], emit)
        pairs = zip(node.arguments, values, strict=True)
        filled = tuple(ir.Argument(argument.parameter, made) for argument, made in pairs)
        return replace(node, arguments=filled, body=self.under(node).body(node.body))

    def under(self, guard: ir.With) -> Sequencer:
        """The pass inside a guard, which may switch recording off or on."""
        recording = variant_of(self.table, guard).recording
        return self if recording is None else replace(self, recording=recording)

    def _printed(self, arguments: Sequence[ir.Expr], emit: Emit) -> list[ir.Expr]:
        """What is printed is also recorded: a value that takes effort or has an effect is computed once."""
        made = []
        for value in self.siblings(arguments, emit):
            changes = self.effects.of(value) & (Effect.DRAWS | Effect.WRITES)
            repeatable = not changes and not takes_statements(value)
            made.append(value if repeatable else self.temporary(value, emit))
        return made

    def _for(self, node: ir.For, emit: Emit) -> ir.Stmt:
        node = self._with_own_items(node, emit)
        parts = self.siblings(iterable_children(node.iterable), emit)
        iterable = with_iterable_children(node.iterable, iter(parts))
        if isinstance(iterable, ir.Range):
            iterable = self._range(iterable, node, emit)
        return replace(node, iterable=iterable, body=self.body(node.body))

    def _with_own_items(self, node: ir.For, emit: Emit) -> ir.For:
        """Python goes on over what the loop began with, whatever the body gives the same names to."""
        bound, target = assigned(node.body), node.target
        if not isinstance(node.iterable, ir.Range):
            return replace(node, iterable=self._own_items(node.iterable, bound, emit))
        if not isinstance(node.iterable.step, ir.Literal):
            node = replace(node, iterable=self._own_items(node.iterable, bound, emit))
        if not (isinstance(target, ir.NameTarget) and target.name in bound):
            return node
        counter = replace(target, name=self.fresh(f"{target.name}_counter"))
        given = ir.Assign(target, ir.Name(counter.name, target.type, target.span), node.span)
        return replace(node, target=counter, body=(given, *node.body))

    def _own_items(self, node: ir.Iterable, bound: set[str], emit: Emit) -> ir.Iterable:
        own = (
            self.temporary(part, emit) if self._is_given_anew(part, bound) else part for part in iterable_children(node)
        )
        return with_iterable_children(node, own)

    def _is_given_anew(self, node: ir.Expr, bound: set[str]) -> bool:
        """Whether what a loop runs over is a variable or attribute that its body, or a function, assigns."""
        if isinstance(node, ir.Field):
            return f".{node.name}" in self.rebound
        return isinstance(node, ir.Name) and (node.name in bound or node.name in self.rebound)

    def _range(self, node: ir.Range, loop: ir.For, emit: Emit) -> ir.Range:
        """C++ tests the end of a range before each pass, Python evaluates it once."""
        bound, stop = assigned(loop.body), node.stop
        stable = isinstance(stop, ir.Literal) or (isinstance(stop, ir.Name) and not self._is_given_anew(stop, bound))
        return node if stable else replace(node, stop=self.temporary(stop, emit))


def _given(value: ir.Expr | None) -> tuple[ir.Expr, ...]:
    return () if value is None else (value,)


def sequence_function(outer: Sequencer, function: ir.Function) -> ir.Function:
    """A function with its body in explicit order."""
    names = outer.taken | names_in(function.body) | {parameter.name for parameter in function.parameters}
    sequencer = replace(outer, taken=names, recording=True)
    for guard in function.guards:
        sequencer = sequencer.under(guard)
    return replace(function, body=sequencer.body(function.body))
