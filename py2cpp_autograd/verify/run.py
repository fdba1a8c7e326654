"""Verifies programs: translate, build in batches, run both sides, compare."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from py2cpp_autograd.decode import decode
from py2cpp_autograd.diagnostics import Diagnostic, Refusal
from py2cpp_autograd.siblings import read_siblings
from py2cpp_autograd.span import FILE_START
from py2cpp_autograd.verify import build as builder
from py2cpp_autograd.verify.cache import cache_root, discard
from py2cpp_autograd.verify.complaints import Complaint
from py2cpp_autograd.verify.counterpart import (
    line_without_recorders,
    records_itself,
    resembles,
    with_recorders,
    with_watches,
)
from py2cpp_autograd.verify.definitions import only_defines, why_not, with_definitions
from py2cpp_autograd.verify.divergence import first_divergence, with_callers
from py2cpp_autograd.verify.judge import fail_alike, judge
from py2cpp_autograd.verify.loading import loadable
from py2cpp_autograd.verify.options import Program, VerifyOptions
from py2cpp_autograd.verify.own_main import has_another_main
from py2cpp_autograd.verify.pool import Pool
from py2cpp_autograd.verify.retrace import Bench, with_returns
from py2cpp_autograd.verify.runtime import Runtime, prepare_in_background
from py2cpp_autograd.verify.sides import CANNOT_LOAD, CppSide, Detail, PythonSide, Run, cpp_sides, python_sides
from py2cpp_autograd.verify.toolchain import Toolchain, find_toolchain
from py2cpp_autograd.verify.variants import Variant, variants
from py2cpp_autograd.verify.verdict import Timings, Verdict

if TYPE_CHECKING:
    from py2cpp_autograd.translate import SourceMapping

#: Programs for which a second resident process is worth its start.
_PROGRAMS_PER_PROCESS = 12

#: What both sides of C++ by hand may take for their variants to be run unasked.
_QUICK_SECONDS = 2.0

_AS_GIVEN = Variant()


@dataclass
class _Job:
    """What is known about one program so far; it is done when it has no unit."""

    program: Program
    verdict: Verdict
    kind: str = "script"
    unit: builder.Unit | None = None
    written: str = ""  # the C++ without recorders
    emitted: str = ""  # the translation
    source_map: Sequence[SourceMapping] = ()
    python: Future[Run] = field(default_factory=Future)

    @property
    def is_by_hand(self) -> bool:
        """Whether the C++ is not the translation."""
        return self.program.cpp is not None


class Session:
    """Verifies programs with processes that stay: what one call has started serves the next one."""

    def __init__(self, options: VerifyOptions | None = None, programs: int = 1) -> None:
        """`programs` is how many are to be expected in one call."""
        self.options = options or VerifyOptions()
        self._count = max(1, min(self.options.job_count, programs // _PROGRAMS_PER_PROCESS))
        self._python = Pool(python_sides, self._count)
        self._cpp: Pool[CppSide] | None = None
        self._runtime: Runtime | None = None

    def verify_files(self, paths: Sequence[str | Path], cpp: str | Path | None = None) -> list[Verdict]:
        """As the function of this name."""
        by_hand = None if cpp is None else Path(cpp).read_text("utf-8")
        read = [_read(path, by_hand, self.options.entry) for path in paths]
        verdicts = iter(self.verify_programs([item for item in read if isinstance(item, Program)]))
        return [item if isinstance(item, Verdict) else next(verdicts) for item in read]

    def verify_programs(self, programs: Sequence[Program]) -> list[Verdict]:
        """As the function of this name. The processes of the Python side load torch while we translate."""
        jobs = [_translated(program, index) for index, program in enumerate(programs)]
        pending = [job for job in jobs if job.unit is not None]
        if pending:
            self._verify(pending, find_toolchain(self.options.compiler, self.options.standard))
        return [job.verdict for job in jobs]

    def _verify(self, jobs: Sequence[_Job], toolchain: Toolchain) -> None:
        """Build while Python runs, then run the C++."""
        for job in jobs:
            job.python = self._python(partial(_python_run, job=job, options=self.options))
        begin = time.monotonic()
        root = cache_root(self.options.cache)
        units = [job.unit for job in jobs if job.unit is not None]
        made = builder.runtime_for(toolchain, root, units, self.options.full_headers)
        run_cpp = self._hosts(made, toolchain)
        built = loadable(run_cpp, toolchain, root, made, units, self.options.job_count)
        seconds = time.monotonic() - begin
        bench = Bench(toolchain, root, made)
        finish = partial(_finished, built=built, options=self.options, run_python=self._python, bench=bench)
        runs = [run_cpp(partial(finish, job=job)) for job in jobs]
        for job, run in zip(jobs, runs, strict=True):
            verdict = run.result()
            job.verdict = replace(verdict, timings=replace(verdict.timings, build=seconds))
        if made.is_makeshift:
            prepare_in_background(toolchain, root)

    def _hosts(self, made: Runtime, toolchain: Toolchain) -> Pool[CppSide]:
        """The processes of the C++ side, other ones when the runtime is another."""
        if self._cpp is None or self._runtime != made:
            if self._cpp is not None:
                self._cpp.close()
            self._cpp = Pool(partial(cpp_sides, made.host, made.preloaded(toolchain)), self._count)
            self._runtime = made
        return self._cpp

    @property
    def process_ids(self) -> list[int]:
        """The processes that stay."""
        cpp = [] if self._cpp is None else [self._cpp.family.process.pid]
        return [self._python.family.process.pid, *cpp]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._python.close()
        if self._cpp is not None:
            self._cpp.close()


def verify_files(
    paths: Sequence[str | Path], options: VerifyOptions | None = None, cpp: str | Path | None = None
) -> list[Verdict]:
    """Verify files, in order. `cpp`: the hand-written counterpart of the one file.

    Raises OSError for a file that cannot be read, ToolchainError where nothing can be built.
    """
    with Session(options, len(paths)) as session:
        return session.verify_files(paths, cpp)


def verify_programs(programs: Sequence[Program], options: VerifyOptions | None = None) -> list[Verdict]:
    """Verify programs, in order. Raises ToolchainError where nothing can be built."""
    with Session(options, len(programs)) as session:
        return session.verify_programs(programs)


def _read(path: str | Path, by_hand: str | None, entry: tuple[str, ...]) -> Program | Verdict:
    from py2cpp_autograd.frontend.part import part_of

    code, help_ = "PCA105", "save the file as UTF-8"
    try:
        source = decode(Path(path).read_bytes())
        code, help_ = "PCA201", "name functions and classes of the module"
        part = part_of(source, entry)
        return Program(str(path), part, by_hand, read_siblings(str(path), part))
    except Refusal as refusal:
        found = Diagnostic(code, str(refusal), help_, FILE_START)
        return Verdict(str(path), "refused", (found,))


def _traced(job: _Job, unit: builder.Unit, options: VerifyOptions) -> builder.Unit:
    """The unit of a program with recorders in its functions; C++ by hand that is nothing like ours gets none."""
    by_hand = job.program.cpp
    if by_hand is not None and not resembles(by_hand, job.emitted):
        return unit
    again = _translated(job.program, int(unit.name), traced=True).unit
    return unit if again is None else replace(again, text=with_returns(again.text))


def _translated(program: Program, index: int, traced: bool = False) -> _Job:
    from py2cpp_autograd.translate import Options, translate

    begin = time.monotonic()
    chosen = Options(siblings=program.siblings, traced=traced)
    result = translate(program.source, filename=program.name, options=chosen)
    begun = Verdict(program.name, "build_error", timings=Timings(translate=time.monotonic() - begin))
    name = str(index)
    if program.cpp is not None and records_itself(program.cpp):
        unit = builder.Unit(name, program.cpp, (f"by_hand_{index}",), "main", True)
        return _Job(program, begun, "script", unit)
    if result.status == "refused":
        return _Job(program, replace(begun, status="refused", diagnostics=result.diagnostics))
    text, kind = result.probed_cpp, str(result.kind)
    if program.cpp is not None and only_defines(program.cpp):
        reason = why_not(program.source, program.cpp)
        if reason:
            return _Job(program, replace(begun, detail=reason))
        own = with_recorders(result.cpp, text, program.cpp) if traced else program.cpp
        text = with_definitions(program.source, result.cpp if traced else text, own)
    elif program.cpp is not None:
        text = with_watches(with_recorders(result.cpp, text, program.cpp))
        kind = "main" if kind == "script" and has_another_main(program.cpp, result.cpp) else kind
    unit = builder.Unit(name, text, result.namespaces, kind)
    of_file = tuple(mapping for mapping in result.source_map if mapping.path is None)
    source_map = of_file if program.cpp in (None, result.cpp) else ()
    return _Job(program, begun, result.kind, unit, program.cpp or result.cpp, result.cpp, source_map)


def _python_run(
    side: PythonSide, job: _Job, options: VerifyOptions, detail: Detail = "digests", variant: Variant = _AS_GIVEN
) -> Run:
    seed = options.seed + variant.seed
    return side.run(job.program, job.kind, seed, options.timeout, detail, variant.number)


def _finished(
    side: CppSide,
    job: _Job,
    built: Mapping[str, builder.Built],
    options: VerifyOptions,
    run_python: Pool[PythonSide],
    bench: Bench,
) -> Verdict:
    assert job.unit is not None
    entry = built[job.unit.name]
    python = job.python.result()
    timings = replace(job.verdict.timings, run_python=python.seconds)
    if entry.library is None:
        return replace(_not_built(job, job.unit, entry.complaint), timings=timings)
    cpp = side.run(entry.library, entry.symbol, options.seed, options.timeout)
    if cpp.status == CANNOT_LOAD:  # the compiler did not write what it should have
        discard(entry.library.parent)
    layers = tuple(layer for layer in python.layers if layer in cpp.layers)
    begun = replace(job.verdict, timings=replace(timings, run_cpp=cpp.seconds), isolation=layers)
    if job.unit.records_itself:
        python, cpp = _what_cpp_records(python, cpp)
    verdict = judge(job.program.source, begun, python, cpp)
    if verdict.status == "match" and _runs_variants(job, options, python.seconds + cpp.seconds):
        return _of_variants(verdict, side, job, entry.library, entry.symbol, options, run_python)
    if verdict.status != "mismatch" or job.unit.records_itself or not options.locates:
        return verdict
    again = run_python(partial(_python_run, job=job, options=options, detail="steps"))
    traced = bench.built(_traced(job, job.unit, options))
    if traced is not None and traced[1].library is not None:
        job.unit, entry = traced
    assert entry.library is not None
    told = side.run(entry.library, entry.symbol, options.seed, options.timeout, "steps")
    whole = judge(job.program.source, begun, again.result(), told)
    begun = whole if whole.status == "mismatch" else verdict
    own = _own_run(side, job, options, bench, again.result()) if job.is_by_hand and traced is not None else None
    return _with_divergence(begun, job, own or again.result(), told, alike=own is not None)


def _own_run(side: CppSide, job: _Job, options: VerifyOptions, bench: Bench, python: Run) -> Run | None:
    """The run of the translation, where it matches Python: it takes the steps that C++ by hand should."""
    assert job.unit is not None
    program = replace(job.program, cpp=None)
    made = bench.built(_traced(replace(job, program=program), job.unit, options))
    if made is None or made[1].library is None:
        return None
    run = side.run(made[1].library, made[1].symbol, options.seed, options.timeout, "steps")
    is_right = judge(program.source, job.verdict, python, run).status == "match"
    if not is_right or run.trace is None or python.trace is None:
        return None
    return replace(run, trace=with_callers(run.trace, python.trace))


def _runs_variants(job: _Job, options: VerifyOptions, seconds: float) -> bool:
    """Whether the variants are run, too: when they are asked for, and of C++ by hand where they take no time.

    A person's mistake may show only at ties, at zeros, or with other random numbers.
    """
    if job.unit is None or job.unit.kind == "main":
        return False
    return options.thorough or (job.is_by_hand and seconds < _QUICK_SECONDS)


def _of_variants(
    verdict: Verdict,
    side: CppSide,
    job: _Job,
    library: Path,
    symbol: str,
    options: VerifyOptions,
    run_python: Pool[PythonSide],
) -> Verdict:
    """The verdict on all variants of a program that matches as it is: the first one that does not, or their sum."""
    for variant in variants(job.kind):
        python = run_python(partial(_python_run, job=job, options=options, variant=variant)).result()
        cpp = side.run(library, symbol, options.seed + variant.seed, options.timeout, variant=variant.number)
        begun = replace(verdict, values=0, gradients=0, detail="")
        found = judge(job.program.source, begun, python, cpp)
        if found.status != "match" and not fail_alike(python, cpp):
            return replace(found, detail=f"{found.detail}\nwith {variant.words}".strip())
        verdict = replace(
            verdict,
            values=verdict.values + found.values,
            gradients=verdict.gradients + found.gradients,
            max_ulp=max(verdict.max_ulp, found.max_ulp),
        )
    return verdict


def _with_divergence(verdict: Verdict, job: _Job, python: Run, cpp: Run, alike: bool) -> Verdict:
    """A mismatch with the first statement that gave another result, found by runs that wrote each one's down."""
    if python.trace is None or cpp.trace is None:
        return verdict
    found = first_divergence(python.trace, cpp.trace, alike)
    if found is None:
        return verdict
    placed = replace(found, cpp_line=_cpp_line(job, found.line))
    return replace(verdict, first_divergence=found.line, divergence=placed)


def _cpp_line(job: _Job, line: int) -> int | None:
    """The line of the C++ that does what a line of the Python says; by hand, that with its recorder behind it."""
    lines = [one.cpp.start.line for one in job.source_map if one.py.start.line == line]
    if lines or job.unit is None:
        return min(lines, default=None)
    recorder = re.compile(rf"py2cpp::probe::(?:step|inner|entered|returned)(?:_list)?\({line}\b")
    steps = (n for n, text in enumerate(job.unit.text.splitlines(), 1) if recorder.search(text))
    return next((line_without_recorders(job.written, job.unit.text, step) for step in steps), None)


def _not_built(job: _Job, unit: builder.Unit, complaint: Complaint | None) -> Verdict:
    """The verdict on a unit that does not compile: what the compiler says, and the Python line that it is about."""
    if complaint is None:
        return job.verdict
    written = job.written or unit.text
    line = line_without_recorders(written, unit.text, complaint.line)
    covering = [one for one in job.source_map if one.cpp.start.line <= line <= one.cpp.end.line]
    place = min(covering, key=lambda one: one.cpp.end.line - one.cpp.start.line).py.start.line if covering else None
    said = complaint.in_lines(lambda number: line_without_recorders(written, unit.text, number))
    return replace(job.verdict, status="build_error", detail=said, line=place)


def _what_cpp_records(python: Run, cpp: Run) -> tuple[Run, Run]:
    """C++ by hand records what it likes: what it leaves out, prints and the random state are not compared."""
    if python.trace is None or cpp.trace is None:
        return python, cpp
    kept = {name: tree for name, tree in python.trace.records.items() if name in cpp.trace.records}
    trace = replace(python.trace, records=kept, events=(), generator=cpp.trace.generator)
    return replace(python, trace=trace), replace(cpp, trace=replace(cpp.trace, events=()))


def compile_units(
    texts: Sequence[tuple[str, str]], flags: Sequence[str], options: VerifyOptions | None = None
) -> dict[str, str]:
    """The compiler's complaints about C++ texts under extra flags, by name; empty when there are none."""
    chosen = options or VerifyOptions()
    toolchain = find_toolchain(chosen.compiler, chosen.standard)
    return builder.check_units(toolchain, cache_root(chosen.cache), texts, flags)
