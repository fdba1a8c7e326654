"""The `main` of C++ that a person wrote or changed: `verify` calls it where it is not the emitted one.

It is called under another name, and only `main` returns 0 where nothing is said.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEAD = re.compile(r"\bint\s+main\s*\([^()]*\)\s*\{|\bauto\s+main\s*\([^()]*\)\s*->\s*int\s*\{")
#: What has brackets that open and close nothing.
_NO_CODE = re.compile(r'R"(\w*)\([\s\S]*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)\'|//[^\n]*|/\*[\s\S]*?\*/')


@dataclass(frozen=True, slots=True)
class Main:
    """Where `main` stands in a text: from its type to its body's last bracket, which stands at `end - 1`."""

    start: int
    body: int
    end: int


def main_of(text: str) -> Main | None:
    """The `main` of a text, if it has one that ends."""
    plain = _NO_CODE.sub(lambda found: re.sub(r"[^\n]", " ", found[0]), text)
    head = _HEAD.search(plain)
    if head is None:
        return None
    depth = 0
    for found in re.finditer(r"[{}]", plain[head.end() - 1 :]):
        depth += 1 if found[0] == "{" else -1
        if depth == 0:
            return Main(head.start(), head.end(), head.end() + found.start())
    return None


def has_another_main(text: str, emitted: str) -> bool:
    """Whether a text has a `main` that says anything else than that of the emitted text."""
    words = _main_words(text)
    return words is not None and words != _main_words(emitted)


def _main_words(text: str) -> list[str] | None:
    found = main_of(text)
    plain = "" if found is None else _NO_CODE.sub(" ", text[found.start : found.end])
    return None if found is None else re.findall(r"\w+|[^\w\s]", plain.replace("return 0;", ""))


def returning(text: str) -> str:
    """A text whose `main` says what it returns, in the same lines."""
    found = main_of(text)
    return text if found is None else f"{text[: found.end - 1]}return 0; {text[found.end - 1 :]}"
