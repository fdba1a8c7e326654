"""Python signatures of the table, parsed: `(self: Tensor, dim: int[]? = None, *, dtype: dtype? = None) -> Tensor`.

`str(parse(text))` gives the normalised text back.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache


class SignatureError(ValueError):
    """A `sig` that is not in the row language."""


@dataclass(frozen=True, slots=True)
class Word:
    """A plain type: `Tensor`, `int`, `dtype`, or the dotted name of an API class."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class Variable:
    """A type variable `$T`, the same type wherever it stands in one call; `$Ordered`: one that `<` compares."""

    name: str

    def __str__(self) -> str:
        return f"${self.name}"


@dataclass(frozen=True, slots=True)
class Literals:
    """One of some string literals: `'mean'|'sum'`."""

    values: tuple[str, ...]

    def __str__(self) -> str:
        return "|".join(f"'{value}'" for value in self.values)


@dataclass(frozen=True, slots=True)
class Maybe:
    """`T?`: T or None."""

    inner: SigType

    def __str__(self) -> str:
        return f"{_grouped(self.inner)}?"


@dataclass(frozen=True, slots=True)
class Sequence:
    """`T[]`: a list; with a size, `T[2]`, also a single T, which stands for all elements; `(T, ...)`: a tuple."""

    element: SigType
    size: int | None
    fixed: bool = False

    def __str__(self) -> str:
        if self.fixed:
            return f"({self.element}, ...)"
        return f"{_grouped(self.element)}[{'' if self.size is None else self.size}]"


@dataclass(frozen=True, slots=True)
class Product:
    """`(T, U)`, a tuple; `(values: T, indices: U)`, a named one."""

    elements: tuple[SigType, ...]
    names: tuple[str, ...]

    def __str__(self) -> str:
        if self.names:
            return f"({', '.join(f'{name}: {type_}' for name, type_ in zip(self.names, self.elements, strict=True))})"
        alone = "," if len(self.elements) == 1 else ""
        return f"({', '.join(map(str, self.elements))}{alone})"


@dataclass(frozen=True, slots=True)
class Mapping:
    """`dict(K, V)`."""

    key: SigType
    value: SigType

    def __str__(self) -> str:
        return f"dict({self.key}, {self.value})"


@dataclass(frozen=True, slots=True)
class Collection:
    """`set(T)`."""

    element: SigType

    def __str__(self) -> str:
        return f"set({self.element})"


@dataclass(frozen=True, slots=True)
class Queue:
    """`deque(T)`."""

    element: SigType

    def __str__(self) -> str:
        return f"deque({self.element})"


@dataclass(frozen=True, slots=True)
class Stream:
    """`iterator(T)`."""

    element: SigType

    def __str__(self) -> str:
        return f"iterator({self.element})"


@dataclass(frozen=True, slots=True)
class Function:
    """`Fn(T, U) -> R`."""

    parameters: tuple[SigType, ...]
    result: SigType

    def __str__(self) -> str:
        return f"Fn({', '.join(map(str, self.parameters))}) -> {self.result}"


@dataclass(frozen=True, slots=True)
class Either:
    """`T|U`: a T or a U, for which C++ has overloads."""

    options: tuple[SigType, ...]

    def __str__(self) -> str:
        return "|".join(map(_grouped, self.options))


def _grouped(type_: SigType) -> str:
    """The type as it is written in front of `?` and `[]`, and beside `|`."""
    return f"({type_})" if isinstance(type_, Function | Either) else str(type_)


SigType = (
    Word | Variable | Literals | Maybe | Sequence | Product | Mapping | Collection | Queue | Stream | Function | Either
)
#: What holds values of one type, besides lists.
_HOLDING: dict[str, Callable[[SigType], SigType]] = {"set": Collection, "deque": Queue, "iterator": Stream}

#: The words of the closed set; other plain words must be dotted names of API classes.
WORDS = frozenset(
    {
        "Tensor", "int", "float", "complex", "bool", "str", "Scalar", "dtype", "device", "Generator", "Layout",
        "MemoryFormat", "None", "slice", "Size", "Out", "Data",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; `default` is a Python literal, meaningful when `has_default`."""

    name: str
    type: SigType
    has_default: bool = False
    default: object = None
    keyword_only: bool = False
    variadic: bool = False

    def __str__(self) -> str:
        star = "*" if self.variadic else ""
        return f"{star}{self.name}: {self.type}" + (f" = {self.default!r}" if self.has_default else "")


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters and the result of one variant."""

    parameters: tuple[Parameter, ...]
    result: SigType

    def __str__(self) -> str:
        parts: list[str] = []
        starred = False
        for parameter in self.parameters:
            if parameter.keyword_only and not starred and not any(p.variadic for p in self.parameters):
                parts.append("*")
                starred = True
            parts.append(str(parameter))
        return f"({', '.join(parts)}) -> {self.result}"

    def parameter(self, name: str) -> Parameter | None:
        """The parameter of that name."""
        return next((parameter for parameter in self.parameters if parameter.name == name), None)


_TOKEN = re.compile(
    r"\s*(->|'[^']*'|\"[^\"]*\"|-?\d+\.\d*(?:e[+-]?\d+)?|-?\d+e[+-]?\d+|-?\d+|[$]?[A-Za-z_][\w.]*|\.\.\.|[()\[\]?,:=*|{}+-])"
)


class _Parser:
    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens: list[str] = []
        position = 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            if found is None:
                raise SignatureError(f"unexpected text {text[position:]!r} in {text!r}")
            self.tokens.append(found.group(1))
            position = found.end()
        self.next = 0

    def peek(self) -> str:
        return self.tokens[self.next] if self.next < len(self.tokens) else ""

    def take(self, expected: str | None = None) -> str:
        token = self.peek()
        if not token or (expected is not None and token != expected):
            raise SignatureError(f"expected {expected!r}, found {token!r} in {self.text!r}")
        self.next += 1
        return token

    def accept(self, token: str) -> bool:
        if self.peek() != token:
            return False
        self.next += 1
        return True

    def signature(self) -> Signature:
        self.take("(")
        parameters: list[Parameter] = []
        keyword_only = False
        while not self.accept(")"):
            star = self.accept("*")
            if star and self.accept(","):
                keyword_only = True
                continue
            parameters.append(self.parameter(keyword_only, star))
            keyword_only = keyword_only or star
            if self.peek() != ")":
                self.take(",")
        result: SigType = Word("None")
        if self.accept("->"):
            result = self.type()
        if self.peek():
            raise SignatureError(f"text after the signature: {self.peek()!r} in {self.text!r}")
        return Signature(tuple(parameters), result)

    def parameter(self, keyword_only: bool, variadic: bool) -> Parameter:
        name = self.take()
        self.take(":")
        type_ = self.type()
        if not self.accept("="):
            return Parameter(name, type_, False, None, keyword_only, variadic)
        return Parameter(name, type_, True, self.default(), keyword_only, variadic)

    def default(self) -> object:
        depth, taken = 0, []
        while self.peek() and not (depth == 0 and self.peek() in {",", ")"}):
            token = self.take()
            depth += (token in "([{") - (token in ")]}")
            taken.append(token)
        try:
            return ast.literal_eval(" ".join(taken))
        except (ValueError, SyntaxError):
            raise SignatureError(f"default {' '.join(taken)!r} is no literal in {self.text!r}") from None

    def type(self) -> SigType:
        options = [self.postfix()]
        while self.accept("|"):
            options.append(self.postfix())
        return options[0] if len(options) == 1 else Either(tuple(options))

    def postfix(self) -> SigType:
        type_ = self.atom()
        while True:
            if self.accept("?"):
                type_ = Maybe(type_)
            elif self.accept("["):
                size = None if self.peek() == "]" else int(self.take())
                self.take("]")
                type_ = Sequence(type_, size)
            else:
                return type_

    def atom(self) -> SigType:
        token = self.take()
        if token == "(":
            return self.product()
        if token[0] in "'\"":
            values = [token[1:-1]]
            while self.accept("|"):
                values.append(self.take()[1:-1])
            return Literals(tuple(values))
        if token[0] == "$":
            return Variable(token[1:])
        if token == "Fn":
            return self.function()
        if token == "dict":
            self.take("(")
            key = self.type()
            self.take(",")
            value = self.type()
            self.take(")")
            return Mapping(key, value)
        if token in _HOLDING:
            self.take("(")
            element = self.type()
            self.take(")")
            return _HOLDING[token](element)
        if token not in WORDS and "." not in token:
            raise SignatureError(f"unknown type word {token!r} in {self.text!r}")
        return Word(token)

    def product(self) -> SigType:
        elements: list[SigType] = []
        names: list[str] = []
        while not self.accept(")"):
            if self.next + 1 < len(self.tokens) and self.tokens[self.next + 1] == ":":
                names.append(self.take())
                self.take(":")
            elements.append(self.type())
            if len(elements) == 1 and not names and self.accept(")"):
                return elements[0]  # parentheses that only group
            if self.peek() != ")":
                self.take(",")
                if len(elements) == 1 and not names and self.accept("..."):
                    self.take(")")
                    return Sequence(elements[0], None, fixed=True)
        return Product(tuple(elements), tuple(names))

    def function(self) -> SigType:
        self.take("(")
        parameters: list[SigType] = []
        while not self.accept(")"):
            parameters.append(self.type())
            if self.peek() != ")":
                self.take(",")
        self.take("->")
        return Function(tuple(parameters), self.type())


@lru_cache(maxsize=8192)
def parse(text: str) -> Signature:
    """The signature that `text` states. Raises SignatureError."""
    return _Parser(text).signature()


@lru_cache(maxsize=1024)
def parse_type(text: str) -> SigType:
    """One type of the row language. Raises SignatureError."""
    parser = _Parser(text)
    type_ = parser.type()
    if parser.peek():
        raise SignatureError(f"text after the type: {parser.peek()!r} in {text!r}")
    return type_


@lru_cache(maxsize=1024)
def literal(text: str) -> object:
    """The value of a Python literal of the row language, such as the `"None"` of an `absent` word."""
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError):
        return text
