"""The golden cases of tests/cases: each translates as its blocks say, and each translation gives Python's bits.

`pytest --update-cases` rewrites the cpp blocks from what the translator gives: read the diff before committing it.
"""

from __future__ import annotations

import re

import pytest
from golden import CASES, Case, Expected, all_cases, rewrite, shown

from py2cpp_autograd import Translation, translate
from py2cpp_autograd.diagnostics_text import source_lines
from py2cpp_autograd.span import Span
from py2cpp_autograd.verify import Program, Verdict, VerifyOptions, verify_programs

ALL = all_cases()
TRANSLATED = [case for case in ALL if not case.errors]
_translations: dict[str, Translation] = {}


def translation_of(case: Case) -> Translation:
    """The case's translation, made once."""
    if case.id not in _translations:
        _translations[case.id] = translate(case.source, filename=f"{case.stem}.py")
    return _translations[case.id]


def found_diagnostics(case: Case) -> list[Expected]:
    """The diagnostics of the translation, in the block's own lines and 1-based columns."""
    return sorted(
        Expected(found.span.start.line - case.prelude_lines, found.span.start.column + 1, found.code, found.message)
        for found in translation_of(case).diagnostics
    )


def matches(found: Expected, expected: Expected) -> bool:
    """Whether a diagnostic is the asserted one; the assertion quotes a part of the message."""
    same_place = (found.line, found.column, found.code) == (expected.line, expected.column, expected.code)
    return same_place and expected.text in found.text


def listing(errors: list[Expected]) -> str:
    return "".join(f"\n  line {one.line}: # error: {one.column} [{one.code}] {one.text!r}" for one in errors)


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_case_translates_as_shown(case: Case, request: pytest.FixtureRequest) -> None:
    translation = translation_of(case)
    found, asserted = found_diagnostics(case), case.diagnostics
    agree = len(found) == len(asserted) and all(map(matches, found, asserted))
    assert agree, f"found:{listing(found)}\nasserted:{listing(asserted)}"
    if case.errors:
        assert translation.status == "refused"
        assert translation.cpp == ""
    elif request.config.getoption("--update-cases"):
        rewrite(case.path, {case.name: shown(translation.cpp)})
    else:
        assert shown(translation.cpp) == case.cpp


@pytest.mark.parametrize("case", ALL, ids=lambda case: case.id)
def test_case_has_sound_positions(case: Case) -> None:
    translation = translation_of(case)
    python, cpp = source_lines(case.source), source_lines(translation.cpp)
    for found in translation.diagnostics:
        assert lies_in(found.span, python)
    for mapping in translation.source_map:
        assert lies_in(mapping.py, python)
        assert lies_in(mapping.cpp, cpp)


def lies_in(span: Span, lines: list[str]) -> bool:
    """Whether the span is a forward range of the text."""
    inside = [1 <= at.line <= len(lines) and 0 <= at.column <= len(lines[at.line - 1]) for at in (span.start, span.end)]
    return all(inside) and span.start <= span.end


@pytest.mark.parametrize("case", TRANSLATED, ids=lambda case: case.id)
def test_case_translates_the_same_way_twice(case: Case) -> None:
    again = translate(case.source, filename=f"{case.stem}.py")
    assert again == translation_of(case)


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest) -> dict[str, Verdict]:
    """The verdicts of the cases that this session selected, built in batches and run once."""
    chosen = {item.name for item in request.session.items if "gives_python" in item.name}
    cases = [case for case in TRANSLATED if f"test_case_gives_python_bits[{case.id}]" in chosen]
    found: dict[str, Verdict] = {}
    for seed in sorted({case.seed for case in cases}):
        seeded = [case for case in cases if case.seed == seed]
        programs = [Program(f"{case.stem}.py", case.source) for case in seeded]
        made = verify_programs(programs, VerifyOptions(seed=seed, timeout=300))
        found |= zip((case.id for case in seeded), made, strict=True)
    return found


@pytest.mark.build
@pytest.mark.parametrize("case", TRANSLATED, ids=lambda case: case.id)
def test_case_gives_python_bits(case: Case, verdicts: dict[str, Verdict]) -> None:
    verdict = verdicts[case.id]
    assert verdict.status == "match", f"{verdict.status}: {verdict.detail}\n{verdict.mismatches}"
    assert verdict.max_ulp <= case.within_ulp
    assert verdict.values + verdict.gradients > 0


def test_probed_text_is_the_emitted_text_with_recorder_lines() -> None:
    for case in TRANSLATED:
        translation = translation_of(case)
        kept = [line for line in translation.probed_cpp.split("\n") if not re.search(r"py2cpp(::|/)probe\b", line)]
        assert kept == translation.cpp.split("\n"), case.id


def test_headings_are_unique() -> None:
    stems = [case.stem for case in ALL]
    assert len(stems) == len(set(stems))


def test_every_translated_case_shows_its_cpp() -> None:
    missing = [case.id for case in TRANSLATED if case.cpp is None]
    assert not missing


def test_cases_live_in_topics() -> None:
    assert not [path for path in CASES.glob("*.md") if path.is_file()]
