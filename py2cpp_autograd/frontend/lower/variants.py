"""Variants of rows that hold only for some programs, and what is remembered of a program to know which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.scope import EMPTY, SHARED
from py2cpp_autograd.frontend.walk import walk
from py2cpp_autograd.table import roles
from py2cpp_autograd.table.bind import Bound, CallArgument, Mismatch, bind
from py2cpp_autograd.table.row import Row, Variant
from py2cpp_autograd.types import TensorType

#: Somewhere the program gives a tensor, or a number: (_NOTED, "tensor rates").
_NOTED = "noted"
#: Somewhere the program may have tensors of two bytes.
_HALVES = "halves"


def applicable(context: Context, row: Row) -> Row:
    """The row without the variants that hold only for other programs than this one."""
    out: set[str] = set()
    if SHARED in context.assumptions.facts:
        out.add("distinct")
    if EMPTY not in context.assumptions.facts:
        out.add("may_be_empty")
    kept = tuple(v for v in row.variants if not out & v.words.keys() and _holds(context, v))
    return row if len(kept) == len(row.variants) else replace(row, variants=kept)


def _holds(context: Context, variant: Variant) -> bool:
    """Whether all has been noted that a variant waits for."""
    return all(_is_noted(context, kind) for kind in variant.when)


def _is_noted(context: Context, kind: str) -> bool:
    if kind == _HALVES:
        return context.source.once(_has_halves, context.source.module)
    return (_NOTED, kind) in context.assumptions.facts


def _has_halves(module: cst.Module) -> bool:
    """Whether tensors of a program may have two bytes."""
    texts = (node.value for node in walk(module) if isinstance(node, cst.SimpleString))
    return bool(roles.HALVES & names_used(module)) or any("Half" in text or "BFloat16" in text for text in texts)


def bind_applicable(context: Context, row: Row, arguments: Sequence[CallArgument]) -> Bound | Mismatch:
    """The arguments bound to a variant of the row that holds for this program; each round of lowering asks again."""
    chosen = applicable(context, row)
    key = "bound", *map(id, chosen.variants), *arguments  # the table keeps the variants
    answers = context.source.answers
    if key not in answers:
        answers[key] = bind(context.table, chosen, arguments)
    found: Bound | Mismatch = answers[key]
    return found


def note_kinds(context: Context, variant: Variant, arguments: Sequence[ir.Argument]) -> None:
    """Remember whether the parameters that the row names are given tensors or numbers; defaults are numbers."""
    for name, kind in variant.notes.items():
        given = [argument.value.type for argument in arguments if argument.parameter == name]
        parameter = variant.signature.parameter(name)
        if any(isinstance(type_, TensorType) for type_ in given):
            context.assumptions.note((_NOTED, f"tensor {kind}"))
        elif given or (parameter is not None and parameter.default not in {None, "None"}):
            context.assumptions.note((_NOTED, f"number {kind}"))
