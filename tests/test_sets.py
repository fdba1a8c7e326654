"""Python's sets, in C++ in CPython's order: programs of random operations, which show every set that they make."""

from __future__ import annotations

import random

import pytest

from py2cpp_autograd.verify import Program, verify_programs

pytestmark = pytest.mark.build

#: Elements by kind, as Python writes them; many collide in small tables.
ELEMENTS: dict[str, list[str]] = {
    "int": [*map(str, range(-3, 80)), "-1", "2**40", "8 * 2**40", "2**61 - 1", "-(2**61)", "2**62 + 5", "1 << 33"],
    "float": [*(repr(n / 4) for n in range(-20, 60)), "1e300", "-1e-300", "float('inf')", "0.1", "2.0**70"],
    "str": [*map(repr, "abcdefghijklmnopq"), *(repr(f"word{n}") for n in range(60)), "''", "'é'", "'日本'", "'🙂x'"],
    "pair": [f"({n}, 'k{n % 7}')" for n in range(40)],
}  # fmt: skip
OPERATORS = ["|", "&", "-", "^"]


def program(kind: str, seed: int) -> str:
    """A program of 120 statements on four sets of one kind of elements.

    The order of three and more texts in a display depends on what other texts Python has seen, and C++ ends there.
    """
    draw = random.Random(seed)
    names = ["a", "b", "c", "d"]
    lines = ["import torch"]

    def some(most: int) -> str:
        return ", ".join(draw.choices(ELEMENTS[kind], k=draw.randint(1, most)))

    def statement() -> list[str]:
        name, other = draw.choice(names), draw.choice(names)
        items = ", ".join(f"{key}: 1" for key in draw.choices(ELEMENTS[kind], k=draw.randint(1, 30)))
        keys = f"[{some(40)}]" if kind == "pair" else f"{{{items}}}"
        display = draw.choices(ELEMENTS[kind], k=draw.randint(1, 12 if kind in {"int", "float"} else 2))
        choices = [
            [f"{name} = {{{', '.join(display)}}}"],
            [f"{name} = set([{some(60)}])"],
            [f"{name} = set({keys})"],
            [f"{name}.update([{some(40)}])"],
            [f"{name}.update({other})"],
            [f"{name}.add({some(1)})"],
            [f"{name}.discard({some(1)})"],
            [f"{name} = {draw.choice(names)} {draw.choice(OPERATORS)} {other}"],
            [f"{name} {draw.choice(OPERATORS)}= {other}"],
            [f"{name} = {other}.copy()"],
            [f"{name} = {{e for e in {other}}}"],
            [f"for e in {{{', '.join(display if kind in {'int', 'float'} else display[:1])}}}:", "    print(e)"],
            [f"while len({name}) > {draw.randint(0, 9)}:", f"    print({name}.pop())"],
        ]
        return [*draw.choice(choices), f"print({name}, list({name}), len({name}))"]

    lines += [f"{name} = set([{some(9)}])" for name in names]
    for _ in range(120):
        lines += statement()
    return "\n".join(lines) + "\n"


def test_random_operations() -> None:
    sources = {f"{kind}_{seed}": program(kind, seed) for kind in ELEMENTS for seed in range(2)}
    verdicts = verify_programs([Program(f"{name}.py", source) for name, source in sources.items()])
    found = {verdict.path: (verdict.status, verdict.detail) for verdict in verdicts}
    assert {status for status, _ in found.values()} == {"match"}, found


def test_the_order_of_texts_that_python_may_make_twice() -> None:
    """Up to Python 3.12, the order of such a display depends on what texts stand elsewhere in the process."""
    texts = ", ".join(repr(f"word{n}") for n in range(12))
    members = (
        f"known = {{{texts}}}\nprint('word3' in known, len(known), sorted(x for x in ['word1', 'no'] if x in known))\n"
    )
    sources = [f"import torch\n{members}", f"import torch\nfor word in {{{texts}}}:\n    print(word)\n"]
    membership, order = verify_programs([Program(f"{n}.py", source) for n, source in enumerate(sources)])
    assert membership.status == "match", membership.detail
    assert order.status == "cpp_error"
    assert "depends on what texts Python has seen" in order.detail
