"""What the conditions of a file are where there is no CUDA, no command line, and no call but its own.

`if pretrained:` is false in a function whose `pretrained=False` no call of the file gives another value to, and so is
`if self.pretrained:` where nothing else is stored under that name.
"""

from __future__ import annotations

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

#: What is false, or zero, without CUDA: how a program that imports it in one way or another writes it.
_AVAILABLE = ("cuda.is_available", "cuda.is_bf16_supported")
_COUNTED = ("cuda.device_count",)

_Function = ast.FunctionDef | ast.AsyncFunctionDef
#: What a function passes on to itself, by whatever way: no value that it does not have already.
_ITSELF = ast.Constant(...)
#: Questions about parameters that are followed: those that depend on one another in circles have no end soon.
_MOST = 5_000


class Conditions:
    """The conditions of one file, as a reader of the file sees them."""

    def __init__(self, tree: ast.Module, table: Table) -> None:
        self._without_cuda: set[str] = set()
        self._constants: dict[str, ast.Constant] = {}
        self._flags = _Flags.of(tree, self)
        self._attributes = _stored(tree)
        self._options = _options(tree)
        self._parsed = _parsed(tree)
        self._find_variables(tree, table)

    def _find_variables(self, tree: ast.Module, table: Table) -> None:
        """The variables of the file with one value; those, and attributes, that hold whether there is CUDA."""
        without = {id(part) for node in ast.walk(tree) for part in _without_modules(node, table)}
        nodes = [node for node in ast.walk(tree) if id(node) not in without]
        bound = Counter(name for node in nodes for name in _bound(node))
        options = {_option(node.value) for node in nodes if isinstance(node, ast.Constant)}
        for node in nodes:
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                name = _name(node.targets[0])
                if bound[name] == 1 and name.removeprefix(".") not in options and self._needs_cuda(node.value):
                    self._without_cuda.add(name)
                elif bound[name] == 1 and isinstance(node.value, ast.Constant) and not name.startswith("."):
                    self._constants[name] = node.value

    def truth(self, test: ast.expr) -> bool | None:
        """Whether a condition holds; None where the file does not tell."""
        if self._needs_cuda(test):
            return False
        match test:
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                holds = self.truth(operand)
                return None if holds is None else not holds
            case ast.BoolOp(op=operator, values=values):
                decisive = isinstance(operator, ast.Or)
                found = [self.truth(value) for value in values]
                return decisive if decisive in found else None if None in found else not decisive
            case ast.Compare(left=left, ops=[operator], comparators=[right]):
                return _compared(self.value(left), operator, self.value(right))
            case _:
                value = self.value(test)
                return None if value is None or value is _ITSELF else bool(value.value)

    def value(self, node: ast.expr) -> ast.Constant | None:
        """The constant that an expression surely is, if there is one."""
        match node:
            case ast.Constant():
                return node
            case ast.Name(id=name) if name in self._constants:
                return _only([self._constants[name]])
            case ast.Name():
                return self._flags.value(node)
            case ast.Attribute(value=ast.Name(id=name), attr=attribute) if name in self._parsed:
                return self._options.get(attribute)
            case ast.Attribute(value=ast.Name(id="self"), attr=attribute):
                return self._attribute(attribute)
            case ast.BoolOp() | ast.UnaryOp(op=ast.Not()):
                holds = self.truth(node)
                return None if holds is None else ast.Constant(holds)
            case _:
                return None

    def _attribute(self, name: str) -> ast.Constant | None:
        """The one constant that anything stores under the name of an attribute."""
        stored = self._attributes.pop(name, [])  # what depends on itself has no answer
        found = _only(None if one is None else self.value(one) for one in stored)
        self._attributes[name] = stored
        return found

    def _needs_cuda(self, test: ast.expr) -> bool:
        match test:
            case ast.Call(func=func):
                return ast.unparse(func).endswith(_AVAILABLE)
            case ast.BoolOp(op=ast.And(), values=values):
                return any(map(self._needs_cuda, values))
            case ast.Compare(left=left, ops=[ast.Gt()], comparators=[ast.Constant(value=int())]):
                return _is_count(left)
            case ast.Compare(left=left, ops=[ast.GtE()], comparators=[ast.Constant(value=int(least))]):
                return _is_count(left) and least > 0
            case ast.Name() | ast.Attribute():
                return _name(test) in self._without_cuda
            case _:
                return False


def _compared(left: ast.Constant | None, operator: ast.cmpop, right: ast.Constant | None) -> bool | None:
    if left is None or right is None or _ITSELF in (left, right):
        return None
    if isinstance(operator, ast.Is | ast.IsNot):
        if not isinstance(left.value, bool | None) and not isinstance(right.value, bool | None):
            return None
        return (left.value is right.value) == isinstance(operator, ast.Is)
    if isinstance(operator, ast.Eq | ast.NotEq):
        return bool(left.value == right.value) == isinstance(operator, ast.Eq)
    return None


def _is_count(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith(_COUNTED)


# ------------------------------------------------------------------------------------------- parameters


@dataclass
class _Flags:
    """The parameters of a file's functions, and what calls give them."""

    conditions: Conditions
    owners: dict[int, _Function] = field(default_factory=dict)  # of names that are read, by their identity
    calls: dict[str, list[ast.Call]] = field(default_factory=dict)  # by the name of what is called
    keywords: dict[str, list[ast.expr]] = field(default_factory=dict)  # what calls give by name, by that name
    callers: dict[int, _Function] = field(default_factory=dict)  # of calls: the function around, by identity
    classes: dict[int, str] = field(default_factory=dict)  # of methods, by identity
    escaped: set[str] = field(default_factory=set)  # functions that are used as values
    answers: dict[tuple[int, str], ast.Constant | None] = field(default_factory=dict)
    asked: set[tuple[int, str]] = field(default_factory=set)
    passed_on: set[tuple[int, str]] = field(default_factory=set)  # of those asked, what they were found to depend on
    rebound: dict[int, frozenset[str]] = field(default_factory=dict)  # the names that functions bind, by identity
    followed: int = 0

    @classmethod
    def of(cls, tree: ast.Module, conditions: Conditions) -> _Flags:
        """Those of a file."""
        made = cls(conditions)
        made._enter(tree, None)
        return made

    def _enter(self, node: ast.AST, function: _Function | None) -> None:
        if isinstance(node, ast.ClassDef):
            self.classes |= {id(one): node.name for one in node.body if isinstance(one, _Function)}
        if isinstance(node, ast.Call):
            self.calls.setdefault(_called(node), []).append(node)
            for keyword in node.keywords:
                if keyword.arg is not None:
                    self.keywords.setdefault(keyword.arg, []).append(keyword.value)
            if function is not None:
                self.callers[id(node)] = function
        if isinstance(node, ast.Name) and function is not None:
            self.owners[id(node)] = function
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.Name | ast.Attribute) and not _is_called(node, child):
                self.escaped.add(_name(child).removeprefix("."))
            self._enter(child, node if isinstance(node, _Function) else function)

    def value(self, node: ast.Name) -> ast.Constant | None:
        """What a parameter is in each call; None where the file does not tell, or calls differ."""
        function = self.owners.get(id(node))
        if function is None or node.id not in _places(function):
            return None
        key = (id(function), node.id)
        if key in self.answers:
            return self.answers[key]
        if key in self.asked:
            self.passed_on.add(key)
            return _ITSELF
        self.followed += 1
        if self.followed > _MOST:
            return None
        self.asked.add(key)
        found = None if node.id in self._rebound(function) else _only(self._values(function, node.id))
        self.asked.remove(key)
        self.passed_on.discard(key)
        if not self.passed_on:  # else it was decided without what is still asked
            self.answers[key] = found
        return found

    def _rebound(self, function: _Function) -> frozenset[str]:
        """The names that the body of a function binds."""
        found = self.rebound.get(id(function))
        if found is None:
            inside = (part for statement in function.body for part in ast.walk(statement))
            parts = (part for part in inside if not isinstance(part, ast.keyword))
            found = self.rebound[id(function)] = frozenset(name for part in parts for name in _bound(part))
        return found

    def _values(self, function: _Function, name: str) -> Iterator[ast.Constant | None]:
        """The constants that a parameter is given, its default first; None for what is no constant."""
        default = _default(function, name)
        if default is not None:
            yield default if isinstance(default, ast.Constant) else None
        owner = self.classes.get(id(function))
        called = owner if owner is not None and function.name == "__init__" else function.name
        position = _places(function).index(name) - (owner is not None)
        if called in self.escaped or position < 0 or (owner is not None and function.decorator_list):
            yield None  # it may be called in ways that the file does not show, or this is the object itself
            return
        yield from map(self.conditions.value, self._given(called, name, position))

    def _given(self, called: str, name: str, position: int) -> Iterator[ast.expr]:
        """What calls may give a parameter. A keyword of its name may be for it, whatever is called."""
        yield from self.keywords.get(name, ())
        for call in [*self.calls.get(called, ()), *self.calls.get("__init__", ())]:
            if any(isinstance(one, ast.Starred) for one in call.args):
                yield call
            if len(call.args) > position:
                yield call.args[position]
            around = self.callers.get(id(call))
            passed_on = None if around is None or around.args.kwarg is None else around.args.kwarg.arg
            stars = [one.value for one in call.keywords if one.arg is None]
            yield from (one for one in stars if not (isinstance(one, ast.Name) and one.id == passed_on))


def _called(call: ast.Call) -> str:
    """The name of what is called, be it a variable or an attribute."""
    return _name(call.func).removeprefix(".")


def _is_called(parent: ast.AST, child: ast.expr) -> bool:
    """Whether a name stands where it is called, or asked about, and not as a value."""
    if not isinstance(parent, ast.Call):
        return isinstance(parent, ast.Attribute)
    return child is parent.func or _name(parent.func) in {"super", "isinstance", "issubclass"}


def _only(found: Iterable[ast.Constant | None]) -> ast.Constant | None:
    """The one constant, a word or a truth, that all are; None for others, as soon as one of them tells."""
    first: ast.Constant | None = None
    for one in found:
        if one is _ITSELF:
            continue
        if one is None or not isinstance(one.value, bool | str | None):
            return None
        if first is not None and not _same(first, one):
            return None
        first = one
    return first


def _same(one: ast.Constant, other: ast.Constant) -> bool:
    return type(one.value) is type(other.value) and one.value == other.value


def _places(function: _Function) -> list[str]:
    """The parameters that arguments are given to by their place."""
    return [one.arg for one in (*function.args.posonlyargs, *function.args.args)]


def _default(function: _Function, name: str) -> ast.expr | None:
    from_end = _places(function)[::-1].index(name)
    defaults = function.args.defaults[::-1]
    return defaults[from_end] if from_end < len(defaults) else None


# ---------------------------------------------------------------------------------------- command lines


def _options(tree: ast.Module) -> dict[str, ast.Constant]:
    """The options of command lines that have a constant as default and that the file does not set, by attribute."""
    found: dict[str, ast.Constant | None] = {}
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(attr="add_argument"), args=[*_, ast.Constant(value=str(text))]):
                given = {keyword.arg: keyword.value for keyword in node.keywords}
                named = given.get("dest")
                name = _option(named.value if isinstance(named, ast.Constant) else text)
                found[name] = None if name in found else _default_of(given)
            case ast.Call(func=ast.Name(id="setattr") | ast.Attribute(attr="set_defaults")):
                return {}
    stored = {name.removeprefix(".") for node in ast.walk(tree) for name in _bound(node) if name.startswith(".")}
    return {name: value for name, value in found.items() if value is not None and name not in stored}


def _default_of(given: dict[str | None, ast.expr]) -> ast.Constant | None:
    default, action = given.get("default"), given.get("action")
    if default is not None:
        return default if isinstance(default, ast.Constant) else None
    if action is None:
        return ast.Constant(None)
    match action:
        case ast.Constant(value="store_true" | "store_false" as switch):
            return ast.Constant(switch == "store_false")
        case _:
            return None


def _parsed(tree: ast.Module) -> set[str]:
    """The variables that hold what a command line gave."""
    found: set[str] = set()
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=ast.Attribute(attr="parse_args"))):
                found.add(name)
    return found


def _option(text: object) -> str:
    """The attribute that an option of a command line, such as `--use-cuda`, would be."""
    return text.lstrip("-").replace("-", "_") if isinstance(text, str) else ""


# ------------------------------------------------------------------------------------------- attributes


def _stored(tree: ast.Module) -> dict[str, list[ast.expr | None]]:
    """What the file stores under the name of each attribute, in objects or classes; None for what is no plain value."""
    found: defaultdict[str, list[ast.expr | None]] = defaultdict(list)
    values: dict[int, ast.expr | None] = {}  # by the identity of the target, which comes behind its assignment
    for node in ast.walk(tree):
        match node:
            case ast.Assign(targets=targets, value=assigned):
                values.update((id(target), assigned) for target in targets)
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()):
                found[name].append(values.get(id(node)))
            case ast.Call(func=ast.Name(id="setattr"), args=[_, ast.Constant(value=str(name)), *_]):
                found[name].append(None)
            case ast.ClassDef(body=body):
                for name, value in _of_class(body):
                    found[name].append(value)
    return found


def _of_class(body: Sequence[ast.stmt]) -> Iterator[tuple[str, ast.expr | None]]:
    """The attributes of a class, with the values of those that are plain; fields of data classes are not."""
    for statement in body:
        match statement:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                yield name, value
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                yield name, None
            case _:
                yield from ((name, None) for part in ast.walk(statement) for name in _bound(part))


# ---------------------------------------------------------------------------------------------- modules


def _without_modules(node: ast.AST, table: Table) -> Iterator[ast.AST]:
    """What of a `try` does not run where the module that it imports is not there."""
    if not isinstance(node, ast.Try):
        return
    runs = True
    for line in node.body:
        runs = runs and not any(roles.is_foreign(table, name) for name in _imported(line))
        yield from () if runs else ast.walk(line)


def _imported(node: ast.stmt) -> Iterator[str]:
    match node:
        case ast.Import(names=names):
            yield from (alias.name for alias in names)
        case ast.ImportFrom(module=str(module), level=0):
            yield module


# ------------------------------------------------------------------------------------------------ names


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield _name(node)
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.keyword(arg=str(name)):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.alias(name=name, asname=other):
            yield other or name


def _name(node: ast.expr) -> str:
    """A variable by its name, an attribute of whatever by its name behind a dot; empty for others."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case _:
            return ""
