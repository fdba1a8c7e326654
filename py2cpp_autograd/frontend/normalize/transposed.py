"""A named tuple of columns, made of a list of rows, with each column written out.

    batch = Step(*zip(*rows))    ->    rows[0]
                                       batch = Step(tuple(each_state for each_state, each_reward in rows),
                                                    tuple(each_reward for each_state, each_reward in rows))

Of no rows, Python's `zip` gives no columns, and `Step` is an error: so is `rows[0]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.bindings import names_used
from py2cpp_autograd.frontend.normalize.named_tuples import fields_of
from py2cpp_autograd.frontend.normalize.spans import Spans, with_substitutions
from py2cpp_autograd.frontend.normalize.unpacking import ROWS, transposed
from py2cpp_autograd.frontend.parse import Source


def spell_out_transposed_rows(source: Source) -> Source:
    """The source with the columns of each named tuple that is made of rows."""
    if "*zip(*" not in source.text or "zip" in source.own_names or ROWS in names_used(source.module):
        return source
    fields = {node.name.value: fields_of(node) for node in source.module.body if isinstance(node, cst.ClassDef)}

    def rule(spans: Spans, node: cst.CSTNode) -> cst.CSTNode | None:
        match node:
            case cst.SimpleStatementLine(body=[cst.Assign(value=cst.Call() as call) as assigned]):
                rows = _rows(call)
                names = fields.get(call.func.value, ()) if isinstance(call.func, cst.Name) else ()
                return None if rows is None or not names else _columns(spans, node, assigned, call, names, rows)
            case _:
                return None

    return replace(with_substitutions(source, rule), hidden=source.hidden | {ROWS})


def _rows(call: cst.Call) -> cst.BaseExpression | None:
    """The rows of `Step(*zip(*rows))`."""
    match call.args:
        case [cst.Arg(star="*", value=cst.Call(func=cst.Name("zip"), args=[cst.Arg(star="*", value=rows)]))]:
            return rows
        case _:
            return None


def _columns(
    spans: Spans,
    line: cst.SimpleStatementLine,
    assigned: cst.Assign,
    call: cst.Call,
    names: Sequence[str],
    rows: cst.BaseExpression,
) -> cst.SimpleStatementLine:
    before: list[cst.BaseSmallStatement] = []
    text = rows.value if isinstance(rows, cst.Name) else ROWS
    if not isinstance(rows, cst.Name):
        before.append(cst.Assign([cst.AssignTarget(cst.Name(text))], rows))
    first, columns = transposed(text, [f"each_{name}" for name in names])
    placed = [spans.placed_whole(statement, assigned) for statement in (*before, first)]
    arguments = [spans.placed_whole(cst.Arg(column), call) for column in columns]
    made = spans.changed(assigned, value=spans.changed(call, args=arguments))
    return spans.changed(line, body=[*placed, made])
