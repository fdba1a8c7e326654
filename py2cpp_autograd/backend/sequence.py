"""Makes Python's order of evaluation explicit: IR to IR.

C++ leaves the order of operands and arguments open, and g++ goes from right to left: two draws of random numbers
in one expression would swap. Where the order matters, the earlier operand moves into a temporary of its own.

    torch.rand(4) - torch.rand(4)   ->   rand = torch.rand(4); rand - torch.rand(4)

The order of birth of autograd nodes matters too: backward visits nodes from the youngest to the oldest, and adds up
the gradients of a tensor with several uses in that order; in floating point, (a + b) + c is not a + (b + c).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum, Flag, auto

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import (
    children,
    iterable_children,
    statement_expressions,
    statements,
    target_children,
    target_names,
    walk,
    with_children,
    with_index_children,
    with_iterable_children,
)
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Variant
from py2cpp_autograd.types import ListType, OptionalType, TensorType, TupleType, Type


class Effect(Flag):
    """What evaluating an expression depends on or does, so far as a sibling could notice."""

    NONE = 0
    READS = auto()  # what a write could change
    RECORDS = auto()  # adds nodes to the autograd graph: backward sums gradients in the reverse order of their birth
    DRAWS = auto()  # random numbers
    WRITES = auto()


class Order(Enum):
    """What C++17 promises about the order in which it evaluates the parts of an expression."""

    OPEN = auto()  # nothing: operands, arguments of a call
    BRACED = auto()  # from left to right: the elements of a braced list
    RECEIVER_FIRST = auto()  # the object of a member call, then its arguments in any order


_OF_ROW = {"pure": Effect.READS, "rng": Effect.READS | Effect.DRAWS, "write": Effect.WRITES}

Emit = Callable[[ir.Stmt], None]


@dataclass
class Sequencer:
    """The pass over one function body; temporaries get names that the body does not use."""

    table: Table
    taken: set[str]
    recording: bool = True

    # ------------------------------------------------------------------------------------------ effects

    def effect(self, node: ir.Expr) -> Effect:
        """The effects of a node and of everything that is evaluated with it."""
        found = self._own_effect(node)
        for child in children(node):
            found |= self.effect(child)
        return found

    def _own_effect(self, node: ir.Expr) -> Effect:
        match node:
            case ir.Apply(form="value"):
                return Effect.NONE
            case ir.Apply():
                return self._effect_of_row(node)
            case ir.TensorIndex():
                return Effect.READS | self._records(node)
            case ir.Call() | ir.MethodCall() | ir.New() | ir.FunctionApply() | ir.CallValue():
                return Effect.WRITES
            case ir.Comprehension(element=element, condition=condition, iterable=iterable):
                found = Effect.READS
                for part in (*iterable_children(iterable), element, *(() if condition is None else (condition,))):
                    found |= self.effect(part)
                return found
            case ir.Literal() | ir.Name() | ir.Lambda() | ir.FunctionRef() | ir.Convert():
                return Effect.NONE
            case _:
                return Effect.READS

    def _variant(self, node: ir.Apply | ir.With) -> Variant:
        found = self.table.find(node.row)
        assert found is not None
        return found.variants[node.variant]

    def _effect_of_row(self, node: ir.Apply) -> Effect:
        variant = self._variant(node)
        takes_tensors = any(_holds_tensors(argument.value.type) for argument in node.arguments)
        recorded = takes_tensors and (node.form == "call" or variant.is_differentiable)
        return _OF_ROW[variant.effect] | (self._records(node) if recorded else Effect.NONE)

    def _records(self, node: ir.Expr) -> Effect:
        return Effect.RECORDS if self.recording and _holds_tensors(node.type) else Effect.NONE

    def is_atomic(self, node: ir.Expr) -> bool:
        """Whether the value of the node cannot be changed by what a sibling does."""
        match node:
            case ir.Literal() | ir.Name() | ir.Lambda() | ir.FunctionRef() | ir.Apply(form="value"):
                return True
            case ir.Convert(operand=operand):
                return self.is_atomic(operand)
            case ir.Field(instance=instance, type=type_):
                return self.is_atomic(instance) and isinstance(type_, TensorType)
            case ir.ListDisplay(elements=elements) | ir.TupleDisplay(elements=elements):
                return all(map(self.is_atomic, elements))
            case _:
                return False

    def _conflict(self, first: ir.Expr, second: ir.Expr) -> bool:
        """Whether evaluating the two in the other order could differ."""
        a, b = self.effect(first), self.effect(second)
        if a & Effect.WRITES:
            return not self.is_atomic(second)
        if b & Effect.WRITES:
            return not self.is_atomic(first)
        return bool(a & b & (Effect.RECORDS | Effect.DRAWS))

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
            case ir.Let(name=name, value=value, body=body):
                emit(ir.Assign(ir.NameTarget(name, value.type, node.span), self.expression(value, emit), node.span))
                return self.expression(body, emit)
            case ir.Lambda(body=body):
                return replace(node, body=replace(self, recording=True).enclosed(body))
            case ir.Comprehension():
                return self._comprehension(node, emit)
            case ir.Apply():
                return self._application(node, emit)
            case _:
                order = Order.BRACED if isinstance(node, ir.ListDisplay) else Order.OPEN
                return with_children(node, self.siblings(children(node), emit, order))

    def _application(self, node: ir.Apply, emit: Emit) -> ir.Expr:
        """A use of the table, whose arguments C++ evaluates as its pattern says."""
        variant, values = self._variant(node), children(node)
        if "spread" in variant.words and isinstance(values[0], ir.ListDisplay):
            elements = tuple(self.siblings(values[0].elements, emit))
            return with_children(node, [replace(values[0], elements=elements)])
        if "ordered" in variant.words and self._hoists(values) and not self._hoists(values[1:]):
            node = replace(node, form="ordered")
        receiver_first = node.form == "ordered" or variant.calls_receiver
        in_front = bool(node.arguments) and node.arguments[0].parameter == variant.self_name
        order = Order.RECEIVER_FIRST if receiver_first and in_front else Order.OPEN
        return with_children(node, self.siblings(values, emit, order))

    def enclosed(self, node: ir.Expr) -> ir.Expr:
        """A part that is evaluated not always, or elsewhere: its temporaries stay inside it, as Lets."""
        emitted: list[ir.Stmt] = []
        result = self.expression(node, emitted.append)
        for statement in reversed(emitted):
            assert isinstance(statement, ir.Assign) and isinstance(statement.target, ir.NameTarget)
            result = ir.Let(statement.target.name, statement.value, result, result.type, result.span)
        return result

    def _comprehension(self, node: ir.Comprehension, emit: Emit) -> ir.Expr:
        parts = iter(self.siblings(iterable_children(node.iterable), emit))
        condition = None if node.condition is None else self.enclosed(node.condition)
        iterable = with_iterable_children(node.iterable, parts)
        return replace(node, iterable=iterable, condition=condition, element=self.enclosed(node.element))

    def siblings(self, nodes: Sequence[ir.Expr], emit: Emit, order: Order = Order.OPEN) -> list[ir.Expr]:
        """Nodes in Python's order: an earlier one that a later one could disturb moves into a temporary."""
        if order is Order.BRACED and not any(self._hoists((node,)) for node in nodes[1:]):
            return [self.expression(node, emit) for node in nodes]
        if order is Order.RECEIVER_FIRST and not self._hoists(nodes[1:]):
            return [self.expression(node, emit) for node in nodes]
        made = []
        for index, node in enumerate(nodes):
            moved = not self.is_atomic(node) and any(self._conflict(node, later) for later in nodes[index + 1 :])
            value = self.expression(node, emit)
            made.append(self.temporary(value, emit) if moved else value)
        return made

    def _hoists(self, nodes: Sequence[ir.Expr]) -> bool:
        """Whether the nodes, as siblings in open order, need temporaries."""
        emitted: list[ir.Stmt] = []
        Sequencer(self.table, set(self.taken), self.recording).siblings(nodes, emitted.append)
        return bool(emitted)

    def temporary(self, value: ir.Expr, emit: Emit) -> ir.Expr:
        """The value in a variable of its own."""
        name = self.fresh(_stem(value))
        emit(ir.Assign(ir.NameTarget(name, value.type, value.span), value, value.span))
        return ir.Name(name, value.type, value.span)

    def fresh(self, stem: str) -> str:
        """A name like `stem` that nothing in the body has."""
        name, number = stem, 1
        while name in self.taken:
            number += 1
            name = f"{stem}_{number}"
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
            case ir.Assign(target=target, value=value) | ir.AugmentedAssign(target=target, value=value):
                value, *parts = self.siblings((value, *target_children(target)), emit)
                return replace(node, value=value, target=_with_target(target, iter(parts)))
            case ir.ExprStmt(value=value):
                return replace(node, value=self.expression(value, emit))
            case ir.Return(value=result) if result is not None:
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
            case ir.LocalFunction(function=function):
                return replace(node, function=sequence_function(self.table, function, self.taken))
            case _:
                return node

    def _with(self, node: ir.With, emit: Emit) -> ir.Stmt:
        values = self.siblings([argument.value for argument in node.arguments], emit)
        pairs = zip(node.arguments, values, strict=True)
        filled = tuple(ir.Argument(argument.parameter, made) for argument, made in pairs)
        return replace(node, arguments=filled, body=self.under(node).body(node.body))

    def under(self, guard: ir.With) -> Sequencer:
        """The pass inside a guard, which may switch recording off or on."""
        recording = self._variant(guard).recording
        return self if recording is None else replace(self, recording=recording)

    def _printed(self, arguments: Sequence[ir.Expr], emit: Emit) -> list[ir.Expr]:
        """What is printed is also recorded: a value that takes effort or has an effect is computed once."""
        made = []
        for value in self.siblings(arguments, emit):
            repeatable = not self.effect(value) & (Effect.DRAWS | Effect.WRITES) and not _takes_statements(value)
            made.append(value if repeatable else self.temporary(value, emit))
        return made

    def _for(self, node: ir.For, emit: Emit) -> ir.Stmt:
        parts = self.siblings(iterable_children(node.iterable), emit)
        iterable = with_iterable_children(node.iterable, iter(parts))
        if isinstance(iterable, ir.Range):
            iterable = self._range(iterable, node, emit)
        return replace(node, iterable=iterable, body=self.body(node.body))

    def _range(self, node: ir.Range, loop: ir.For, emit: Emit) -> ir.Range:
        """C++ tests the end of a range before each pass, Python evaluates it once."""
        assigned = {target.name for statement in statements(loop.body) for target in _bound(statement)}
        stop = node.stop
        stable = isinstance(stop, ir.Literal) or (isinstance(stop, ir.Name) and stop.name not in assigned)
        return node if stable else replace(node, stop=self.temporary(stop, emit))


def _takes_statements(node: ir.Expr) -> bool:
    """Whether C++ needs statements, in a lambda, to compute an expression."""
    return any(isinstance(part, ir.Comprehension | ir.Let) for part in walk(node))


def _holds_tensors(type_: Type) -> bool:
    """Whether a value may hold tensors that can have gradients."""
    match type_:
        case TensorType(category=category):
            return category not in ("int", "bool")
        case ListType(element=inner) | OptionalType(inner=inner):
            return _holds_tensors(inner)
        case TupleType(elements=elements):
            return any(map(_holds_tensors, elements))
        case _:
            return False


def _bound(node: ir.Stmt) -> list[ir.NameTarget]:
    match node:
        case ir.Assign(target=target) | ir.AugmentedAssign(target=target) | ir.For(target=target):
            return list(target_names(target))
        case _:
            return []


def _with_target(target: ir.Target, parts: Iterator[ir.Expr]) -> ir.Target:
    match target:
        case ir.FieldTarget() | ir.PropertyTarget():
            return replace(target, instance=next(parts))
        case ir.SubscriptTarget():
            return replace(target, container=next(parts), index=next(parts))
        case ir.TensorIndexTarget(parts=index):
            return replace(target, tensor=next(parts), parts=with_index_children(index, parts))
        case _:
            return target


def _stem(value: ir.Expr) -> str:
    """A readable name for what a temporary holds."""
    match value:
        case ir.Apply(row=row):
            method = row.rpartition(".")[2]
            return _OPERATIONS.get(method) or (_noun(value) if method[:2] == "__" else method.strip("_").lower())
        case ir.MethodCall(method="forward"):
            return "output"
        case ir.MethodCall(method=method):
            return method
        case ir.Call(function=function):
            return f"{function}_result"
        case ir.New(class_name=name) | ir.FunctionApply(class_name=name):
            return name[:1].lower() + name[1:]
        case _:
            return _noun(value)


_OPERATIONS = {
    "__add__": "sum", "__radd__": "sum", "__sub__": "difference", "__rsub__": "difference", "__mul__": "product",
    "__rmul__": "product", "__truediv__": "quotient", "__rtruediv__": "quotient", "__pow__": "power",
    "__rpow__": "power", "__matmul__": "product", "__neg__": "negative",
}  # fmt: skip


def _noun(value: ir.Expr) -> str:
    match value.type:
        case TensorType() | OptionalType(inner=TensorType()):
            return "tensor"
        case ListType():
            return "values"
        case _:
            return "value"


def sequence_function(table: Table, function: ir.Function, taken: set[str]) -> ir.Function:
    """A function with its body in explicit order."""
    names = taken | names_in(function.body) | {parameter.name for parameter in function.parameters}
    sequencer = Sequencer(table, names)
    for guard in function.guards:
        sequencer = sequencer.under(guard)
    return replace(function, body=sequencer.body(function.body))


def names_in(body: Sequence[ir.Stmt]) -> set[str]:
    """All names that a body reads or binds."""
    found: set[str] = set()
    for node in statements(body):
        found |= {target.name for target in _bound(node)}
        for expression in statement_expressions(node):
            found |= {part.name for part in walk(expression) if isinstance(part, ir.Name)}
            found |= {part.function for part in walk(expression) if isinstance(part, ir.Call | ir.FunctionRef)}
        if isinstance(node, ir.LocalFunction):
            found.add(node.function.name)
    return found
