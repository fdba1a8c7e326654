"""When code runs that runs once: the script's own, and that of functions which it calls once, such as `main`.

There the text tells the order. A second name of a list that is bound when all changes of the list are made is as good
as the list.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.running import calls_and_names, runs_program
from py2cpp_autograd.frontend.sharing import Change, Copy
from py2cpp_autograd.frontend.walk import Use, all_uses, walk
from py2cpp_autograd.span import Position, Span

_START, _END = Position(0, 0), Position(2**31, 0)
#: A place in code that runs once: the statement of the script that it is in, in the order of running, and where it is.
_Place = tuple[int, Position]
#: What may run its parts more than once, later, or not where they stand.
_REPEATING = cst.For | cst.While | cst.Lambda | cst.BaseComp | cst.ClassDef


@dataclass(frozen=True)
class _Call:
    """The one call of a function: the function that it stands in ("": the script's own code), and where."""

    caller: str
    span: Span


def _single_calls(module: cst.CSTNode) -> dict[str, tuple[str, cst.Call]]:
    """The functions of a module that one place names, and calls once: where it stands, and the call."""
    assert isinstance(module, cst.Module)
    places: dict[str, list[Use]] = {}
    for parents, node in all_uses(module):
        if not (isinstance(parents[-1], cst.FunctionDef) and parents[-1].name is node):
            places.setdefault(node.value, []).append((parents, node))
    found: dict[str, tuple[str, cst.Call]] = {}
    for function in module.body:
        if not isinstance(function, cst.FunctionDef) or function.decorators:
            continue
        here = places.get(function.name.value, ())
        if len(here) == 1 and not any(isinstance(part, cst.Yield) for part in walk(function)):
            ((parents, node),) = here
            around = [parent for parent in parents if isinstance(parent, cst.FunctionDef)]
            repeats = any(isinstance(parent, _REPEATING) for parent in parents) or around[1:]
            call = parents[-1]
            if isinstance(call, cst.Call) and call.func is node and not repeats:
                found[function.name.value] = around[0].name.value if around else "", call
    return found


def comes_last(context: Context, copied: Copy, changes: Sequence[Change]) -> bool:
    """Whether a copy is made once, when all changes are made."""
    chain = _chain(context, copied.code) if copied.once else None
    if chain is None:
        return False
    at = _moment(context, chain, copied.span.end)
    elsewhere: list[Span] = []
    for change in changes:
        made = _chain(context, change.code)
        if made is not None and not _moment(context, made, change.span.start) < at:
            return False
        if made is None or change.deferred:
            elsewhere.append(change.span)
    return not elsewhere or not runs_program(context, _after(context, chain, copied), elsewhere)


def _moment(context: Context, chain: Sequence[_Call], place: Position) -> tuple[_Place, ...]:
    """When a place is reached, in the order of those of all code that runs once."""
    first, *inner = (*(call.span.start for call in chain), place)
    return (_statement(context, first), first), *((0, position) for position in inner)


def _statement(context: Context, place: Position) -> int:
    """The statement of the script that a place is in: those of a module run at its import, wherever they stand."""
    body = context.source.module.body
    spans = (context.span(node) for node in body)
    return next((i for i, span in enumerate(spans) if span.start <= place <= span.end), len(body))


def _chain(context: Context, code: str) -> tuple[_Call, ...] | None:
    """The calls that lead to code which runs once, the script's own first; None where it may run more often."""
    calls = context.source.once(_single_calls, context.source.module)
    chain: list[_Call] = []
    while code:
        if code not in calls or len(chain) > len(calls):
            return None
        caller, call = calls[code]
        chain.insert(0, _Call(caller, context.span(call)))
        code = caller
    return tuple(chain)


def _after(context: Context, chain: Sequence[_Call], copied: Copy) -> Iterator[cst.CSTNode]:
    """The calls and names in all code that runs once, behind the copy."""
    ends = [*(call.span.end for call in chain), _end(context, copied)]
    for code, end in zip([*(call.caller for call in chain), copied.code], ends, strict=True):
        if code:
            yield from calls_and_names(context, context.module_scope.functions[code].body, Span(end, _END))
        else:
            place = _statement(context, end)
            for node in context.source.module.body[place:]:
                is_same = node is context.source.module.body[place]
                yield from calls_and_names(context, node, Span(end if is_same else _START, _END))


def _end(context: Context, copied: Copy) -> Position:
    """From where on code runs behind a copy; an iterator that keeps one may be asked in the whole statement."""
    statement = None
    if copied.kept:
        code = context.module_scope.functions[copied.code].body if copied.code else context.source.module
        statement = context.innermost(code, cst.BaseSmallStatement | cst.BaseCompoundStatement, copied.span.start)
    return copied.span.end if statement is None else statement.start
