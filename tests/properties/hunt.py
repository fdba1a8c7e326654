"""Rewrites the golden cases, and says which rewrites no longer translate, or no longer match.

    PYTHONPATH=tests:tests/properties python tests/properties/hunt.py             # translate each rewrite of each case
    PYTHONPATH=tests:tests/properties python tests/properties/hunt.py --build 30  # and verify one in 30 of them

A rewrite that is refused where the case is not, or that does not match, is a find. Some refusals are right: a rewrite
can give a variable two types, or make a loop whose bounds are not known.
"""

from __future__ import annotations

import argparse
import ast
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from golden import all_cases
from rewrites import REWRITES

from py2cpp_autograd import translate
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A case after a rewrite, and why it was refused, if it was."""

    case: str
    rewrite: str
    source: str
    refusal: str = ""


def rewritten(case: tuple[str, str]) -> list[Rewritten]:
    """The rewrites of a case that change it."""
    name, source = case
    if translate(source).status == "refused":
        return []
    plain = ast.dump(ast.parse(source))
    made = []
    for rewrite, change in REWRITES.items():
        other = change(source)
        if other != source and (rewrite == "parenthesized" or ast.dump(ast.parse(other)) != plain):
            errors = [d for d in translate(other).diagnostics if d.severity == "error"]
            said = f"{errors[0].code} {errors[0].span.start.line}: {errors[0].message}" if errors else ""
            made.append(Rewritten(name, rewrite, other, said))
    return made


def programs(found: list[Rewritten], every: int) -> Iterator[Program]:
    """One in `every` of the rewrites that translate."""
    for place, one in enumerate(found[::every]):
        yield Program(f"hunt_{place}_{one.rewrite.replace(' ', '_')}.py", one.source)


def main() -> None:
    """Print each refusal and mismatch, and how many there are of each rewrite."""
    parser = argparse.ArgumentParser(prog="hunt")
    parser.add_argument("--build", type=int, default=0, help="verify one in so many")
    parser.add_argument("--only", default="", help="of the cases whose name has this in it")
    parser.add_argument("--jobs", type=int, default=2)
    chosen = parser.parse_args()
    cases = [(case.id, case.source) for case in all_cases() if case.cpp is not None and chosen.only in case.id]
    with ProcessPoolExecutor(chosen.jobs) as pool:
        found = [one for many in pool.map(rewritten, cases, chunksize=4) for one in many]
    for one in found:
        if one.refusal:
            print(f"{one.rewrite} | {one.case} | {one.refusal}")
    tried, refused = Counter(one.rewrite for one in found), Counter(one.rewrite for one in found if one.refusal)
    for rewrite in REWRITES:
        print(f"{rewrite:20} {tried[rewrite]:6} rewritten {refused[rewrite]:6} refused")
    if chosen.build:
        translated = [one for one in found if not one.refusal]
        for verdict in verify_programs(list(programs(translated, chosen.build)), VerifyOptions()):
            if verdict.status != "match":
                print(verdict.path, verdict.status, verdict.detail, verdict.mismatches[:1])


if __name__ == "__main__":
    main()
