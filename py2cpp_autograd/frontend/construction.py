"""The attributes that every object has once it is made: those of its class, and what `__init__` surely assigns."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import libcst as cst

from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles


def surely_assigned(context: Context, class_name: str) -> frozenset[str]:
    """The names of these attributes."""
    if class_name not in context.surely_assigned:
        found = set(hierarchy.fields(context, class_name))
        found |= _Construction(context, class_name).of_method(class_name, "__init__")
        context.surely_assigned[class_name] = frozenset(found)
    return context.surely_assigned[class_name]


class _Construction:
    """Follows the calls of `super().__init__()` and `self.method()` in what always runs."""

    def __init__(self, context: Context, class_name: str) -> None:
        self.context, self.class_name = context, class_name
        self.seen: set[int] = set()

    def of_method(self, class_name: str, name: str) -> set[str]:
        """What a method assigns on every way through it."""
        return self._of(hierarchy.method(self.context, class_name, name))

    def _of(self, method: hierarchy.Method | None) -> set[str]:
        if method is None or id(method.node) in self.seen:
            return set()
        self.seen.add(id(method.node))
        body = method.node.body
        return self._suite(body, method.owner) if isinstance(body, cst.IndentedBlock) else set()

    def _suite(self, suite: cst.BaseSuite, owner: str) -> set[str]:
        found: set[str] = set()
        for statement in suite.body:
            match statement:
                case cst.SimpleStatementLine(body=parts):
                    for part in parts:
                        found |= set(_targets(part)) | self._calls(part, owner)
                case cst.If(body=body, orelse=cst.Else(body=other)):
                    found |= self._suite(body, owner) & self._suite(other, owner)
                case cst.If(body=body, orelse=cst.If() as other):
                    found |= self._suite(body, owner) & self._suite(cst.IndentedBlock([other]), owner)
                case cst.With(body=body) | cst.Try(body=body):
                    found |= self._suite(body, owner)
                case _:
                    continue
        return found

    def _calls(self, node: cst.CSTNode, owner: str) -> set[str]:
        found: set[str] = set()
        for part in walk(node):
            match part:
                case cst.Call(func=cst.Attribute(value=cst.Call(func=cst.Name("super")), attr=cst.Name(value=name))):
                    found |= self._of(hierarchy.next_method(self.context, self.class_name, owner, name))
                case cst.Call(func=cst.Attribute(value=cst.Name(value=base), attr=cst.Name("__init__"))):
                    found |= self.of_method(base, "__init__") if base in self.context.classes else set()
                case cst.Call(func=cst.Attribute(value=cst.Name("self"), attr=cst.Name(value=name)), args=args):
                    found |= self.of_method(self.class_name, name) if name not in roles.REGISTERING else _named(args)
        return found


def _named(arguments: Iterable[cst.Arg]) -> set[str]:
    texts = [argument.value for argument in arguments if isinstance(argument.value, cst.SimpleString)]
    return {str(text.evaluated_value) for text in texts[:1]}


def _targets(node: cst.CSTNode) -> Iterator[str]:
    targets = [target.target for target in node.targets] if isinstance(node, cst.Assign) else []
    targets += [node.target] if isinstance(node, cst.AnnAssign) and node.value is not None else []
    for target in targets:
        for part in walk(target):
            if isinstance(part, cst.Attribute):
                yield part.attr.value
