"""How deep libcst's tree of a file is, known from CPython's before libcst reads it: too deep a tree ends the process.

CPython keeps `a and b and c`, the loops of a comprehension, and strings that stand side by side flat; libcst puts each
into the one before.
"""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Sequence


def depth_of(tree: ast.AST, text: str) -> int:
    """The levels of libcst's tree of `text`, at least, of which `tree` is CPython's."""
    lines = text.split("\n")
    deepest = 0
    pending = [(tree, 1)]
    while pending:
        node, above = pending.pop()
        depth = above + _nested(node, lines)
        deepest = max(deepest, depth)
        pending += [(child, depth + 1) for child in ast.iter_child_nodes(node)]
    return deepest


def _nested(node: ast.AST, lines: Sequence[str]) -> int:
    """The levels that libcst has inside of one node of CPython."""
    match node:
        case ast.BoolOp(values=parts):
            return len(parts)
        case ast.ListComp(generators=parts) | ast.SetComp(generators=parts) | ast.DictComp(generators=parts):
            return len(parts)
        case ast.GeneratorExp(generators=parts):
            return len(parts)
        case ast.Constant(value=str() | bytes()) | ast.JoinedStr():
            return _strings(node, lines)
        case _:
            return 0


def _strings(node: ast.expr, lines: Sequence[str]) -> int:
    """How many strings stand side by side in a constant."""
    last = node.end_lineno or node.lineno
    written = lines[node.lineno - 1 : last]
    if sum(line.count('"') + line.count("'") for line in written) <= 2:
        return 0
    ends = len(written[-1].encode()) - (node.end_col_offset or 0)
    whole = "\n".join(written).encode()
    segment = whole[node.col_offset : len(whole) - ends].decode()
    if sum(segment.count(quote) for quote in "\"'") <= _FEW:
        return 0
    try:
        tokens = tokenize.generate_tokens(io.StringIO(f"({segment}\n)").readline)
        return sum(token.type == tokenize.STRING or _begins_f_string(token) for token in tokens)
    except (tokenize.TokenError, SyntaxError, IndentationError):
        return 0


#: As many quotes make no difference to the depth of a tree.
_FEW = 20


def _begins_f_string(token: tokenize.TokenInfo) -> bool:
    return tokenize.tok_name[token.type] == "FSTRING_START"  # Python 3.12 and later
