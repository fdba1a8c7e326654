"""A function that a guard is put around, and that is called in statements of its own, is called inside the guard.

    closure = torch.enable_grad()(closure)               with torch.enable_grad():
    self.first_step()                            ->      self.first_step()
    closure()                                            with torch.enable_grad():
                                                             closure()
"""

from __future__ import annotations

from collections.abc import Sequence

import libcst as cst

from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.table import roles


def call_inside_guards(source: Source) -> Source:
    """The source with each `f = guard()(f)` of a method left out, and its calls inside of the guard."""
    if not any(f"{name}()(" in source.text for name in roles.GRAD_MODES):
        return source
    return with_classes(source, _class)


def _class(spans: Spans, node: cst.ClassDef) -> cst.ClassDef:
    body = [_method(spans, item) if isinstance(item, cst.FunctionDef) else item for item in node.body.body]
    return spans.changed(node, body=spans.changed(node.body, body=body))


def _method(spans: Spans, node: cst.FunctionDef) -> cst.FunctionDef:
    if not isinstance(node.body, cst.IndentedBlock):
        return node
    body: Sequence[cst.BaseStatement] = node.body.body
    for place, item in enumerate(body):
        found = _guarded(item)
        if found is None:
            continue
        name, guard = found
        rest = [_inside(spans, line, name, guard) for line in body[place + 1 :]]
        if any(line is None for line in rest):
            return node
        made = [*body[:place], *rest] if rest else body
        return spans.changed(node, body=spans.changed(node.body, body=made))
    return node


def _guarded(node: cst.CSTNode) -> tuple[str, cst.Call] | None:
    """The function and the guard of `f = guard()(f)`."""
    match node:
        case cst.SimpleStatementLine(
            body=[
                cst.Assign(
                    targets=[cst.AssignTarget(target=cst.Name(value=name))],
                    value=cst.Call(
                        func=cst.Call(func=cst.Attribute(attr=cst.Name(value=mode)), args=[]) as guard,
                        args=[cst.Arg(value=cst.Name(value=given), keyword=None, star="")],
                    ),
                )
            ]
        ) if name == given and mode in roles.GRAD_MODES:
            return name, guard
        case _:
            return None


def _inside(spans: Spans, node: cst.BaseStatement, name: str, guard: cst.Call) -> cst.BaseStatement | None:
    """The statement, inside the guard if it is a call of the function; None if it uses that in another way."""
    if not _mentions(node, name):
        return node
    match node:
        case cst.SimpleStatementLine(body=[cst.Expr(value=value) | cst.Return(value=value) | cst.Assign(value=value)]):
            match value:
                case cst.Call(func=cst.Name(value=called), args=[]) if called == name:
                    item = cst.WithItem(guard)
                    made = cst.With([item], cst.IndentedBlock([node]))
                    return spans.placed_whole(made, node)
    return None


def _mentions(node: cst.CSTNode, name: str) -> bool:
    return (isinstance(node, cst.Name) and node.value == name) or any(_mentions(part, name) for part in children(node))
