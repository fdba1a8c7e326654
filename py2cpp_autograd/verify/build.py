"""Builds probed units: a precompiled header and the runtime once, then many units in one shared object."""

from __future__ import annotations

import hashlib
import re
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from py2cpp_autograd.verify.cache import entry
from py2cpp_autograd.verify.toolchain import Toolchain, harness_root

#: Units in one translation unit: enough to share the cost of the headers, few enough for the memory of g++.
UNITS_PER_OBJECT = 24
_COMPILE_SECONDS = 900


class BuildError(RuntimeError):
    """The compiler failed on something that is not a program: the runtime or the precompiled header."""


@dataclass(frozen=True)
class Unit:
    """The C++ of one program: its probed text, its namespace, and how it is driven ("script", "model", "main")."""

    name: str
    text: str
    namespace: str
    kind: str


@dataclass(frozen=True)
class Built:
    """Where a unit's entry point is, or why it does not compile."""

    library: Path | None
    symbol: str
    error: str = ""


@dataclass(frozen=True)
class Runtime:
    """The compiled parts that all programs share."""

    header: Path
    library: Path
    host: Path


def runtime(toolchain: Toolchain, root: Path) -> Runtime:
    """The precompiled header, the recorder library and the host process, built when they are not in the cache."""
    header = _precompiled(toolchain, root)
    folder = _recorders(toolchain, root, header)
    return Runtime(header, folder / "libpy2cpp_probe.so", folder / "host")


def _precompiled(toolchain: Toolchain, root: Path) -> Path:
    """LibTorch's headers, compiled once."""

    def build(folder: Path) -> None:
        header = folder / "precompiled.h"
        header.write_text("#include <torch/torch.h>\n\n#include <iostream>\n", "utf-8")
        _run([toolchain.compiler, *toolchain.torch_flags, "-x", "c++-header", str(header), "-o", f"{header}.gch"])

    return entry(root, f"headers-{toolchain.torch_identity}", build) / "precompiled.h"


def _recorders(toolchain: Toolchain, root: Path, header: Path) -> Path:
    """The folder of the recorder library and the host process."""

    def build(folder: Path) -> None:
        source, compiler = harness_root() / "src", toolchain.compiler
        flags = [*toolchain.compile_flags, "-include", str(header), "-shared"]
        library = str(folder / "libpy2cpp_probe.so")
        _run([compiler, *flags, str(source / "probe.cpp"), "-o", library, *toolchain.link_flags])
        host = [compiler, f"-std={toolchain.standard}", "-O1", str(source / "host.cpp"), "-o", str(folder / "host")]
        _run([*host, f"-L{folder}", "-Wl,-rpath,$ORIGIN", "-lpy2cpp_probe", *toolchain.link_flags, "-ldl"])

    return entry(root, f"runtime-{toolchain.identity}", build)


def _run(command: Sequence[str]) -> None:
    done = _compile(command)
    if done.returncode != 0:
        raise BuildError(f"{command[0]} failed on the runtime:\n{done.stderr[-4000:]}")


def _compile(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, capture_output=True, text=True, errors="replace", timeout=_COMPILE_SECONDS, check=False
    )


def build(toolchain: Toolchain, root: Path, units: Sequence[Unit], jobs: int) -> dict[str, Built]:
    """The entry point of each unit, by its name. One that does not compile does not hurt the others."""
    made = runtime(toolchain, root)
    batches = _batches(units, jobs)
    results: dict[str, Built] = {}
    with ThreadPoolExecutor(max(1, jobs)) as pool:
        for found in pool.map(lambda batch: _build_batch(toolchain, root, made, batch), batches):
            results.update(found)
    return results


def _batches(units: Sequence[Unit], jobs: int) -> list[list[Unit]]:
    """Units by translation unit: no namespace twice, spread over the jobs."""
    size = min(UNITS_PER_OBJECT, max(1, -(-len(units) // max(1, jobs))))
    batches: list[list[Unit]] = []
    for unit in units:
        for batch in batches:
            if len(batch) < size and all(other.namespace != unit.namespace for other in batch):
                batch.append(unit)
                break
        else:
            batches.append([unit])
    return batches


def _build_batch(toolchain: Toolchain, root: Path, made: Runtime, batch: Sequence[Unit]) -> dict[str, Built]:
    library, error = _shared_object(toolchain, root, made, batch)
    if library is not None:
        return {unit.name: Built(library, _symbol(index)) for index, unit in enumerate(batch)}
    if len(batch) == 1:
        return {batch[0].name: Built(None, "", error)}
    wrong = _errors_by_unit(error)
    results = {batch[index].name: Built(None, "", text) for index, text in wrong.items()}
    rest = [unit for index, unit in enumerate(batch) if index not in wrong]
    # An error without a place (of the linker, say) is found by halving.
    parts = [rest] if wrong else [batch[: len(batch) // 2], batch[len(batch) // 2 :]]
    for part in parts:
        results |= _build_batch(toolchain, root, made, part) if part else {}
    return results


def _errors_by_unit(stderr: str) -> dict[int, str]:
    """The compiler's errors by the index of the unit that they are about, each with the lines that show its place."""
    found: dict[int, list[str]] = {}
    lines = stderr.splitlines()
    for number, line in enumerate(lines):
        place = re.match(r"(?:\S*/)?unit(\d+)\.cpp:\d+(:\d+)?: (?:fatal )?error:", line)
        if place is not None:
            shown = [line, *(more for more in lines[number + 1 : number + 3] if re.match(r"\s+\d* *\|", more))]
            found.setdefault(int(place[1]), []).extend(shown)
    return {index: "\n".join(shown) for index, shown in found.items()}


def _symbol(index: int) -> str:
    return f"py2cpp_entry_{index}"


def _shared_object(
    toolchain: Toolchain, root: Path, made: Runtime, batch: Sequence[Unit]
) -> tuple[Path | None, str]:
    digest = hashlib.sha256(toolchain.identity.encode())
    for unit in batch:
        digest.update("\0".join((unit.namespace, unit.kind, unit.text, "")).encode("utf-8", "surrogatepass"))
    errors: list[str] = []

    def build_object(folder: Path) -> None:
        for index, unit in enumerate(batch):
            (folder / f"unit{index}.cpp").write_text(unit.text, "utf-8")
        (folder / "driver.cpp").write_text(_driver(batch), "utf-8")
        command = [toolchain.compiler, *toolchain.compile_flags, "-include", str(made.header), "-shared"]
        output = ["-o", str(folder / "programs.so"), f"-L{made.library.parent}", "-lpy2cpp_probe"]
        done = _compile([*command, str(folder / "driver.cpp"), *output, *toolchain.link_flags])
        if done.returncode != 0:
            errors.append(done.stderr.replace(f"{folder}/", ""))
            raise _CompileFailed

    try:
        return entry(root, f"unit-{digest.hexdigest()[:32]}", build_object) / "programs.so", ""
    except _CompileFailed:
        return None, errors[0]


class _CompileFailed(Exception):
    """Leaves `entry` without an entry."""


def _driver(batch: Sequence[Unit]) -> str:
    """The translation unit that includes the units, each with its `main` out of the way, and enters them."""
    lines = ['#include "py2cpp/drive.h"']
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
                body = f"(void)seed; {main}();"
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
        path.write_text(_returning(text), "utf-8")
        lines += [f"#define main py2cpp_main_{index}", f'#include "text{index}.cpp"', "#undef main"]
    (folder / "all.cpp").write_text("\n".join(lines) + "\n", "utf-8")
    checks = ("-Wreturn-type", *flags, "-fsyntax-only")
    done = _compile([toolchain.compiler, *toolchain.compile_flags, *checks, str(folder / "all.cpp")])
    if done.returncode == 0:
        return {}
    for index, (name, _) in enumerate(texts):
        found = [line for line in done.stderr.splitlines() if re.search(rf"text{index}\.cpp:\d+", line)]
        if found:
            errors[name] = "\n".join(found).replace(f"{folder}/", "")
    return errors or {"*": done.stderr[-4000:]}


def _returning(text: str) -> str:
    """A text whose `main`, which goes under another name here, says what it returns."""
    return f"{text.rstrip().removesuffix('}')}return 0;\n}}\n" if "int main() {" in text else text
