"""Verifies training programs over all optimizers and schedulers: `python -m py2cpp_autograd.tools.optimizer_sweep`."""

from __future__ import annotations

import sys

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


if __name__ == "__main__":
    sys.exit(sweep_command(SUBJECT, lambda samples, only, seed, every: generate(STEPS, only).thinned(every)))
