"""Reports: what each format says of each status, and that hostile names and messages break none of them."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from typing import Any, get_args

import pytest

from py2cpp_autograd.diagnostics import CODES, Diagnostic
from py2cpp_autograd.span import FILE_START, Span
from py2cpp_autograd.verify.report import Format, Results, failed, findings, written
from py2cpp_autograd.verify.report.as_text import as_text
from py2cpp_autograd.verify.verdict import NOTHING_COMPARED, Mismatch, MismatchKind, Timings, Verdict

SOURCE = "import torch\nw = torch.ones(2)\n  \nloss = w.sum()\n"
TIMES = Timings(0.1, 1.0, 0.2, 0.2)
MATCH = Verdict("good.py", "match", values=3, gradients=1, timings=TIMES)
GRADIENT = Mismatch("w.grad", "gradient", "[2.0]", "[3.0]", 1.0, 8388608, line=2)
MISMATCH = Verdict("wrong.py", "mismatch", (), (GRADIENT,), 3, 1, 8388608, 2, timings=TIMES)
UNKNOWN = Diagnostic("PCA201", "name `foo` is not defined", "define it", Span.of(4, 7, 4, 8))
REFUSED = Verdict("refused.py", "refused", (UNKNOWN,))
COMPILER = "line 3: no <T> & no sense"
BUILD_ERROR = Verdict("broken.py", "build_error", detail=COMPILER)
ALL = (MATCH, MISMATCH, REFUSED, BUILD_ERROR)
NASTY = 'a::b,c%\r\n::error ::x<script>alert("1")</script>&|`*_]](http://x)\x1b[31m\u202e\udcff\ufffe{0}{{ x }}.py'
HOSTILE = (
    replace(MATCH, path=NASTY, detail=NASTY),
    replace(MISMATCH, path=NASTY, mismatches=(replace(GRADIENT, path=NASTY, python=NASTY, cpp=NASTY),)),
    replace(REFUSED, path=NASTY, diagnostics=(replace(UNKNOWN, message=NASTY, help=NASTY),)),
    replace(BUILD_ERROR, path=NASTY, detail=NASTY),
)
FORMATS: tuple[Format, ...] = get_args(Format)


def results(*verdicts: Verdict, unchanged: frozenset[str] = frozenset()) -> Results:
    return Results(verdicts, {verdict.path: SOURCE for verdict in verdicts}, unchanged, "1.2.3")


@pytest.mark.parametrize("format_", FORMATS)
def test_every_format_can_be_written_as_utf8_and_says_the_same_twice(format_: Format) -> None:
    for verdicts in ((), ALL, HOSTILE):
        text = written(results(*verdicts), format_)
        assert text.encode("utf-8").decode("utf-8") == written(results(*verdicts), format_)
        assert not text or text.endswith("\n")


@pytest.mark.parametrize("format_", FORMATS)
def test_no_format_lets_control_characters_through(format_: Format) -> None:
    text = written(results(*HOSTILE), format_)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e]", text)


KINDS: dict[MismatchKind, str] = {
    "value": "PCA901",
    "gradient": "PCA902",
    "presence": "PCA903",
    "metadata": "PCA904",
    "event": "PCA903",
    "outcome": "PCA801",
}


@pytest.mark.parametrize(("kind", "code"), KINDS.items())
def test_each_kind_of_difference_has_a_code(kind: MismatchKind, code: str) -> None:
    (found,) = findings(replace(MISMATCH, mismatches=(replace(GRADIENT, kind=kind),)), SOURCE)
    assert found.diagnostic.code == code
    assert found.diagnostic.span == Span.of(2, 0, 2, 17)
    assert found.notes == ("Python: [2.0]", "C++:    [3.0]")


@pytest.mark.parametrize(
    ("verdict", "code"),
    [
        (BUILD_ERROR, "PCA701"),
        (Verdict("p.py", "python_error", detail="ValueError: no"), "PCA801"),
        (Verdict("p.py", "python_error", detail=NOTHING_COMPARED), "PCA804"),
        (Verdict("p.py", "cpp_error", detail="ended with signal 11\nlast words"), "PCA802"),
        (Verdict("p.py", "timeout", detail="C++ did not finish in time"), "PCA803"),
        (Verdict("p.py", "timeout"), "PCA803"),
    ],
)
def test_each_failure_has_a_code(verdict: Verdict, code: str) -> None:
    (found,) = findings(verdict, SOURCE)
    assert found.diagnostic.code == code
    assert not found.is_placed
    assert failed(verdict)


def test_an_exception_is_located() -> None:
    ended = Mismatch("outcome", "outcome", "ValueError: no", "no error", line=4)
    verdict = Verdict("p.py", "python_error", mismatches=(ended,), detail="ValueError: no")
    (found,) = findings(verdict, SOURCE)
    assert found.diagnostic.span == Span.of(4, 0, 4, 14)
    assert "ValueError: no" in found.message


@pytest.mark.parametrize("line", [None, 0, 99])
def test_a_line_that_is_not_in_the_source_is_no_place(line: int | None) -> None:
    (found,) = findings(replace(MISMATCH, mismatches=(replace(GRADIENT, line=line),)), SOURCE)
    assert not found.is_placed


def test_a_match_with_an_error_fails() -> None:
    stale = replace(MATCH, diagnostics=(Diagnostic("PCA602", "good.cpp is out of date", "run", FILE_START),))
    assert not failed(MATCH)
    assert failed(stale)
    text = as_text(results(stale, unchanged=frozenset({"good.py"})))
    assert "good.py: error[PCA602] good.cpp is out of date" in text
    assert text.endswith("1 program: 1 out of date\n")


TEXT = """\
good.py: match, 3 values and 1 gradient compared, bitwise, 1.5 s
wrong.py: mismatch, 3 values and 1 gradient compared, worst 8,388,608 ulp, 1.5 s

wrong.py:2:1: error[PCA902] the gradient `w.grad` differs by up to 1 (8,388,608 ulp)
  |
2 | w = torch.ones(2)
  | ^^^^^^^^^^^^^^^^^
  = Python: [2.0]
  = C++:    [3.0]
  = help: compare this line with its C++, and with what that detaches, retains or accumulates

refused.py: refused, 0.0 s

refused.py:4:8: error[PCA201] name `foo` is not defined
  |
4 | loss = w.sum()
  |        ^
  = help: define it

broken.py: build error, 0.0 s

broken.py: error[PCA701] the C++ does not compile
  = line 3: no <T> & no sense
  = help: in generated C++ this is a bug of py2cpp-autograd: please report it, with the file

4 programs: 1 match, 1 mismatch, 1 refused, 1 build error
"""


def test_text() -> None:
    assert as_text(results(*ALL)) == TEXT
    assert re.sub(r"\x1b\[[\d;]*m", "", as_text(results(*ALL), color=True)) == TEXT


def test_text_counts_what_did_not_change() -> None:
    other = replace(MATCH, path="other.py")
    text = as_text(results(MATCH, other, unchanged=frozenset({"good.py", "other.py"})))
    assert text == "2 programs: 2 unchanged\n"
    assert as_text(Results([])) == "no programs\n"


def test_text_shows_the_first_differences_by_line() -> None:
    many = [replace(GRADIENT, path=f"x{index}", line=4 if index else 2) for index in range(20)]
    text = as_text(results(replace(MISMATCH, mismatches=tuple(reversed(many)))))
    assert text.index("`x0`") < text.index("`x19`")
    assert text.count("4 | loss = w.sum()") == 1
    assert "... and 12 more differences; --format json lists all" in text


def test_json() -> None:
    document = json.loads(written(results(*ALL), "json"))
    assert document["schema_version"] == 1
    good, wrong, refused, broken = document["files"]
    assert (good["status"], good["bitwise"], good["max_ulp"], good["diagnostics"]) == ("match", True, 0, [])
    assert good["compared"] == {"values": 3, "gradients": 1}
    assert good["timings"] == {"translate": 0.1, "build": 1.0, "run_python": 0.2, "run_cpp": 0.2}
    (mismatch,) = wrong["mismatches"]
    named = {"path": "w.grad", "kind": "gradient", "python": "[2.0]", "cpp": "[3.0]"}
    assert mismatch == named | {"max_abs": 1.0, "max_ulp": 8388608, "line": 2}
    assert (wrong["first_divergence"], wrong["diagnostics"][0]["code"]) == (2, "PCA902")
    assert refused["diagnostics"][0]["range"] == {"start": {"line": 4, "column": 7}, "end": {"line": 4, "column": 8}}
    assert broken["diagnostics"][0]["code"] == "PCA701"


def test_json_has_no_infinity() -> None:
    endless = replace(MISMATCH, mismatches=(replace(GRADIENT, max_abs=float("inf")),))
    document = json.loads(written(results(endless), "json"), parse_constant=pytest.fail)
    assert document["files"][0]["mismatches"][0]["max_abs"] is None


def test_json_keeps_names_as_they_are() -> None:
    assert [file["path"] for file in json.loads(written(results(*HOSTILE), "json"))["files"]] == [NASTY] * 4


def test_junit() -> None:
    suites = ElementTree.fromstring(written(results(*ALL), "junit"))
    (suite,) = suites
    assert (suites.tag, suite.tag) == ("testsuites", "testsuite")
    assert (suite.get("tests"), suite.get("failures"), suite.get("errors")) == ("4", "2", "1")
    good, wrong, refused, broken = suite
    assert (good.get("name"), good.get("time")) == ("good.py", "1.500")
    assert good.find("failure") is None
    assert wrong.find("failure[@type='PCA902']") is not None
    assert refused.find("failure[@type='PCA201']") is not None
    assert "no <T> & no sense" in (broken.findtext("error") or "")


def test_junit_of_hostile_names() -> None:
    cases = ElementTree.fromstring(written(results(*HOSTILE), "junit")).findall("testsuite/testcase")
    assert len(cases) == 4
    assert all("<script>" in (case.get("name") or "") for case in cases)


def sarif_run(*verdicts: Verdict) -> dict[str, Any]:
    log = json.loads(written(results(*verdicts), "sarif"))
    assert (log["version"], len(log["runs"])) == ("2.1.0", 1)
    run: dict[str, Any] = log["runs"][0]
    return run


def test_sarif() -> None:
    run = sarif_run(*ALL)
    driver = run["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("py2cpp-autograd", "1.2.3")
    assert [rule["id"] for rule in driver["rules"]] == ["PCA201", "PCA701", "PCA902"]
    assert len({rule["name"] for rule in driver["rules"]}) == 3
    for result in run["results"]:
        assert driver["rules"][result["ruleIndex"]]["id"] == result["ruleId"] in CODES
        assert result["level"] == "error"
        assert result["message"]["text"]
    places = [result["locations"][0]["physicalLocation"] for result in run["results"]]
    assert [place["artifactLocation"]["uri"] for place in places] == ["wrong.py", "refused.py", "broken.py"]
    assert places[1]["region"] == {"startLine": 4, "startColumn": 8, "endLine": 4, "endColumn": 9}
    assert "region" not in places[2]


def test_sarif_of_hostile_names() -> None:
    for result in sarif_run(*HOSTILE)["results"]:
        uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"(?:[\w.~/-]|%[0-9A-F]{2})+", uri)
        text = result["message"]["text"]
        assert "](" not in text
        assert not re.search(r"(?<!\{)\{\d\}", text)
    absolute = sarif_run(replace(MISMATCH, path="/tmp/a b.py"))["results"][0]
    assert absolute["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "file:///tmp/a%20b.py"


def test_github() -> None:
    assert written(results(MATCH), "github") == ""
    wrong, refused, broken = written(results(*ALL), "github").splitlines()
    assert wrong.startswith("::error file=wrong.py,line=2,col=1,title=PCA902::the gradient `w.grad` differs")
    assert wrong.endswith("%0APython: [2.0]%0AC++:    [3.0]")
    assert refused == "::error file=refused.py,line=4,col=8,title=PCA201::name `foo` is not defined"
    assert broken.startswith("::error file=broken.py,line=1,col=1,title=PCA701::")


def test_github_of_hostile_names() -> None:
    lines = written(results(*HOSTILE), "github").split("\n")
    assert len(lines) == 4
    for line in lines[:-1]:
        assert re.match(r"::error file=[^,:]+,line=\d+,col=\d+,title=PCA\d{3}::", line)
        assert not re.search(r"%(?!25|0A|3A|2C)", line)


def test_markdown() -> None:
    text = written(results(*ALL), "markdown")
    assert text.startswith("**4 programs: 1 match, 1 mismatch, 1 refused, 1 build error**\n\n| |")
    assert "| ✅ | good.py | match | 3 | 1 | bitwise | 1.5 |\n" in text
    assert "- wrong.py:2:1 **PCA902** the gradient \\`w.grad\\` differs" in text


def test_markdown_of_hostile_names() -> None:
    text = written(results(*HOSTILE), "markdown")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert {len(re.findall(r"(?<!\\)\|", row)) for row in rows} == {8}
    assert not re.search(r"(?<!\\)<", text)
    assert not re.search(r"(?<!\\)\]", text)


def test_html() -> None:
    page = written(results(*ALL), "html")
    assert page.startswith("<!DOCTYPE html>")
    assert "<h1>4 programs: 1 match, 1 mismatch, 1 refused, 1 build error</h1>" in page
    assert "2 | w = torch.ones(2)" in page
    assert "no &lt;T&gt; &amp; no sense" in page
    assert "py2cpp-autograd 1.2.3" in page


def test_html_of_hostile_names() -> None:
    page = written(results(*HOSTILE), "html")
    assert "<script" not in page
    assert page.count("&lt;script&gt;") >= 8
    assert not re.search(r"""(?:src|href)\s*=""", page)


def test_programs_that_differ_in_nothing_but_their_names_are_all_reported() -> None:
    twins = results(*(replace(MISMATCH, path=name) for name in ("a.py", "b.py")))
    assert written(twins, "github").count("\n") == 2
    assert as_text(twins).endswith("2 programs: 2 mismatch\n")
