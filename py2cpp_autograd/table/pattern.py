"""The C++ patterns of rows, parsed once into C++ trees: bare parameter names in them are holes."""

from __future__ import annotations

import re
from functools import lru_cache

from py2cpp_autograd import cpp


class PatternError(ValueError):
    """A pattern that is not a C++ expression of the row language."""


_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+\.\d*(?:e[+-]?\d+)?|\d+e[+-]?\d+|\d+)
      | (?P<string>"(?:[^"\\]|\\.)*")
      | (?P<name>(?:::)?[A-Za-z_]\w*(?:::[A-Za-z_]\w*)*)
      | (?P<comment>/\*\w+=\*/)
      | (?P<symbol>->|==|!=|<=|>=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|<<=|>>=|<<|>>|\+\+|--|[-+*/%&|^~!<>=?:.,(){}\[\]])
    )""",
    re.VERBOSE,
)

_LEVELS: tuple[tuple[str, ...], ...] = (
    ("||",), ("&&",), ("|",), ("^",), ("&",), ("==", "!="), ("<", ">", "<=", ">="), ("<<", ">>"),
    ("+", "-"), ("*", "/", "%"),
)  # fmt: skip
_ASSIGNMENTS = frozenset({"=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="})


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[tuple[str, str]] = []
        position, end = 0, len(text.rstrip())
        while position < end:
            found = _TOKEN.match(text, position)
            if found is None or found.lastgroup is None:
                raise PatternError(f"unexpected text {text[position:]!r} in {text!r}")
            self.tokens.append((found.lastgroup, found.group(found.lastgroup)))
            position = found.end()
        self.next = 0

    def peek(self, ahead: int = 0) -> tuple[str, str]:
        index = self.next + ahead
        return self.tokens[index] if index < len(self.tokens) else ("end", "")

    def accept(self, symbol: str) -> bool:
        if self.peek() != ("symbol", symbol):
            return False
        self.next += 1
        return True

    def expect(self, symbol: str) -> None:
        if not self.accept(symbol):
            raise PatternError(f"expected {symbol!r}, found {self.peek()[1]!r} in {self.text!r}")

    def whole(self) -> cpp.Expr:
        expression = self.assignment()
        if self.peek()[0] != "end":
            raise PatternError(f"text after the expression: {self.peek()[1]!r} in {self.text!r}")
        return expression

    def assignment(self) -> cpp.Expr:
        left = self.ternary()
        kind, symbol = self.peek()
        if kind == "symbol" and symbol in _ASSIGNMENTS:
            self.next += 1
            return cpp.Binary(symbol, left, self.assignment())
        return left

    def ternary(self) -> cpp.Expr:
        test = self.binary(0)
        if not self.accept("?"):
            return test
        body = self.assignment()
        self.expect(":")
        return cpp.Ternary(test, body, self.assignment())

    def binary(self, level: int) -> cpp.Expr:
        if level == len(_LEVELS):
            return self.unary()
        left = self.binary(level + 1)
        while self.peek()[0] == "symbol" and self.peek()[1] in _LEVELS[level]:
            operator = self.peek()[1]
            self.next += 1
            left = cpp.Binary(operator, left, self.binary(level + 1))
        return left

    def unary(self) -> cpp.Expr:
        kind, symbol = self.peek()
        if kind == "symbol" and symbol in {"-", "!", "*", "&", "~", "+"}:
            self.next += 1
            return cpp.Unary(symbol, self.unary())
        if kind == "comment":
            self.next += 1
            return cpp.Commented(symbol[2:-3], self.unary())
        return self.postfix(self.primary())

    def primary(self) -> cpp.Expr:
        kind, text = self.peek()
        self.next += 1
        match kind:
            case "number":
                return cpp.Int(int(text)) if text.isdigit() else cpp.Float(float(text))
            case "string":
                return cpp.String(text[1:-1])
            case "name" if text in {"true", "false"}:
                return cpp.Bool(text == "true")
            case "name":
                return cpp.Name(text + self.template_arguments())
            case "symbol" if text == "(":
                inner = self.assignment()
                self.expect(")")
                return inner
            case "symbol" if text == "{":
                return cpp.Brace(None, self.arguments("}"))
            case _:
                raise PatternError(f"unexpected {text!r} in {self.text!r}")

    def template_arguments(self) -> str:
        """`<int64_t>` right behind a name, when what follows says that it is no comparison; else nothing."""
        if self.peek() != ("symbol", "<"):
            return ""
        depth, taken, start = 0, "", self.next
        while self.next < len(self.tokens):
            kind, text = self.tokens[self.next]
            if kind not in {"name", "number"} and text not in {"<", ">", ">>", ",", "*", "&"}:
                break
            depth += text.count("<") - text.count(">")
            taken += ", " if text == "," else text
            self.next += 1
            if depth <= 0:
                break
        kind, text = self.peek()
        if depth != 0 or not (kind == "end" or text in {"(", "{", ")", ",", "}"} or text.startswith("::")):
            self.next = start
            return ""
        if text.startswith("::"):
            self.next += 1
            taken += text
        return taken

    def arguments(self, closing: str) -> tuple[cpp.Expr, ...]:
        arguments: list[cpp.Expr] = []
        while not self.accept(closing):
            arguments.append(self.assignment())
            if self.peek() != ("symbol", closing):
                self.expect(",")
        return tuple(arguments)

    def postfix(self, expression: cpp.Expr) -> cpp.Expr:
        while True:
            if self.accept("("):
                expression = cpp.Call(expression, self.arguments(")"))
            elif self.accept("["):
                index = self.assignment()
                self.expect("]")
                expression = cpp.Index(expression, index)
            elif isinstance(expression, cpp.Name) and self.peek() == ("symbol", "{"):
                self.next += 1
                expression = cpp.Brace(expression, self.arguments("}"))
            elif self.peek() in {("symbol", "."), ("symbol", "->")}:
                arrow = self.peek()[1] == "->"
                self.next += 1
                name = self.peek()[1]
                self.next += 1
                expression = cpp.Member(expression, name + self.template_arguments(), arrow)
            else:
                return expression


@lru_cache(maxsize=8192)
def parse(text: str) -> cpp.Expr:
    """The C++ tree of a pattern. Raises PatternError."""
    return _Parser(text).whole()


def names(expression: cpp.Expr) -> frozenset[str]:
    """The bare names in a pattern: its possible holes."""
    match expression:
        case cpp.Name(text=text):
            return frozenset({text})
        case cpp.Call(callee=callee, arguments=arguments):
            return names(callee).union(*map(names, arguments))
        case cpp.Member(object=inner) | cpp.Unary(operand=inner) | cpp.Commented(value=inner):
            return names(inner)
        case cpp.Index(object=inner, index=index):
            return names(inner) | names(index)
        case cpp.Binary(left=left, right=right):
            return names(left) | names(right)
        case cpp.Ternary(test=test, body=body, orelse=orelse):
            return names(test) | names(body) | names(orelse)
        case cpp.Brace(elements=elements):
            return frozenset[str]().union(*map(names, elements))
        case _:
            return frozenset()
