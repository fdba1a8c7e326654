"""Verifies training programs over all optimizers and schedulers: `python -m py2cpp_autograd.tools.optimizer_sweep`."""

from __future__ import annotations

import sys

from py2cpp_autograd.tools.operator_programs import Generated
from py2cpp_autograd.tools.operator_sweep import Subject, sweep_command
from py2cpp_autograd.tools.optimizer_programs import generate

#: Steps of each program.
STEPS = 32
SUBJECT = Subject(
    "Optimizers and schedulers, proven",
    f"Each optimizer of torch's own database with each of its options, and each scheduler, in a training\n"
    f"loop of {STEPS} steps on parameters of 64 x 64, with closures, parameter groups, saved states and the like,\n"
    "is a program",
    "py2cpp_autograd.tools.optimizer_sweep",
)


def _thinned(made: Generated, every: int) -> Generated:
    """One program in `every`."""
    return Generated(made.programs[::every], made.unspellable)


if __name__ == "__main__":
    sys.exit(sweep_command(SUBJECT, lambda samples, only, seed, every: _thinned(generate(STEPS, only), every)))
