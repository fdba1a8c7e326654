"""The report for code scanning: SARIF 2.1.0, one result for each finding."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from urllib.parse import quote

from py2cpp_autograd.diagnostics import CODES
from py2cpp_autograd.verify.report.findings import Finding
from py2cpp_autograd.verify.report.results import Results

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def as_sarif(results: Results) -> str:
    """The report as a SARIF log with one run."""
    found = [(verdict.path, finding) for verdict, all_of_it in results for finding in all_of_it]
    codes = sorted({finding.diagnostic.code for _, finding in found})
    driver = {"name": "py2cpp-autograd", "version": results.version, "rules": [_rule(code) for code in codes]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(path, finding, codes.index(finding.diagnostic.code)) for path, finding in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: str) -> dict[str, object]:
    row = CODES[code]
    return {
        "id": code,
        "name": "".join(map(str.capitalize, row.slug.split("-"))),
        "shortDescription": {"text": row.summary},
        "help": {"text": row.help},
        "defaultConfiguration": {"level": row.severity},
    }


def _result(path: str, finding: Finding, rule: int) -> dict[str, object]:
    place: dict[str, object] = {"artifactLocation": {"uri": _uri(finding.diagnostic.path(path))}}
    if finding.is_placed:
        place["region"] = _region(finding)
    return {
        "ruleId": finding.diagnostic.code,
        "ruleIndex": rule,
        "level": finding.diagnostic.severity,
        "message": {"text": _plain(finding.lines)},
        "locations": [{"physicalLocation": place}],
    }


def _region(finding: Finding) -> dict[str, int]:
    """SARIF counts lines and columns from 1; the end column is the one after the last character."""
    span = finding.diagnostic.span
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column + 1,
        "endLine": span.end.line,
        "endColumn": span.end.column + 1,
    }


def _uri(path: str) -> str:
    """The path as a URI reference: absolute with its scheme, relative with nothing that could be taken for one."""
    quoted = quote(os.fsencode(path.replace(os.sep, "/")))
    return f"file://{quoted}" if quoted.startswith("/") else quoted


def _plain(lines: Iterable[str]) -> str:
    """Text in which SARIF finds no links, which are `[text](target)`, and no placeholders, which are `{0}`."""
    return "\n".join(lines).replace("](", "] (").replace("{", "{{").replace("}", "}}")
