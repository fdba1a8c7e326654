"""Modules of the program that derive from a layer of LibTorch: `struct ScaledImpl : torch::nn::Conv2dImpl`.

Python calls `super().__init__(...)` somewhere in a constructor, C++ constructs the base before its body:

    def __init__(self, width, kernel):                ScaledImpl(int64_t width, int64_t kernel)
        padding = kernel // 2                             : torch::nn::Conv2dImpl([&] {
        super().__init__(                      ->             auto padding = py2cpp::floor_div(kernel, 2);
            width, width, kernel, padding=padding)            return torch::nn::Conv2dOptions(...).padding(padding);
        self.scale = nn.Parameter(...)                      }()) {
                                                          scale = register_parameter("scale", ...);
"""

from __future__ import annotations

from dataclasses import replace

from py2cpp_autograd import cpp, ir
from py2cpp_autograd.backend.effects import Effect, Effects
from py2cpp_autograd.backend.placement import names_used
from py2cpp_autograd.backend.select import definitions_of_functions as functions
from py2cpp_autograd.backend.select import expressions
from py2cpp_autograd.backend.select.context import Selection
from py2cpp_autograd.ir_walk import statement_expressions, statements, target_names
from py2cpp_autograd.types import ApiType

Initializers = tuple[tuple[str, tuple[cpp.Expr, ...]], ...]

_PLAIN = "torch::nn::Module"
_DRAWS_AGAIN = "reset_parameters"


def spelled(selection: Selection, node: ir.Class) -> str:
    """The class that a module derives from in C++."""
    if node.base is None:
        return _PLAIN
    base = f"{selection.type(ApiType(node.base))}Impl"
    row = selection.table.find(node.base)
    if row is not None:
        selection.variant(node.base, 0)
    if not _draws_itself(selection, node.base, node):
        return base
    selection.headers.add('"py2cpp/undrawn.h"')
    return f"py2cpp::Undrawn<{base}>"


def _draws_itself(selection: Selection, base: str, node: ir.Class) -> bool:
    """Whether the class has its own way to draw the parameters of the base, which the base's constructor calls."""
    own = any(method.name == _DRAWS_AGAIN for method in node.methods)
    return own and selection.table.attribute(ApiType(base), _DRAWS_AGAIN) is not None


def is_inherited(node: ir.Class) -> bool:
    """Whether the class has the constructors of its base."""
    return node.base is not None and not node.init.body and not node.init.parameters


def inheriting(selection: Selection, node: ir.Class) -> cpp.Declaration:
    """`using torch::nn::ReLUImpl::ReLUImpl;`."""
    base = spelled(selection, node)
    return cpp.Declare("using", f"{base}::{base.rpartition('::')[2]}")


def state(selection: Selection, node: ir.Class) -> tuple[str, ...]:
    """The parameters and buffers that the base has as attributes."""
    row = None if node.base is None else selection.table.find(node.base)
    return () if row is None else tuple(row.variants[0].state)


def initializers(selection: Selection, node: ir.Class, shared: frozenset[str]) -> tuple[Initializers, ir.Function]:
    """The construction of the base, and the constructor without it."""
    if node.base is None:
        return (), node.init
    place_ = next((i for i, part in enumerate(node.init.body) if isinstance(part, ir.BaseConstruction)), None)
    deep = [part for method in node.methods for part in statements(method.body) if _constructs(part)]
    found = [part for part in statements(node.init.body) if _constructs(part)]
    others = found[1:] if place_ is not None else found
    if place_ is None and not others and deep and all(is_default(selection, part) for part in deep):
        return ((spelled(selection, node), ()),), node.init
    if place_ is None or deep or others:
        where = (*others, *deep)[0].span if others or deep else node.init.span
        message = f"'{node.name}' must call super().__init__(...) of '{node.base}' once, in a statement of its own"
        selection.report.add("PCA102", where, message, "call it in the class that derives from the layer itself")
        return (), replace(node.init, body=())
    before, construction, after = node.init.body[:place_], node.init.body[place_], node.init.body[place_ + 1 :]
    assert isinstance(construction, ir.BaseConstruction)
    arguments, kept = _constructed(selection, node.init, node.instance, before, construction, after, shared)
    return ((spelled(selection, node), arguments),), replace(node.init, body=(*kept, *after))


def is_default(selection: Selection, node: ir.Stmt) -> bool:
    """Whether a statement constructs a base as C++ does by itself, without arguments."""
    return isinstance(node, ir.BaseConstruction) and not expressions.base_arguments(selection, node.value)


def _constructs(node: ir.Stmt) -> bool:
    return isinstance(node, ir.BaseConstruction)


def _constructed(
    selection: Selection,
    init: ir.Function,
    instance: str,
    before: tuple[ir.Stmt, ...],
    construction: ir.BaseConstruction,
    after: tuple[ir.Stmt, ...],
    shared: frozenset[str],
) -> tuple[tuple[cpp.Expr, ...], tuple[ir.Stmt, ...]]:
    """The arguments of the base, and what of the statements before it stays in the body."""
    bound = _bound(before)
    if not bound & names_used((construction,)) and not _acts(selection, before):
        return expressions.base_arguments(selection, construction.value), before
    outlive = bound - {parameter.name for parameter in init.parameters}
    problem = "uses the object" if instance in names_used(before) else None
    if outlive & names_used(after) and (_acts(selection, before) or bound != outlive):
        problem = f"gives '{min(outlive & names_used(after))}' a value that is used later on"
    made = expressions.base_arguments(selection, construction.value)
    if len(made) != 1:
        problem = "decides how the base is made"
    if problem is not None:
        message = f"what stands before super().__init__ {problem}"
        selection.report.add("PCA102", before[0].span, message, "call super().__init__ first, or compute it outside")
        return (), ()
    computed = _computed(selection, init, (*before, construction), shared)
    return computed, before if outlive & names_used(after) else ()


def _computed(
    selection: Selection, init: ir.Function, body: tuple[ir.Stmt, ...], shared: frozenset[str]
) -> tuple[cpp.Expr, ...]:
    """`[&] { ...; return options; }()`."""
    made = functions.body(selection, replace(init, body=body, guards=()), shared)
    return (cpp.Call(cpp.Lambda("&", (), None, made), ()),)


def _bound(body: tuple[ir.Stmt, ...]) -> set[str]:
    """The variables that the statements give values to."""
    found: set[str] = set()
    for node in statements(body):
        match node:
            case ir.Assign(target=target) | ir.AugmentedAssign(target=target) | ir.For(target=target):
                found |= {name.name for name in target_names(target)}
            case ir.LocalFunction(function=function):
                found.add(function.name)
    return found


def _acts(selection: Selection, body: tuple[ir.Stmt, ...]) -> bool:
    """Whether statements do more than to compute: draw, write, print."""
    effects = Effects(selection.table)
    acts = Effect.DRAWS | Effect.WRITES
    return any(
        isinstance(node, ir.Print | ir.LocalFunction | ir.With | ir.Try)
        or any(effects.of(value) & acts for value in statement_expressions(node))
        for node in statements(body)
    )
