"""Walking the IR: a node's sub-expressions in Python's order of evaluation, and the node with others in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

from py2cpp_autograd import ir
from py2cpp_autograd.types import FunctionType

#: Any function, or container: what is reached through a parameter, or through a value that no name stands for.
ANY = "*"


def children(node: ir.Expr) -> tuple[ir.Expr, ...]:
    """The direct sub-expressions that are evaluated, always or not, when the node is, in Python's order."""
    match node:
        case ir.Name() | ir.Literal():
            return ()  # most nodes are: first, not last
        case ir.Apply(arguments=arguments):
            return tuple(argument.value for argument in arguments)
        case ir.Call(arguments=values) | ir.New(arguments=values) | ir.FunctionApply(arguments=values):
            return values
        case ir.StaticCall(arguments=values) | ir.Collection(arguments=values):
            return values
        case ir.Started(call=call):
            return children(call)
        case ir.MethodCall(instance=first, arguments=values) | ir.CallValue(callee=first, arguments=values):
            return (first, *values)
        case ir.Field(instance=inner) | ir.Unary(operand=inner) | ir.IsNone(operand=inner) | ir.Binding(value=inner):
            return (inner,)
        case ir.Truth(operand=inner) | ir.Convert(operand=inner) | ir.IsInstance(operand=inner):
            return (inner,)
        case ir.HasAttribute(instance=inner):
            return (inner,)
        case ir.ListDisplay(elements=elements) | ir.TupleDisplay(elements=elements) | ir.SetDisplay(elements=elements):
            return elements
        case ir.DictDisplay(items=items):
            return tuple(part for item in items for part in item)
        case ir.Subscript(container=container, index=index):
            return (container, index)
        case ir.ListSlice(container=container, lower=lower, upper=upper):
            return (container, *(bound for bound in (lower, upper) if bound is not None))
        case ir.TensorIndex(tensor=tensor, parts=parts):
            return (tensor, *index_children(parts))
        case ir.Binary(left=left, right=right) | ir.Compare(left=left, right=right):
            return (left, right)
        case ir.Logical(operands=operands):
            return operands
        case ir.Conditional(test=test, body=body, orelse=orelse):
            return (test, body, orelse)
        case ir.Let(value=value, body=body):
            return (value, body)
        case ir.Format(parts=parts):
            fields = [part for part in parts if isinstance(part, ir.FormatField)]
            return tuple(e for field in fields for e in (field.value, field.computed) if e is not None)
        case _:
            return ()


def index_children(parts: Sequence[ir.Expr | ir.Slice | ir.Ellipsis]) -> tuple[ir.Expr, ...]:
    """The expressions inside the parts of a tensor index."""
    found: list[ir.Expr] = []
    for part in parts:
        if isinstance(part, ir.Slice):
            found += [bound for bound in (part.lower, part.upper, part.step) if bound is not None]
        elif not isinstance(part, ir.Ellipsis):
            found.append(part)
    return tuple(found)


def with_children(node: ir.Expr, new: Sequence[ir.Expr]) -> ir.Expr:
    """The node with its `children` replaced, in the same order."""
    rest = iter(new)
    match node:
        case ir.Apply(arguments=arguments):
            return replace(node, arguments=tuple(replace(argument, value=next(rest)) for argument in arguments))
        case ir.Call() | ir.New() | ir.FunctionApply() | ir.StaticCall() | ir.Collection():
            return replace(node, arguments=tuple(rest))
        case ir.Started(call=call):
            called = with_children(call, new)
            assert isinstance(called, ir.Call | ir.MethodCall | ir.StaticCall)
            return replace(node, call=called)
        case ir.MethodCall():
            return replace(node, instance=next(rest), arguments=tuple(rest))
        case ir.CallValue():
            return replace(node, callee=next(rest), arguments=tuple(rest))
        case ir.Field() | ir.HasAttribute():
            return replace(node, instance=next(rest))
        case ir.Unary() | ir.IsNone() | ir.IsInstance() | ir.Truth() | ir.Convert():
            return replace(node, operand=next(rest))
        case ir.Binding():
            return replace(node, value=next(rest))
        case ir.ListDisplay() | ir.TupleDisplay() | ir.SetDisplay():
            return replace(node, elements=tuple(rest))
        case ir.DictDisplay(items=items):
            return replace(node, items=tuple((next(rest), next(rest)) for _ in items))
        case ir.Subscript():
            return replace(node, container=next(rest), index=next(rest))
        case ir.ListSlice(lower=lower, upper=upper):
            container = next(rest)
            bounds = [None if bound is None else next(rest) for bound in (lower, upper)]
            return replace(node, container=container, lower=bounds[0], upper=bounds[1])
        case ir.TensorIndex(parts=parts):
            return replace(node, tensor=next(rest), parts=with_index_children(parts, rest))
        case ir.Binary() | ir.Compare():
            return replace(node, left=next(rest), right=next(rest))
        case ir.Logical():
            return replace(node, operands=tuple(rest))
        case ir.Conditional():
            return replace(node, test=next(rest), body=next(rest), orelse=next(rest))
        case ir.Let():
            return replace(node, value=next(rest), body=next(rest))
        case ir.Format(parts=pieces):
            return replace(node, parts=tuple(p if isinstance(p, str) else _with_field(p, rest) for p in pieces))
        case _:
            return node


def _with_field(field: ir.FormatField, new: Iterator[ir.Expr]) -> ir.FormatField:
    value = next(new)
    return replace(field, value=value, computed=None if field.computed is None else next(new))


def with_index_children(
    parts: Sequence[ir.Expr | ir.Slice | ir.Ellipsis], new: Iterator[ir.Expr]
) -> tuple[ir.Expr | ir.Slice | ir.Ellipsis, ...]:
    """The parts of a tensor index with other expressions inside."""
    made: list[ir.Expr | ir.Slice | ir.Ellipsis] = []
    for part in parts:
        if isinstance(part, ir.Slice):
            bounds = [None if bound is None else next(new) for bound in (part.lower, part.upper, part.step)]
            made.append(ir.Slice(bounds[0], bounds[1], bounds[2], part.span))
        else:
            made.append(part if isinstance(part, ir.Ellipsis) else next(new))
    return tuple(made)


def iterable_children(node: ir.Iterable) -> tuple[ir.Expr, ...]:
    """The expressions that a loop evaluates once, before its first pass."""
    match node:
        case ir.Range(start=start, stop=stop, step=step):
            return (start, stop, step)
        case ir.Items(value=value) | ir.DictItems(value=value) | ir.DictValues(value=value):
            return (value,)
        case ir.Enumerate(inner=inner, start=start):
            return (*iterable_children(inner), start)
        case ir.Zip(inners=inners):
            return tuple(child for inner in inners for child in iterable_children(inner))
        case ir.Reversed(inner=inner):
            return iterable_children(inner)
        case ir.Generated(call=call):
            return (call,)


def generated_in(iterable: ir.Iterable) -> ir.Generated | None:
    """The generator that a loop runs over, with a counter or without."""
    inner = iterable.inner if isinstance(iterable, ir.Enumerate) else iterable
    return inner if isinstance(inner, ir.Generated) else None


def with_iterable_children(node: ir.Iterable, new: Iterator[ir.Expr]) -> ir.Iterable:
    """The iterable with its expressions replaced, in order."""
    match node:
        case ir.Range():
            return ir.Range(next(new), next(new), next(new))
        case ir.Items():
            return replace(node, value=next(new))
        case ir.DictItems():
            return ir.DictItems(next(new))
        case ir.DictValues():
            return ir.DictValues(next(new))
        case ir.Enumerate(inner=inner):
            return ir.Enumerate(with_iterable_children(inner, new), next(new))
        case ir.Zip(inners=inners):
            return ir.Zip(tuple(with_iterable_children(inner, new) for inner in inners))
        case ir.Reversed(inner=inner):
            return ir.Reversed(with_iterable_children(inner, new))
        case ir.Generated():
            return replace(node, call=next(new))


def target_children(target: ir.Target) -> tuple[ir.Expr, ...]:
    """The expressions inside an assignment target, evaluated after the value."""
    match target:
        case ir.FieldTarget(instance=instance) | ir.PropertyTarget(instance=instance):
            return (instance,)
        case ir.SubscriptTarget(container=container, index=index):
            return (container, index)
        case ir.TensorIndexTarget(tensor=tensor, parts=parts):
            return (tensor, *index_children(parts))
        case ir.Unpack(targets=targets):
            return tuple(child for inner in targets for child in target_children(inner))
        case _:
            return ()


def with_target_children(target: ir.Target, parts: Iterator[ir.Expr]) -> ir.Target:
    """The target with other expressions inside, in order."""
    match target:
        case ir.FieldTarget() | ir.PropertyTarget():
            return replace(target, instance=next(parts))
        case ir.SubscriptTarget():
            return replace(target, container=next(parts), index=next(parts))
        case ir.TensorIndexTarget(parts=index):
            return replace(target, tensor=next(parts), parts=with_index_children(index, parts))
        case _:
            return target


def target_parts(target: ir.Target) -> Iterator[ir.Target]:
    """The places that a target gives values to: those of its parts, where it unpacks."""
    if isinstance(target, ir.Unpack):
        for inner in target.targets:
            yield from target_parts(inner)
    else:
        yield target


def target_names(target: ir.Target) -> Iterator[ir.NameTarget]:
    """The variables that a target binds."""
    return (part for part in target_parts(target) if isinstance(part, ir.NameTarget))


def walk(node: ir.Expr) -> Iterator[ir.Expr]:
    """The node and everything inside it, bodies of lambdas and comprehensions included."""
    pending = [node]
    while pending:
        found = pending.pop()
        yield found
        inside = list(children(found))
        if isinstance(found, ir.Lambda):
            inside.append(found.body)
        elif isinstance(found, ir.Comprehension):
            inside += comprehension_parts(found)
        pending += reversed(inside)


def values_of(node: ir.Expr, instance: str) -> Iterator[ir.Expr]:
    """Where an expression uses the object `instance` itself as a value, not as the receiver of an attribute or call."""
    if isinstance(node, ir.Name) and node.name == instance:
        yield node
        return
    inside = list(children(node))
    if isinstance(node, ir.Lambda):
        inside.append(node.body)
    elif isinstance(node, ir.Comprehension):
        inside += comprehension_parts(node)
    receives = isinstance(node, ir.Field | ir.HasAttribute | ir.MethodCall | ir.Apply) and inside
    if receives and isinstance(inside[0], ir.Name) and inside[0].name == instance:
        inside = inside[1:]
    for child in inside:
        yield from values_of(child, instance)


def comprehension_parts(node: ir.Comprehension) -> list[ir.Expr]:
    """The expressions in a comprehension, in the order of their first evaluation."""
    parts: list[ir.Expr | None] = [node.start]
    for clause in node.clauses:
        parts += [*iterable_children(clause.iterable), clause.condition]
    return [part for part in (*parts, node.key, node.element) if part is not None]


def walrus_names(node: ir.Expr) -> Iterator[ir.NameTarget]:
    """The variables that an expression binds as it is evaluated."""
    for part in walk(node):
        if isinstance(part, ir.Binding):
            yield part.target


def statement_expressions(node: ir.Stmt) -> tuple[ir.Expr, ...]:
    """The expressions directly in a statement, not those of the statements inside it."""
    match node:
        case ir.Assign(target=target, value=value) | ir.AugmentedAssign(target=target, value=value):
            return (value, *target_children(target))
        case ir.ExprStmt(value=value) | ir.BaseConstruction(value=value):
            return (value,)
        case ir.Print(arguments=arguments):
            return arguments
        case ir.If(test=test) | ir.While(test=test):
            return (test,)
        case ir.For(iterable=iterable):
            return iterable_children(iterable)
        case ir.With(arguments=given):
            return tuple(argument.value for argument in given)
        case ir.Return(value=result) | ir.Yield(value=result):
            return () if result is None else (result,)
        case ir.Assert(test=test, message=message):
            return (test,) if message is None else (test, message)
        case ir.Raise(message=message):
            return () if message is None else (message,)
        case _:
            return ()


def gives_away(body: Sequence[ir.Stmt], instance: str) -> Iterator[ir.Expr]:
    """Where a body uses the object `instance` as a value, not as the receiver of an attribute or call."""
    for node in statements(body):
        targets = target_children(node.target) if isinstance(node, ir.Assign | ir.AugmentedAssign) else ()
        for expression in statement_expressions(node):
            if not (isinstance(expression, ir.Name) and any(expression is target for target in targets)):
                yield from values_of(expression, instance)


def blocks(node: ir.Stmt) -> tuple[tuple[ir.Stmt, ...], ...]:
    """The blocks of statements inside a statement."""
    match node:
        case ir.If(body=body, orelse=orelse):
            return (body, orelse)
        case ir.While(body=body) | ir.For(body=body) | ir.With(body=body):
            return (body,)
        case ir.Try(body=body, handlers=handlers, orelse=orelse, final=final):
            return (body, *(handler.body for handler in handlers), orelse, final)
        case ir.LocalFunction(function=function):
            return (function.body,)
        case _:
            return ()


def statements(body: Sequence[ir.Stmt]) -> Iterator[ir.Stmt]:
    """All statements of a body, at any depth."""
    for node in body:
        yield node
        for block in blocks(node):
            yield from statements(block)


def any_expression(body: Sequence[ir.Stmt], test: Callable[[ir.Expr], bool]) -> bool:
    """Whether any expression in a body, at any depth, passes the test."""
    return any(test(part) for node in statements(body) for found in statement_expressions(node) for part in walk(found))


def bodies(node: ir.Definition) -> Sequence[ir.Function]:
    """The functions of a definition."""
    match node:
        case ir.Function():
            return (node,)
        case ir.Class(init=init, methods=methods):
            return (init, *methods)
        case ir.Family() | ir.Enumeration() | ir.ExceptionClass():
            return ()
        case ir.AutogradFunction(forward=forward, backward=backward):
            return (forward, backward)


def called(node: ir.Expr) -> Iterator[str]:
    """The functions of the program that a node itself calls, by name; values that are called may be any of them."""
    match node:
        case ir.Call(function=name) | ir.FunctionRef(function=name):
            yield name
        case ir.MethodCall(method=name) | ir.StaticCall(method=name):
            yield name
        case ir.New(class_name=name):
            yield name
        case ir.FunctionApply():
            yield "forward"
        case ir.CallValue():
            yield ANY
        case ir.Apply(arguments=arguments) if any(isinstance(a.value.type, FunctionType) for a in arguments):
            yield ANY
