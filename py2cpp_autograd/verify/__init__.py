"""Builds the C++ of programs against LibTorch, runs both sides, and compares every value and gradient bit for bit.

The only importer of torch and subprocess. User code runs in child processes with limits, never in this one.
"""

from py2cpp_autograd.verify.run import Program, VerifyOptions, compile_units, verify_files, verify_programs
from py2cpp_autograd.verify.verdict import Mismatch, Verdict

__all__ = [
    "Mismatch",
    "Program",
    "Verdict",
    "VerifyOptions",
    "compile_units",
    "verify_files",
    "verify_programs",
]
