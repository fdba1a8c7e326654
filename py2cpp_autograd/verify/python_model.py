"""Drives a model file on the Python side; `cpp_harness/include/py2cpp/drive.h` takes the same steps.

`docs/trace-format.md` has the steps, the cotangents, and the variants that `--thorough` runs besides.
"""

from __future__ import annotations

import sys
import types
from collections.abc import Callable, Iterator

import numpy as np
import torch

from py2cpp_autograd.verify.python_siblings import package_of_main
from py2cpp_autograd.verify.variants import LARGE, SECOND_ORDER, SPECIAL, SUBNORMAL, TIES, ZEROS

_SPECIAL = (float("inf"), float("-inf"), float("nan"), -0.0)


def run_model(
    code_in: Callable[[types.ModuleType], types.CodeType],
    seed: int,
    variant: int,
    record: Callable[[str, object], None],
) -> None:
    """Build the model and its inputs, run it forward and backward, and record what that gives.

    `code_in` gives the program's code, which is to be run in a module.
    """
    module = types.ModuleType("__main__")
    module.__package__ = package_of_main()
    sys.modules["__main__"] = module
    exec(code_in(module), module.__dict__)
    torch.manual_seed(seed)
    model = module.Model(*module.get_init_inputs())
    torch.manual_seed(seed)
    inputs = [_varied(value, variant) for value in module.get_inputs()]
    for value in _tensors(inputs):
        if value.is_floating_point() or value.is_complex():
            value.requires_grad_(True) if value.is_leaf else value.retain_grad()
    output = model(*inputs)
    if variant == SECOND_ORDER:
        record("first", _first_order(output, inputs))
    else:
        _backward(enumerate(_tensors(output)))
    for name, recorded in (("output", output), ("inputs", inputs), ("model", model)):
        record(name, recorded)


def _backward(numbered: Iterator[tuple[int, torch.Tensor]]) -> None:
    pairs = [(t, cotangent(t, i)) for i, t in numbered if t.requires_grad]
    if pairs:
        torch.autograd.backward([t for t, _ in pairs], [c for _, c in pairs])


def _first_order(output: object, inputs: object) -> list[torch.Tensor | None]:
    """The gradients of the inputs, from which backward is run again."""
    pairs = [(t, cotangent(t, i)) for i, t in enumerate(_tensors(output)) if t.requires_grad]
    leaves = [value for value in _tensors(inputs) if value.requires_grad]
    if not pairs or not leaves:
        return []
    roots, cotangents = zip(*pairs, strict=True)
    gradients = torch.autograd.grad(roots, leaves, cotangents, create_graph=True, allow_unused=True)
    found: list[torch.Tensor | None] = list(gradients)
    _backward((i, t) for i, t in enumerate(found) if t is not None)
    return found


def _tensors(value: object) -> Iterator[torch.Tensor]:
    if isinstance(value, torch.Tensor):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _tensors(item)
    elif isinstance(value, dict):
        for item in value.values():
            yield from _tensors(item)


def _varied(value: object, variant: int) -> object:
    """The inputs of a variant: as given, but for the floating tensors."""
    if isinstance(value, torch.Tensor):
        return _OTHERS[variant](value.detach()) if value.is_floating_point() and variant in _OTHERS else value
    if type(value) is list:  # not what derives from it
        return [_varied(item, variant) for item in value]
    if type(value) is tuple:
        return tuple(_varied(item, variant) for item in value)
    if type(value) is dict:
        return {key: _varied(item, variant) for key, item in value.items()}
    return value


def _with_special(value: torch.Tensor) -> torch.Tensor:
    """The tensor with infinities, NaN and -0.0 in its first places."""
    flat = value.flatten().clone()
    for index, special in enumerate(_SPECIAL[: flat.numel()]):
        flat[index] = special
    return flat.view(value.shape)


_OTHERS: dict[int, Callable[[torch.Tensor], torch.Tensor]] = {
    ZEROS: torch.zeros_like,
    TIES: torch.round,
    LARGE: lambda value: value * 1e4,
    SUBNORMAL: lambda value: value * torch.finfo(value.dtype).tiny,
    SPECIAL: _with_special,
}


def cotangent(output: torch.Tensor, index: int) -> torch.Tensor:
    """Odd multiples of 1/256 in (-1, 1), from a counter and a hash: exact in every floating dtype."""
    counter = np.arange(1, output.numel() + 1, dtype=np.uint64)
    mixed = counter * np.uint64(0x9E3779B97F4A7C15) + np.uint64(index * 0xD1B54A32D192ED03 % 2**64)
    mixed ^= mixed >> np.uint64(31)
    mixed *= np.uint64(0x94D049BB133111EB)
    odd = 2.0 * ((mixed >> np.uint64(40)) & np.uint64(0xFF)).astype(np.float64) - 255.0
    return torch.from_numpy(odd / 256.0).reshape(output.shape).to(output.dtype)
