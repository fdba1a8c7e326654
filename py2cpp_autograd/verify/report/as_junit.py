"""The report for test servers: JUnit's XML, one test case for each program."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree

from py2cpp_autograd.diagnostics_text import printable
from py2cpp_autograd.verify.report.findings import Finding, failed
from py2cpp_autograd.verify.report.results import Results, compared, seconds
from py2cpp_autograd.verify.verdict import Verdict

#: Statuses in which the program was judged; in the others that did not come to pass, which JUnit calls an error.
_JUDGED = {"match", "mismatch", "refused"}
_NOT_XML = re.compile("[\ufffe\uffff]")


def as_junit(results: Results) -> str:
    """The report as XML."""
    cases = [_case(verdict, found) for verdict, found in results]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": str(sum(case.find("error") is not None for case in cases)),
        "time": f"{sum(map(seconds, results.verdicts)):.3f}",
    }
    root = ElementTree.Element("testsuites", counts)
    suite = ElementTree.SubElement(root, "testsuite", {"name": "py2cpp-autograd", **counts})
    suite.extend(cases)
    ElementTree.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ElementTree.tostring(root, encoding="unicode")}\n'


def _case(verdict: Verdict, found: list[Finding]) -> ElementTree.Element:
    path = _xml(printable(verdict.path))
    names = {"classname": "py2cpp-autograd.verify", "name": path, "file": path, "time": f"{seconds(verdict):.3f}"}
    case = ElementTree.Element("testcase", names)
    if failed(verdict):
        kind = "failure" if verdict.status in _JUDGED else "error"
        first = found[0] if found else None
        message = verdict.status if first is None else first.message
        code = "" if first is None else first.diagnostic.code
        problem = ElementTree.SubElement(case, kind, {"type": code or verdict.status, "message": _xml(message)})
        problem.text = _xml("\n".join(line for finding in found for line in _lines(finding)))
    elif compared(verdict):
        ElementTree.SubElement(case, "system-out").text = compared(verdict)
    return case


def _lines(finding: Finding) -> list[str]:
    start = finding.diagnostic.span.start
    file = finding.diagnostic.path("")
    place = f"{start.line}:{start.column + 1}: " if finding.is_placed else ""
    place = f"{printable(file)}:{place}" if file else place
    first, *notes = finding.lines
    return [f"{place}{finding.diagnostic.code}: {first}", *(f"    {note}" for note in notes)]


def _xml(text: str) -> str:
    """Printable text without the two characters that XML cannot have."""
    return _NOT_XML.sub("\ufffd", text)
