"""Dicts that stand for an instance of an API class: what they hold is known by their keys."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import libcst as cst

from py2cpp_autograd import ir
from py2cpp_autograd.frontend.context import Context
from py2cpp_autograd.frontend.lower import slots
from py2cpp_autograd.frontend.lower.aliases import note_given, record_place
from py2cpp_autograd.frontend.lower.arguments import describe
from py2cpp_autograd.frontend.lower.rows import application, bind_call
from py2cpp_autograd.ir_walk import walk
from py2cpp_autograd.table.bind import Mismatch, bind
from py2cpp_autograd.table.row import Row


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
    more = _more(row, values)
    described = [one for one in given if one.keyword not in more]
    places = [value for key, value in values.items() if key not in more]
    plain = [value for key, value in lowered.items() if key not in more]
    made = application(context, node, bind_call(context, node, row, described, places), plain)
    last = max(list(values).index(key) for key in values if key not in more)
    for key in more:
        if list(values).index(key) < last and any(isinstance(part, _CALLS) for part in walk(lowered[key])):
            context.refuse("PCA102", values[key], f"'{key}' is computed before other keys of this dict", "put it last")
        made = slots.extended(context, values[key], made, key, lowered[key])
    return made


#: What may have effects, whose order counts.
_CALLS = ir.Apply | ir.Call | ir.CallValue | ir.MethodCall | ir.StaticCall | ir.New | ir.Comprehension


def _more(row: Row, keys: Collection[str]) -> list[str]:
    """The keys that the row does not know, of instances that hold others too."""
    variant = row.variants[0]
    if "slots" not in variant.words:
        return []
    return [key for key in keys if variant.signature.parameter(key) is None]
