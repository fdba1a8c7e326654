"""False alarms: `python tests/identical_pairs.py [COUNT] [TIMES]` verifies programs whose two sides are the same.

The programs are golden cases, spread over all files. Each time both sides run anew; every second time the translation
is given as C++ by hand, which has more recorders. A verifier that finds faults is worth little when it finds more.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace

from golden import Case, all_cases

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs


def pairs(count: int) -> list[Program]:
    """Programs that translate and are to match bit for bit, every n-th of all."""
    found = [case for case in all_cases() if _is_identical(case)]
    step = max(1, len(found) // count)
    return [Program(f"{case.stem}.py", case.source) for case in [*found[::step], *found[1::step]][:count]]


def _is_identical(case: Case) -> bool:
    if case.parity or "# error: " in case.block:
        return False
    return translate(case.source, filename=f"{case.stem}.py").status == "translated"


def alarms(programs: list[Program], times: int) -> Iterator[str]:
    """What was found of programs in which there is nothing to find."""
    by_hand = [replace(program, cpp=f"{_cpp(program)}// by hand\n") for program in programs]
    for number in range(times):
        verdicts = verify_programs(by_hand if number % 2 else programs, VerifyOptions(timeout=300))
        for program, verdict in zip(programs, verdicts, strict=True):
            if not verdict.bitwise:
                yield f"{program.name}, time {number + 1}: {verdict.status} {verdict.detail} {verdict.mismatches[:1]}"


def _cpp(program: Program) -> str:
    return translate(program.source, filename=program.name).cpp


def main() -> int:
    """Print the alarms, and how many there are; exit status 1 when there is one."""
    given = [int(text) for text in sys.argv[1:]]
    count, times = [*given, *(500, 3)[len(given) :]]
    programs = pairs(count)
    found = list(alarms(programs, times))
    print("".join(f"{alarm}\n" for alarm in found), end="")
    print(f"{len(found)} alarms on {len(programs)} identical pairs, {times} times")
    return int(bool(found))


if __name__ == "__main__":
    sys.exit(main())
