"""Parts of a program that Python runs once more in the backward pass: `checkpoint(block, x, use_reentrant=False)`.

The second run gives the tensors that the gradients need, which are those of the first run where it does nothing but
compute: C++ keeps these, and calls `block(x)`. What would be done twice, or may be done in another way the second time,
is refused.
"""

from __future__ import annotations

from collections.abc import Sequence

from py2cpp_autograd import ir
from py2cpp_autograd.backend.called import Called
from py2cpp_autograd.backend.effects import rebound_by_functions, variant_of
from py2cpp_autograd.diagnostics import Report
from py2cpp_autograd.ir_walk import statements, target_names, target_parts
from py2cpp_autograd.span import Span
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.load import Table

_HELP = "call the function itself, or do this outside of it"
#: What holds a value that the function has made itself.
_FRESH = ir.ListDisplay | ir.DictDisplay | ir.Comprehension | ir.ListSlice


def check(program: ir.Program, table: Table, report: Report) -> None:
    """Refuse what a part that Python runs again does besides computing."""
    if program.recomputed:
        _Check(program, table, report).run()


class _Check(Called):
    def run(self) -> None:
        applied = (part for part in self.expressions() if isinstance(part, ir.Apply))
        self.made = [part for part in applied if roles.is_module(self.table, str(part.type))]
        self.changed = rebound_by_functions(self.program) | _set_by_script(self.program.body)
        self.around: list[tuple[frozenset[str], frozenset[str]]] = []  # of the functions at hand: variables, containers
        for call in self.program.recomputed:
            self._call(call)

    def _call(self, call: ir.Expr) -> None:
        """What a call runs, its arguments aside, which Python evaluates once."""
        match call:
            case ir.Call() | ir.MethodCall() | ir.StaticCall() | ir.Apply():
                self.node(call)
            case ir.CallValue(callee=ir.Lambda() as callee):
                self.of_lambda(callee)
            case ir.CallValue():
                self.node(call)
            case _:
                self.expression(call)

    def _refuse(self, span: Span, message: str) -> None:
        self.refuse(span, f"Python runs this again in the backward pass, and {message}", _HELP)

    def entered(self, own: ir.Function | ir.Lambda) -> None:
        if isinstance(own, ir.Lambda):
            self.around.append((frozenset(parameter.name for parameter in own.parameters), frozenset()))
            return
        self.around.append((_own_names(own), _fresh_names(own)))
        if own.outer:
            self._refuse(own.span, f"it changes '{min(own.outer)}'")

    def left(self) -> None:
        self.around.pop()

    @property
    def _own(self) -> frozenset[str]:
        return self.around[-1][0] if self.around else frozenset()

    @property
    def _fresh(self) -> frozenset[str]:
        return self.around[-1][1] if self.around else frozenset()

    def statement(self, node: ir.Stmt) -> None:
        if isinstance(node, ir.Print):
            self._refuse(node.span, "it prints")
        if isinstance(node, ir.Assign | ir.AugmentedAssign):
            for target in target_parts(node.target):
                if not isinstance(target, ir.NameTarget | ir.Unpack) and not _is_in(target, self._fresh):
                    self._refuse(node.span, "it changes what others see")

    def part(self, node: ir.Expr) -> None:
        match node:
            case ir.Field(name=name) if f".{name}" in self.changed:
                self._refuse(node.span, f"'{name}' may be another one by then")
            case ir.Name(name=name) if name in self.changed - self._own:
                self._refuse(node.span, f"'{name}' may be another one by then")
            case ir.Apply():
                self._apply(node)
            case _:
                pass

    def unknown(self, span: Span) -> None:
        self._refuse(span, "which function this calls is not known")

    def module(self, span: Span, name: str) -> None:
        is_any = name in roles.HOLDS_ANY
        for made in self.made:
            if not is_any and str(made.type) != name:
                continue
            row = self.table.find(str(made.type))
            if row is not None and roles.CHANGED_BY_CALLS & set(row.variants[0].state):
                self._refuse(span, f"a {made.type} counts what it is given")
            given = [one.parameter for one in made.arguments if one.parameter in roles.CHANGING_OPTIONS]
            if given and not all(_is_off(one.value) for one in made.arguments if one.parameter in given):
                self._refuse(span, f"a {made.type} changes a tensor in place")

    def _apply(self, node: ir.Apply) -> None:
        effect = variant_of(self.table, node).effect
        receiver = node.arguments[0].value if node.arguments else None
        if receiver is not None and roles.is_module(self.table, str(receiver.type)) and node.row.endswith(".__call__"):
            return
        if effect == "clock" or (effect == "write" and not _is_in(receiver, self._fresh)):
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
