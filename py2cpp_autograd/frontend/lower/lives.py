"""Second names of lists and dicts that live shortly: `for key, values in groups.items(): print(key, sum(values))`.

A copy is as good as the list itself while nothing changes either: from where the variable is bound to its last use. The
variable may only be read meanwhile, in ways that give the list to nobody else.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.running import calls_and_names, runs_program
from py2cpp_autograd.frontend.scope import Scope
from py2cpp_autograd.frontend.sharing import Change, Copy
from py2cpp_autograd.frontend.walk import uses, walk
from py2cpp_autograd.span import Position, Span

_END = Position(2**31, 0)


def is_short(context: Context, copied: Copy, changes: Sequence[Change]) -> bool:
    """Whether nothing is changed as long as the variable that took the copy is used."""
    if copied.variable is None:
        return False
    scope, name = copied.variable
    if ("captured", scope.identity, name) in context.assumptions.facts:
        return False
    body = scope.binding().body
    life = None if body is None else _life(context, body, scope, name, copied.span)
    if life is None or body is None:
        return False
    if any(life.start <= change.span.start < life.end for change in changes):
        return False
    if all(change.code == "" and not change.deferred for change in changes):
        return True  # nothing runs them again
    return not runs_program(context, calls_and_names(context, body, life), [change.span for change in changes])


def _life(context: Context, body: cst.CSTNode, scope: Scope, name: str, copied: Span) -> Span | None:
    """Where the variable is used, from the copy on; None where that is not known."""
    if scope.kind == "lambda":
        return context.innermost(body, cst.BaseComp, copied.start)
    if scope.kind == "module" and context.source.layout.stretches:
        return None  # modules stand behind the script in the text, and run before
    if scope.kind == "module":
        return Span(_outermost_loop(context, body, copied).start, _END)
    if scope.bindings.counts[name] != 1 or any(isinstance(node, cst.Yield) for node in walk(body)):
        return None
    found = list(uses(body, name))
    if not all(_only_reads(context, parents, node) for parents, node in found):
        return None
    return _from_binding(context, body, copied, [context.span(node) for _, node in found])


def _outermost_loop(context: Context, body: cst.CSTNode, copied: Span) -> Span:
    for node in walk(body):
        if isinstance(node, cst.For | cst.While) and context.span(node).contains(copied.start):
            return context.span(node)
    return copied


def _only_reads(context: Context, parents: Sequence[cst.CSTNode], node: cst.Name) -> bool:
    """Whether a use looks at the list, and gives it to nobody."""
    match parents[-1]:
        case cst.AssignTarget() | cst.Element() | cst.Tuple() | cst.For(target=cst.Name()) as bound:
            return _is_bound(parents, node, bound)
        case cst.For(iter=iterable) | cst.CompFor(iter=iterable):
            return iterable is node
        case cst.Subscript(value=value) | cst.Attribute(value=value):
            return value is node
        case cst.Arg():
            call = next((outer for outer in reversed(parents) if isinstance(outer, cst.Call)), None)
            return call is not None and context.qualified(call.func) is not None
        case cst.Comparison() | cst.ComparisonTarget() | cst.FormattedStringExpression() | cst.BinaryOperation():
            return True
        case cst.If(test=test) | cst.While(test=test) | cst.IfExp(test=test) | cst.CompIf(test=test):
            return test is node
        case cst.UnaryOperation():
            return True
        case _:
            return False


def _is_bound(parents: Sequence[cst.CSTNode], node: cst.Name, nearest: cst.CSTNode) -> bool:
    """Whether a name stands in the target of an assignment or loop."""
    if isinstance(nearest, cst.For):
        return nearest.target is node or nearest.iter is node
    for outer, inner in zip(reversed(parents[:-1]), reversed(parents), strict=False):
        match outer:
            case cst.Tuple() | cst.Element():
                continue
            case cst.For(target=target) | cst.CompFor(target=target):
                return target is inner
            case cst.AssignTarget():
                return True
            case _:
                return isinstance(inner, cst.AssignTarget)
    return False


def _from_binding(context: Context, body: cst.CSTNode, copied: Span, used: Sequence[Span]) -> Span | None:
    """From the statement that binds the variable to the end of the one that uses it last, in the same block."""
    first, last = min(use.start for use in used), max(use.start for use in used)
    for statements in _blocks(body):
        spans = [context.span(statement) for statement in statements]
        binding = next((i for i, span in enumerate(spans) if span.contains(copied.start)), None)
        if binding is None or not _binds_itself(context, statements[binding], copied):
            continue
        if first < spans[binding].start or not any(span.contains(last) for span in spans[binding:]):
            return None
        return Span(copied.end, next(span.end for span in spans[binding:] if span.contains(last)))
    return None


def _binds_itself(context: Context, statement: cst.CSTNode, copied: Span) -> bool:
    """Whether a statement of a block is the one that binds, and does not hold it in a block of its own."""
    match statement:
        case cst.SimpleStatementLine():
            return True
        case cst.For(iter=iterable):
            return context.span(iterable).contains(copied.start)
        case _:
            return False


def _blocks(node: cst.CSTNode) -> Iterator[Sequence[cst.CSTNode]]:
    for inner in walk(node):
        if isinstance(inner, cst.IndentedBlock):
            yield inner.body
