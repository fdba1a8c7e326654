"""Options of the test suite."""

from __future__ import annotations

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-cases", action="store_true", help="rewrite the cpp blocks of the golden cases")
    parser.addoption("--programs", type=int, default=40, help="how many programs the property tests make")
    parser.addoption("--first-seed", type=int, default=0, help="the seed of the first of these programs")
