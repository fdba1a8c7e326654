"""Training programs over torch's own database of optimizers, and over all schedulers: each option, in several forms.

Thirty and more steps on parameters of 64 x 64: short runs of few numbers agree by luck.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Protocol, cast

import torch

from py2cpp_autograd.tools.aten_results import provide_test_packages
from py2cpp_autograd.tools.operator_programs import Generated, OperatorProgram, run
from py2cpp_autograd.tools.operator_spelling import Inputs, Unspellable, text
from py2cpp_autograd.tools.scheduler_programs import PLATEAU, SCHEDULER_FORMS, SCHEDULERS

_HEAD = """\
import torch
import torch.nn as nn
import torch.optim as optim

x = torch.randn(32, 64{dtype})
y = torch.randn(32, 64{dtype})
w = torch.randn(64, 64{dtype}, requires_grad=True)
v = torch.randn(64, 64{dtype}, requires_grad=True)
b = torch.zeros(64{dtype}, requires_grad=True)
"""
#: Muon takes matrices alone.
_MATRICES = _HEAD.replace("b = torch.zeros(64{dtype}, requires_grad=True)", "b = torch.ones(64{dtype})")
_LOSS = "((x @ w / 8 + b).tanh() @ v / 8 - y).pow(2).mean()"
_STEP = f"""\
    optimizer.zero_grad()
    loss = {_LOSS}
    loss.backward()
"""
_LOOP = f"""\
optimizer = optim.NAME(PARAMETERS, OPTIONS)
losses = []
for step in range(STEPS):
{_STEP}\
    optimizer.step()
    losses.append(loss.item())
"""
_CLOSED = f"""\
optimizer = optim.NAME(PARAMETERS, OPTIONS)


def closure():
    optimizer.zero_grad()
    loss = {_LOSS}
    loss.backward()
    return loss


losses = []
for step in range(STEPS):
    losses.append(optimizer.step(closure).item())
"""
#: Each option alone, and with the options that torch tries.
_FLAGS: tuple[Mapping[str, object], ...] = (
    {},
    {"foreach": True},
    {"foreach": False},
    {"fused": True},
    {"capturable": True},
    {"differentiable": True},
)

#: The loops of a program, by form; OPTIONS stands for the optimizer's.
FORMS: Mapping[str, str] = {
    "loop": _LOOP,
    "closure": _CLOSED,
    "groups": _LOOP.replace(
        "PARAMETERS, OPTIONS", '[{"params": [w], "lr": 0.003}, {"params": REST, "weight_decay": 0.05}], OPTIONS'
    ),
    "rates": _LOOP.replace(
        "    optimizer.step()",
        '    for group in optimizer.param_groups:\n        group["lr"] *= 0.95\n    optimizer.step()',
    ),
    "kept": _LOOP.replace("zero_grad()", "zero_grad(set_to_none=False)"),
    "accumulated": _LOOP.replace("    optimizer.zero_grad()", "    if step % 3 == 0:\n        optimizer.zero_grad()"),
    "partial": _LOOP.replace("loss.backward()", "loss.backward()\n    if step % 4 == 1:\n        v.grad = None"),
    "added": _LOOP.replace("PARAMETERS", "[w]").replace(
        "    optimizer.step()",
        '    if step == 9:\n        optimizer.add_param_group({"params": [v], "lr": 0.004})\n    optimizer.step()',
    ),
    "clipped": _LOOP.replace("loss.backward()", "loss.backward()\n    nn.utils.clip_grad_norm_(PARAMETERS, 0.05)"),
    "saved": _LOOP
    + "state = optimizer.state_dict()\n"
    + _LOOP.replace("losses = []", "optimizer.load_state_dict(state)").replace("STEPS", "10"),
}
_SPARSE = """\
import torch
import torch.nn as nn
import torch.optim as optim

table = nn.Embedding(64, 64, sparse=True)
goal = torch.randn(64, 64)
optimizer = optim.SparseAdam(table.parameters(), OPTIONS)
losses = []
for step in range(STEPS):
    optimizer.zero_grad()
    index = torch.randint(0, 64, (24,))
    loss = (table(index) - goal[index]).pow(2).mean()
    loss.backward()
    optimizer.step()
    losses.append(loss.item())
"""


class OptimizerInput(Protocol):
    """One sample of the database of optimizers."""

    kwargs: Mapping[str, object]


class OptimizerInfo(Protocol):
    """An entry of the database of optimizers."""

    optim_cls: type[torch.optim.Optimizer]
    supported_impls: tuple[str, ...]

    def optim_inputs_func(self, device: str) -> Iterable[OptimizerInput]:
        """The samples."""
        ...


def generate(steps: int, only: str = "") -> Generated:
    """The programs whose name `only` is found in, of `steps` steps each."""
    found = Generated()
    wanted = re.compile(only)
    for program in (*_of_optimizers(), *_of_schedulers()):
        if not wanted.search(program.name):
            continue
        source = program.source.replace("STEPS", str(steps)).replace(", )", ")")
        try:
            run(source)
            found.programs.append(replace(program, source=source))
        except Unspellable as error:
            found.unspellable[str(error)] += 1
    return found


def _of_optimizers() -> Iterator[OperatorProgram]:
    for info in _database():
        name = info.optim_cls.__name__
        for number, (form, options) in enumerate(_planned(info)):
            for dtype in ("float32", "float64") if form == "loop" and len(options) < 2 else ("float32",):
                source = _program(name, form, _spelled(options), dtype)
                yield OperatorProgram(name, "torch.optim", form, dtype, number, source)


def _database() -> Iterable[OptimizerInfo]:
    provide_test_packages()
    from torch.testing._internal.common_optimizers import optim_db

    return cast(Iterable[OptimizerInfo], list(optim_db))


def _planned(info: OptimizerInfo) -> Iterator[tuple[str, dict[str, object]]]:
    """The forms and options of an optimizer's programs: all options in a loop, the other forms with some."""
    samples = [dict(sample.kwargs) for sample in info.optim_inputs_func(device="cpu")]
    for options in samples:
        for flag in _FLAGS:
            if not flag or set(flag) & {*info.supported_impls, "capturable"}:
                yield "loop", {**options, **flag}
    for form in FORMS:
        for options in (samples[0], samples[-1]):
            if form != "loop" and info.optim_cls.__name__ != "SparseAdam":
                yield form, options


def _spelled(options: Mapping[str, object]) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in options.items())


def _value(value: object) -> str:
    return f"torch.tensor({value.item()})" if isinstance(value, torch.Tensor) else text(value, Inputs())


def _program(name: str, form: str, options: str, dtype: str) -> str:
    if name == "SparseAdam":
        return _SPARSE.replace("OPTIONS", options)
    head = _MATRICES if name == "Muon" else _HEAD
    body = FORMS["closure" if name == "LBFGS" and form == "loop" else form]
    rest = "[v]" if name == "Muon" else "[v, b]"
    head = head.replace("{dtype}", "" if dtype == "float32" else f", dtype=torch.{dtype}")
    body = body.replace("PARAMETERS", f"[w, {rest[1:]}").replace("REST", rest).replace("NAME", name)
    return f"{head}\n{body.replace('OPTIONS', options)}"


def _of_schedulers() -> Iterator[OperatorProgram]:
    """Each scheduler with each of its options, over optimizers with and without momentum, in each form."""
    for number, written in enumerate(SCHEDULERS):
        name = written.partition("(")[0]
        for form, body in SCHEDULER_FORMS.items():
            if (form in PLATEAU) == (name == "ReduceLROnPlateau") or form in ("sgd", "groups", "saved"):
                step = "scheduler.step(loss)" if name == "ReduceLROnPlateau" else "scheduler.step()"
                loop = body.replace("SCHEDULER", f"lr_scheduler.{written}").replace("ADVANCE", step)
                source = f"{_HEAD.replace('{dtype}', '')}\n{loop.replace('LOSS', _LOSS)}"
                source = source.replace("import torch.optim as optim", _IMPORTS)
                yield OperatorProgram(name, "torch.optim.lr_scheduler", form, "float32", number, source)


_IMPORTS = "import torch.optim as optim\nfrom torch.optim import lr_scheduler"
