"""Which lines of the compiled functions the tests run, seen with Numba switched off."""

import ast
import sys
from collections.abc import Sequence
from pathlib import Path
from types import CodeType
from typing import Protocol

MARKS = ("compiled", "lean", "inner")


class Looked(Protocol):
    """What has seen which lines tests run."""

    def lines_of(self, path: Path) -> frozenset[int]: ...


def kernels_of(path: Path) -> dict[str, set[int]]:
    """The lines that can run of each function marked as compiled, its `def` left out."""
    source = path.read_text()
    marked = {
        node.name
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef) and any(ast.unparse(one) in MARKS for one in node.decorator_list)
    }
    found: dict[str, set[int]] = {}

    def visit(code: CodeType) -> None:
        for constant in code.co_consts:
            if isinstance(constant, CodeType):
                if constant.co_name in marked:
                    first = constant.co_firstlineno + 1
                    found[constant.co_name] = {line for _, _, line in constant.co_lines() if line and line > first}
                visit(constant)

    visit(compile(source, str(path), "exec"))
    return found


def least_lines(paths: Sequence[Path], looked: Looked, percent: float) -> bool:
    """Tell of each module how many lines of its kernels ran and which did not; whether enough of each did."""
    enough = True
    every = run_of_all = 0
    for path in paths:
        lines = set().union(*kernels_of(path).values()) if kernels_of(path) else set()
        if not lines:
            continue
        missed = sorted(lines - looked.lines_of(path))
        every, run_of_all = every + len(lines), run_of_all + len(lines) - len(missed)
        share = 100 * (1 - len(missed) / len(lines))
        enough &= share >= percent
        where = f"{path.parent.name}/{path.name}"
        sys.stdout.write(f"{share:5.1f} % of {len(lines):4} lines  {where:26} {', '.join(map(str, missed))}\n")
    sys.stdout.write(f"{100 * run_of_all / every:5.1f} % of {every:4} lines\n")
    return enough
