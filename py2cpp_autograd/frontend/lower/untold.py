"""Parameters that were taken for tensors, and are none: what does not fit a tensor is one error, at the parameter."""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.diagnostics import Diagnostic
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import Untold

#: With more errors than these, the file is not about what its parameters are.
_MOST = 150


def may_be_wrong(context: Context) -> bool:
    """Whether errors may come from taking parameters for tensors."""
    errors = context.report.diagnostics
    return bool(context.assumptions.untold) and len(errors) <= _MOST and any(map(_is_of_types, errors))


def blame(taken: Context, left_open: Context) -> None:
    """Report parameters in the place of the errors that come from taking them for tensors.

    `taken` took the parameters for tensors, `left_open` for nothing at all: the errors of both are others.
    """
    remaining = {(found.code, found.span) for found in left_open.report.diagnostics}
    errors = taken.report.diagnostics
    lost = [found for found in errors if (found.code, found.span) not in remaining and _is_of_types(found)]
    if not lost:
        return
    taken.report.diagnostics = [found for found in errors if found not in lost]
    blamed: dict[str, list[Untold]] = {}
    for untold in _responsible(taken, lost):
        blamed.setdefault(untold.identity, []).append(untold)
    for together in blamed.values():
        _report(taken, together)


def _is_of_types(found: Diagnostic) -> bool:
    """Whether an error may come from a wrong type."""
    return found.code.startswith("PCA3") or found.code in {"PCA400", "PCA403"}


def _responsible(context: Context, lost: list[Diagnostic]) -> list[Untold]:
    """The parameters of the definitions that the errors stand in, else all."""
    ordered = sorted(context.assumptions.untold, key=lambda untold: untold.span.start)
    definitions = [
        context.span(node)
        for node in context.source.module.body
        if isinstance(node, cst.FunctionDef | cst.ClassDef)
        and any(context.span(node).contains(found.span.start) for found in lost)
    ]
    near = [untold for untold in ordered if any(place.contains(untold.span.start) for place in definitions)]
    return near or ordered


def _report(context: Context, together: list[Untold]) -> None:
    first = together[0]
    names = [f"'{untold.name}'" for untold in together]
    listed = names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
    called = first.identity.removesuffix(".__init__")
    message = f"nothing calls '{called}', and nothing in it tells what {listed} {'is' if len(names) == 1 else 'are'}"
    context.report.add("PCA301", first.span, message, first.advice)
