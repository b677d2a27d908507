"""Break the engine's kernels in many small ways and see which of them the tests notice.

    cd tests && python -m engine.mutations                      # 200 mutants of the recipe engine, seed 5
    cd tests && python -m engine.mutations --count 60 --seed 7 --module engine/kernel.py
    cd tests && python -m engine.mutations --again              # survivors once more, after tests were written
    cd tests && python -m engine.mutations --report             # what is known so far, survivors with their diffs

Verdicts are kept a line each in `--out`; a mutant judged before, of the same text, is not judged again, so that a run
may be stopped and taken up at any time. One process runs at a time.
"""

import argparse
import json
import re
import sys
import tempfile
from collections import Counter
from pathlib import Path

from engine.mutations.mutants import Mutant, drawn
from engine.mutations.trial import PACKAGE, ROOT, Bench, Suite, imports_the_copy, paths_of

COMPILED = re.compile(r"^@(compiled|lean|inner)$", re.MULTILINE)
FIRST_TESTS = ("test_by_hand.py", "test_mutants.py")
"""Those that notice most in least time; the others follow by name, and the slow twin of recipes last."""


def modules() -> list[str]:
    """The modules of the engine that hold compiled functions, and those that turn their logs into money."""
    found = [str(path.relative_to(PACKAGE)) for path in sorted((PACKAGE / "engine").rglob("*.py"))]
    money = ("engine/outcome.py", "engine/flags.py", "engine/leftover.py")
    return [name for name in found if name in money or COMPILED.search((PACKAGE / name).read_text())]


def tests() -> list[str]:
    names = sorted(path.name for path in (ROOT / "tests" / "engine").glob("test_*.py"))
    apart = (*FIRST_TESTS, "test_compiled.py", "test_parity.py")
    names = [*FIRST_TESTS, *(name for name in names if name not in apart), "test_parity.py"]
    return [f"tests/engine/{name}" for name in names]


def main() -> int:
    options = read_options()
    out = options.out or Path(tempfile.gettempdir()) / f"nfolab-mutants-{options.seed}.jsonl"
    mutants = drawn(paths_of(options.module or modules()), options.count, options.seed)
    known = {line["name"]: line for line in map(json.loads, out.read_text().splitlines())} if out.exists() else {}
    if options.report:
        report(mutants, known)
        return 0
    suite = Suite(tuple(options.test or tests()), options.k, options.compiled, options.stall)
    with tempfile.TemporaryDirectory(prefix="nfolab-mutants-") as folder:
        bench = Bench(Path(folder), suite)
        if not imports_the_copy(bench):
            sys.stderr.write("the tests would not import the copy of the package: install it as `make setup` does\n")
            return 1
        whole = bench.try_out(None)
        if whole.state != "survived":
            sys.stderr.write(f"the tests fail without any mutant: {whole.state} {whole.by}\n")
            return 1
        sys.stdout.write(f"{len(mutants)} mutants; all tests take {whole.seconds:.0f} s; verdicts in {out}\n")
        for number, mutant in enumerate(mutants):
            source = mutant.path.read_text()
            name = mutant.name(source)
            survived = name in known and known[name]["state"] == "survived"
            if not survived if options.again else name in known:
                continue
            verdict = bench.try_out(mutant)
            line = {"name": name, "state": verdict.state, "by": verdict.by, "seconds": round(verdict.seconds, 1)}
            known[name] = line
            with out.open("a") as file:
                file.write(json.dumps(line) + "\n")
            where = f"{mutant.path.name}:{mutant.line}"
            sys.stdout.write(f"{number:4} {verdict.state:9} {verdict.seconds:5.0f} s  {where:20} {mutant.kind}\n")
            sys.stdout.flush()
    report(mutants, known)
    return 0


def read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m engine.mutations", description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--seed", type=int, default=5)
    parser.add_argument("--module", action="append", help="below src/nfolab; may be given again")
    parser.add_argument("--test", action="append", help="a test file; may be given again, the quickest first")
    parser.add_argument("-k", default="not real", help="which tests of these files, as pytest's -k")
    parser.add_argument("--compiled", action="store_true", help="compile the kernels anew for each mutant")
    parser.add_argument("--stall", type=int, default=90, help="seconds of silence that end a mutant")
    parser.add_argument("--out", type=Path, help="where verdicts are kept")
    parser.add_argument("--again", action="store_true", help="judge those that survived once more, and no others")
    parser.add_argument("--report", action="store_true", help="only tell what is known")
    return parser.parse_args()


def report(mutants: list[Mutant], known: dict[str, dict]) -> None:
    states: Counter[str] = Counter()
    for mutant in mutants:
        source = mutant.path.read_text()
        line = known.get(mutant.name(source))
        states[line["state"] if line else "not judged"] += 1
        if line and line["state"] == "survived":
            diff = mutant.diff(source).replace(str(ROOT) + "/", "")
            sys.stdout.write(f"\nsurvived {line['name']}: {mutant.kind}\n{diff}\n")
    judged = sum(states.values()) - states["not judged"]
    caught = judged - states["survived"]
    told = ", ".join(f"{count} {state}" for state, count in states.most_common())
    share = f"; {100 * caught / judged:.1f} % of those judged were noticed" if judged else ""
    sys.stdout.write(f"\n{told}{share}\n")


if __name__ == "__main__":
    raise SystemExit(main())
