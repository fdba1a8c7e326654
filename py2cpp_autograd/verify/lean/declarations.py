"""Finds the inline functions of preprocessed C++ whose bodies can live in another translation unit.

A scanner of declarations, not a parser: it tells namespaces, classes, functions and initializers apart by brackets and
a few words. What it is not sure of it leaves as it is. `DeclarationError` means that a text is none it understands.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

_TOKEN = re.compile(
    r"""
    (?P<directive>^[ \t]*\#[^\n]*)
  | (?P<string>(?:u8|[uUL])?R"(?P<fence>[^()\\\s"]*)\([\s\S]*?\)(?P=fence)"
      |(?:u8|[uUL])?"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')
  | (?P<operator>\boperator\b\s*(?:\(\s*\)|\[\s*\]|(?:new|delete)\b\s*(?:\[\s*\])?|[^\s\w(;\[]+|""\s*\w+)?)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<number>\.?\d(?:[\w.']|[eEpP][+-])*)
  | (?P<comparison>[=!<>+\-*/|&^%]=)
  | (?P<punctuation>::|->|\[\[|[{}()\[\];:=<>,&*~])
  | (?P<other>\S)
    """,
    re.VERBOSE | re.MULTILINE,
)
_OPEN, _CLOSE = {"(": 1, "{": 1, "[": 1, "[[": 2}, {")", "}", "]"}
_CLASS_KEYS = {"class", "struct", "union", "enum"}
#: What has parentheses that are no parameters.
_NO_PARAMETERS = {
    "__attribute__", "alignas", "alignof", "decltype", "noexcept", "requires", "explicit", "sizeof", "__declspec",
}  # fmt: skip
#: What may stand right before a function's body.
_BEFORE_BODY = {")", "const", "noexcept", "override", "final", "&", "try", "]"}
#: The namespace of function templates that no program calls.
_UNUSED_TEMPLATES = "symint"

Scope = Literal["namespace", "class"]


class DeclarationError(ValueError):
    """C++ that the scanner does not understand."""


@dataclass(frozen=True, slots=True)
class Body:
    """A function's body: `begin` to `end` can go if `word` is put at `start`, where the declaration begins.

    `whole` bodies go with their declaration, which the class repeats. Templates' bodies are not `emitted`.
    """

    start: int
    begin: int
    end: int
    word: str = ""
    whole: bool = False
    emitted: bool = True


@dataclass(slots=True)
class _Head:
    """What is known of a declaration before its body."""

    scope: Scope
    start: int = -1
    first: str = ""
    previous: str = ""
    previous_kind: str = ""
    key: str = ""
    words: set[str] = field(default_factory=set)
    template: bool = False
    specialized: bool = False
    parameters: bool = False
    qualified: bool = False
    assigned: bool = False
    arrow: bool = False
    initializers: int = -1


def bodies(text: str) -> list[Body]:
    """The bodies that can go, in the order of the text. Raises DeclarationError."""
    scanner = _Scanner(text)
    try:
        scanner.scan("namespace", movable=True)
    except IndexError:
        raise DeclarationError("brackets are not balanced") from None
    if scanner.at < len(scanner.tokens):
        raise DeclarationError("a bracket closes nothing")
    return scanner.found


class _Scanner:
    def __init__(self, text: str) -> None:
        found = [m for m in _TOKEN.finditer(text) if m.lastgroup != "directive"]
        self.text = text
        self.kinds = [m.lastgroup or "" for m in found]
        self.tokens = [m.group() for m in found]
        self.starts = [m.start() for m in found]
        self.at = 0
        self.found: list[Body] = []
        self.unused_templates = False

    def end_of_last(self) -> int:
        """Where the token before the current one ends."""
        return self.starts[self.at - 1] + len(self.tokens[self.at - 1])

    def scan(self, scope: Scope, movable: bool) -> None:
        """All declarations up to the bracket that closes the scope."""
        while self.at < len(self.tokens):
            token = self.tokens[self.at]
            if token == "}":
                return
            if token == ";":
                self.at += 1
            elif scope == "class" and token in ("public", "protected", "private") and self.tokens[self.at + 1] == ":":
                self.at += 2
            else:
                self.declaration(_Head(scope), movable)

    def skip(self) -> None:
        """From an opening bracket to behind the one that closes it."""
        depth = 0
        while True:
            token = self.tokens[self.at]
            depth += _OPEN.get(token, 0) - (token in _CLOSE)
            self.at += 1
            if depth == 0:
                return

    def skip_template_parameters(self) -> None:
        depth = 0
        while True:
            token = self.tokens[self.at]
            if token in _OPEN:
                self.skip()
                continue
            depth += (token == "<") - (token == ">")
            self.at += 1
            if depth == 0:
                return

    def declaration(self, head: _Head, movable: bool) -> None:
        """One declaration, from its first token to behind its `;` or body."""
        first = self.at
        while self.at < len(self.tokens):
            token, kind = self.tokens[self.at], self.kinds[self.at]
            if token == ";":
                self.at += 1
                return
            if token == "}":
                raise DeclarationError(f"a bracket closes nothing: {self.text[self.starts[self.at] - 80 :][:160]!r}")
            if head.start < 0 and token not in ("template", "[["):
                head.start = self.starts[self.at]
            if token == "{":
                if self.brace(head, movable):
                    return
                head.previous, head.previous_kind = "}", "punctuation"
            elif token == "template":
                self.template(head)
            elif token in _OPEN:
                self.bracket(head, token, first)
            else:
                self.word(head, token, kind)
                head.previous, head.previous_kind = token, kind
                self.at += 1

    def template(self, head: _Head) -> None:
        self.at += 1
        if self.tokens[self.at] != "<":
            head.template = True
            return
        specialized = self.tokens[self.at + 1] == ">"
        head.specialized |= specialized
        head.template |= not specialized
        self.skip_template_parameters()
        head.previous, head.previous_kind = ">", "punctuation"

    def bracket(self, head: _Head, token: str, first: int) -> None:
        opened = self.at
        self.skip()
        settled = head.parameters or head.initializers >= 0 or head.assigned
        if token == "(" and not settled and head.previous not in _NO_PARAMETERS:
            head.parameters = True
            head.qualified = self.is_qualified(first, opened)
        head.previous, head.previous_kind = ")" if token == "(" else "]", "punctuation"

    def is_qualified(self, first: int, opened: int) -> bool:
        """Whether the declared name before the parameters is that of a class's member, declared elsewhere."""
        for index in range(opened - 1, max(first, opened - 6), -1):
            if self.kinds[index] == "operator":
                return self.tokens[index - 1] == "::"
        before = opened - 3 if self.tokens[opened - 2] == "~" else opened - 2
        return before >= first and self.tokens[before] == "::"

    def word(self, head: _Head, token: str, kind: str) -> None:
        if kind == "operator":
            head.words.add("operator")
        elif token == "=" and head.initializers < 0:
            head.assigned = True
        elif token == ":" and head.parameters and head.initializers < 0 and not head.assigned:
            head.initializers = self.starts[self.at]
        elif token == "->" and head.parameters:
            head.arrow = True
        elif kind == "word":
            if not head.parameters:
                head.words.add(token)
            head.first = head.first or ("" if token == "__attribute__" else token)
            free = not (head.parameters or head.assigned or head.key)
            if token in _CLASS_KEYS and free and self.defines_class():
                head.key = token

    def defines_class(self) -> bool:
        """Whether a class's body follows the class key here: not a mere name of a type."""
        index = self.at + 1
        while True:
            token, kind = self.tokens[index], self.kinds[index]
            if token in ("[[", "__attribute__", "alignas"):
                index = self.behind(index if token == "[[" else index + 1)
            elif token == "<":
                while self.tokens[index] not in ("{", ";", ":"):
                    index = self.behind(index) if self.tokens[index] in ("(", "[") else index + 1
                return self.tokens[index] != ";"
            elif token in ("{", ":"):
                return True
            elif token != "::" and kind != "word":
                return False
            else:
                two_names = kind == "word" and self.kinds[index + 1] == "word" and self.tokens[index + 1] != "final"
                if two_names and token not in ("class", "struct"):
                    return False
                index += 1

    def behind(self, index: int) -> int:
        """The index behind the bracket that is opened at `index`."""
        here, self.at = self.at, index
        self.skip()
        index, self.at = self.at, here
        return index

    def brace(self, head: _Head, movable: bool) -> bool:
        """What a `{` opens. True when it ends the declaration: a namespace's or a function's."""
        opens_namespace = head.first == "namespace" or (
            {"inline", "namespace"} <= head.words and not (head.parameters or head.assigned)
        )
        if opens_namespace or (head.first == "extern" and head.previous_kind == "string"):
            self.namespace(head, movable)
            return True
        if head.key and not head.assigned:
            self.class_(head, movable)
            return False
        may_be_body = head.parameters and not head.assigned
        in_place = head.initializers >= 0 or head.arrow or head.previous in _BEFORE_BODY
        if not may_be_body or not in_place or (head.initializers >= 0 and self.initializes(head)):
            self.skip()
            return False
        begin = head.initializers if head.initializers >= 0 else self.starts[self.at]
        self.skip()
        if movable:
            self.body(head, begin, self.end_of_last())
        return True

    @staticmethod
    def initializes(head: _Head) -> bool:
        """Whether a `{` behind a constructor's `:` belongs to a member's name."""
        return head.previous_kind == "word" or head.previous == ">"

    def namespace(self, head: _Head, movable: bool) -> None:
        unnamed = head.previous == "namespace"
        outer, self.unused_templates = self.unused_templates, head.previous == _UNUSED_TEMPLATES
        self.at += 1
        self.scan("namespace", movable and not unnamed)
        self.at += 1
        self.unused_templates = outer

    def class_(self, head: _Head, movable: bool) -> None:
        if head.template or not movable or head.key == "enum":
            self.skip()
        else:
            self.at += 1
            self.scan("class", movable)
            self.at += 1
        head.key, head.parameters, head.assigned = "", False, True

    def body(self, head: _Head, begin: int, end: int) -> None:
        """Note a body, unless its function must be seen where it is used, or cannot be seen from elsewhere."""
        unused = head.template and self.unused_templates
        declaration = self.text[head.start : begin]
        hidden = head.scope == "namespace" and not unused and ("static" in head.words or "inline" not in head.words)
        deduced = "decltype" in head.words or ("auto" in head.words and not head.arrow)
        needed = head.words & {"constexpr", "consteval"} or "always_inline" in declaration
        if hidden or deduced or needed or (head.template and not unused):
            return
        whole = head.qualified and not head.specialized
        # In a class without `inline` it would count as the function that the class's vtable goes with.
        in_class = head.scope == "class" and not head.words & {"inline", "friend"}
        word = "inline " if in_class and not whole else ""
        self.found.append(Body(head.start, begin, end, word, whole, emitted=not unused))


def without_bodies(text: str, found: Sequence[Body]) -> str:
    """The text with a `;` in each body's place; its lines keep their numbers."""
    parts, last = [], 0
    for body in found:
        begin = body.start if body.whole else body.begin
        parts += [text[last : body.start], body.word, text[body.start : begin], ";"]
        parts.append("\n" * text.count("\n", begin, body.end))
        last = body.end
    return "".join([*parts, text[last:]])


def with_bodies_emitted(text: str, found: Sequence[Body]) -> str:
    """The text whose translation unit holds the function of each body, whether it calls it or not."""
    parts, last = [], 0
    for body in found:
        if body.emitted:
            parts += [text[last : body.start], "__attribute__((__used__)) "]
            last = body.start
    return "".join([*parts, text[last:]])
