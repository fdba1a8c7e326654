"""Where two runs part: the first statement behind which a value, or its gradient, is not the same on both sides."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from py2cpp_autograd.verify.bits import first_difference
from py2cpp_autograd.verify.compare import differences
from py2cpp_autograd.verify.trace import Step, Trace, Tree
from py2cpp_autograd.verify.verdict import Divergence, Mismatch


def first_divergence(python: Trace, cpp: Trace) -> Divergence | None:
    """The first statement that gave different values, of two runs that wrote down what each statement changed."""
    left: dict[str, Tree] = {}
    right: dict[str, Tree] = {}
    lines = {step.line for step in cpp.steps}
    steps = zip(_runs(step for step in python.steps if step.line in lines), _runs(cpp.steps), strict=False)
    for a, b in steps:
        left |= a.changed
        right |= b.changed
        if a.line != b.line:
            return Divergence(a.line, "", f"line {a.line} is run", f"line {b.line} is run")
        for name in sorted({*a.changed, *b.changed} & left.keys() & right.keys()):
            for mismatch in differences(name, left[name], right[name]):
                return _described(a.line, mismatch, left[name], right[name])
    return None


def _runs(steps: Iterator[Step] | Sequence[Step]) -> Iterator[Step]:
    """Steps of the same line in a row as one: a statement of Python may be several of C++."""
    last: Step | None = None
    for step in steps:
        if last is not None and last.line == step.line:
            step = Step(step.line, {**last.changed, **step.changed})
        elif last is not None:
            yield last
        last = step
    if last is not None:
        yield last


def _described(line: int, mismatch: Mismatch, left: Tree, right: Tree) -> Divergence:
    """A difference with the first element that differs."""
    a, b = _tensors(mismatch.path, left), _tensors(mismatch.path, right)
    if mismatch.kind in ("value", "gradient") and a is not None and b is not None and a["shape"] == b["shape"]:
        found = first_difference(a["dtype"], a["bits"], b["bits"])
        if found is not None:
            index, x, y = found
            return Divergence(
                line, f"{mismatch.path}{_place(index, a['shape'])}", f"{x}, {mismatch.python}", f"{y}, {mismatch.cpp}",
                mismatch.max_ulp,
            )  # fmt: skip
    return Divergence(line, mismatch.path, mismatch.python, mismatch.cpp, mismatch.max_ulp)


def _tensors(path: str, tree: Tree) -> Tree | None:
    """The tensor that a path ends in, when it is the recorded value itself or its gradient."""
    for _ in range(path.count(".grad")):
        tree = tree.get("grad") or {}
    return tree if tree.get("k") == "tensor" else None


def _place(index: int, shape: Sequence[int]) -> str:
    """An index into the flat elements as one into the tensor."""
    places: list[int] = []
    for size in reversed(shape):
        places.append(index % size)
        index //= size
    return f"[{', '.join(map(str, reversed(places)))}]" if shape else ""
