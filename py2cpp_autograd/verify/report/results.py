"""What a report is about: verdicts, the sources that they are located in, and which of them are remembered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from py2cpp_autograd.verify.isolation import LAYERS
from py2cpp_autograd.verify.report.findings import Finding, failed, findings
from py2cpp_autograd.verify.verdict import Verdict


@dataclass(frozen=True, slots=True)
class Results:
    """Verdicts in order, the sources by path, the paths whose match is remembered from an earlier run, our version."""

    verdicts: Sequence[Verdict]
    sources: Mapping[str, str] = field(default_factory=dict)
    unchanged: frozenset[str] = frozenset()
    version: str = ""

    def __iter__(self) -> Iterator[tuple[Verdict, list[Finding]]]:
        """Each verdict with what is wrong with the program."""
        for verdict in self.verdicts:
            yield verdict, findings(verdict, self.source(verdict))

    def source(self, verdict: Verdict) -> str:
        """The Python source of a verdict's program; empty where it is not known."""
        return self.sources.get(verdict.path, "")

    def label(self, verdict: Verdict) -> str:
        """The status in words: `match` is not good enough where the committed C++ is out of date."""
        if verdict.status == "match" and failed(verdict):
            return "out of date"
        if verdict.status == "match" and verdict.path in self.unchanged:
            return "unchanged"
        return verdict.status.replace("_", " ")

    def summary(self) -> str:
        """How many programs there are, and how many of each status: `2 programs: 1 match, 1 mismatch`."""
        counts = Counter(map(self.label, self.verdicts))
        each = ", ".join(f"{count} {label}" for label, count in counts.items())
        return f"{counted(len(self.verdicts), 'program')}: {each}" if counts else "no programs"

    def isolation(self) -> str:
        """Which layers kept the programs from the machine; empty where none was run."""
        ran = [set(verdict.isolation) for verdict in self.verdicts if verdict.isolation]
        layers = [text for layer, text in LAYERS.items() if ran and all(layer in one for one in ran)]
        return f"isolated by {', '.join(layers)}" if layers else ""


def counted(count: int, noun: str) -> str:
    """`1 value`, `2 values`."""
    return f"{count} {noun}{'s' * (count != 1)}"


def compared(verdict: Verdict) -> str:
    """What was compared and how equal it is; empty where nothing was."""
    if not verdict.values + verdict.gradients:
        return ""
    both = f"{counted(verdict.values, 'value')} and {counted(verdict.gradients, 'gradient')} compared"
    return f"{both}, {equality(verdict)}" if equality(verdict) else both


def equality(verdict: Verdict) -> str:
    """`bitwise`, or the worst difference in ulp; empty where no bits differ and it is no match."""
    return "bitwise" if verdict.bitwise else f"worst {verdict.max_ulp:,} ulp" if verdict.max_ulp else ""


def seconds(verdict: Verdict) -> float:
    """All steps together; the build is that of the whole batch."""
    times = verdict.timings
    return times.translate + times.build + times.run_python + times.run_cpp
