"""`frontend.walk` sees what libcst's own visitors see, in the same order, layout aside."""

from __future__ import annotations

from pathlib import Path

import libcst as cst

from py2cpp_autograd.frontend import walk

_LAYOUT = (
    cst.BaseParenthesizableWhitespace, cst.EmptyLine, cst.TrailingWhitespace, cst.Newline, cst.Comment, cst.Comma,
    cst.Semicolon, cst.Colon, cst.Dot, cst.AssignEqual, cst.LeftParen, cst.RightParen, cst.LeftSquareBracket,
    cst.RightSquareBracket, cst.LeftCurlyBrace, cst.RightCurlyBrace, cst.ParamSlash,
)  # fmt: skip
_EVERYTHING = '''
@wraps(f)
async def g(a, /, b: int = 1, *rest, c=2, **options) -> None:
    """Doc."""
    x: int = a if b else -c
    x += f"{a!r:>{b}}" "tail" if (n := len(rest)) > 1 < 2 else lambda p, q=1: p
    for i, (j, *k) in zip(a[1:2, ::3, ...], b): pass
    else:
        del x[0], x.y
    async with a as b, c: await b
    try:
        raise A from b
    except (B, C) as error:
        global z
    else:
        assert a, b
    finally:
        return
class D(E, metaclass=F):
    table = {**a, 1: [*b], **{k: v for k, v in c if k if v}}
    both = {i async for i in a for j in b} | (yield) @ not_
match a:
    case 1 | [x, *_] | {"k": v, **rest} | P(1, q=2) as whole if x: pass
import a.b as c; from .d import (e, f as g)
while not x and y or z: break
'''


def test_children_stand_in_the_order_of_the_text() -> None:
    sources = [_EVERYTHING, *(path.read_text() for path in Path(walk.__file__).parent.glob("lower/*.py"))]
    for source in sources:
        _compare(cst.parse_module(source))


def _compare(node: cst.CSTNode) -> None:
    expected = [child for child in node.children if not isinstance(child, _LAYOUT)]
    if isinstance(node, cst.MatchOrElement):  # its `separator`
        expected = expected[:1]
    assert list(walk.children(node)) == expected, type(node).__name__
    for child in expected:
        _compare(child)
