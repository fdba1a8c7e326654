"""Verifies programs: translate, build in batches, run both sides, compare."""

from __future__ import annotations

import ast
import os
import time
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from pathlib import Path

from py2cpp_autograd.diagnostics import Diagnostic, Refusal
from py2cpp_autograd.frontend.parse import decode
from py2cpp_autograd.span import FILE_START
from py2cpp_autograd.translate import Translation, translate
from py2cpp_autograd.verify import build as builder
from py2cpp_autograd.verify.cache import cache_root
from py2cpp_autograd.verify.compare import compare, paths_of
from py2cpp_autograd.verify.sides import CppSide, PythonSide, Run
from py2cpp_autograd.verify.toolchain import Toolchain, find_toolchain
from py2cpp_autograd.verify.trace import Trace
from py2cpp_autograd.verify.verdict import Status, Timings, Verdict


@dataclass(frozen=True)
class VerifyOptions:
    """How to verify. `timeout` is in seconds, for each side; `jobs` None uses all cores."""

    seed: int = 0
    jobs: int | None = None
    timeout: float = 60.0
    compiler: str | None = None
    standard: str = "c++17"
    cache: Path | None = None

    @property
    def job_count(self) -> int:
        """How many compilations run at once."""
        return self.jobs or os.cpu_count() or 1


@dataclass(frozen=True)
class Program:
    """A program to verify: its name in reports, its source, and the C++ by hand if it is not to be translated."""

    name: str
    source: str
    cpp: str | None = None


@dataclass
class _Job:
    """What is known about one program so far."""

    program: Program
    index: int
    kind: str = "script"
    unit: builder.Unit | None = None
    verdict: Verdict | None = None
    timings: Timings = field(default_factory=Timings)


def verify_files(paths: Sequence[str | Path], options: VerifyOptions | None = None, cpp: Path | None = None) -> list[Verdict]:
    """Verify files, in order. `cpp`: the hand-written counterpart of the one file.

    Raises OSError for a file that cannot be read, ToolchainError where nothing can be built.
    """
    programs: list[Program] = []
    failed: dict[int, Verdict] = {}
    by_hand = None if cpp is None else Path(cpp).read_text("utf-8")
    for index, path in enumerate(paths):
        try:
            programs.append(Program(str(path), decode(Path(path).read_bytes()), by_hand))
        except Refusal as refusal:
            found = Diagnostic("PCA105", str(refusal), "save the file as UTF-8", FILE_START)
            failed[index] = Verdict(str(path), "refused", (found,))
    verdicts = iter(verify_programs(programs, options))
    return [failed[index] if index in failed else next(verdicts) for index in range(len(paths))]


def verify_programs(programs: Sequence[Program], options: VerifyOptions | None = None) -> list[Verdict]:
    """Verify programs, in order. Raises ToolchainError where nothing can be built."""
    chosen = options or VerifyOptions()
    jobs = [_translated(program, index) for index, program in enumerate(programs)]
    pending = [job for job in jobs if job.unit is not None]
    if pending:
        _verify(pending, find_toolchain(chosen.compiler, chosen.standard), chosen)
    return [job.verdict if job.verdict is not None else Verdict(job.program.name, "build_error") for job in jobs]


def _translated(program: Program, index: int) -> _Job:
    begin = time.monotonic()
    job = _Job(program, index)
    result = translate(program.source, filename=program.name)
    job.timings = Timings(translate=time.monotonic() - begin)
    job.kind = result.kind
    if program.cpp is not None:
        job.kind = "model" if _is_model(program.source) else "script"
        job.unit = builder.Unit(str(index), program.cpp, f"by_hand_{index}", "main")
    elif result.status == "refused":
        job.verdict = Verdict(program.name, "refused", result.diagnostics, timings=job.timings)
    else:
        job.unit = _unit(result, index)
    return job


def _unit(result: Translation, index: int) -> builder.Unit:
    return builder.Unit(str(index), result.probed_cpp, result.namespace, result.kind)


def _is_model(source: str) -> bool:
    try:
        names = {getattr(node, "name", "") for node in ast.parse(source).body}
    except SyntaxError:
        return False
    return {"Model", "get_inputs", "get_init_inputs"} <= names


def _verify(jobs: list[_Job], toolchain: Toolchain, options: VerifyOptions) -> None:
    root = cache_root(options.cache)
    python = PythonSide()
    try:
        with ThreadPoolExecutor(1) as pool:
            runs: dict[int, Future[Run]] = {job.index: pool.submit(_run_python, python, job, options) for job in jobs}
            begin = time.monotonic()
            units = [job.unit for job in jobs if job.unit is not None]
            built = builder.build(toolchain, root, units, options.job_count)
            seconds = time.monotonic() - begin
            cpp = CppSide(builder.runtime(toolchain, root).host)
            try:
                for job in jobs:
                    job.timings = replace(job.timings, build=seconds)
                    job.verdict = _judge(job, built[str(job.index)], runs[job.index].result(), cpp, options)
            finally:
                cpp.close()
    finally:
        python.close() if hasattr(python, "close") else python.resident.close()


def _run_python(side: PythonSide, job: _Job, options: VerifyOptions) -> Run:
    return side.run(job.program.source, job.program.name, job.kind, options.seed, options.timeout)


def _judge(job: _Job, built: builder.Built, python: Run, cpp_side: CppSide, options: VerifyOptions) -> Verdict:
    name = job.program.name
    timings = replace(job.timings, run_python=python.seconds)
    if built.library is None:
        return Verdict(name, "build_error", detail=built.error, timings=timings)
    if python.timed_out:
        return Verdict(name, "timeout", detail="Python did not finish in time", timings=timings)
    if python.trace is None:
        return Verdict(name, "python_error", detail=_ended(python), timings=timings)
    cpp = cpp_side.run(built.library, built.symbol, options.seed, options.timeout)
    timings = replace(timings, run_cpp=cpp.seconds)
    if cpp.timed_out:
        return Verdict(name, "timeout", detail="C++ did not finish in time", timings=timings)
    if cpp.trace is None:
        return Verdict(name, "cpp_error", detail=_ended(cpp), timings=timings)
    return _compared(job, python.trace, cpp.trace, timings)


def _ended(run: Run) -> str:
    how = f"signal {-run.status}" if run.status < 0 else f"status {run.status}"
    return f"ended with {how} before its end\n{run.output}".strip()


def _compared(job: _Job, python: Trace, cpp: Trace, timings: Timings) -> Verdict:
    name = job.program.name
    if job.program.cpp is not None:
        cpp = _by_hand(python, cpp)
        python = replace(python, events=(), generator=cpp.generator)
    found = compare(python, cpp)
    status = "mismatch" if found.mismatches else "match"
    if status == "mismatch" and python.error is None and cpp.error is not None:
        status = "cpp_error"
    if status == "mismatch" and python.error is not None and cpp.error is None:
        status = "python_error"
    if status == "match" and found.values + found.gradients == 0:
        detail = "the program leaves no value or gradient to compare"
        return Verdict(name, "python_error", (), (), detail=detail, timings=timings)
    error = cpp.error if status == "cpp_error" else python.error if status == "python_error" else None
    return Verdict(
        name,
        "cpp_error" if status == "cpp_error" else "python_error" if status == "python_error" else _final(status),
        (),
        tuple(found.mismatches),
        found.values,
        found.gradients,
        found.max_ulp,
        _first_divergence(job.program.source, python, list(paths_of(found.mismatches))),
        "" if error is None else f"{error.type}: {error.message}",
        timings,
    )


def _final(status: str) -> Status:
    return "mismatch" if status == "mismatch" else "match"


def _by_hand(python: Trace, cpp: Trace) -> Trace:
    """A hand-written counterpart records what it likes, but something: nothing that it leaves out is compared."""
    return replace(cpp, events=())


def _first_divergence(source: str, python: Trace, names: list[str]) -> int | None:
    """The Python line of the first print that differs, or that assigns a name that differs."""
    lines = [event.line for index, event in enumerate(python.events) if event.line and "print" in names[:1] and index == 0]
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return None
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store) and node.id in names:
            lines.append(node.lineno)
    return min(lines, default=None)


def compile_units(texts: Sequence[tuple[str, str]], flags: Sequence[str], options: VerifyOptions | None = None) -> dict[str, str]:
    """The compiler's complaints about C++ texts under extra flags, by name; empty when there are none."""
    chosen = options or VerifyOptions()
    toolchain = find_toolchain(chosen.compiler, chosen.standard)
    return builder.check_units(toolchain, cache_root(chosen.cache), texts, flags)
