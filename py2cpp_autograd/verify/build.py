"""Builds probed units: many in one shared object. One that does not compile does not hurt the others."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from py2cpp_autograd.verify import compiler, complaints
from py2cpp_autograd.verify.cache import discard_if_damaged, entry
from py2cpp_autograd.verify.complaints import Complaint
from py2cpp_autograd.verify.errors import BuildError, CompilerCrash
from py2cpp_autograd.verify.lean import AS_THEY_ARE
from py2cpp_autograd.verify.own_main import returning
from py2cpp_autograd.verify.runtime import Runtime, runtime, runtime_at_hand
from py2cpp_autograd.verify.toolchain import Toolchain

#: Units, and characters of them, in one translation unit: enough to share the cost of the headers and of the link,
#: which is that of fifty small units, few enough for the memory of g++, which takes 0.5 to 6 MB for 1,000 characters.
UNITS_PER_OBJECT = 100
_TEXT_PER_OBJECT = 200_000
#: Translation units for which preparing headers, which takes as long as six, is not worth the wait.
_FEW = 2


@dataclass(frozen=True)
class Unit:
    """The C++ of one program: its probed text, its namespaces, and how it is driven ("script", "model", "main").

    C++ by hand that `records_itself` has no recorders of ours.
    """

    name: str
    text: str
    namespaces: tuple[str, ...]  # that of what is driven first
    kind: str
    records_itself: bool = False

    @property
    def namespace(self) -> str:
        """The namespace of what is driven."""
        return self.namespaces[0]

    @property
    def outer_namespaces(self) -> frozenset[str]:
        """The namespaces that lie in no other."""
        return frozenset(name.partition("::")[0] for name in self.namespaces)


@dataclass(frozen=True)
class Built:
    """Where a unit's entry point is, or why it does not compile."""

    library: Path | None
    symbol: str
    complaint: Complaint | None = None
    crash: CompilerCrash | None = None


def runtime_for(toolchain: Toolchain, root: Path, units: Sequence[Unit], full: bool = False) -> Runtime:
    """The runtime to build units with: that of many programs, unless making it takes longer than doing without."""
    if full or len(_batches(units, 1)) > _FEW:
        return runtime(toolchain, root, full)
    return runtime_at_hand(toolchain, root)


def build(toolchain: Toolchain, root: Path, made: Runtime, units: Sequence[Unit], jobs: int) -> dict[str, Built]:
    """The entry point of each unit by its name. Raises BuildError when the compiler breaks down."""
    batches = _batches(units, 1 if made.is_makeshift else jobs)
    results: dict[str, Built] = {}
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for found in pool.map(lambda batch: _build_batch(toolchain, root, made, batch), batches):
            results.update(found)
    crashes = [built.crash for built in results.values() if built.crash is not None]
    if crashes and len(crashes) == len(results):
        raise crashes[0]
    return results


def _batches(units: Sequence[Unit], jobs: int) -> list[list[Unit]]:
    """Units by translation unit: no namespace twice, not too many, spread over the jobs."""
    rounds = -(-len(units) // (UNITS_PER_OBJECT * max(1, jobs)))
    size = -(-len(units) // max(1, rounds * jobs))
    batches: list[_Batch] = []
    for unit in units:
        if not any(batch.takes(unit, size) for batch in batches):
            batches.append(_Batch([unit], set(unit.outer_namespaces), len(unit.text)))
    return [batch.units for batch in batches]


@dataclass
class _Batch:
    """Units of one translation unit that is being filled, their namespaces, and how long their text is."""

    units: list[Unit]
    namespaces: set[str]
    length: int

    def takes(self, unit: Unit, size: int) -> bool:
        """Take a unit in, unless that is too much."""
        too_much = len(self.units) >= size or self.length + len(unit.text) > _TEXT_PER_OBJECT
        if too_much or not self.namespaces.isdisjoint(unit.outer_namespaces):
            return False
        self.units.append(unit)
        self.namespaces.update(unit.outer_namespaces)
        self.length += len(unit.text)
        return True


def _build_batch(toolchain: Toolchain, root: Path, made: Runtime, batch: Sequence[Unit]) -> dict[str, Built]:
    """What a batch becomes: what does not compile with the lean headers is tried with the full ones."""
    try:
        library, errors = _shared_object(toolchain, root, made, batch)
    except CompilerCrash as crash:
        folder = made.headers.folder
        if folder is not None and (discard_if_damaged(folder) or len(batch) == 1):
            return _build_batch(toolchain, root, replace(made, headers=AS_THEY_ARE), batch)
        if len(batch) == 1:
            return {batch[0].name: Built(None, "", complaints.unlocated(str(crash)), crash)}
        library, errors = None, ""
    if library is not None:
        return {unit.name: Built(library, _symbol(index)) for index, unit in enumerate(batch)}
    wrong = complaints.by_unit(errors)
    if made.loosely and not wrong:  # it may be the linker that was chosen
        return _build_batch(toolchain, root, replace(made, loosely=False), batch)
    if made.headers.lean and (wrong or len(batch) == 1):
        chosen = [unit for index, unit in enumerate(batch) if index in wrong] or list(batch)
        results = _build_batch(toolchain, root, replace(made, headers=AS_THEY_ARE), chosen)
    elif len(batch) == 1:
        return {batch[0].name: Built(None, "", wrong.get(0) or complaints.unlocated(errors))}
    else:
        results = {batch[index].name: Built(None, "", found) for index, found in wrong.items()}
    # An error without a place (of the linker, say) is found by halving.
    rest = [unit for unit in batch if unit.name not in results]
    parts = [rest] if wrong else [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
    for part in parts if len(results) < len(batch) else ():
        results |= _build_batch(toolchain, root, made, part) if part else {}
    return results


def _symbol(index: int) -> str:
    return f"py2cpp_entry_{index}"


def _shared_object(toolchain: Toolchain, root: Path, made: Runtime, batch: Sequence[Unit]) -> tuple[Path | None, str]:
    """The library of a batch, or what the compiler says against it. Raises BuildError when the compiler breaks down."""
    digest = hashlib.sha256(f"{toolchain.identity}{made.name}".encode())
    for unit in batch:
        digest.update("\0".join((unit.namespace, unit.kind, unit.text, "")).encode("utf-8", "surrogatepass"))
    errors: list[str] = []

    def build_object(folder: Path) -> None:
        for index, unit in enumerate(batch):
            (folder / f"unit{index}.cpp").write_text(returning(unit.text), "utf-8")
        (folder / "driver.cpp").write_text(_driver(batch, made), "utf-8")
        command = [toolchain.compiler, *made.compile_flags, *toolchain.compile_flags, "-shared"]
        links = made.program_link_flags(toolchain)
        command += [str(folder / "driver.cpp"), "-o", str(folder / "programs.so"), *links]
        said = compiler.run(command)
        if said.broke_down:
            kind = CompilerCrash if said.crashed else BuildError
            raise kind(f"{toolchain.compiler} {compiler.ending(said.status)}:\n{said.errors[-1000:]}")
        if said.status != 0:
            errors.append(said.errors.replace(f"{folder}/", ""))
            raise _CompileFailed
        compiler.wrote_what_it_should(command)

    try:
        return entry(root, f"unit-{digest.hexdigest()[:32]}", build_object) / "programs.so", ""
    except _CompileFailed:
        return None, errors[0]


class _CompileFailed(Exception):
    """Leaves `entry` without an entry."""


def _driver(batch: Sequence[Unit], made: Runtime) -> str:
    """The translation unit that includes the units, each with its `main` out of the way, and enters them."""
    lines = ['#include "py2cpp/drive.h"' if not made.is_makeshift else '#include "probe.cpp"']
    for index, unit in enumerate(batch):
        main = f"py2cpp_main_{index}"
        lines += [f"#define main {main}", f'#include "unit{index}.cpp"', "#undef main"]
        match unit.kind:
            case "script":
                body = f"(void)seed; {unit.namespace}::run();"
            case "model":
                name = unit.namespace
                body = f"py2cpp::drive::model<{name}::Model>(seed, {name}::get_init_inputs, {name}::get_inputs);"
            case _:
                first = "(void)seed;" if unit.records_itself else "(void)seed; py2cpp::drive::unseed();"
                body = f"{first} py2cpp::drive::call({main});"
        lines.append(f'extern "C" void {_symbol(index)}(unsigned long long seed) {{ {body} }}')
    return "\n".join(lines) + "\n"


def check_units(
    toolchain: Toolchain, root: Path, texts: Sequence[tuple[str, str]], flags: Sequence[str]
) -> dict[str, str]:
    """The compiler's complaints about each text on its own, with these flags; texts without any are left out."""
    errors: dict[str, str] = {}
    folder = root / "check"
    folder.mkdir(parents=True, exist_ok=True)
    lines = []
    for index, (_, text) in enumerate(texts):
        path = folder / f"text{index}.cpp"
        path.write_text(returning(text), "utf-8")
        lines += [f"#define main py2cpp_main_{index}", f'#include "text{index}.cpp"', "#undef main"]
    (folder / "all.cpp").write_text("\n".join(lines) + "\n", "utf-8")
    checks = ("-Wreturn-type", *flags, "-fsyntax-only")
    done = compiler.run([toolchain.compiler, *toolchain.compile_flags, *checks, str(folder / "all.cpp")])
    if done.status == 0:
        return {}
    for index, (name, _) in enumerate(texts):
        found = [line for line in done.errors.splitlines() if re.search(rf"text{index}\.cpp:\d+", line)]
        if found:
            errors[name] = "\n".join(found).replace(f"{folder}/", "")
    return errors or {"*": done.errors[-4000:]}
