"""How a program takes gradients: of a loss or of the result, by `backward` or `torch.autograd.grad`, with hooks."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence

import torch

from py2cpp_autograd.tools.operator_spelling import Unspellable

_LOSSES = (
    "({0} * {0}.detach().cos()).sum()",
    "{0}.sum()",
    "{0}.mean()",
    "({0} ** 2).sum()",
    "torch.sum({0} * torch.arange(1, {0}.numel() + 1, dtype={0}.dtype).reshape({0}.shape))",
    "{0}.sin().sum()",
    "{0}.pow(2).mean()",
    "{0}.flatten().dot({0}.detach().flatten())",
    "{0}.norm()",
)
_COMPLEX_LOSSES = ("{0}.abs().sum()", "({0} * {0}.conj()).real.sum()", "torch.view_as_real({0}).pow(2).sum()")
_COTANGENTS = ("torch.ones_like({0})", "torch.full_like({0}, 0.5)", "{0}.detach() * 0.1", "torch.randn_like({0})")


def first_order(out: object, inputs: Sequence[str], draw: random.Random) -> str:
    """The lines that take the gradients of a result; nothing where it has none."""
    parts = list(differentiable(out))
    if not parts:
        return ""
    names = [name for name, _ in parts]
    choice = draw.random()
    if choice < 0.35 or not inputs:
        return _watched(names, inputs, draw) + f"{_loss(parts, draw)}.backward()\n"
    if choice < 0.5:
        return _accumulated(parts, draw)
    seeds = [draw.choice(_COTANGENTS).format(name) for name in names]
    if choice < 0.65 and len(parts) == 1:
        keyword = draw.choice(("", "gradient="))
        return _watched(names, inputs, draw) + f"{names[0]}.backward({keyword}{seeds[0]})\n"
    if choice < 0.8:
        return f"torch.autograd.backward([{', '.join(names)}], [{', '.join(seeds)}])\n"
    outputs, given = (f"[{', '.join(names)}]", f"[{', '.join(seeds)}]") if len(parts) > 1 else (names[0], seeds[0])
    options = draw.choice(("", ", retain_graph=True", ", allow_unused=True"))
    return f"grads = torch.autograd.grad({outputs}, {_listed(inputs, draw)}, grad_outputs={given}{options})\n"


def second_order(out: object, inputs: Sequence[str], draw: random.Random) -> str:
    """The lines that differentiate the gradients of a result; raises Unspellable where nothing is differentiable."""
    parts = list(differentiable(out))
    if not parts or not inputs:
        raise Unspellable("no second-order form: nothing differentiable")
    taken = f"torch.autograd.grad({_loss(parts, draw)}, {_listed(inputs, draw)}, create_graph=True)"
    grads = [f"grad_{name}" for name in inputs]
    if draw.random() < 0.5:
        lines, grads = [f"grads = {taken}"], [f"grads[{place}]" for place in range(len(inputs))]
    elif len(inputs) == 1:
        lines = [f"{grads[0]} = {taken}[0]" if draw.random() < 0.5 else f"({grads[0]},) = {taken}"]
    else:
        lines = [f"{', '.join(grads)} = {taken}"]
    penalty = " + ".join(draw.choice(("({0} * {0}).sum()", "{0}.abs().pow(2).sum()")).format(one) for one in grads)
    lines.append(f"penalty = {penalty}")
    again = f"second = torch.autograd.grad(penalty, {_listed(inputs, draw)}, allow_unused=True)"
    lines.append("penalty.backward()" if draw.random() < 0.6 else again)
    return "\n".join(lines) + "\n"


def differentiable(out: object, name: str = "out") -> Iterator[tuple[str, torch.Tensor]]:
    """The parts of a result that gradients flow from, and how a program names them."""
    if isinstance(out, torch.Tensor):
        if out.requires_grad and out.layout == torch.strided:
            yield name, out
    elif isinstance(out, list | tuple):
        for place, part in enumerate(out):
            yield from differentiable(part, f"{name}[{place}]")


def _loss(parts: Sequence[tuple[str, torch.Tensor]], draw: random.Random) -> str:
    terms = [draw.choice(_COMPLEX_LOSSES if part.is_complex() else _LOSSES).format(name) for name, part in parts]
    return f"({' + '.join(terms)})" if len(terms) > 1 else terms[0]


def _listed(names: Sequence[str], draw: random.Random) -> str:
    if len(names) == 1:
        return draw.choice((names[0], f"[{names[0]}]", f"({names[0]},)"))
    return draw.choice(("[{}]", "({})")).format(", ".join(names))


def _watched(parts: Sequence[str], inputs: Sequence[str], draw: random.Random) -> str:
    """Hooks, and gradients that are kept, before backward runs."""
    lines: Sequence[Callable[[], str]] = (
        lambda: f"{draw.choice(parts)}.retain_grad()\n",
        lambda: f"{draw.choice(inputs)}.register_hook(lambda grad: grad * 2)\n",
        lambda: f"{draw.choice(inputs)}.register_hook(lambda grad: print(grad.sum()))\n",
    )
    return draw.choice(lines[: 3 if inputs else 1])() if draw.random() < 0.4 else ""


def _accumulated(parts: Sequence[tuple[str, torch.Tensor]], draw: random.Random) -> str:
    """Gradients of two passes."""
    return f"loss = {_loss(parts, draw)}\nloss.backward(retain_graph=True)\nloss.backward()\n"
