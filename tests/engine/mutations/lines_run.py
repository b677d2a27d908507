"""Which lines of the compiled functions the tests run, seen with Numba switched off.

cd tests && python -m engine.mutations.lines_run            # the engine's small tests
cd tests && python -m engine.mutations.lines_run --module engine/kernel.py tests/engine/test_by_hand.py
"""

import argparse
import ast
import os
import sys
import threading
from pathlib import Path
from types import CodeType, FrameType

os.environ["NUMBA_DISABLE_JIT"] = "1"  # read when Numba is imported

import pytest

from engine.mutations.trial import PACKAGE, ROOT, paths_of

MARKS = ("compiled", "lean", "inner")


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


class Watch:
    """Notes every line that runs in some files."""

    def __init__(self, paths: list[Path]) -> None:
        self.seen: dict[str, set[int]] = {str(path): set() for path in paths}

    def __call__(self, frame: FrameType, event: str, _argument: object) -> object:
        lines = self.seen.get(frame.f_code.co_filename)
        if lines is None:
            return None

        def line_of(inner: FrameType, happened: str, _nothing: object) -> object:
            if happened == "line":
                lines.add(inner.f_lineno)
            return line_of

        return line_of


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--module", action="append", help="below src/nfolab; all that hold compiled functions")
    parser.add_argument("-k", default="not real")
    parser.add_argument("tests", nargs="*", default=["tests/engine"])
    options = parser.parse_args()
    modules = options.module or sorted(str(path.relative_to(PACKAGE)) for path in (PACKAGE / "engine").rglob("*.py"))
    kernels = {path: kernels_of(path) for path in paths_of(modules)}
    watch = Watch(list(kernels))
    os.chdir(ROOT)
    threading.settrace(watch)
    sys.settrace(watch)
    code = pytest.main(["-q", "-p", "no:cacheprovider", "-k", options.k, *options.tests])
    sys.settrace(None)
    threading.settrace(None)
    every = missed_of_all = 0
    for path, functions in kernels.items():
        for name, lines in functions.items():
            missed = sorted(lines - watch.seen[str(path)])
            every, missed_of_all = every + len(lines), missed_of_all + len(missed)
            told = f"{100 * (1 - len(missed) / len(lines)):5.1f} %  {path.name}:{name}"
            sys.stdout.write(f"{told}  {', '.join(map(str, missed))}\n")
    sys.stdout.write(f"{100 * (1 - missed_of_all / every):5.1f} % of {every} lines\n")
    return int(code)


if __name__ == "__main__":
    raise SystemExit(main())
