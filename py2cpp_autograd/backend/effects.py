"""What evaluating an expression does and depends on, so far as another part of the program could notice."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Flag, auto

from py2cpp_autograd import ir
from py2cpp_autograd.ir_walk import bodies, children, comprehension_parts, statements, target_parts, walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.table.row import Variant
from py2cpp_autograd.types import DefaultDictType, IteratorType, ListType, OptionalType, TensorType, TupleType, Type


class Effect(Flag):
    """What evaluating an expression depends on or does, so far as a sibling could notice."""

    NONE = 0
    READS = auto()  # what a write could change
    RECORDS = auto()  # adds nodes to the autograd graph: backward sums gradients in the reverse order of their birth
    DRAWS = auto()  # random numbers
    WRITES = auto()
    BINDS = auto()  # binds a variable, which a sibling may read


_OF_ROW = {"pure": Effect.READS, "rng": Effect.READS | Effect.DRAWS, "write": Effect.WRITES, "clock": Effect.READS}


def variant_of(table: Table, node: ir.Apply | ir.With) -> Variant:
    """The variant of a row that a node uses."""
    found = table.find(node.row)
    assert found is not None
    return found.variants[node.variant]


@dataclass
class Effects:
    """The effects of the expressions of one body. `recording`: autograd records operations there."""

    table: Table
    recording: bool = True
    rebound: frozenset[str] = frozenset()  # the variables, and (as ".name") attributes, that functions assign
    #: What is known about nodes, by identity; the nodes are kept, so that no other takes their identity.
    _known: dict[int, tuple[ir.Expr, Effect]] = field(default_factory=dict, init=False)

    def of(self, node: ir.Expr) -> Effect:
        """The effects of a node and of everything that is evaluated with it."""
        if id(node) not in self._known:
            found = self._own_effect(node)
            for child in children(node):
                found |= self.of(child)
            self._known[id(node)] = node, found
        return self._known[id(node)][1]

    def _own_effect(self, node: ir.Expr) -> Effect:
        match node:
            case ir.Apply(form="value"):
                return Effect.NONE
            case ir.Apply():
                return self._effect_of_row(node)
            case ir.Subscript(container=container) if isinstance(container.type, DefaultDictType):
                return Effect.READS | Effect.WRITES
            case ir.TensorIndex():
                return Effect.READS | self._records(node)
            case ir.Call() | ir.MethodCall() | ir.New() | ir.FunctionApply() | ir.CallValue():
                return Effect.WRITES
            case ir.StaticCall():
                return Effect.WRITES
            case ir.Comprehension():
                found = Effect.READS
                for part in comprehension_parts(node):
                    found |= self.of(part) | (Effect.WRITES if isinstance(part.type, IteratorType) else Effect.NONE)
                return found
            case ir.Binding():
                return Effect.BINDS
            case ir.Literal() | ir.Name() | ir.Lambda() | ir.FunctionRef() | ir.Convert():
                return Effect.NONE
            case _:
                return Effect.READS

    def _effect_of_row(self, node: ir.Apply) -> Effect:
        variant = variant_of(self.table, node)
        takes_tensors = any(_holds_tensors(argument.value.type) for argument in node.arguments)
        recorded = takes_tensors and (node.form == "call" or variant.is_differentiable)
        recorded = recorded or any(roles.holds_tensors(self.table, argument.value.type) for argument in node.arguments)
        return _OF_ROW[variant.effect] | (self._records(node) if recorded else Effect.NONE)

    def _records(self, node: ir.Expr) -> Effect:
        holds = _holds_tensors(node.type) or roles.holds_tensors(self.table, node.type)
        return Effect.RECORDS if self.recording and holds else Effect.NONE

    def is_atomic(self, node: ir.Expr) -> bool:
        """Whether the node means the same before and after what a sibling does.

        A list or dict that a sibling changes is the same one: what is done with it is done when all parts are there.
        """
        match node:
            case ir.Literal() | ir.Lambda() | ir.FunctionRef() | ir.Apply(form="value"):
                return True
            case ir.Name(name=name):
                return name not in self.rebound
            case ir.Convert(operand=operand):
                return self.is_atomic(operand)
            case ir.Field(instance=instance, name=name):
                return self.is_atomic(instance) and f".{name}" not in self.rebound
            case ir.ListDisplay(elements=elements) | ir.TupleDisplay(elements=elements):
                return all(map(self.is_atomic, elements))
            case _:
                return False

    def conflict(self, first: ir.Expr, second: ir.Expr) -> bool:
        """Whether evaluating the two in the other order could differ."""
        a, b = self.of(first), self.of(second)
        if (a | b) & Effect.BINDS:
            return not (isinstance(first, ir.Literal) or isinstance(second, ir.Literal))
        if a & Effect.WRITES:
            return not self.is_atomic(second)
        if b & Effect.WRITES:
            return not self.is_atomic(first)
        return bool(a & b & (Effect.RECORDS | Effect.DRAWS))


def rebound_by_functions(program: ir.Program) -> frozenset[str]:
    """The variables that functions assign though they are not their own, and the attributes that they assign."""
    found: set[str] = set()
    functions = [function for definition in program.definitions for function in bodies(definition)]
    made = {id(node.init) for node in program.definitions if isinstance(node, ir.Class)}
    while functions:
        function = functions.pop()
        found |= function.outer
        for node in statements(function.body):
            if isinstance(node, ir.LocalFunction):
                functions.append(node.function)
            elif isinstance(node, ir.Assign) and id(function) not in made:
                found |= {f".{part.name}" for part in target_parts(node.target) if isinstance(part, ir.FieldTarget)}
    inner = (node.function for node in statements(program.body) if isinstance(node, ir.LocalFunction))
    return frozenset(found.union(*(function.outer for function in inner)))


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


def takes_statements(node: ir.Expr) -> bool:
    """Whether C++ needs statements, in a lambda, to compute an expression."""
    return any(isinstance(part, ir.Comprehension | ir.Let) for part in walk(node))
