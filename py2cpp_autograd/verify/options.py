"""How to verify, and what: the words of a request."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from py2cpp_autograd.siblings import ALONE, Siblings


@dataclass(frozen=True)
class VerifyOptions:
    """How to verify. `timeout` is in seconds, for each side; `jobs` None uses all cores.

    `entry` names functions and classes of the files: they, and what they need, are all that both sides see.
    `thorough` runs scripts with several seeds, and models with several kinds of inputs and to the second order.
    `locates`: where a program differs, the first line that does is looked for, which costs three builds.
    """

    seed: int = 0
    jobs: int | None = None
    timeout: float = 60.0
    compiler: str | None = None
    standard: str = "c++17"
    cache: Path | None = None
    full_headers: bool = False
    thorough: bool = False
    entry: tuple[str, ...] = ()
    locates: bool = True

    @property
    def job_count(self) -> int:
        """How many compilations, and how many programs, run at once."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True)
class Program:
    """A program to verify: its name in reports, its source, and the C++ by hand if it is not to be translated.

    `siblings` are the files of its project that it may import.
    """

    name: str
    source: str
    cpp: str | None = None
    siblings: Siblings = ALONE
