"""Programs of several files, tests/projects/*.md: each translates and matches Python, or is refused where it says.

The first block under a heading is the program, `py PATH` the others: the modules of its project. Errors are asserted
as in the golden cases.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from golden import Case, Expected

from py2cpp_autograd import Options, Translation, translate
from py2cpp_autograd.siblings import Siblings, read_siblings
from py2cpp_autograd.verify import Program, VerifyOptions, verify_programs

FOLDER = Path(__file__).parent / "projects"
_HEADING = re.compile(r"^# (.+)\n", re.MULTILINE)
_BLOCK = re.compile(r"^```py (\S+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Project:
    """A program, its path, and the other files of its project by their paths."""

    name: str
    path: str
    source: str
    files: dict[str, str] = field(default_factory=dict)

    @property
    def stem(self) -> str:
        return re.sub(r"\W+", "_", self.name.lower())

    @property
    def siblings(self) -> Siblings:
        return Siblings(self.files, self.path.rpartition("/")[0].replace("/", "."))

    @property
    def errors(self) -> list[tuple[str, Expected]]:
        """The asserted diagnostics of all files, each with its path; that of the program is empty."""
        texts = {"": self.source, **self.files}
        return sorted((path, one) for path, text in texts.items() for one in _errors(text))


def _errors(text: str) -> list[Expected]:
    return Case(Path(), "", 0, text, None).errors


def read_projects(path: Path) -> list[Project]:
    found = []
    _, *parts = re.split(r"^# (?=[^\n]*\n```py )", path.read_text("utf-8"), flags=re.MULTILINE)
    for part in parts:
        (main, source), *files = _BLOCK.findall(part)
        found.append(Project(part.partition("\n")[0], main, source, dict(files)))
    return found


ALL = [project for path in sorted(FOLDER.glob("*.md")) for project in read_projects(path)]
TRANSLATED = [project for project in ALL if not project.errors]


def translation_of(project: Project) -> Translation:
    return translate(project.source, filename=f"{project.stem}.py", options=Options(siblings=project.siblings))


@pytest.mark.parametrize("project", ALL, ids=lambda project: project.name)
def test_project_translates_or_is_refused_where_it_says(project: Project) -> None:
    made = translation_of(project)
    found = sorted(
        (one.path(""), Expected(one.span.start.line, one.span.start.column + 1, one.code, one.message))
        for one in made.diagnostics
        if one.severity == "error"
    )
    assert [(path, (one.line, one.column, one.code)) for path, one in found] == [
        (path, (one.line, one.column, one.code)) for path, one in project.errors
    ], found
    assert all(one.text in other.text for (_, one), (_, other) in zip(project.errors, found, strict=True)), found
    assert (made.status == "refused") == bool(project.errors)


@pytest.mark.build
def test_projects_match_python() -> None:
    programs = [Program(f"{one.stem}.py", one.source, None, one.siblings) for one in TRANSLATED]
    verdicts = verify_programs(programs, VerifyOptions(timeout=300))
    assert {one.path: (one.status, one.detail) for one in verdicts if one.status != "match"} == {}


def test_siblings_are_found_on_the_disk(tmp_path: Path) -> None:
    files = {
        "pkg/__init__.py": "from .layers import K\n",
        "pkg/layers.py": "from .deep.util import K\nimport numpy\n",
        "pkg/deep/util.py": "K = 2\n",
        "pkg/unused.py": "K = 3\n",
        "pkg/main.py": "from .layers import K\nfrom . import missing\nk = K\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, "utf-8")
    found = read_siblings(str(tmp_path / "pkg/main.py"), files["pkg/main.py"])
    assert (found.package, Path(found.root)) == ("pkg", tmp_path)
    assert set(found.texts) == {"pkg/__init__.py", "pkg/layers.py", "pkg/deep/util.py"}
    assert Path(found.shown("pkg/layers.py")) == tmp_path / "pkg" / "layers.py"


def test_a_script_finds_what_lies_beside_it(tmp_path: Path) -> None:
    (tmp_path / "model.py").write_bytes(b"# -*- coding: utf-7 -*-\nK = 1\n")
    (tmp_path / "config.py").write_text("K = 1\n", "utf-8")
    found = read_siblings(str(tmp_path / "train.py"), "import config, model, torch\n")
    assert set(found.texts) == {"config.py"}
    assert set(found.problems) == {"model.py"}
    made = translate("import model\n", options=Options(siblings=found))
    assert [(one.code, one.span.start.line) for one in made.diagnostics] == [("PCA105", 1)]


def test_more_than_can_be_read_is_refused(tmp_path: Path) -> None:
    (tmp_path / "small.py").write_text("K = 1\n", "utf-8")
    (tmp_path / "large.py").write_text("x = 1\n" * 100_000, "utf-8")
    source = "import small\nimport large\n"
    found = read_siblings(str(tmp_path / "train.py"), source)
    assert set(found.texts) == {"small.py"}
    made = translate(source, options=Options(siblings=found))
    assert [(one.code, one.span.start.line) for one in made.diagnostics] == [("PCA105", 2)]
