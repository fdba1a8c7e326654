"""Named tuples that a call makes become classes.

    Step = namedtuple("Step", ["state", "reward"])    ->    class Step(namedtuple):
                                                                state: object
                                                                reward: object

The types of the elements come from where tuples are made. `class Step(namedtuple("Step", ...)): pass` is the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import libcst as cst

from py2cpp_autograd.frontend.normalize.spans import Spans
from py2cpp_autograd.frontend.parse import Source

_MAKER = "namedtuple"


def spell_out_named_tuples(source: Source) -> Source:
    """The source with each `namedtuple(...)` of the module as a class."""
    if _MAKER not in source.text:
        return source
    spans = Spans(source)
    body = [_statement(spans, node) for node in source.module.body]
    return replace(source, module=spans.changed(source.module, body=body), positions=spans.positions)


def fields_of(node: cst.ClassDef) -> tuple[str, ...]:
    """The elements of a named tuple's class, as this pass leaves it; none of another class."""
    match node.bases:
        case [cst.Arg(value=cst.Name(value=base) | cst.Attribute(attr=cst.Name(value=base)))] if base == _MAKER:
            lines = [line for line in node.body.body if isinstance(line, cst.SimpleStatementLine)]
            found = [part for line in lines for part in line.body if isinstance(part, cst.AnnAssign)]
            return tuple(part.target.value for part in found if isinstance(part.target, cst.Name))
        case _:
            return ()


def _statement(
    spans: Spans, node: cst.SimpleStatementLine | cst.BaseCompoundStatement
) -> cst.SimpleStatementLine | cst.BaseCompoundStatement:
    match node:
        case cst.SimpleStatementLine(
            body=[cst.Assign(targets=[cst.AssignTarget(target=cst.Name() as name)], value=cst.Call() as call)]
        ):
            found = _fields(call)
            if found is not None and _written_name(call) == name.value:
                block = cst.IndentedBlock([_line(field, default) for field, default in found])
                made = cst.ClassDef(name, block, [cst.Arg(call.func)], leading_lines=node.leading_lines)
                return spans.placed_whole(made, node)
        case cst.ClassDef(bases=[cst.Arg(value=cst.Call() as call, keyword=None)], body=cst.IndentedBlock() as block):
            found = _fields(call)
            if found is not None:
                lines = [spans.placed_whole(_line(field, default), call) for field, default in found]
                inner = [line for line in block.body if not _is_pass(line)]
                bases = [spans.placed_whole(cst.Arg(call.func), call)]
                return spans.changed(node, bases=bases, body=spans.changed(block, body=[*lines, *inner]))
    return node


def _line(field: str, default: cst.BaseExpression | None) -> cst.SimpleStatementLine:
    return cst.SimpleStatementLine([cst.AnnAssign(cst.Name(field), cst.Annotation(cst.Name("object")), default)])


def _is_pass(line: cst.CSTNode) -> bool:
    return isinstance(line, cst.SimpleStatementLine) and all(isinstance(part, cst.Pass) for part in line.body)


def _written_name(call: cst.Call) -> str | None:
    first = call.args[0].value
    return str(first.evaluated_value) if isinstance(first, cst.SimpleString) else None


def _fields(call: cst.Call) -> list[tuple[str, cst.BaseExpression | None]] | None:
    """The names of the elements and their defaults; None where this is no `namedtuple` that says them."""
    match call.func:
        case cst.Name(value=name) | cst.Attribute(value=cst.Name("collections"), attr=cst.Name(value=name)):
            is_maker = name == _MAKER
        case _:
            is_maker = False
    keywords = [None if argument.keyword is None else argument.keyword.value for argument in call.args]
    if not is_maker or keywords not in ([None, None], [None, None, "defaults"]) or any(a.star for a in call.args):
        return None
    names = _names(call.args[1].value)
    defaults = _defaults(call.args[2].value) if len(call.args) == 3 else []
    if names is None or defaults is None or len(defaults) > len(names):
        return None
    required = len(names) - len(defaults)
    return list(zip(names, [*([None] * required), *defaults], strict=True))


def _names(node: cst.BaseExpression) -> list[str] | None:
    match node:
        case cst.SimpleString():
            found = str(node.evaluated_value).replace(",", " ").split()
        case cst.List(elements=elements) | cst.Tuple(elements=elements):
            texts = [element.value for element in elements]
            found = [str(text.evaluated_value) for text in texts if isinstance(text, cst.SimpleString)]
            if len(found) != len(texts):
                return None
        case _:
            return None
    plain = all(name.isidentifier() and not name.startswith("_") for name in found)
    return found if found and plain and len(set(found)) == len(found) else None


def _defaults(node: cst.BaseExpression) -> Sequence[cst.BaseExpression] | None:
    return [element.value for element in node.elements] if isinstance(node, cst.Tuple | cst.List) else None
