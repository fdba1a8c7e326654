"""`train` of a module of the program, which LibTorch calls as it is: virtual, without a result.

    def train(self, mode=True):                def train(self, mode: bool = True):
        super().train(mode)                        super().train(mode)
        self.norm.eval()                 ->        self.norm.eval()
        return self

What calls it gets the module itself, as from the method that it overrides; where it gives nothing, `return None` says
so.
"""

from __future__ import annotations

import libcst as cst

from py2cpp_autograd.frontend.normalize.spans import Spans, with_classes
from py2cpp_autograd.frontend.parse import Source
from py2cpp_autograd.frontend.walk import children
from py2cpp_autograd.table import roles


def drop_results_of_train(source: Source) -> Source:
    """The source with each `train` that calls the one it overrides giving nothing."""
    if not any(isinstance(node, cst.ClassDef) and any(map(_overrides, node.body.body)) for node in source.module.body):
        return source
    return with_classes(source, _class)


def _overrides(item: cst.CSTNode) -> bool:
    if not isinstance(item, cst.FunctionDef) or item.name.value != roles.TRAIN:
        return False
    return isinstance(item.body, cst.IndentedBlock) and len(item.params.params) == 2 and _calls_base(item.body)


def _calls_base(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Attribute(value=cst.Call(func=cst.Name(value="super")), attr=cst.Name(value=name))):
            return name == roles.TRAIN
        case _:
            return any(map(_calls_base, children(node)))


def _class(spans: Spans, node: cst.ClassDef) -> cst.ClassDef:
    body = [_method(spans, item) if isinstance(item, cst.FunctionDef) else item for item in node.body.body]
    return spans.changed(node, body=spans.changed(node.body, body=body))


def _method(spans: Spans, node: cst.FunctionDef) -> cst.FunctionDef:
    if not _overrides(node):
        return node
    assert isinstance(node.body, cst.IndentedBlock)
    instance, mode = node.params.params
    *before, last = node.body.body
    match last:
        case cst.SimpleStatementLine(body=[cst.Return(value=cst.Name(value=name))]) if name == instance.name.value:
            kept = before
        case cst.SimpleStatementLine(body=[cst.Return(value=cst.Call() as call) as returned]) if _calls_base(call):
            line = spans.changed(last, body=[spans.placed(cst.Expr(call), returned)])
            kept = [*before, line]
        case _:
            kept = [*before, last, spans.placed_whole(cst.parse_statement("return None"), node.name)]
    if mode.annotation is None:
        mode = spans.changed(mode, annotation=spans.placed_whole(cst.Annotation(cst.Name("bool")), mode))
    parameters = spans.changed(node.params, params=[instance, mode])
    return spans.changed(node, params=parameters, body=spans.changed(node.body, body=kept), returns=None)
