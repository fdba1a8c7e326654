"""Generator functions: what a loop runs over, with the loop's body as a function that `yield` calls.

    def pairs(n):                       void pairs(int64_t n, const std::function<bool(int64_t)>& yield) {
        for i in range(n):        ->      for (int64_t i = 0; i < n; ++i) {
            yield i                         if (!yield(i)) return;

Caller and generator take turns as in Python, and leaving the loop early leaves the generator. Where a generator is
asked for one value after the other (`next`), or kept, its iterator is one of `iterated.py`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend import hierarchy
from py2cpp_autograd.frontend.bindings import assigned_in
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import holds_containers, note_alias, result_place
from py2cpp_autograd.frontend.lower.values import coerce
from py2cpp_autograd.frontend.walk import children as parts
from py2cpp_autograd.ir_walk import blocks, children, generated_in
from py2cpp_autograd.types import NONE, InstanceType, ListType, NeverType, StrType, Type

_MANAGER = "contextlib.contextmanager"


def is_generator(context: Context, node: cst.CSTNode) -> bool:
    """Whether a function yields."""
    return isinstance(node, cst.FunctionDef) and context.source.once(_has_yield, node)


def _has_yield(node: cst.FunctionDef) -> bool:
    return any(map(_yields, node.body.body))


def _yields(node: cst.CSTNode) -> bool:
    if isinstance(node, cst.FunctionDef | cst.Lambda | cst.ClassDef):
        return False
    return isinstance(node, cst.Yield) or any(map(_yields, parts(node)))


def guards_yields(node: cst.CSTNode, guarded: bool = False) -> bool:
    """Whether a generator yields inside of something that has an end of its own: `with`, `try`."""
    if isinstance(node, cst.Yield):
        return guarded
    inside = guarded or isinstance(node, cst.With | cst.Try)
    within = (part for part in parts(node) if not isinstance(part, cst.FunctionDef | cst.Lambda))
    return any(guards_yields(part, inside) for part in within)


def is_manager_decorator(name: str | None) -> bool:
    """Whether a decorator makes a context manager of a generator."""
    return name == _MANAGER


def is_manager(context: Context, node: cst.CSTNode) -> bool:
    """Whether a function is a generator that `with` runs."""
    decorators = node.decorators if isinstance(node, cst.FunctionDef) else ()
    return any(is_manager_decorator(context.qualified(decorator.decorator)) for decorator in decorators)


# ------------------------------------------------------------------------------------------- the calls


def called(context: Context, node: cst.Call) -> cst.FunctionDef | None:
    """The generator function of the program that is called, if it is one."""
    found: cst.CSTNode | None = None
    match node.func:
        case cst.Name(value=name):
            resolved = context.resolve(name)
            if resolved.kind == "function" and resolved.scope is not None:
                found = resolved.scope.functions[name]
        case cst.Attribute(value=value, attr=cst.Name(value=name)) if context.qualified(node.func) is None:
            found = _method(context, value, name)
    return found if isinstance(found, cst.FunctionDef) and is_generator(context, found) else None


def gives(context: Context, node: cst.Call) -> bool:
    """Whether a call gives the iterator of a generator."""
    definition = called(context, node)
    return definition is not None and not is_manager(context, definition)


def _method(context: Context, value: cst.BaseExpression, name: str) -> cst.CSTNode | None:
    """The method that is called, where some class of the program has a generator of that name."""
    of_super = isinstance(value, cst.Call) and isinstance(value.func, cst.Name) and value.func.value == "super"
    if of_super or name not in _generator_methods(context):
        return None
    receiver = context.expression(value)
    if not isinstance(receiver.type, InstanceType):
        return None
    method = hierarchy.method(context, receiver.type.name, name)
    return None if method is None else method.node


def _generator_methods(context: Context) -> frozenset[str]:
    """The names of all methods that yield."""
    count = len(context.classes), len(context.imports)
    if count not in context.generator_methods:
        each = (hierarchy.methods(context, class_name).items() for class_name in context.classes)
        found = (name for methods in each for name, method in methods if is_generator(context, method.node))
        context.generator_methods[count] = frozenset(found)
    return context.generator_methods[count]


def check_consumed(context: Context, node: cst.CSTNode, definition: cst.CSTNode) -> None:
    """Refuse the call of a generator outside of what runs over it."""
    if not is_generator(context, definition) or context.consumed is node:
        return
    if is_manager(context, definition):
        context.refuse("PCA103", node, "a context manager as a value has no translation", "write `with ...:`")
    advice = "write `for item in generator(...)`, or make a list of it where it is called: list(...)"
    context.refuse("PCA103", node, "a generator as a value has no translation", advice)


def lower_consumed(context: Context, node: cst.Call, manages: bool = False) -> tuple[ir.Generated, Type]:
    """The call of a generator that a loop, or a `with`, runs over, and the type of its items."""
    definition = called(context, node)
    assert definition is not None
    if is_manager(context, definition) != manages:
        advice = "write `with ...:`" if not manages else "decorate it with contextlib.contextmanager"
        context.refuse("PCA303", node, "a context manager is no iterable, and a generator no context manager", advice)
    context.consumed = node
    return generated(context, node, context.expression(node), manages)


def generated(
    context: Context, node: cst.CSTNode, call: ir.Expr, manages: bool = False
) -> tuple[ir.Generated, Type]:
    """What a generator that has been called gives."""
    if not isinstance(call.type, ListType) or isinstance(call.type.element, NeverType):
        context.pending(node)
    return ir.Generated(call, manages), call.type.element


def refuse_searched(context: Context, node: cst.CSTNode, found: Sequence[ir.Clause]) -> None:
    """Refuse `any`, `all` and `next` over a generator, which they leave in the middle."""
    for clause in found:
        if generated_in(clause.iterable) is not None:
            advice = "write a for loop with a break"
            context.refuse("PCA103", node, "the search through a generator has no translation", advice)


def check_unchanged(context: Context, node: cst.For, iterable: ir.Iterable, changed: Sequence[str]) -> None:
    """Refuse a loop whose body gives other values to what the generator takes, or changes a list that it takes."""
    inner = generated_in(iterable)
    if inner is None:
        return
    taken = [value for value in children(inner.call) if isinstance(value, ir.Name | ir.Field)]
    names = {value.name for value in taken if isinstance(value.type, StrType) or holds_containers(value.type)}
    if isinstance(inner.call, ir.MethodCall):
        owner = str(inner.call.instance.type)
        names |= context.assumptions.of("field", owner).keys() & set(changed)
    for name in sorted(names & {*changed, *context.source.once(assigned_in, node.body)}):
        context.refuse("PCA102", node.iter, f"the loop changes '{name}', which the generator uses", "make a copy first")


# --------------------------------------------------------------------------------------- the generator


def lower_yield(context: Context, node: cst.Yield) -> list[ir.Stmt]:
    """`yield value`, `yield from values`."""
    if context.scope.yields is None:
        context.refuse("PCA102", node, "`yield` outside of a function")
    if isinstance(node.value, cst.From):
        return _yield_from(context, node, node.value.item)
    value = ir.Literal(None, NONE, context.span(node)) if node.value is None else context.expression(node.value)
    key = context.scope.yields
    joined = context.settled(context.assumptions.join(key, value.type), node, "what this generator yields")
    assert context.scope.result is not None
    context.assumptions.join(context.scope.result, ListType(joined, fixed=True))
    note_alias(context, value, context.sharing.held(result_place(context)))
    given = None if joined == NONE else coerce(context, value, joined, "what this generator yields")
    return [ir.Yield(given, context.span(node))]


def _yield_from(context: Context, node: cst.Yield, values: cst.BaseExpression) -> list[ir.Stmt]:
    """`for item in values: yield item`."""
    name = context.scope.fresh_name("item")
    context.scope.bindings.counts[name] += 1
    body = cst.IndentedBlock([cst.SimpleStatementLine([cst.Expr(cst.Yield(cst.Name(name)))])])
    loop = cst.For(cst.Name(name), values, body)
    context.place_at(loop, context.span(node))
    return context.lower_statement(context, loop)


def lower_return(context: Context, node: cst.Return) -> list[ir.Stmt]:
    """`return` in a generator: its end."""
    if node.value is not None and not (isinstance(node.value, cst.Name) and node.value.value == "None"):
        context.refuse("PCA102", node, "the value that a generator returns has no translation", "yield it")
    return [ir.Return(None, context.span(node))]


def check_body(context: Context, node: cst.CSTNode, body: tuple[ir.Stmt, ...]) -> None:
    """Refuse yields from where C++ cannot call the loop's body, or would see its exceptions."""
    manages = is_manager(context, node)
    for place in _caught_yields(body, manages):
        message = "an exception of the loop's body would be caught here" if not manages else "a yield in `finally`"
        context.refuse("PCA102", place.span, f"this yield has no translation: {message}", "yield outside of the `try`")
    if manages and not _yields_once(body):
        message = "a context manager yields once, on every way through it"
        context.refuse("PCA102", node.name if isinstance(node, cst.FunctionDef) else node, message, "write one yield")


def _caught_yields(body: Sequence[ir.Stmt], manages: bool) -> Iterator[ir.Yield]:
    for statement in body:
        if isinstance(statement, ir.Try):
            yield from _all_yields(statement.final)
            if statement.handlers and not manages:
                yield from _all_yields(statement.body)
        for block in () if isinstance(statement, ir.LocalFunction) else blocks(statement):
            yield from _caught_yields(block, manages)


def _all_yields(body: Sequence[ir.Stmt]) -> Iterator[ir.Yield]:
    for statement in body:
        if isinstance(statement, ir.Yield):
            yield statement
        for block in () if isinstance(statement, ir.LocalFunction) else blocks(statement):
            yield from _all_yields(block)


def _yields_once(body: Sequence[ir.Stmt]) -> bool:
    """Whether the one yield stands where every way comes by: in the body, or in a `try` or `with` of it."""
    if len(list(_all_yields(body))) != 1:
        return False
    for statement in body:
        if isinstance(statement, ir.Yield):
            return True
        if isinstance(statement, ir.Return | ir.If | ir.For | ir.While) and _may_return(statement):
            return False
        if isinstance(statement, ir.With | ir.Try) and list(_all_yields(statement.body)):
            return _yields_once(statement.body)
    return False


def _may_return(statement: ir.Stmt) -> bool:
    if isinstance(statement, ir.Return):
        return True
    return any(_may_return(part) for block in blocks(statement) for part in block)


def marked(context: Context, made: ir.Function, node: cst.CSTNode, identity: str) -> ir.Function:
    """The function as a generator."""
    return replace(made, yields=context.assumptions.get(("yield", identity)), manages=is_manager(context, node))
