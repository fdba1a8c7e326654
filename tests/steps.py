"""Runs of programs that write down what each statement changes: both sides of one that matches take the same steps.

`python tests/steps.py [PART OF A CASE'S NAME]...` looks at golden cases, and prints those whose sides part.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from golden import Case, all_cases

from py2cpp_autograd.translate import Options, translate
from py2cpp_autograd.verify import Program
from py2cpp_autograd.verify.build import Unit, build
from py2cpp_autograd.verify.cache import cache_root
from py2cpp_autograd.verify.divergence import first_divergence
from py2cpp_autograd.verify.retrace import with_returns
from py2cpp_autograd.verify.runtime import runtime
from py2cpp_autograd.verify.sides import cpp_sides, python_sides
from py2cpp_autograd.verify.toolchain import find_toolchain

SECONDS = 100.0


def parting(cases: Sequence[Case]) -> Iterator[tuple[Case, object]]:
    """The cases whose sides part, or whose traced C++ does not compile, with what is said of that."""
    toolchain, root = find_toolchain(), cache_root(None)
    made = runtime(toolchain, root)
    units = {str(number): _unit(str(number), case) for number, case in enumerate(cases)}
    found = build(toolchain, root, made, list(units.values()), 2)
    with python_sides(1) as python, cpp_sides(made.host, made.preloaded(toolchain), 1) as cpp:
        for number, case in enumerate(cases):
            built, kind = found[str(number)], units[str(number)].kind
            if built.library is None:
                yield case, built.complaint
                continue
            left = python.sides[0].run(Program(f"{case.stem}.py", case.source), kind, case.seed, SECONDS, "steps")
            right = cpp.sides[0].run(Path(built.library), built.symbol, case.seed, SECONDS, "steps")
            if left.trace is None or right.trace is None:
                yield case, (left.output[-300:], right.output[-300:])
                continue
            told = first_divergence(left.trace, right.trace)
            if told is not None:
                yield case, told


def _unit(name: str, case: Case) -> Unit:
    result = translate(case.source, filename=f"{case.stem}.py", options=Options(traced=True))
    return Unit(name, with_returns(result.probed_cpp), result.namespaces, result.kind)


def main() -> int:
    """Print the cases whose sides part; exit status 1 when there is one."""
    words = sys.argv[1:] or [""]
    cases = [one for one in all_cases() if one.cpp is not None and any(word in one.id for word in words)]
    count = 0
    for case, told in parting(cases):
        count += 1
        print(f"{case.id}: {told}", flush=True)
    print(f"the sides of {len(cases) - count} of {len(cases)} cases take the same steps")
    return int(count > 0)


if __name__ == "__main__":
    sys.exit(main())
