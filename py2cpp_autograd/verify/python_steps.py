"""What each statement changed, written down on the Python side where a first difference is looked for.

Behind each simple statement of a script stands a step with the module-level values that have changed; behind each one
of a function, one with the variables that it names. C++ has the same (`backend/select/traces.py`, `probe.h`).
"""

from __future__ import annotations

import ast
import json
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch

from py2cpp_autograd.verify.python_trees import Tree, begin_tree, in_brief, is_object, is_recorded, tree

#: Steps stop here, as in C++: a long run's first difference is found in its beginning, or not at all.
_MOST_STEPPED = 64 << 20
#: What the functions below are called in the program.
_STEP, _INNER, _ENTERED, _RETURNED = (f"__py2cpp_{name}__" for name in ("step", "inner", "entered", "returned"))


class Stepper:
    """Writes down, behind each statement, the values that it changed."""

    def __init__(self, module: types.ModuleType, write: Callable[[Mapping[str, object]], None]) -> None:
        self.module = module
        self.write_entry = write
        self.seen: dict[str, int] = {}
        self.written = 0

    @property
    def names(self) -> Mapping[str, Callable[..., object]]:
        """What a stepped program calls."""
        return {_STEP: self.step, _INNER: self.inner, _ENTERED: self.entered, _RETURNED: self.returned}

    def step(self, line: int) -> None:
        """Write the values of the module that have changed since the last step."""
        changed: dict[str, Tree] = {}
        for name, value in list(vars(self.module).items()) if self.written <= _MOST_STEPPED else ():
            if not (name.startswith("__") and name.endswith("__")) and is_recorded(value):
                begin_tree()
                found = tree(value)
                digest = hash(json.dumps(found))
                if self.seen.get(name) != digest:
                    changed[name] = found
                self.seen[name] = digest
        self._write({"step": line, "changed": changed})

    def inner(self, line: int, variables: Mapping[str, object], names: Sequence[str]) -> None:
        """Write the variables of a function that a statement names."""
        self._write({"step": line, "changed": self._trees(variables, names), "inner": True})

    def entered(self, line: int, variables: Mapping[str, object], names: Sequence[str]) -> None:
        """Write the arguments of a function, whose fault the line is that calls it."""
        caller = sys._getframe(2)
        own = caller.f_globals is vars(self.module)
        place = caller.f_lineno if own else 0
        self._write({"step": line, "changed": self._trees(variables, names), "inner": True, "caller": place})

    def returned(self, line: int, value: object) -> object:
        """Write what a function returns, and give it."""
        self.inner(line, {"return": value}, ("return",))
        return value

    def _trees(self, variables: Mapping[str, object], names: Sequence[str]) -> dict[str, Tree]:
        found: dict[str, Tree] = {}
        if self.written > _MOST_STEPPED:
            return found
        with in_brief():
            for name in names:
                owner, dot, attribute = name.partition(".")
                known = variables if owner in variables else vars(self.module)
                held = known if not dot else getattr(known.get(owner), "__dict__", {})
                key = attribute or owner
                if key in held and _is_small(held[key]):
                    begin_tree()
                    found[name] = tree(held[key])
        return found

    def _write(self, entry: Mapping[str, object]) -> None:
        if self.written <= _MOST_STEPPED:
            self.written += len(json.dumps(entry))
            self.write_entry(entry)
            if self.written > _MOST_STEPPED:
                self.write_entry({"step": 0, "changed": {}})


def _is_small(value: object) -> bool:
    """Whether a variable of a function is written down: not what holds a whole model."""
    is_large = isinstance(value, torch.nn.Module | torch.optim.Optimizer) or is_object(value)
    return not is_large and is_recorded(value)


def stepped(parsed: ast.Module) -> ast.Module:
    """A program that calls the stepper behind each of its statements."""
    return ast.fix_missing_locations(ast.Module(list(_block(parsed.body, _Outside())), parsed.type_ignores))


class _Outside:
    """Statements outside of functions and classes."""

    def behind(self, node: ast.stmt) -> list[ast.stmt]:
        """What is called behind a simple statement."""
        return [_call(_STEP, node, ast.Constant(node.lineno))]

    def first(self, node: ast.For | ast.AsyncFor) -> list[ast.stmt]:
        """What is called first in the body of a loop."""
        return [_call(_STEP, node, ast.Constant(node.lineno))]

    def returning(self, node: ast.Return) -> ast.stmt:
        """A `return`."""
        return node


class _Inside(_Outside):
    """Statements of a function; `instance` is its object, in a method."""

    def __init__(self, instance: str | None) -> None:
        self.instance = instance

    def behind(self, node: ast.stmt) -> list[ast.stmt]:
        """What is called behind a simple statement."""
        return [self.call(_INNER, node, self._names(node))]

    def first(self, node: ast.For | ast.AsyncFor) -> list[ast.stmt]:
        """What is called first in the body of a loop."""
        return [self.call(_INNER, node, self._names(node.target))]

    def returning(self, node: ast.Return) -> ast.stmt:
        """A `return`."""
        if node.value is None:
            return node
        made = ast.Call(ast.Name(_RETURNED, ast.Load()), [ast.Constant(node.lineno), node.value], [])
        return ast.copy_location(ast.Return(ast.copy_location(made, node)), node)

    def call(self, name: str, node: ast.stmt, names: Sequence[str]) -> ast.stmt:
        """A call of the stepper with the variables of the function."""
        variables = ast.Call(ast.Name("locals", ast.Load()), [], [])
        listed = ast.Tuple([ast.Constant(one) for one in names], ast.Load())
        return _call(name, node, ast.Constant(node.lineno), variables, listed)

    def _names(self, node: ast.AST) -> list[str]:
        """The variables and the attributes of the object that a statement names."""
        found: dict[str, None] = {}
        for part in ast.walk(node):
            match part:
                case ast.Attribute(value=ast.Name(id=self.instance), attr=attribute):
                    found[f"{self.instance}.{attribute}"] = None
                case ast.Name(id=name) if name != self.instance:
                    found[name] = None
        return list(found)


def _call(name: str, node: ast.stmt, *arguments: ast.expr) -> ast.stmt:
    return ast.copy_location(ast.Expr(ast.Call(ast.Name(name, ast.Load()), list(arguments), [])), node)


_SIMPLE = ast.Assign | ast.AugAssign | ast.AnnAssign | ast.Expr | ast.Delete


def _block(nodes: Sequence[ast.stmt], place: _Outside, owner: ast.ClassDef | None = None) -> Iterator[ast.stmt]:
    """The statements of a block with the calls behind them; in the body of a class, only its methods have any."""
    for node in nodes:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield _function(node, owner)
            case ast.ClassDef():
                node.body = list(_block(node.body, place, node))
                yield node
            case ast.Return():
                yield place.returning(node)
            case ast.Assign() | ast.AugAssign() | ast.AnnAssign() | ast.Expr() | ast.Delete() if owner is None:
                yield from (node, *place.behind(node))
            case _:
                yield _compound(node, place)


def _compound(node: ast.stmt, place: _Outside) -> ast.stmt:
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block:
            first = place.first(node) if name == "body" and isinstance(node, ast.For | ast.AsyncFor) else []
            setattr(node, name, [*first, *_block(block, place)])
    for inner in (*getattr(node, "handlers", ()), *getattr(node, "cases", ())):
        inner.body = list(_block(inner.body, place))
    return node


def _function(node: ast.FunctionDef | ast.AsyncFunctionDef, owner: ast.ClassDef | None) -> ast.stmt:
    taken = node.args
    names = [one.arg for one in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs)]
    is_static = any(isinstance(one, ast.Name) and one.id == "staticmethod" for one in node.decorator_list)
    instance = names[0] if owner is not None and names and not is_static else None
    place = _Inside(instance)
    doc = [node.body[0]] if ast.get_docstring(node, clean=False) is not None else []
    first = place.call(_ENTERED, node, [name for name in names if name != instance])
    node.body = [*doc, first, *_block(node.body[len(doc) :], place)]
    return node
