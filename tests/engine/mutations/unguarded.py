"""Take the guard against each fault of earlier work away in turn: the test named after it must fail.

cd tests && python -m engine.mutations.unguarded
cd tests && python -m engine.mutations.unguarded A08 E03
"""

import sys

from engine.mutations.guards import GUARDS
from engine.mutations.judge import Judge, session

FAULTS_OF_THE_TEXT = ("NameError", "SyntaxError", "TypeError", "AttributeError", "UnboundLocalError")
"""A text that fails by one of these is no fault of earlier work: it never ran."""


def main() -> int:
    asked = sys.argv[1:]
    wanted = [one for one in GUARDS if not asked or one.lesson in asked]
    left: list[str] = []

    def work(judge: Judge) -> None:
        for one in wanted:
            tests = [name for name in judge.items if name.startswith(one.test)]
            try:
                texts = one.texts()
            except ValueError as gone:
                left.append(f"{gone}")
                continue
            verdict = judge.try_out(texts, tests)
            if verdict.state != "killed" or verdict.why.startswith(FAULTS_OF_THE_TEXT):
                left.append(f"{one.lesson}: {verdict.state}, {len(tests)} tests, {verdict.by} {verdict.why}")
            sys.stdout.write(
                f"\n{one.lesson:5} {verdict.state:9} {verdict.seconds:5.1f} s  {verdict.by}: {verdict.why}\n"
            )
            sys.stdout.flush()

    judge = Judge([], None, work)
    session(judge, sorted({one.test.split("::")[0] for one in wanted}), "")
    sys.stdout.write("\n" + "\n".join(left or [f"each of {len(wanted)} guards was missed by its test"]) + "\n")
    return 1 if left else 0


if __name__ == "__main__":
    raise SystemExit(main())
