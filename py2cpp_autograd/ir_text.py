"""The IR as text, one line a statement: for `--emit ir` and for tests."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields, is_dataclass

from py2cpp_autograd import ir
from py2cpp_autograd.span import Span


def text(program: ir.Program) -> str:
    """The whole program."""
    lines = [f"program {program.name} ({program.kind})"]
    for variable in program.variables:
        lines.append(f"variable {variable.name}: {variable.type}{' shared' if variable.shared else ''}")
    for node in program.definitions:
        lines += _definition(node)
    lines += ["run:", *_block(program.body, 1)]
    return "\n".join(lines) + "\n"


def _definition(node: ir.Definition) -> Iterator[str]:
    match node:
        case ir.Function():
            yield from _function(node, 0)
        case ir.Class(name=name, fields=declared, init=init, methods=methods):
            yield f"class {name}:"
            for field in declared:
                yield f"  field {field.name}: {field.type} {field.registration or ''}".rstrip()
            for method in (init, *methods):
                yield from _function(method, 1)
        case ir.Enumeration(name=name, members=names):
            yield f"enumeration {name}: {', '.join(names)}"
        case ir.ExceptionClass(name=name, base=base):
            yield f"exception {name}({base})"
        case ir.AutogradFunction(name=name, forward=forward, backward=backward):
            yield f"autograd function {name}:"
            yield from _function(forward, 1)
            yield from _function(backward, 1)


def _function(node: ir.Function, depth: int) -> Iterator[str]:
    taken = ", ".join(f"{parameter.name}: {parameter.type}" for parameter in node.parameters)
    yield f"{'  ' * depth}def {node.name}({taken}) -> {node.result}:"
    yield from _block(node.body, depth + 1)


def _block(body: Sequence[ir.Stmt], depth: int) -> Iterator[str]:
    pad = "  " * depth
    for node in body:
        match node:
            case ir.Comment():
                continue
            case ir.If(test=test, body=then, orelse=orelse):
                yield f"{pad}if {expression(test)}:"
                yield from _block(then, depth + 1)
                if orelse:
                    yield f"{pad}else:"
                    yield from _block(orelse, depth + 1)
            case ir.While(test=test, body=inner):
                yield f"{pad}while {expression(test)}:"
                yield from _block(inner, depth + 1)
            case ir.For(target=target, iterable=iterable, body=inner):
                yield f"{pad}for {expression(target)} in {expression(iterable)}:"
                yield from _block(inner, depth + 1)
            case ir.With(row=row, body=inner):
                yield f"{pad}with {row}:"
                yield from _block(inner, depth + 1)
            case ir.LocalFunction(function=function):
                yield from _function(function, depth)
            case _:
                yield pad + expression(node)


def expression(node: object) -> str:
    """A node and what is in it; spans are left out."""
    match node:
        case ir.Name(name=name, type=type_) | ir.NameTarget(name=name, type=type_):
            return f"{name}:{type_}"
        case ir.Literal(value=value):
            return repr(value)
        case ir.Argument(parameter=parameter, value=value):
            return f"{parameter}={expression(value)}"
        case tuple():
            return f"[{', '.join(map(expression, node))}]"
        case _ if is_dataclass(node) and not isinstance(node, Span) and hasattr(node, "span"):
            shown = [expression(getattr(node, f.name)) for f in fields(node) if f.name not in {"span", "type"}]
            return f"{type(node).__name__}({', '.join(shown)})"
        case _:
            return str(node)
