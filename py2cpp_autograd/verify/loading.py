"""Loads what was linked loosely before its programs run: a name that is nowhere fails all programs of a library.

What cannot be loaded is built again with a linker that looks for every name, which tells whose fault it is, and what
even then cannot be loaded alone, so that it is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import replace
from functools import partial
from pathlib import Path

from py2cpp_autograd.verify.build import Built, Unit, build
from py2cpp_autograd.verify.cache import discard
from py2cpp_autograd.verify.runtime import Runtime
from py2cpp_autograd.verify.sides import CppSide
from py2cpp_autograd.verify.toolchain import Toolchain

#: Runs a call with a process of the C++ side.
Pool = Callable[[Callable[[CppSide], bool]], Future[bool]]


def loadable(
    run: Pool, toolchain: Toolchain, root: Path, made: Runtime, units: Sequence[Unit], jobs: int
) -> dict[str, Built]:
    """The entry point of each unit by its name, in libraries that can be loaded unless it is the unit's fault."""
    built = build(toolchain, root, made, units, jobs)
    strict = replace(made, loosely=False)
    for count in (jobs, len(units)) if made.loosely else ():
        broken = _not_loadable(run, built)
        again = [unit for unit in units if built[unit.name].library in broken]
        if not again:
            break
        for library in broken:
            discard(library.parent)
        built |= build(toolchain, root, strict, again, count)
    return built


def _not_loadable(run: Pool, built: Mapping[str, Built]) -> set[Path]:
    """The libraries that the host cannot load."""
    libraries = {one.library for one in built.values() if one.library is not None}
    tried = {library: run(partial(CppSide.loads, library=library)) for library in libraries}
    return {library for library, loads in tried.items() if not loads.result()}
