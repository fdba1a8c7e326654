"""Parts of a program that Python runs once more in the backward pass: `checkpoint(block, x, use_reentrant=False)`.

The second run gives the tensors that the gradients need, which are those of the first run where it does nothing but
compute: C++ keeps these, and calls `block(x)`. What would be done twice, or may be done in another way the second time,
is refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from py2cpp_autograd import ir
from py2cpp_autograd.backend.effects import rebound_by_functions, variant_of
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import bodies, statement_expressions, statements, target_names, target_parts, walk
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table
from py2cpp_autograd.types import ApiType, FunctionType, InstanceType

_HELP = "call the function itself, or do this outside of it"
#: What holds a value that the function has made itself.
_FRESH = ir.ListDisplay | ir.DictDisplay | ir.Comprehension | ir.ListSlice


def check(program: ir.Program, table: Table, report: Report) -> None:
    """Refuse what a part that Python runs again does besides computing."""
    if program.recomputed:
        _Check(program, table, report).run()


@dataclass
class _Check:
    program: ir.Program
    table: Table
    report: Report
    _seen: set[int] = field(default_factory=set)
    _told: set[Span] = field(default_factory=set)
    _own: frozenset[str] = frozenset()  # the variables of the function at hand

    def run(self) -> None:
        self.functions = [one for definition in self.program.definitions for one in bodies(definition)]
        self.classes = {one.name: one for one in self.program.definitions if isinstance(one, ir.Class)}
        self.local = [node.function for node in self._everything() if isinstance(node, ir.LocalFunction)]
        self.lambdas = [part for part in self._expressions() if isinstance(part, ir.Lambda)]
        applied = (part for part in self._expressions() if isinstance(part, ir.Apply))
        self.made = [part for part in applied if roles.is_module(self.table, str(part.type))]
        self.changed = rebound_by_functions(self.program) | _set_by_script(self.program.body)
        for call in self.program.recomputed:
            self._call(call)

    def _everything(self) -> Iterator[ir.Stmt]:
        yield from statements(self.program.body)
        for function in self.functions:
            yield from statements(function.body)

    def _expressions(self) -> Iterator[ir.Expr]:
        for node in self._everything():
            for expression in statement_expressions(node):
                yield from walk(expression)

    def _call(self, call: ir.Expr) -> None:
        """What a call runs, its arguments aside, which Python evaluates once."""
        match call:
            case ir.Call() | ir.MethodCall() | ir.StaticCall() | ir.Apply():
                self._node(call, frozenset())
            case ir.CallValue(callee=ir.Lambda() as callee):
                self._lambda(callee)
            case ir.CallValue():
                self._node(call, frozenset())
            case _:
                self._expression(call, frozenset())

    def _refuse(self, span: Span, message: str) -> None:
        if span not in self._told:
            self._told.add(span)
            self.report.add("PCA401", span, f"Python runs this again in the backward pass, and {message}", _HELP)

    def _function(self, function: ir.Function) -> None:
        if id(function) in self._seen:
            return
        self._seen.add(id(function))
        if function.outer:
            self._refuse(function.span, f"it changes '{min(function.outer)}'")
        outer, self._own = self._own, _own_names(function)
        fresh = _fresh_names(function)
        for node in statements(function.body):
            self._statement(node, fresh)
        self._own = outer

    def _statement(self, node: ir.Stmt, fresh: frozenset[str]) -> None:
        if isinstance(node, ir.Print):
            self._refuse(node.span, "it prints")
        if isinstance(node, ir.Assign | ir.AugmentedAssign):
            for target in target_parts(node.target):
                if not isinstance(target, ir.NameTarget | ir.Unpack) and not _is_in(target, fresh):
                    self._refuse(node.span, "it changes what others see")
        for expression in statement_expressions(node):
            self._expression(expression, fresh)

    def _expression(self, whole: ir.Expr, fresh: frozenset[str]) -> None:
        for node in walk(whole):
            self._node(node, fresh)

    def _node(self, node: ir.Expr, fresh: frozenset[str]) -> None:
        match node:
            case ir.Field(name=name) if f".{name}" in self.changed:
                self._refuse(node.span, f"'{name}' may be another one by then")
            case ir.Name(name=name) if name in self.changed - self._own:
                self._refuse(node.span, f"'{name}' may be another one by then")
            case ir.Apply():
                self._apply(node, fresh)
            case ir.Call(function=name):
                self._functions([one for one in (*self.functions, *self.local) if one.name == name])
            case ir.MethodCall(instance=instance, method=method):
                self._method(str(instance.type), method)
            case ir.StaticCall(class_name=name, method=method):
                self._method(name, method)
            case ir.New(class_name=name):
                self._functions([self.classes[name].init] if name in self.classes else [])
            case ir.CallValue(callee=callee):
                self._called(callee)
            case _:
                pass

    def _lambda(self, node: ir.Lambda) -> None:
        if id(node) not in self._seen:
            self._seen.add(id(node))
            outer, self._own = self._own, frozenset(parameter.name for parameter in node.parameters)
            self._expression(node.body, frozenset())
            self._own = outer

    def _functions(self, functions: Sequence[ir.Function]) -> None:
        for function in functions:
            self._function(function)

    def _method(self, class_name: str, name: str) -> None:
        owner = self.classes.get(class_name)
        self._functions([] if owner is None else [one for one in owner.methods if one.name == name])

    def _called(self, callee: ir.Expr) -> None:
        match callee.type:
            case InstanceType(name=name):
                self._method(name, "forward")
            case ApiType(name=name) if roles.is_module(self.table, name):
                self._module(callee.span, name)
            case FunctionType():
                plain = [one for one in self.program.definitions if isinstance(one, ir.Function)]
                self._functions([*plain, *self.local])
                for one in self.lambdas:
                    self._lambda(one)
            case _:
                self._refuse(callee.span, "which function this calls is not known")

    def _module(self, span: Span, name: str) -> None:
        """A module of the API, or one that may be any module of the program."""
        is_any = name in roles.HOLDS_ANY
        if is_any:
            for owner in self.classes.values():
                self._functions([one for one in owner.methods if owner.is_module and one.name == "forward"])
        for made in self.made:
            if not is_any and str(made.type) != name:
                continue
            row = self.table.find(str(made.type))
            if row is not None and roles.CHANGED_BY_CALLS & set(row.variants[0].state):
                self._refuse(span, f"a {made.type} counts what it is given")
            given = [one.parameter for one in made.arguments if one.parameter in roles.CHANGING_OPTIONS]
            if given and not all(_is_off(one.value) for one in made.arguments if one.parameter in given):
                self._refuse(span, f"a {made.type} changes a tensor in place")

    def _apply(self, node: ir.Apply, fresh: frozenset[str]) -> None:
        effect = variant_of(self.table, node).effect
        receiver = node.arguments[0].value if node.arguments else None
        if receiver is not None and roles.is_module(self.table, str(receiver.type)) and node.row.endswith(".__call__"):
            self._module(node.span, str(receiver.type))
            return
        if effect == "clock" or (effect == "write" and not _is_in(receiver, fresh)):
            self._refuse(node.span, "it changes something")


def _is_off(value: ir.Expr) -> bool:
    return isinstance(value, ir.Literal) and not value.value


def _is_in(place: object, fresh: frozenset[str]) -> bool:
    """Whether what changes is a container that the function has made itself."""
    match place:
        case ir.SubscriptTarget(container=ir.Name(name=name)) | ir.Name(name=name):
            return name in fresh
        case _:
            return False


def _own_names(function: ir.Function) -> frozenset[str]:
    """The variables and parameters of a function."""
    names = {parameter.name for parameter in function.parameters}
    for node in statements(function.body):
        if isinstance(node, ir.Assign | ir.AugmentedAssign | ir.For):
            names |= {target.name for target in target_names(node.target)}
    return frozenset(names - function.outer)


def _fresh_names(function: ir.Function) -> frozenset[str]:
    """The variables of a function that hold nothing but containers which it has made."""
    made: set[str] = set()
    others = {parameter.name for parameter in function.parameters}
    for node in statements(function.body):
        match node:
            case ir.Assign(target=ir.NameTarget(name=name), value=value) if isinstance(value, _FRESH):
                made.add(name)
            case ir.Assign(target=target) | ir.For(target=target):
                others |= {part.name for part in target_names(target)}
            case _:
                pass
    return frozenset(made - others)


def _set_by_script(body: Sequence[ir.Stmt]) -> frozenset[str]:
    """The attributes that a script assigns, and the variables that it assigns again."""
    found: set[str] = set()
    once: set[str] = set()
    for node in statements(body):
        if isinstance(node, ir.Assign | ir.AugmentedAssign):
            for part in target_parts(node.target):
                if isinstance(part, ir.FieldTarget):
                    found.add(f".{part.name}")
                elif isinstance(part, ir.NameTarget):
                    found |= {part.name} & once
                    once.add(part.name)
    return frozenset(found)
