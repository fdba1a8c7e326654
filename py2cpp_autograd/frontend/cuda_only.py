"""Blocks of a program that only run where there is CUDA: what has no translation there need not stop the rest.

    if torch.cuda.device_count() > 1:                if torch.cuda.device_count() > 1:
        model = nn.DataParallel(model)       ->          raise RuntimeError("lines 8 to 8 have no translation ...")

Such a block becomes an error that says so, should the C++ ever get there: what the program computes without CUDA does
not depend on it.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from py2cpp_autograd.quiet import without_warnings
from py2cpp_autograd.span import Span

#: What is false, or zero, without CUDA: how a program that imports it in one way or another writes it.
_AVAILABLE = ("cuda.is_available", "cuda.is_bf16_supported")
_COUNTED = ("cuda.device_count",)


@dataclass(frozen=True)
class CudaOnly:
    """The source with some blocks replaced, where they begin, and the errors that are in none."""

    source: str
    blocks: tuple[Span, ...]
    left: tuple[Span, ...]


def without_cuda_only(source: str, errors: Collection[Span]) -> CudaOnly:
    """The source in which each block that needs CUDA, and has one of the errors in it, raises an error instead."""
    lines = source.split("\n")
    blocks: list[tuple[int, int, int]] = []
    left: list[Span] = []
    found = list(_blocks(source))
    for error in errors:
        block = next((one for one in found if one[0] <= error.start.line and error.end.line <= one[1]), None)
        if block is None:
            left.append(error)
        elif block not in blocks:
            blocks.append(block)
    spans = tuple(Span.of(first, column, first, len(lines[first - 1])) for first, _, column in blocks)
    for first, last, column in blocks:
        said = f"line {first}" if first == last else f"lines {first} to {last}"
        lines[first - 1] = f'{" " * column}raise RuntimeError("not translated, and only for CUDA: {said}")'
        lines[first:last] = [""] * (last - first)
    return CudaOnly("\n".join(lines), spans, tuple(left))


def _blocks(source: str) -> Iterator[tuple[int, int, int]]:
    """The first and last lines of what stands behind a test for CUDA, and the column where it begins."""
    try:
        with without_warnings():
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return
    known = _Names(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.If):
            body = node.body if known.needs_cuda(node.test) else node.orelse if known.is_without(node.test) else []
            if body and body[0].lineno > node.test.lineno and body[0].col_offset > node.col_offset:
                yield _first_line(body[0]), body[-1].end_lineno or body[-1].lineno, body[0].col_offset


def _first_line(node: ast.stmt) -> int:
    if isinstance(node, ast.FunctionDef | ast.ClassDef) and node.decorator_list:
        return min(decorator.lineno for decorator in node.decorator_list)
    return node.lineno


class _Names:
    """The variables and attributes of a file that hold whether there is CUDA, and never anything else."""

    def __init__(self, tree: ast.Module) -> None:
        self.known: set[str] = set()
        bound = Counter(name for node in ast.walk(tree) for name in _bound(node))
        options = {_option(node) for node in ast.walk(tree) if isinstance(node, ast.Constant)}
        for node in ast.walk(tree):
            if isinstance(node, ast.Assign) and len(node.targets) == 1:
                name = _name(node.targets[0])
                if bound[name] == 1 and name.removeprefix(".") not in options and self.needs_cuda(node.value):
                    self.known.add(name)

    def needs_cuda(self, test: ast.expr) -> bool:
        """Whether a condition is false without CUDA."""
        match test:
            case ast.Call(func=func):
                return ast.unparse(func).endswith(_AVAILABLE)
            case ast.BoolOp(op=ast.And(), values=values):
                return any(map(self.needs_cuda, values))
            case ast.Compare(left=left, ops=[ast.Gt()], comparators=[ast.Constant(value=int())]):
                return _is_count(left)
            case ast.Compare(left=left, ops=[ast.GtE()], comparators=[ast.Constant(value=int(least))]):
                return _is_count(left) and least > 0
            case ast.Name() | ast.Attribute():
                return _name(test) in self.known
            case _:
                return False

    def is_without(self, test: ast.expr) -> bool:
        """Whether a condition says that there is no CUDA."""
        return isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not) and self.needs_cuda(test.operand)


def _is_count(node: ast.expr) -> bool:
    return isinstance(node, ast.Call) and ast.unparse(node.func).endswith(_COUNTED)


def _bound(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(ctx=ast.Store() | ast.Del()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
            yield _name(node)
        case ast.arg(arg=name) | ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.keyword(arg=str(name)):
            yield name
        case ast.Global(names=names) | ast.Nonlocal(names=names):
            yield from names
        case ast.alias(name=name, asname=other):
            yield other or name


def _name(node: ast.expr) -> str:
    """A variable by its name, an attribute of whatever by its name behind a dot; empty for others."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(attr=name):
            return f".{name}"
        case _:
            return ""


def _option(node: ast.Constant) -> str:
    """The attribute that an option of a command line, such as `--use-cuda`, would be."""
    return node.value.lstrip("-").replace("-", "_") if isinstance(node.value, str) else ""
