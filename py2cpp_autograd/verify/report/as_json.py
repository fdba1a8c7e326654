"""The report for programs: one JSON object."""

from __future__ import annotations

import json

from py2cpp_autograd.diagnostics_text import diagnostic_json
from py2cpp_autograd.verify.report.results import Results


def as_json(results: Results) -> str:
    """`{"schema_version": 1, "files": [...]}`; every status but `match` has a diagnostic with its code."""
    files = [
        verdict.to_json() | {"diagnostics": [diagnostic_json(one.diagnostic) for one in found]}
        for verdict, found in results
    ]
    return json.dumps({"schema_version": 1, "files": files}, indent=2, allow_nan=False) + "\n"
