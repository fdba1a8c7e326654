"""The sample calls of torch's database of operators as other people would write them: drawn by a seed.

Arguments by keyword or by position, lists for tuples and the reverse, numbers for lists of one, parts of the result
by name, by number or unpacked, the call in a function, a module, a container or a loop.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch.overrides import get_testing_overrides

from py2cpp_autograd.tools.operator_inputs import DRAWN, EXACT, StyledInputs
from py2cpp_autograd.tools.operator_spelling import FORMS, Call, Inputs, operator_of, resolves, tensor_name


@dataclass
class Style:
    """The habits of the author of one program."""

    draw: random.Random

    def often(self) -> bool:
        """Whether to do what every second author does."""
        return self.draw.random() < 0.5

    def sometimes(self) -> bool:
        """Whether to do what one author in four does."""
        return self.draw.random() < 0.25


@cache
def _parameters(name: str) -> tuple[str, ...]:
    """The names of a function's parameters that may stand at a position; none when they are not known."""
    if not resolves(name):
        return ()
    function = operator_of(name)
    try:
        found = inspect.signature(get_testing_overrides().get(function, function)).parameters.values()
    except (TypeError, ValueError):
        return ()
    return tuple(one.name for one in found if one.kind is one.POSITIONAL_OR_KEYWORD)


def respelled(call: Call, style: Style) -> Call:
    """The same call with its arguments written in another way; Python may refuse it."""
    arguments, keywords = list(call.arguments), dict(call.keywords)
    names = _parameters(call.name)
    if style.often():
        while len(arguments) < len(names) and names[len(arguments)] in keywords:
            arguments.append(keywords.pop(names[len(arguments)]))
    elif len(names) >= len(arguments) > 0:
        kept = style.draw.randint(0 if style.sometimes() else 1, len(arguments))
        keywords = {**dict(zip(names[kept:], arguments[kept:], strict=False)), **keywords}
        del arguments[kept:]
    return Call(
        call.name,
        tuple(_reshaped(one, style) for one in arguments),
        {key: _reshaped(one, style) for key, one in keywords.items()},
    )


def _reshaped(value: object, style: Style) -> object:
    """A list for a tuple, a tuple for a list, a number for a list of one."""
    if not isinstance(value, list | tuple) or not value or not all(type(one) is int for one in value):
        return value
    if len(value) == 1 and style.sometimes():
        return value[0]
    return list(value) if style.often() else tuple(value)


def spell(call: Call, form: str, style: Style, drawn: bool) -> tuple[str, Inputs]:
    """The statements that assign `out`, and the inputs; `drawn` ones may have other numbers than the sample's."""
    inputs = StyledInputs(draw=style.draw, ways=DRAWN if drawn else EXACT)
    chosen = call if form in ("operator", "out") else respelled(call, style)
    if form not in ("function", "operator", "out") and not chosen.arguments:
        chosen = call
    written = FORMS[form](chosen, inputs)
    if form in ("out", "in-place", "in-place-function"):
        return written, inputs
    names = [tensor_name(number) for number in range(len(inputs.tensors))]
    return _placed(_imported(written.removeprefix("out = "), style), names, style), inputs


def _imported(expression: str, style: Style) -> str:
    """The call by another path to the same function."""
    if expression.startswith("F."):
        return f"torch.nn.functional.{expression[2:]}" if style.sometimes() else expression
    return expression


def _placed(expression: str, names: Sequence[str], style: Style) -> str:
    """The statements around the call: in a function, a lambda, a module, a container or a loop, or on its own."""
    given = ", ".join(names)
    match style.draw.randrange(12):
        case 0 | 1:
            return f"\n\ndef run({given}):\n    return {expression}\n\n\nout = run({given})"
        case 2:
            return f"run = lambda {given}: {expression}\nout = run({given})"
        case 3:
            head = "\n\nclass Net(torch.nn.Module):\n    def forward"
            return f"{head}({', '.join(['self', *names])}):\n        return {expression}\n\n\nout = Net()({given})"
        case 4:
            return f"results = [{expression}]\nout = results[0]"
        case 5:
            return f'results = {{"out": {expression}}}\nout = results["out"]'
        case 6:
            return f"results = []\nfor _ in range(2):\n    results.append({expression})\nout = results[-1]"
        case 7:
            return f"results = [{expression} for step in range(2)]\nout = results[1]"
        case _:
            return f"out = {expression}"


def unpacked(out: object, style: Style) -> str:
    """Lines that take a result of several parts apart; `out` stays what it is."""
    if not isinstance(out, tuple) or not out or not all(isinstance(part, torch.Tensor) for part in out):
        return ""
    names: Sequence[str] = getattr(out, "_fields", ())
    if names and style.often():
        return "".join(f"{name}_ = out.{name}\n" for name in names)
    return f"{', '.join(f'part{place}' for place in range(len(out)))}{',' * (len(out) == 1)} = out\n"


def shown(out: object, style: Style) -> str:
    """A line that prints the result, or what is known of it."""
    if isinstance(out, torch.Tensor) and style.sometimes():
        return style.draw.choice(("print(out)\n", "print(out.shape, out.dtype)\n", "print(out.detach())\n"))
    return ""
