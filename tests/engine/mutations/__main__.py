"""Break the engine's kernels in many small ways and see which of them the tests notice.

    cd tests && python -m engine.mutations                      # 200 mutants, seed 5
    cd tests && python -m engine.mutations --count 60 --seed 7 --module engine/band.py
    cd tests && python -m engine.mutations --again              # survivors once more, after tests were written
    cd tests && python -m engine.mutations --report             # what is known so far, survivors with their diffs
    cd tests && python -m engine.mutations --lines              # lines of the kernels that the tests run

Verdicts are kept a line each in `--out`; a mutant judged before, of the same text, is not judged again, so that a run
may be stopped and taken up at any time. One process judges at a time.
"""

import argparse
import hashlib
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from engine.mutations.judge import ROOT, Judge, session
from engine.mutations.lines_run import least_lines
from engine.mutations.mutants import Mutant, drawn
from engine.mutations.plant import PACKAGE

COMPILED = re.compile(r"^@(compiled|lean|inner)$", re.MULTILINE)
LATER = ("test_compiled.py", "test_desk_compiled.py", "test_parity.py", "test_positions_parity.py", "test_numba_off.py")
"""Tests of compiling itself, and the long random runs: a few random cases of each kind stand for those."""


def modules() -> list[str]:
    """The modules of the engine that hold compiled functions, and those that turn their logs into trades."""
    found = [str(path.relative_to(PACKAGE)) for path in sorted((PACKAGE / "engine").rglob("*.py"))]
    money = ("engine/outcome.py", "engine/desk/outcome.py", "engine/leftover.py", "engine/trades/")
    return [name for name in found if name.startswith(money) or COMPILED.search((PACKAGE / name).read_text())]


def tests() -> list[str]:
    names = sorted(path.name for path in (ROOT / "tests" / "engine").glob("test_*.py") if path.name not in LATER)
    lessons = sorted(path.name for path in (ROOT / "tests" / "honesty").glob("test_lessons_*.py"))
    return [
        *(f"tests/engine/{name}" for name in names),
        *(f"tests/honesty/{name}" for name in lessons),
        "tests/engine/mutations/random_runs.py",
    ]


def main() -> int:
    options = read_options()
    out = options.out or Path(tempfile.gettempdir()) / f"nfolab-mutants-{options.seed}.jsonl"
    paths = [PACKAGE / name for name in modules()]
    mutants = [
        mutant
        for mutant in drawn(paths, options.count, options.seed)
        if not options.module or any(mutant.path.match(name) for name in options.module)
    ]
    known = {line["name"]: line for line in map(json.loads, out.read_text().splitlines())} if out.exists() else {}
    if options.report:
        report(mutants, known)
        return 0

    def work(judge: Judge) -> None:
        if options.lines:
            judge.enough = least_lines(paths, judge, options.lines)
            return
        try_all(mutants, known, judge, out, options.again)

    judge = Judge(paths, out, work)
    code = session(judge, options.test or tests(), "not real")
    if not options.lines:
        report(mutants, known)
    return code if judge.enough else 1


def try_all(mutants: list[Mutant], known: dict[str, dict], judge: Judge, out: Path, again: bool) -> None:
    sys.stdout.write(f"{len(mutants)} mutants; verdicts in {out}\n")
    for number, mutant in enumerate(mutants):
        source = mutant.path.read_text()
        name = mutant.name(source)
        survived = name in known and known[name]["state"] == "survived"
        if not survived if again else name in known:
            continue
        asked = judge.telling(mutant.path, mutant.first, mutant.last)
        verdict = judge.try_out({mutant.path: mutant.applied(source)}, asked)
        line = {
            "name": name, "state": verdict.state, "by": verdict.by, "seconds": round(verdict.seconds, 1),
            "asked": verdict.asked,
        }  # fmt: skip
        known[name] = line
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        where = f"{mutant.path.parent.name}/{mutant.path.name}:{mutant.line}"
        sys.stdout.write(f"{number:4} {verdict.state:9} {verdict.seconds:5.1f} s  {where:28} {mutant.kind}\n")
        sys.stdout.flush()


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m engine.mutations", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--module", action="append", help="only those drawn of this one, such as desk/*.py; again")
    parser.add_argument("--test", action="append", help="a test file; may be given again")
    parser.add_argument("--out", type=Path, help="where verdicts are kept")
    parser.add_argument("--again", action="store_true", help="judge those that survived once more, and no others")
    parser.add_argument("--report", action="store_true", help="only tell what is known")
    parser.add_argument("--lines", type=float, nargs="?", const=95.0, help="only tell which lines of kernels the tests "
                        "run; fails below this many percent")  # fmt: skip
    return parser.parse_args()


def report(mutants: list[Mutant], known: dict[str, dict]) -> None:
    states: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    rooms: Counter[tuple[str, str]] = Counter()
    names = hashlib.sha256()
    for mutant in mutants:
        source = mutant.path.read_text()
        name = mutant.name(source)
        names.update(name.encode())
        line = known.get(name)
        state = line["state"] if line else "not judged"
        states[state] += 1
        kinds[mutant.kind, state] += 1
        rooms[str(mutant.path.relative_to(PACKAGE / "engine")), state] += 1
        if state == "survived":
            diff = mutant.diff(source).replace(str(ROOT) + "/", "")
            sys.stdout.write(f"\nsurvived {name}: {mutant.kind}, {line['asked']} tests asked\n{diff}\n")
    for counts in (rooms, kinds):
        sys.stdout.write("\n")
        for what in sorted({what for what, _ in counts}):
            own = {state: counts[what, state] for state in states if counts[what, state]}
            sys.stdout.write(f"{what:34} " + ", ".join(f"{count} {state}" for state, count in own.items()) + "\n")
    judged = states["killed"] + states["stalled"] + states["survived"]
    caught = judged - states["survived"]
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    share = f"; {100 * caught / judged:.1f} % of those judged were noticed" if judged else ""
    sys.stdout.write(f"\n{told}{share}; the draw is {names.hexdigest()[:16]}\n")


if __name__ == "__main__":
    raise SystemExit(main())
