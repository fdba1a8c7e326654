"""The sample calls of torch's database of operators as other people would write them: drawn by a seed.

Arguments by keyword or by position, lists for tuples and the reverse, numbers for lists of one, inputs that are
views of others, parts of the result by name, by number or unpacked, the call in a function, another loss.
"""

from __future__ import annotations

import inspect
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

import torch
from torch.overrides import get_testing_overrides

from py2cpp_autograd.tools.operator_spelling import FORMS, Call, Inputs, operator_of, resolves, tensor_text

_LOSSES = (
    "({0} * {0}.detach().cos()).sum()",
    "{0}.sum()",
    "{0}.mean()",
    "({0} ** 2).sum()",
    "torch.sum({0} * torch.arange(1, {0}.numel() + 1, dtype={0}.dtype).reshape({0}.shape))",
    "{0}.sin().sum()",
)
_COMPLEX_LOSSES = ("{0}.abs().sum()", "({0} * {0}.conj()).real.sum()", "torch.view_as_real({0}).pow(2).sum()")


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

    def loss(self, part: str, is_complex: bool) -> str:
        """A number that depends on a differentiable part of the result."""
        return self.draw.choice(_COMPLEX_LOSSES if is_complex else _LOSSES).format(part)


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


class StyledInputs(Inputs):
    """Inputs, some of which are views of a variable that holds the numbers in another order."""

    style: Style

    def lines(self) -> Iterator[str]:
        """The statements that make the variables."""
        for line, tensor in zip(super().lines(), self.tensors, strict=True):
            name, _, value = line.partition(" = ")
            if tensor.dim() >= 2 and tensor.numel() and not self.detached and self.style.sometimes():
                turned = tensor.detach().transpose(0, tensor.dim() - 1).contiguous()
                yield f"{name}_base = {tensor_text(turned.requires_grad_(tensor.requires_grad))}"
                yield f"{name} = {name}_base.transpose(0, {tensor.dim() - 1})"
            else:
                yield f"{name} = {value}"


def spell(call: Call, form: str, style: Style) -> tuple[str, Inputs]:
    """The statement that assigns `out`, and the inputs."""
    inputs = StyledInputs()
    inputs.style = style
    chosen = call if form in ("operator", "out") else respelled(call, style)
    if form in ("method", "in-place") and not chosen.arguments:
        chosen = call
    written = FORMS[form](chosen, inputs)
    if form == "function" and style.sometimes():
        names = ", ".join(line.partition(" = ")[0] for line in Inputs.lines(inputs))
        return f"\n\ndef run({names}):\n    return {written.removeprefix('out = ')}\n\n\nout = run({names})", inputs
    return written, inputs


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
