"""Verifies programs made from torch's database of modules: `python -m py2cpp_autograd.tools.module_sweep`."""

from __future__ import annotations

import sys

from py2cpp_autograd.tools.module_programs import generate
from py2cpp_autograd.tools.operator_sweep import Subject, sweep_command

SUBJECT = Subject(
    "Modules, proven",
    "Each sample of torch's own database of modules, and each option that it does not try,\n"
    "as a script, with keywords, in eval mode and in a model file, is a program",
    "py2cpp_autograd.tools.module_sweep",
)


if __name__ == "__main__":
    sys.exit(sweep_command(SUBJECT, lambda samples, only, seed, every: generate(samples, only).thinned(every)))
