"""What is known about names where ways through the program end and meet."""

from __future__ import annotations

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.join import join
from py2cpp_autograd.frontend.scope import Flow
from py2cpp_autograd.span import Span

_LEAVES = (ir.Return, ir.Raise, ir.Break, ir.Continue)


def leaves(body: tuple[ir.Stmt, ...]) -> bool:
    """Whether control surely does not come out at the end of the body."""
    for statement in reversed(body):
        if isinstance(statement, ir.Comment):
            continue
        if isinstance(statement, ir.If):
            return leaves(statement.body) and leaves(statement.orelse)
        if isinstance(statement, ir.With):
            return leaves(statement.body)
        if isinstance(statement, ir.Try):
            caught = all(leaves(handler.body) for handler in statement.handlers)
            return leaves(statement.final) or (leaves((*statement.body, *statement.orelse)) and caught)
        return isinstance(statement, _LEAVES)
    return False


def giving_nothing(value: ir.Expr | None, span: Span) -> tuple[ir.Stmt, ...]:
    """`return value` of a function that gives nothing: a call is made all the same."""
    is_call = value is not None and not isinstance(value, ir.Literal | ir.Name)
    evaluated = (ir.ExprStmt(value, value.span),) if value is not None and is_call else ()
    return (*evaluated, ir.Return(None, span))


def meet(context: Context, flows: list[Flow]) -> None:
    """Keep what holds on every way that gets here; with no way, what follows is never reached."""
    if not flows:
        return
    first, *others = flows
    bound, touched, narrowed = set(first.bound), set(first.touched), dict(first.narrowed)
    for other in others:
        bound &= other.bound
        touched |= other.touched
        narrowed = {
            name: join(type_, other.narrowed[name]) or type_
            for name, type_ in narrowed.items()
            if other.narrowed.get(name) == type_
        }
    context.scope.restore(Flow(frozenset(bound), frozenset(touched), narrowed))
