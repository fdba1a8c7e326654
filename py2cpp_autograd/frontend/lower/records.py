"""Dicts that stand for an instance of an API class: what they hold is known by their keys."""

from __future__ import annotations

from collections.abc import Mapping

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower.aliases import note_given, record_place
from py2cpp_autograd.frontend.lower.arguments import describe
from py2cpp_autograd.frontend.lower.rows import application, bind_call
from py2cpp_autograd.table.bind import Mismatch, bind


def record(context: Context, node: cst.Dict, values: Mapping[str, cst.BaseExpression]) -> ir.Expr | None:
    """A dict with these keys as an instance of the API class whose record it is; None where it is a plain dict."""
    row = context.table.record(values)
    if row is None:
        return None
    lowered = {key: context.expression(value) for key, value in values.items()}
    given = [describe(context, key, value) for key, value in lowered.items()]
    deciding = row.variants[0].words["record"]
    alone = bind(context.table, row, [value for value in given if value.keyword == deciding])
    if isinstance(alone, Mismatch):
        return None
    for value in lowered.values():
        note_given(context, value, record_place(row.key))
    return application(
        context, node, bind_call(context, node, row, given, list(values.values())), list(lowered.values())
    )
