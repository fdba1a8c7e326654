"""Rewrites of a program that keep its meaning: other names, temporaries, dead branches, `while` for `for`, swaps."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence


class _Renamed(ast.NodeTransformer):
    def __init__(self, names: set[str]) -> None:
        self.names = names

    def _other(self, name: str) -> str:
        return f"{name}_renamed" if name in self.names else name

    def visit_Name(self, node: ast.Name) -> ast.AST:
        return ast.Name(self._other(node.id), node.ctx)

    def visit_arg(self, node: ast.arg) -> ast.AST:
        return ast.arg(self._other(node.arg))


class _Blocks(ast.NodeTransformer):
    """Rewrites each block of statements by a rule."""

    def __init__(self, rule: Callable[[list[ast.stmt]], list[ast.stmt]]) -> None:
        self.rule = rule

    def generic_visit(self, node: ast.AST) -> ast.AST:
        super().generic_visit(node)
        for field in ("body", "orelse", "finalbody"):
            block = getattr(node, field, None)
            if isinstance(block, list) and block:
                setattr(node, field, self.rule(block))
        return node


def renamed(source: str) -> str:
    """The program with other names for the variables of its functions, and for loop variables."""
    tree = ast.parse(source)
    names = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    return ast.unparse(ast.fix_missing_locations(_Renamed(names).visit(tree)))


def with_temporaries(source: str) -> str:
    """The program with what assignments evaluate first in variables of their own."""
    count = 0

    def rule(node: ast.stmt) -> list[ast.stmt]:
        nonlocal count
        if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.BinOp)):
            return [node]
        count += 1
        name = f"temporary_{count}"
        given = ast.Assign([ast.Name(name, ast.Store())], node.value.left)
        node.value.left = ast.Name(name, ast.Load())
        return [given, node]

    return _by_statement(source, rule)


def with_dead_branches(source: str) -> str:
    """The program with branches that never run."""
    dead = "if len('ab') > 5:\n    print('never')"

    def rule(block: list[ast.stmt]) -> list[ast.stmt]:
        return [*block[:1], *ast.parse(dead).body, *block[1:]] if not isinstance(block[0], ast.Import) else block

    return _by_rule(source, rule)


def with_while(source: str) -> str:
    """The program with `while` for loops over a counted range."""
    count = 0

    def rule(node: ast.stmt) -> list[ast.stmt]:
        nonlocal count
        if not (isinstance(node, ast.For) and _counts(node) and not _continues(node.body)):
            return [node]
        count += 1
        return _while(node, f"counter_{count}")

    return _by_statement(source, rule)


def _counts(node: ast.For) -> bool:
    match node.iter:
        case ast.Call(func=ast.Name(id="range"), args=[ast.Constant()]):
            return not node.orelse
        case _:
            return False


def _continues(block: Sequence[ast.stmt]) -> bool:
    return any(isinstance(part, ast.Continue) for node in block for part in ast.walk(node))


def _while(node: ast.For, counter: str) -> list[ast.stmt]:
    assert isinstance(node.iter, ast.Call)
    made = ast.parse(f"{counter} = 0\nwhile {counter} < {ast.unparse(node.iter.args[0])}:\n    {counter} += 1").body
    loop = made[1]
    assert isinstance(loop, ast.While)
    first = ast.parse(f"{ast.unparse(node.target)} = {counter}").body
    loop.body = [*first, *loop.body, *node.body]
    return made


def swapped(source: str) -> str:
    """The program with neighbouring assignments swapped where neither has an effect or uses the other's name."""

    def rule(block: list[ast.stmt]) -> list[ast.stmt]:
        made = list(block)
        for place in range(0, len(made) - 1):
            if _independent(made[place], made[place + 1]):
                made[place], made[place + 1] = made[place + 1], made[place]
        return made

    return _by_rule(source, rule)


def _independent(one: ast.stmt, other: ast.stmt) -> bool:
    names: list[set[str]] = []
    for node in (one, other):
        if not (isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name)):
            return False
        if any(isinstance(part, ast.Call | ast.BinOp | ast.Subscript) for part in ast.walk(node.value)):
            return False
        names.append({part.id for part in ast.walk(node) if isinstance(part, ast.Name)})
    return not names[0] & names[1]


def _by_rule(source: str, rule: Callable[[list[ast.stmt]], list[ast.stmt]]) -> str:
    return ast.unparse(ast.fix_missing_locations(_Blocks(rule).visit(ast.parse(source)))) + "\n"


def _by_statement(source: str, rule: Callable[[ast.stmt], list[ast.stmt]]) -> str:
    return _by_rule(source, lambda block: [made for node in block for made in rule(node)])


#: The rewrites by name.
REWRITES: dict[str, Callable[[str], str]] = {
    "renamed": renamed,
    "temporaries": with_temporaries,
    "dead branches": with_dead_branches,
    "while": with_while,
    "swapped": swapped,
}
