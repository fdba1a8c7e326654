"""The attributes that every object has once it is made: those of its class, and what `__init__` surely assigns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import bindings_of, target_names
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import symbols
from py2cpp_autograd.frontend.lower.answers import answer
from py2cpp_autograd.frontend.walk import surely_evaluated
from py2cpp_autograd.table import roles
from py2cpp_autograd.types import NoneType, SymbolType, Type


def surely_assigned(context: Context, class_name: str) -> frozenset[str]:
    """The names of these attributes."""
    if class_name not in context.surely_assigned:
        users = hierarchy.mro(context, class_name)
        found = {name for user in users for name in hierarchy.own_attributes(context, user)}
        found |= {declared.name for declared in hierarchy.dataclass_fields(context, class_name)}
        found |= _Construction(context, class_name).of_method(class_name, "__init__")
        context.surely_assigned[class_name] = frozenset(found)
    return context.surely_assigned[class_name]


@dataclass
class _Way:
    """A body that is followed: the class that it is of, its name for the object, and what holds where it returns.

    `bound` are the names that it binds, where it is the constructor that a call of the class runs; else None.
    """

    owner: str
    instance: str
    bound: frozenset[str] | None
    returns: list[set[str]] = field(default_factory=list)


class _Construction:
    """Follows the calls of `super().__init__()` and `self.method()` in what always runs.

    A way that raises makes no object, unless a handler around it goes on: that begins with what held before the `try`.
    """

    def __init__(self, context: Context, class_name: str) -> None:
        self.context, self.class_name = context, class_name
        self.seen: set[int] = set()

    def of_method(self, class_name: str, name: str) -> set[str]:
        """What a method assigns on every way through it."""
        return self._of(hierarchy.method(self.context, class_name, name))

    def _of(self, method: hierarchy.Method | None) -> set[str]:
        if method is None or id(method.node) in self.seen:
            return set()
        bound = None if self.seen else frozenset(bindings_of(method.node.body).counts)
        self.seen.add(id(method.node))
        plain = (*method.node.params.posonly_params, *method.node.params.params)
        way = _Way(method.owner, plain[0].name.value if plain and method.kind == "method" else "", bound)
        return _everywhere([self._suite(method.node.body, way, set()), *way.returns]) or set()

    def _suite(self, suite: cst.BaseSuite, way: _Way, found: set[str] | None) -> set[str] | None:
        """What is assigned behind a suite, where `found` is before it; None where nothing gets."""
        if isinstance(suite, cst.SimpleStatementSuite):
            return self._line(suite.body, way, found)
        for statement in suite.body:
            found = None if found is None else self._statement(statement, way, found)
        return found

    def _statement(self, node: cst.CSTNode, way: _Way, found: set[str]) -> set[str] | None:
        match node:
            case cst.SimpleStatementLine(body=parts):
                return self._line(parts, way, found)
            case cst.If(test=test, body=body, orelse=other):
                holds = self._holds(test, way)
                if holds is not None:
                    return self._suite(body, way, found) if holds else self._other(other, way, found)
                return _everywhere([self._suite(body, way, set(found)), self._other(other, way, found)])
            case cst.With(items=items, body=body):
                inside = self._suite(body, way, set(found))
                return inside if all(map(self._lets_errors_out, items)) else set(found)
            case cst.Try():
                return self._try(node, way, found)
            case cst.For(body=body, orelse=orelse) | cst.While(body=body, orelse=orelse):
                self._suite(body, way, set(found))  # for its returns: it may not run
                return set(found) if orelse is None else self._suite(orelse.body, way, set(found))
            case _:
                return set(found)

    def _holds(self, test: cst.BaseExpression, way: _Way) -> bool | None:
        """Whether a test of what the class is lowered for holds: of a flag, or of a constant and a literal."""
        match test:
            case cst.UnaryOperation(operator=cst.Not(), expression=inner):
                holds = self._holds(inner, way)
                return None if holds is None else not holds
            case cst.Name(value=name):
                given = self._given(name, way)
                return given.name == "True" if isinstance(given, SymbolType) and given.kind == "flag" else None
            case cst.Comparison(left=cst.Name(value=name), comparisons=[cst.ComparisonTarget(operator, right)]):
                return _compared(self._given(name, way), operator, right)
            case _:
                return None

    def _given(self, name: str, way: _Way) -> Type | None:
        """The type of a parameter of the class's own constructor, where nothing binds it again."""
        if way.bound is None or name in way.bound:
            return None
        return self.context.assumptions.get(("variable", f"{self.class_name}.__init__", name, 1))

    def _other(self, node: cst.If | cst.Else | None, way: _Way, found: set[str]) -> set[str] | None:
        if isinstance(node, cst.If):
            return self._statement(node, way, found)
        return set(found) if node is None else self._suite(node.body, way, set(found))

    def _try(self, node: cst.Try, way: _Way, found: set[str]) -> set[str] | None:
        tried = self._suite(node.body, way, set(found))
        if node.orelse is not None:
            tried = self._suite(node.orelse.body, way, tried)
        ends = _everywhere([tried, *(self._suite(handler.body, way, set(found)) for handler in node.handlers)])
        if node.finalbody is None:
            return ends
        final = self._suite(node.finalbody.body, way, set(found))
        return None if ends is None or final is None else ends | final

    def _lets_errors_out(self, item: cst.WithItem) -> bool:
        """Whether a context manager lets out what its block raises, as those of the API do, but one."""
        manager = item.item.func if isinstance(item.item, cst.Call) else item.item
        return self.context.qualified(manager) not in (None, roles.SUPPRESS)

    def _line(self, parts: Iterable[cst.CSTNode], way: _Way, found: set[str] | None) -> set[str] | None:
        for part in parts:
            if found is None:
                break
            found = found | self._calls(part, way.owner) | set(_targets(part, way.instance))
            if isinstance(part, cst.Return):
                way.returns.append(found)
            if isinstance(part, cst.Return | cst.Raise | cst.Break | cst.Continue):
                found = None
        return found

    def _calls(self, node: cst.CSTNode, owner: str) -> set[str]:
        found: set[str] = set()
        for part in surely_evaluated(node):
            match part:
                case cst.Call(func=cst.Attribute(value=cst.Call(func=cst.Name("super")), attr=cst.Name(value=name))):
                    found |= self._of(hierarchy.next_method(self.context, self.class_name, owner, name))
                case cst.Call(func=cst.Attribute(value=cst.Name(value=base), attr=cst.Name("__init__"))):
                    found |= self.of_method(base, "__init__") if base in self.context.classes else set()
                case cst.Call(func=cst.Attribute(value=cst.Name("self"), attr=cst.Name(value=name)), args=args):
                    found |= self.of_method(self.class_name, name) if name not in roles.REGISTERING else _named(args)
        return found


def _compared(given: Type | None, operator: cst.BaseCompOp, right: cst.BaseExpression) -> bool | None:
    """What the comparison of a text, number or None with a literal gives; None where that is not known."""
    value = symbols.constant(given) if isinstance(given, SymbolType) else None
    if value is None and not isinstance(given, NoneType):
        return None
    match operator, right:
        case cst.Is() | cst.IsNot(), cst.Name("None"):
            return (value is None) == isinstance(operator, cst.Is)
        case _, cst.SimpleString() | cst.Integer() | cst.Float():
            return answer(operator, value, right.evaluated_value)
        case _:
            return None


def _everywhere(ways: Iterable[set[str] | None]) -> set[str] | None:
    """What holds on all of the ways that get somewhere; None where none does."""
    ending = [way for way in ways if way is not None]
    return set.intersection(*ending) if ending else None


def _named(arguments: Iterable[cst.Arg]) -> set[str]:
    texts = [argument.value for argument in arguments if isinstance(argument.value, cst.SimpleString)]
    return {str(text.evaluated_value) for text in texts[:1]}


def _targets(node: cst.CSTNode, instance: str) -> Iterator[str]:
    """The attributes of the object that a statement assigns."""
    targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else []
    targets += [node.target] if isinstance(node, cst.AnnAssign) and node.value is not None else []
    for name in (name for target in targets for name in target_names(target)):
        owner, _, attribute = name.rpartition(".")
        if owner == instance:
            yield attribute
