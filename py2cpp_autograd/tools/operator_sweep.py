"""Verifies programs made from torch's database of operators: `python -m py2cpp_autograd.tools.operator_sweep`.

Prints how many programs of each family match, and why others do not; exit 1 when any differs or does not build.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

import torch

from py2cpp_autograd import translate
from py2cpp_autograd.tools.operator_programs import Generated, OperatorProgram, generate
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs

#: Programs per batch: one C++ build.
_BATCH = 100
#: What a family's row counts, in order.
COLUMNS = ("match", "refused", "mismatch", "build_error", "cpp_error", "python_error", "timeout")
#: What no program may be.
WRONG = ("mismatch", "build_error", "cpp_error", "timeout")


@dataclass(frozen=True)
class Outcome:
    """A program and what verifying it found; a match within a tolerance is a mismatch here."""

    program: OperatorProgram
    status: str
    code: str  # of the diagnostic of a refused program
    messages: tuple[str, ...]
    mismatches: tuple[dict[str, Any], ...]
    detail: str

    def to_json(self) -> dict[str, Any]:
        """The entry of the report: enough to see what is wrong, and the program."""
        fields = {**asdict(self), **asdict(self.program), "name": self.program.name}
        return {"made": fingerprint(self.program), **{key: fields[key] for key in fields if key != "program"}}


def fingerprint(program: OperatorProgram) -> str:
    """Says whether a program, or what becomes of it, has changed."""
    return hashlib.sha256((program.source + translate(program.source).cpp).encode()).hexdigest()


def _outcome(program: OperatorProgram, found: Verdict) -> Outcome:
    return Outcome(
        program,
        "mismatch" if found.status == "match" and not found.bitwise else found.status,
        found.diagnostics[0].code if found.diagnostics else "",
        tuple(one.message for one in found.diagnostics),
        tuple(one.to_json() for one in found.mismatches[:6]),
        found.detail[:1500],
    )


def sweep(programs: Sequence[OperatorProgram], options: VerifyOptions) -> Iterator[Outcome]:
    """Verify programs in batches, and yield their outcomes in order."""
    for start in range(0, len(programs), _BATCH):
        batch = programs[start : start + _BATCH]
        verdicts = verify_programs([Program(f"{one.name}.py", one.source) for one in batch], options)
        yield from map(_outcome, batch, verdicts)


def remembered(path: Path | None, programs: Sequence[OperatorProgram]) -> dict[str, Outcome]:
    """What an earlier sweep wrote down of these very programs, by name; what was wrong is tried again."""
    if path is None or not path.exists():
        return {}
    entries = map(json.loads, path.read_text(encoding="utf-8").splitlines())
    known = {(entry["name"], entry["made"]) for entry in entries if entry["status"] == "match"}
    names = {name for name, _ in known}
    return {
        one.name: Outcome(one, "match", "", (), (), "")
        for one in programs
        if one.name in names and (one.name, fingerprint(one)) in known
    }


def table(outcomes: Iterable[Outcome]) -> str:
    """The counts by family, as a Markdown table."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for outcome in outcomes:
        counts[outcome.program.family][outcome.status] += 1
        counts["all"][outcome.status] += 1
    lines = [f"| family | programs | {' | '.join(COLUMNS)} |", "|---" * (len(COLUMNS) + 2) + "|"]
    for family in [*sorted(set(counts) - {"all"}), "all"]:
        numbers = [counts[family].total(), *(counts[family][column] for column in COLUMNS)]
        lines.append(f"| {family} | {' | '.join(map(str, numbers))} |")
    return "\n".join(lines)


def refusals(outcomes: Iterable[Outcome]) -> str:
    """How many programs each diagnostic refuses, the most frequent first, as a Markdown table."""
    counts: Counter[tuple[str, str]] = Counter()
    for outcome in outcomes:
        if outcome.status == "refused":
            counts[outcome.code, outcome.messages[0].replace("|", "\\|")] += 1
    lines = ["| programs | code | reason |", "|---|---|---|"]
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "\n".join(lines + [f"| {count} | {code} | {reason} |" for (code, reason), count in ordered])


@dataclass(frozen=True)
class Subject:
    """What a sweep is about: the words of its page, and the command that writes it."""

    title: str
    programs: str
    module: str


def page(subject: Subject, made: Generated, outcomes: Sequence[Outcome], command: str, measured: str) -> str:
    """The page of the documentation: both tables, when they were measured, and what cannot be written as a program."""
    unspellable = sorted(made.unspellable.items(), key=lambda item: (-item[1], item[0]))
    reasons = "\n".join(f"| {count} | {reason} |" for reason, count in unspellable)
    version = torch.__version__.partition("+")[0]
    share = 100 * sum(outcome.status == "match" for outcome in outcomes) / max(len(outcomes), 1)
    return f"""# {subject.title}

Generated by `{command}` with torch {version}: do not edit. {subject.programs}
that is translated, built, run and compared with Python bit for bit: every value, gradient and graph node.
{share:.1f} % of {len(outcomes)} programs match, as measured on {date.today()}, {measured}.

{table(outcomes)}

## What is refused

{refusals(outcomes)}

## What cannot be written as a program

| calls | reason |
|---|---|
{reasons}
"""


def _arguments(subject: Subject) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=f"python -m {subject.module}", description=subject.title)
    parser.add_argument("--samples", type=int, default=1, help="per operator or module, form and dtype")
    parser.add_argument("--only", default="", metavar="REGEX", help="programs by name: name.form.dtype.sample")
    parser.add_argument("--seed", type=int, help="draw other samples, and write the calls as other people would")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="one program in N")
    parser.add_argument("--jobs", type=int, default=None)
    parser.add_argument("--compiler", help="clang++ builds the programs in half the time of g++")
    parser.add_argument("--results", type=Path, help="JSON lines, added to: programs that match there are not repeated")
    parser.add_argument("--page", type=Path, help="Markdown: the page of the documentation")
    return parser.parse_args()


def sweep_command(subject: Subject, generate: Callable[[int, str, int | None, int], Generated]) -> int:
    """Run a sweep as the command line asks; exit 1 when any program is wrong."""
    arguments = _arguments(subject)
    made = generate(arguments.samples, arguments.only, arguments.seed, arguments.every)
    programs = made.programs
    outcomes = remembered(arguments.results, programs)
    left = [one for one in programs if one.name not in outcomes]
    options = VerifyOptions(jobs=arguments.jobs, compiler=arguments.compiler)
    for done, outcome in enumerate(sweep(left, options), 1):
        outcomes[outcome.program.name] = outcome
        if arguments.results:
            with arguments.results.open("a", encoding="utf-8") as results:
                results.write(json.dumps(outcome.to_json()) + "\n")
        if done % _BATCH == 0:
            print(f"{done} of {len(left)}", file=sys.stderr, flush=True)
    found = [outcomes[one.name] for one in programs]
    print(table(found), refusals(found), sep="\n\n")
    if arguments.page:
        given = {"--seed": arguments.seed, "--every": arguments.every if arguments.every > 1 else None}
        chosen = "".join(f" {option} {value}" for option, value in given.items() if value is not None)
        command = f"python -m {subject.module} --samples {arguments.samples}{chosen} --page {arguments.page}"
        measured = f"{len(found) - len(left)} of them in an earlier run that gave the same C++"
        arguments.page.write_text(page(subject, made, found, command, measured), encoding="utf-8")
    wrong = [outcome for outcome in found if outcome.status in WRONG]
    print(*(f"{outcome.status}: {outcome.program.name}" for outcome in wrong), sep="\n")
    return 1 if wrong else 0


#: What this module sweeps over.
OPERATORS = Subject(
    "Operators, proven",
    "Each sample call of torch's own database of operators, in\n"
    "function, method, operator, in-place and second-order form, is a program",
    "py2cpp_autograd.tools.operator_sweep",
)

if __name__ == "__main__":
    sys.exit(sweep_command(OPERATORS, generate))
