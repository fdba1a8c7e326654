"""The examples of the rows by hand, as programs: what defines the names that they use, and what they become in C++."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from golden import shown

from py2cpp_autograd import Translation, translate
from py2cpp_autograd.installed import data_root
from py2cpp_autograd.table.load import load_table

IMPORTS = """\
import bisect
import collections
import copy
import functools
import heapq
import itertools
import logging
import math
import os
import random
import string
import time
import warnings
import torch
import torch.nn as nn
import torch.nn.functional as F
"""

#: What the names in examples stand for; a definition may use those above it.
NAMES = {
    "x": "x = torch.tensor([[0.5, -1.25, 2.0], [1.5, 0.75, -0.5]], requires_grad=True)",
    "y": "y = torch.tensor([[1.5, 0.5, 3.0], [2.0, 1.0, 0.25]])",
    "p": "p = x * 1.5",
    "a": "a = torch.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])",
    "s": "s = (x * y).sum()",
    "i": "i = torch.tensor([[0, 1, 2], [2, 1, 0]])",
    "m": "m = torch.tensor([True, False, True])",
    "u": "u = torch.tensor([[0.5, 0.25, 0.75], [0.125, 1.0, 0.5]])",
    "c": "c = torch.tensor([[1.0, 2.0, 3.0]]).to(torch.complex64)",
    "n": "n = -3",
    "k": "k = 2",
    "lr": "lr = 0.25",
    "name": 'name = "weight"',
    "values": "values = [0.5, 1.5]",
    "counts": "counts = [3, 1, 2, 1]",
    "rates": 'rates = {"slow": 0.1, "fast": 0.5}',
    "ordered": 'ordered = collections.OrderedDict([("slow", 0.1), ("fast", 0.5)])',
    "groups": 'groups = collections.defaultdict(list, {"a": [1.5]})',
    "tally": 'tally = collections.Counter(["a", "b", "a"])',
    "seen": "seen = {1, 2}",
    "recent": "recent = collections.deque([0.5, 1.5], maxlen=3)",
    "g": "g = torch.Generator()",
    "f": "def f(t):\n    return t * 2",
    "handle": "handle = x.register_hook(lambda g: g * 3)",
    "net": "net = nn.Linear(3, 2)",
    "optimizer": "optimizer = torch.optim.SGD([x], lr=0.1)",
    "scaler": "scaler = torch.amp.GradScaler(enabled=False)",
    "scheduler": "scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 3)",
    "plateau": "plateau = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer)",
    "dataset": "dataset = torch.utils.data.TensorDataset(y, i)",
    "loader": "loader = torch.utils.data.DataLoader(dataset, batch_size=2)",
    "image": "image = torch.rand(1, 3, 8, 8)",
}
_RECORDED = ("x", "y", "p", "a", "s", "i", "m", "u", "c", "n", "k", "lr", "name", "values", "counts")
#: What modules of a name are called with, the first that fits; others take x.
_SAMPLES = (
    (
        r"\.__call__$|Optimizer$|\.Module\b|\.Parameter$|^(?!torch\.nn\.[A-Z])"
        r"|^torch\.nn\.\w+\.\w|(LSTM|GRU|RNN)(Cell)?$|MaxUnpool|CTCLoss$|Parameter(List|Dict)$",
        None,
    ),
    (r"TransformerEncoder(Layer)?$", "torch.rand(2, 3, 8)"),
    (r"Transformer(Decoder(Layer)?)?$", "torch.rand(2, 3, 8), torch.rand(4, 3, 8)"),
    (r"MultiheadAttention$", "torch.rand(2, 3, 8), torch.rand(2, 3, 8), torch.rand(2, 3, 8)"),
    (r"(ReplicationPad|ReflectionPad|ConstantPad|ZeroPad|CircularPad)1d$", "torch.rand(2, 3, 8)"),
    (r"Fold$", "torch.rand(1, 12, 4)"),
    (r"Pixel(Uns|S)huffle$|CrossMap|LocalResponse|Upsampl|Shuffle$|Unfold$", "torch.rand(2, 4, 8, 8)"),
    (r"2d$", "torch.rand(2, 3, 8, 8)"),
    (r"1d$", "torch.rand(2, 3, 8)"),
    (r"3d$", "torch.rand(1, 3, 6, 6, 6)"),
    (r"\.(SiLU|Mish)$", "y"),
    (r"Embedding(Bag)?$", "i"),
    (r"Bilinear$", "torch.rand(2, 3), torch.rand(2, 4)"),
    (r"BCELoss$|SoftMarginLoss$", "u, u"),
    (r"MultiLabelMarginLoss$", "x, i"),
    (r"AdaptiveLogSoftmaxWithLoss$", "x, torch.arange(2)"),
    (r"(CrossEntropy|NLL|MultiMargin)Loss$(?<!PoissonNLLLoss)(?<!GaussianNLLLoss)", "x, i[:, 0]"),
    (r"CosineEmbeddingLoss$", "x, y, torch.ones(2)"),
    (r"(MarginRanking|Triplet\w*|GaussianNLL)Loss$", "x, y, u"),
    (r"Loss$", "x, y.sign()"),
    (r"CosineSimilarity$|PairwiseDistance$", "x, y"),
    (r"", "x"),
)
_TEMPORARY = re.compile(r"\bresult\w*\b")


@dataclass(frozen=True, slots=True)
class Example:
    """An example of a variant of a row."""

    row: str
    variant: int
    number: int
    python: str
    expected: str

    @property
    def id(self) -> str:
        """`row[variant]: python`, for pytest."""
        return f"{self.row}[{self.variant}]: " + "; ".join(self.python.splitlines())

    @property
    def refused(self) -> bool:
        """Whether the example shows a diagnostic."""
        return re.fullmatch(r"PCA\d{3}", self.expected) is not None

    @property
    def sample(self) -> str | None:
        """The arguments that the module which the example makes is tried with; None when it makes none."""
        found = next(arguments for pattern, arguments in _SAMPLES if re.search(pattern, self.row))
        return None if self.refused else found

    @property
    def is_value(self) -> bool:
        """Whether the example is an expression."""
        return isinstance(ast.parse(self.python).body[0], ast.Expr)


def all_examples() -> list[Example]:
    """The examples of the rows by hand, in the order of the table."""
    return [
        Example(row.key, index, number, python, expected)
        for row in load_table().rows()
        for index, variant in enumerate(row.variants)
        for number, (python, expected) in enumerate(variant.examples)
    ]


def definitions(python: str) -> list[str]:
    """The definitions of the names in `python`, and of those that these use, in the order of NAMES."""
    used: set[str] = set()
    pending = [python]
    while pending:
        tree = ast.parse(pending.pop())
        found = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} & set(NAMES) - used
        used |= found
        pending += [NAMES[name] for name in found]
    return [NAMES[name] for name in NAMES if name in used]


def program(example: Example, keep: bool) -> str:
    """The example behind its definitions; its value kept in `result`, or dropped."""
    statement = f"result = {example.python}" if keep and example.is_value else example.python
    return IMPORTS + "\n".join([*definitions(example.python), statement]) + "\n"


def translated(example: Example) -> tuple[str, Translation]:
    """The program and its translation: with the value kept if there is one, and it is not None."""
    for keep in (True, False):
        source = program(example, keep)
        found = translate(source, filename="example.py")
        if found.status == "translated" and "torch::Tensor result = torch::Tensor();" not in found.cpp:
            break
    return source, found


def cpp_of(example: Example, translation: Translation) -> str:
    """What the example became, without the variable that holds it."""
    given = translate(IMPORTS + "\n".join(definitions(example.python)) + "\n", filename="example.py")
    before = _statements(given.cpp)
    lines = [line for line in _statements(translation.cpp) if line not in before]
    text = "\n".join(lines).removesuffix(";")
    plain = re.fullmatch(r"(?:\[\[maybe_unused\]\] )?(.+?) result(?: = (.*)|([({].*))?", text, re.DOTALL)
    if plain is None:
        return text
    type_, value, constructed = plain.groups()
    return value if value is not None else f"{type_}{constructed or '()'}"


def _statements(cpp: str) -> list[str]:
    """The lines of `run()`, the marks of unused variables left out."""
    return [line.replace("[[maybe_unused]] ", "") for line in shown(cpp).splitlines() if line]


def batches(examples: Sequence[Example], size: int) -> Iterable[tuple[str, list[Example]]]:
    """Programs of `size` examples each: every example has fresh names, and prints what they are after it."""
    for start in range(0, len(examples), size):
        chosen = list(examples[start : start + size])
        lines = [IMPORTS, *(f"example_{number} = {number}" for number in range(len(chosen)))]
        for number, example in enumerate(chosen):
            source, _ = translated(example)
            body = _TEMPORARY.sub(f"result_{number}", source.removeprefix(IMPORTS))
            if example.sample is not None:
                given = [line for line in definitions(example.sample) if line not in body]
                body = "\n".join([*given, f"{body}output_{number} = result_{number}({example.sample})"])
            names = [name for name in _RECORDED if re.search(rf"^{name} = ", body, re.MULTILINE)]
            lines += [f"# {example.id}", body.rstrip("\n"), *([f"print({', '.join(names)})"] if names else [])]
        yield "\n".join(lines) + "\n", chosen


def hand_rows() -> list[str]:
    """The files of rows by hand."""
    folder = data_root() / "mappings"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.toml") if "aten" not in path.parts)
