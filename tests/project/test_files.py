"""What no committed file may hold, what the pinned requirements must, and how modules and tests are kept."""

import ast
import os
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LONGEST_MODULE = 500
PLACES = re.compile(r"(?<![\w.$}~])/(?:root|work|farm|home|Users)/\w")
RESOLVED = '"resolved": "' + "http"
REGISTRIES = ("py" + "pi.org", "python" + "hosted.org", "npmjs" + ".org", "proxy.golang" + ".org", "crates" + ".io")
UNFINISHED = re.compile("TO" + "DO|FIX" + "ME|XX" + "X:|NotImplemented" + "Error|mark[.]skip|mark[.]x" + "fail")
ASSERTING = {"raises", "warns", "fail", "AssertionError"}


def _hosts_of_this_machine() -> set[str]:
    """The hosts from which packages come here, by pip's own settings."""
    listed = subprocess.run(
        [sys.executable, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    words = " ".join(
        [listed.stdout, *(value for name, value in os.environ.items() if name.startswith(("PIP_", "UV_")))]
    )
    hosts = {urlsplit(word).hostname for word in re.findall(r"https?://[^\s'\"]+", words)}
    return {host for host in hosts if host}


def test_no_registry_and_no_machine_is_named(texts: dict[Path, str]) -> None:
    forbidden = {*REGISTRIES, *_hosts_of_this_machine(), RESOLVED}
    assert len(texts) > 100
    assert [(str(path), word) for path, text in texts.items() for word in forbidden if word in text] == []
    assert [(str(path), found[0]) for path, text in texts.items() if (found := PLACES.search(text))] == []


def test_nothing_is_left_unfinished(texts: dict[Path, str]) -> None:
    python = {path: text for path, text in texts.items() if path.suffix == ".py"}
    assert [(str(path), found[0]) for path, text in python.items() if (found := UNFINISHED.search(text))] == []


def test_modules_stay_small(texts: dict[Path, str]) -> None:
    ours = {path: text for path, text in texts.items() if path.suffix == ".py" and path.parts[0] != "tests"}
    lines = {str(path): text.count("\n") for path, text in ours.items()}
    assert {path: count for path, count in lines.items() if count > LONGEST_MODULE} == {}


def _asked_for(project: dict[str, object]) -> Iterator[Requirement]:
    declared, groups, build = project["project"], project["dependency-groups"], project["build-system"]
    assert isinstance(declared, dict)
    assert isinstance(groups, dict)
    assert isinstance(build, dict)
    for text in (*declared["dependencies"], *groups["dev"], *build["requires"]):
        yield Requirement(text)


def test_every_dependency_is_pinned_as_asked_for(root: Path) -> None:
    lines = (root / "requirements.txt").read_text(encoding="utf-8").splitlines()
    pinned: dict[str, list[str]] = {}
    for line in lines:
        requirement = Requirement(line)
        (pin,) = requirement.specifier
        assert (pin.operator, requirement.url) == ("==", None), line
        pinned.setdefault(canonicalize_name(requirement.name), []).append(pin.version)
    asked = list(_asked_for(tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))))
    assert len(asked) > 15
    for requirement in asked:
        versions = pinned[canonicalize_name(requirement.name)]
        assert all(requirement.specifier.contains(version) for version in versions), requirement


def test_every_room_stands_in_the_order_of_imports(root: Path) -> None:
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    (contract,) = project["tool"]["importlinter"]["contracts"]
    rooms = {f"nfolab.{path.parent.name}" for path in (root / "src" / "nfolab").glob("*/__init__.py")}
    assert set(contract["layers"]) == rooms


def test_the_checks_run_with_one_command(root: Path) -> None:
    script = root / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "set -euo pipefail" in script.read_text(encoding="utf-8")
    assert script.read_text(encoding="utf-8").splitlines()[-1] == "make lint test"
    told = subprocess.run(["make", "-C", str(root), "--no-print-directory"], capture_output=True, text=True, check=True)
    assert {"setup", "demo", "test", "lint", "bench", "help"} <= set(told.stdout.split())


def _functions(tree: ast.AST) -> dict[str, ast.FunctionDef]:
    return {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def _named(function: ast.FunctionDef) -> set[str]:
    """The names that a function calls or hands on."""
    attributes = {node.attr for node in ast.walk(function) if isinstance(node, ast.Attribute)}
    return attributes | {node.id for node in ast.walk(function) if isinstance(node, ast.Name)}


def _asserts(function: ast.FunctionDef) -> bool:
    return any(isinstance(node, ast.Assert) for node in ast.walk(function)) or bool(_named(function) & ASSERTING)


@pytest.fixture(scope="module")
def asserting(texts: dict[Path, str]) -> tuple[set[str], dict[str, ast.FunctionDef]]:
    """Names of functions of the tests that assert, themselves or by what they name; and the tests, by their place."""
    helpers: dict[str, list[ast.FunctionDef]] = {}
    tests: dict[str, ast.FunctionDef] = {}
    for path, text in texts.items():
        if path.parts[0] != "tests" or path.suffix != ".py":
            continue
        for name, function in _functions(ast.parse(text)).items():
            if name.startswith("test_"):
                tests[f"{path}::{name}"] = function
            else:
                helpers.setdefault(name, []).append(function)
    known = {name for name, ones in helpers.items() if any(map(_asserts, ones))}
    while True:
        more = {name for name, ones in helpers.items() if any(_named(one) & known for one in ones)} | known
        if more == known:
            return known, tests
        known = more


def test_every_test_asserts_something(asserting: tuple[set[str], dict[str, ast.FunctionDef]]) -> None:
    helpers, tests = asserting
    assert len(tests) > 200
    assert [name for name, test in tests.items() if not _asserts(test) and not _named(test) & helpers] == []
