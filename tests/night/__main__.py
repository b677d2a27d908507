"""Random cases by the thousand, fast engine against slow, until they are through or stopped.

    cd tests && python -m night                          # 20,000 cases, all kinds; taken up where it was left
    cd tests && python -m night --cases 3000 --kind desk
    cd tests && python -m night --only positions:17      # one batch again, with what differs told in full

A batch is named by its kind and seed. What is done is kept, a line a batch, in `--out`, tied to the code of both
engines: another code is another night. A difference never stops the others; it makes the exit code 1.
"""

import argparse
import hashlib
import json
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path

from nfolab.base.errors import InputError
from night.kinds import KINDS, ROOT, Kind

FAULTS = (AssertionError, ArithmeticError, LookupError, TypeError, ValueError, RuntimeError, InputError)
"""What an engine in the wrong may raise."""
SOURCES = ("src/nfolab", "tests/reference", "tests/night", "tests/engine")


def main(arguments: Sequence[str] | None = None) -> int:
    options = read_options(arguments)
    if options.only:
        name, seed = options.only.split(":")
        return tell_one(next(kind for kind in KINDS if kind.name == name), int(seed))
    out = options.out or Path(tempfile.gettempdir()) / f"nfolab-night-{hash_of_code()}.jsonl"
    done = [json.loads(line) for line in out.read_text().splitlines()] if out.exists() else []
    cases = Counter({kind.name: 0 for kind in KINDS})
    for line in done:
        cases[line["kind"]] += line["cases"]
    known = {(line["kind"], line["seed"]) for line in done}
    differences = [line for line in done if line["different"]]
    wanted = batches(options.cases, options.kind or [kind.name for kind in KINDS], options.first)
    todo = [(kind, seed) for kind, seed in wanted if (kind.name, seed) not in known]
    sys.stdout.write(f"{len(wanted) - len(todo)} of {len(wanted)} batches are done; kept in {out}\n")
    start, ran = time.monotonic(), 0
    for place, (kind, seed) in enumerate(todo):
        began = time.monotonic()
        count, different = tried(kind, seed)
        line = {
            "kind": kind.name, "seed": seed, "cases": count, "different": different,
            "seconds": round(time.monotonic() - began, 2),
        }  # fmt: skip
        with out.open("a") as file:
            file.write(json.dumps(line) + "\n")
        cases[kind.name] += count
        ran += count
        if different:
            differences.append(line)
            sys.stdout.write(f"{len(different)} differ: python -m night --only {kind.name}:{seed}\n")
        rate = ran / (time.monotonic() - start)
        if place % 10 in (0, 9) or place + 1 == len(todo):
            left = sum(kind.batch for kind, _ in todo[place + 1 :]) / rate / 60
            sys.stdout.write(f"{sum(cases.values()):6} cases, {rate:.1f} a second, {left:.0f} min to go\n")
            sys.stdout.flush()
    told = ", ".join(f"{count} of {name}" for name, count in cases.items() if count)
    sys.stdout.write(
        f"{sum(cases.values())} cases ({told}); {sum(len(one['different']) for one in differences)} differ\n"
    )
    for line in differences:
        sys.stdout.write(f"  {line['kind']}:{line['seed']} cases {line['different']}\n")
    return 1 if differences else 0


def read_options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m night", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--kind", action="append", choices=[kind.name for kind in KINDS])
    parser.add_argument("--first", type=int, default=1_000, help="the first seed; those below are the tests' own")
    parser.add_argument("--out", type=Path, help="where what is done is kept")
    parser.add_argument("--only", help="one batch, as positions:17")
    return parser.parse_args(arguments)


def batches(cases: int, names: Sequence[str], first: int) -> list[tuple[Kind, int]]:
    """So many cases or a few more, by the kinds' shares, the kinds by turns."""
    chosen = [kind for kind in KINDS if kind.name in names]
    whole = sum(kind.share for kind in chosen)
    counts = [-(-int(cases * kind.share / whole) // kind.batch) for kind in chosen]
    places = sorted(
        (number / count, place, first + number) for place, count in enumerate(counts) for number in range(count)
    )
    return [(chosen[place], seed) for _, place, seed in places]


def tried(kind: Kind, seed: int) -> tuple[int, list[int]]:
    """How many cases a batch had, and which differ; one that raises counts as different, and ends its batch."""
    different: list[int] = []
    count = 0
    try:
        for _, slow, fast in made(kind, seed):
            if slow != fast:
                different.append(count)
            count += 1
    except FAULTS:
        sys.stdout.write(traceback.format_exc())
        return count + 1, [*different, count]
    return count, different


def made(kind: Kind, seed: int) -> Iterator[tuple[str, object, object]]:
    with tempfile.TemporaryDirectory(prefix="nfolab-night-") as folder:
        yield from kind.cases(seed, Path(folder))


def tell_one(kind: Kind, seed: int) -> int:
    """Tell what differs in one batch."""
    count = found = 0
    for asked, slow, fast in made(kind, seed):
        if slow != fast:
            found += 1
            sys.stdout.write(f"case {count}\n{asked}\nslow {slow}\nfast {fast}\n\n")
        count += 1
    sys.stdout.write(f"{found} of {count} differ\n")
    return 1 if found else 0


def hash_of_code() -> str:
    told = hashlib.sha256()
    for folder in SOURCES:
        for path in sorted((ROOT / folder).rglob("*.py")):
            told.update(str(path.relative_to(ROOT)).encode() + path.read_bytes())
    return told.hexdigest()[:12]


if __name__ == "__main__":
    raise SystemExit(main())
