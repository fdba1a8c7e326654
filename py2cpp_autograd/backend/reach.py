"""What calls do to the lists and dicts that stand beside them: give a variable another one, or move what one holds.

`log.append(f())` changes the list that `log` was before f ran, and `groups[k].append(f())` what the dict held. C++ has
no name for these: where f may bind `log` or an item anew the program is refused, and where f may resize `groups` the
argument is evaluated first, for C++ would have a reference into memory that is gone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from py2cpp_autograd import ir
from py2cpp_autograd.backend.effects import variant_of
from py2cpp_autograd.ir_walk import (
    ANY,
    bodies,
    called,
    children,
    statement_expressions,
    statements,
    target_names,
    target_parts,
    walk,
)
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import DictType, ListType, SetType, Type, is_module_container

#: `d.setdefault(k, [])`, which is an item of the dict.
FILLED = "builtins.dict.setdefault"
#: Rows that leave the items of a list or dict where Python has them: what is there stays the object that it was.
_ADDING = frozenset({
    "builtins.list.append", "builtins.list.extend", "builtins.list.__iadd__", "builtins.dict.setdefault",
    "builtins.set.add", "builtins.set.update",
})  # fmt: skip


def is_container(type_: Type) -> bool:
    """Whether a value is a list, dict or set, of which C++ makes copies."""
    return isinstance(type_, ListType | DictType | SetType) and not is_module_container(type_)


def is_place(node: ir.Expr) -> bool:
    """Whether an expression is a container that stands somewhere: a copy of it would be another one."""
    match node:
        case ir.Name() | ir.Field() | ir.ClassAttribute():
            return is_container(node.type)
        case ir.Subscript(container=container):
            return is_container(node.type) and is_place(container)
        case ir.Apply(row=row, arguments=(ir.Argument(value=container), _, ir.Argument(value=default))):
            return row == FILLED and is_container(node.type) and is_place(container) and not children(default)
        case _:
            return False


def root(node: ir.Expr) -> str:
    """The variable or attribute (".name") that a place is reached from."""
    match node:
        case ir.Name(name=name):
            return name
        case ir.Field(name=name) | ir.ClassAttribute(name=name):
            return f".{name}"
        case ir.Subscript(container=inner) | ir.Convert(operand=inner):
            return root(inner)
        case ir.Apply(row=row, arguments=(ir.Argument(value=inner), *_)) if row == FILLED:
            return root(inner)
        case _:
            return ANY


@dataclass
class _Function:
    """What one function does itself. `bound`: variables and attributes that it assigns; `moved`: containers whose
    items it may put elsewhere; `replaced`: containers that may hold another container than before; `called`: functions.
    """

    bound: set[str] = field(default_factory=set)
    moved: set[str] = field(default_factory=set)
    replaced: set[str] = field(default_factory=set)
    called: set[str] = field(default_factory=set)

    def add(self, other: _Function) -> bool:
        """Do what another function does too; whether that is more than before."""
        before = self._size()
        self.bound |= other.bound
        self.moved |= other.moved
        self.replaced |= other.replaced
        return self._size() > before

    def _size(self) -> int:
        return len(self.bound) + len(self.moved) + len(self.replaced)


class Reach:
    """The functions of a program, with all that the functions do that they call."""

    def __init__(self, program: ir.Program, table: Table) -> None:
        self._table = table
        self._functions: dict[str, _Function] = {}
        for definition in program.definitions:
            for function in bodies(definition):
                making = isinstance(definition, ir.Class) and function is definition.init
                self._read(function, definition.name if making else function.name, making)
        for node in statements(program.body):
            if isinstance(node, ir.LocalFunction):
                self._read(node.function, node.function.name)
        self._functions[ANY] = _Function(called=set(self._functions))
        self._close()

    def _read(self, function: ir.Function, name: str, making: bool = False) -> None:
        found = self._functions.setdefault(name, _Function())
        own = {parameter.name for parameter in function.parameters}
        own_variables: set[str] = set()
        for node in statements(function.body):
            if isinstance(node, ir.LocalFunction):
                self._read(node.function, node.function.name)
            elif isinstance(node, ir.Assign | ir.AugmentedAssign | ir.For):
                own_variables |= {target.name for target in target_names(node.target)}
        own_variables -= function.outer | own
        found.bound |= function.outer
        for node in statements(function.body):
            if isinstance(node, ir.Assign | ir.AugmentedAssign | ir.For):
                for part in target_parts(node.target):
                    self._store(found, part, own, own_variables, making)
            for expression in statement_expressions(node):
                for inner in walk(expression):
                    self._evaluate(found, inner, own, own_variables)

    def _store(
        self, found: _Function, target: ir.Target, parameters: set[str], own: set[str], making: bool
    ) -> None:
        match target:
            case ir.FieldTarget(name=name) if not making:
                found.bound.add(f".{name}")
            case ir.ClassAttributeTarget(name=name):
                found.bound.add(f".{name}")
            case ir.SubscriptTarget(container=container):
                changed = _changed(container, parameters, own)
                found.moved |= changed
                if is_container(target.type):
                    found.replaced |= changed

    def _evaluate(self, found: _Function, node: ir.Expr, parameters: set[str], own: set[str]) -> None:
        found.called |= set(called(node))
        if isinstance(node, ir.Apply) and children(node) and variant_of(self._table, node).effect == "write":
            receiver = children(node)[0]
            if is_container(receiver.type):
                changed = _changed(receiver, parameters, own)
                found.moved |= changed
                if node.row not in _ADDING:
                    found.replaced |= changed

    def _close(self) -> None:
        """Add to each function what those do that it calls."""
        callers: dict[str, list[str]] = defaultdict(list)
        for caller, function in self._functions.items():
            for name in function.called:
                callers[name].append(caller)
        grown = list(self._functions)
        while grown:
            name = grown.pop()
            grown += [caller for caller in callers[name] if self._functions[caller].add(self._functions[name])]

    def _of(self, node: ir.Expr) -> Iterator[_Function]:
        for part in walk(node):
            yield from (self._functions[name] for name in called(part) if name in self._functions)

    def may_replace(self, place: ir.Expr, node: ir.Expr) -> bool:
        """Whether evaluating a node may put another container where one stands."""
        name = root(place)
        inside = isinstance(place, ir.Subscript | ir.Apply)
        return any(
            name in function.bound or (inside and ({name, ANY} & function.replaced)) for function in self._of(node)
        )

    def may_change(self, place: ir.Expr, node: ir.Expr) -> bool:
        """Whether evaluating a node may change what a container holds, in place."""
        return any({root(place), ANY} & function.moved for function in self._of(node))

    def may_move(self, place: ir.Expr, node: ir.Expr) -> bool:
        """Whether evaluating a node may put what a container holds elsewhere."""
        name = root(place)
        return any({name, ANY} & (function.moved | function.bound) for function in self._of(node))


def _changed(container: ir.Expr, parameters: set[str], own: set[str]) -> set[str]:
    """The container that a function changes; one that it holds alone is nobody else's."""
    name = root(container)
    return set() if name in own else {ANY} if name in parameters else {name}
