"""What ends a verification and is no program's fault: the machine's, a compiler's, a process's of ours."""

from __future__ import annotations


class ToolchainError(RuntimeError):
    """No compiler, or no LibTorch: nothing can be verified on this machine."""


class BuildError(RuntimeError):
    """The compiler failed on something that is not a program: the runtime or the precompiled header."""


class CompilerCrash(BuildError):
    """The compiler crashed over one input: it may do better with another."""


class SideError(RuntimeError):
    """A resident process does not answer: not the fault of a program."""
