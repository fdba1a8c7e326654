"""Finds mistakes in C++ by hand that compilers accept: flags that land on another parameter than they name, guards that
guard nothing, random numbers in an order that the compiler chooses, operators that are others in Python.

PyTorch's own C++ autograd tutorial passes `create_graph` in the place of `retain_graph`: it compiles, runs, and its
gradients are wrong. The diagnostics' pages (PCA603 and the next ones) have the reasons.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from py2cpp_autograd.verify.cpp_parameters import misplaced

#: The parameters of LibTorch's functions that take several flags, by how a call of each begins.
_CALLS = {
    r"(?:torch::autograd::|\bautograd::)grad\s*\(": (
        "outputs", "inputs", "grad_outputs", "retain_graph", "create_graph", "allow_unused",
    ),
    r"(?:torch::autograd::|\bautograd::)backward\s*\(": (
        "tensors", "grad_tensors", "retain_graph", "create_graph", "inputs",
    ),
    r"(?:\.|->)backward\s*\(": ("gradient", "retain_graph", "create_graph", "inputs"),
}  # fmt: skip
_FLAGS = ("retain_graph", "create_graph", "allow_unused")
_BROUGHT_IN = re.compile(r"\busing\s+(?:namespace\s+torch::autograd|torch::autograd::(?P<name>grad|backward))\s*;")
_LITERAL = re.compile(r'R"(\w*)\([\s\S]*?\)\1"|"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|//[^\n]*')
_NAMED = re.compile(r"\s*/\*\s*(\w+)\s*=?\s*\*/\s*")
_ANY_CALL = re.compile(r"(?:\b(?:torch|at)::(?P<function>\w+)|(?:\.|->)(?P<method>\w+))\s*\(")
_COMMENT = re.compile(r"/\*[\s\S]*?\*/")
_GUARDS = r"\b(?:NoGradGuard|AutoGradMode|InferenceMode|AutoDispatchBelowADInplaceOrView|AnomalyMode)\b"
#: What stands for a guard that ends at once: a temporary, or a function's declaration.
_NO_GUARD = re.compile(rf"{_GUARDS}\s*(?:\([^()]*\)|\{{[^{{}}]*\}})\s*;|{_GUARDS}\s+\w+\s*\(\s*\)\s*;")
_CALL = r"\s*\((?:[^()]|\([^()]*\))*\)"
_DRAW = rf"\b(?:torch|at)::(?:rand|randn|randint|randperm|bernoulli|normal|multinomial)(?:_like)?{_CALL}"
_LAYER = rf"\b(?:torch::nn|nn)::(?:Linear|Conv\dd|Embedding|LSTM|GRU|RNN|Bilinear){_CALL}"
#: Two draws as operands of one operator, or two layers as arguments of one call.
_TWO_DRAWS = re.compile(rf"{_DRAW}\s*[-+*/,]\s*{_DRAW}|{_LAYER}\s*,(?:[^;(){{}}]|\([^()]*\))*?{_LAYER}")
_OF_INTEGERS = re.compile(r"(?<![\w.])\d+\s*/\s*\d+(?![\w.])|[\w)\]]\s*\^\s*\d")
_PLAIN: tuple[tuple[str, re.Pattern[str], str], ...] = (
    ("PCA604", _NO_GUARD, "this guard ends where it begins: it has no variable"),
    ("PCA605", _TWO_DRAWS, "C++ draws these random numbers in an order that the compiler chooses"),
    ("PCA606", _OF_INTEGERS, "this operator means another thing in C++ than in Python"),
)


@dataclass(frozen=True, slots=True)
class Slip:
    """A suspicious place in a text: its code, and what is wrong with it."""

    line: int
    column: int
    message: str
    code: str = "PCA603"


def slips(text: str) -> list[Slip]:
    """The suspicious places of a C++ text, in its order."""
    plain = _LITERAL.sub(lambda found: " " * len(found[0]) if "\n" not in found[0] else found[0], text)
    found: list[tuple[int, str, str]] = []
    for pattern, parameters in (*_CALLS.items(), *_calls_by_short_names(plain)):
        for call in re.finditer(pattern, plain):
            for index, (start, argument) in enumerate(_arguments(plain, call.end())):
                message = _wrong(argument, index, parameters)
                if message:
                    found.append((start + len(argument) - len(argument.lstrip()), message, "PCA603"))
    found += _misplaced(plain)
    bare = _COMMENT.sub(lambda comment: re.sub(r"[^\n]", " ", comment[0]), plain)
    bare = re.sub(r"^[ \t]*#[^\n]*", lambda directive: " " * len(directive[0]), bare, flags=re.MULTILINE)
    for code, pattern_, message in _PLAIN:
        found += [(place.start(), message, code) for place in pattern_.finditer(bare)]
    return [_slip(text, *one) for one in sorted(found)]


def _misplaced(plain: str) -> Iterator[tuple[int, str, str]]:
    """Comments that name another parameter than that which they stand at, in calls of LibTorch's other functions."""
    if not re.search(r"/\*\s*\w+\s*=\s*\*/", plain):
        return
    for call in _ANY_CALL.finditer(plain):
        function = call["function"] or f".{call['method']}"
        if function in (".grad", ".backward"):
            continue
        for index, (start, argument) in enumerate(_arguments(plain, call.end())):
            named = _NAMED.match(argument)
            parameter = misplaced(function, index, named[1]) if named is not None else ""
            if named is not None and parameter:
                place = start + len(argument) - len(argument.lstrip())
                yield place, f"`/*{named[1]}=*/` stands at the parameter `{parameter}`", "PCA603"


def _calls_by_short_names(plain: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The functions that a text calls without their namespace, as it has brought them in."""
    names = [found["name"] for found in _BROUGHT_IN.finditer(plain)]
    for pattern, parameters in _CALLS.items():
        name = pattern.partition(")")[2].removesuffix(r"\s*\(")
        if "autograd" in pattern and (name in names or None in names):
            yield rf"(?<![\w.>:]){name}\s*\(", parameters


def _slip(text: str, offset: int, message: str, code: str) -> Slip:
    line_start = text.rfind("\n", 0, offset) + 1
    return Slip(text.count("\n", 0, offset) + 1, offset - line_start, message, code)


def _arguments(text: str, start: int) -> Iterator[tuple[int, str]]:
    """The arguments of a call whose parenthesis opens before `start`, each with where it starts."""
    depth, begin, at = 0, start, start
    while at < len(text):
        comment = _COMMENT.match(text, at)
        if comment is not None:
            at = comment.end()
            continue
        character = text[at]
        depth += (character in "([{") - (character in ")]}")
        if depth < 0 or (depth == 0 and character == ","):
            if text[begin:at].strip():
                yield begin, text[begin:at]
            begin = at + 1
        if depth < 0:
            return
        at += 1


def _wrong(argument: str, index: int, parameters: tuple[str, ...]) -> str:
    """What is wrong with the argument at `index`, or nothing."""
    if index >= len(parameters):
        return ""
    parameter = parameters[index]
    named = _NAMED.match(argument)
    value = argument[named.end() :].strip() if named is not None else argument.strip()
    if named is not None and named[1] != parameter:
        return f"`/*{named[1]}=*/` stands at the parameter `{parameter}`"
    if named is None and value in parameters and value != parameter:
        return f"`{value}` stands at the parameter `{parameter}`"
    if named is None and (value in ("true", "false") or (parameter in _FLAGS and value in ("0", "1"))):
        return f"`{value}` lands on the parameter `{parameter}`: say so, `/*{parameter}=*/{value}`"
    return ""
