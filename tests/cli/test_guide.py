"""docs/guide.md: every command in it does what the page says, in its order, in one empty folder."""

import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from cli.conftest import Answer, Ask
from nfolab.cli.app import app

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guide.md"
BLOCK = re.compile(r"^```(?P<kind>\w*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
NAMED = re.compile(r"saved as `(\S+\.toml)`:\n\n```toml\n(.*?)```", re.DOTALL)


@dataclass(frozen=True)
class Step:
    """A command of the guide, and what it left."""

    words: tuple[str, ...]
    answer: Answer


def blocks(kind: str) -> list[str]:
    return [found["text"] for found in BLOCK.finditer(GUIDE.read_text(encoding="utf-8")) if found["kind"] == kind]


def commands() -> list[list[str]]:
    return [shlex.split(line, comments=True) for text in blocks("") for line in text.splitlines()]


@pytest.fixture(scope="module")
def steps(ask: Ask, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Step]]:
    """All commands one after the other, as a reader would type them; RUN is the run made last."""
    folder = tmp_path_factory.mktemp("guide")
    ((name, recipe),) = NAMED.findall(GUIDE.read_text(encoding="utf-8"))
    (folder / name).write_text(recipe, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("COLUMNS", "140")
        made = []
        run = ""
        for _, *words in commands():
            answer = ask(*[run if word == "RUN" else word for word in words])
            if words[0] == "run":
                (run,) = re.findall(r"^Run (\w+)", answer.out, re.MULTILINE)
            made.append(Step(tuple(words), answer))
        yield made


def told(steps: list[Step], *words: str) -> str:
    """What the first command that begins so printed, its lines joined."""
    return next(" ".join(step.answer.out.split()) for step in steps if step.words[: len(words)] == words)


def test_each_command_of_the_guide_ends_well(steps: list[Step]) -> None:
    assert len(steps) >= 15
    assert [(step.words, step.answer.err) for step in steps if step.answer.code] == []


def test_the_guide_goes_the_whole_way() -> None:
    known = {command.name for command in app.registered_commands}
    used = {words[1] for words in commands()}
    assert used - known == {"lake"}
    assert used >= {"new", "check", "funnel", "run", "trades", "explain", "report", "strategies"}


def test_check_says_what_the_guide_shows(steps: list[Step]) -> None:
    (shown,) = blocks("text")
    checked = next(step.answer.out for step in steps if step.words[0] == "check")
    lines = [line.strip() for line in checked.splitlines()]
    start = lines.index(shown.splitlines()[0])
    assert lines[start : start + len(shown.splitlines())] == shown.splitlines()
    assert "warning" not in checked


def test_the_run_trades_and_says_that_it_is_synthetic(steps: list[Step]) -> None:
    runs = [step.answer.out for step in steps if step.words[0] == "run"]
    assert len(runs) == 6
    for out in runs:
        assert "SYNTHETIC data" in " ".join(out.split())
        assert re.search(r"^\d+ trades", out, re.MULTILINE)
    for command in ("trades", "explain", "report", "encyclopedia"):
        assert any(step.words[0] == command for step in steps), command
    assert "worst fills" in runs[0]
    assert "best fills" in runs[0]


def test_the_funnel_counts_the_seconds_of_both_conditions(steps: list[Step]) -> None:
    """Three days from 10:00 up to 14:00 are 3 × 14,400 = 43,200 seconds."""
    funnel = told(steps, "funnel")
    assert "from 10:00:00 to 14:00:00 43,200 43,200" in funnel
    assert "abs(spot_return(30m)) < 0.1%" in funnel
    assert "pair.spread_percent < 0.5%" in funnel


def test_sweep_and_mirror_are_told_as_the_guide_says(steps: list[Step]) -> None:
    sweep, mirror = (next(step.answer.out for step in steps if option in step.words) for option in ("--grid", "--side"))
    assert "of all 9 variants together" in sweep
    assert "quiet_straddle mirrored" in mirror


def test_the_report_tells_the_costs_the_band_and_that_days_are_few(steps: list[Step]) -> None:
    report = told(steps, "report", "RUN")
    for part in ("From mid to net", "Latency", "Net at worst", "Without flagged", "candles", "too few to conclude"):
        assert part in report, part


def test_the_page_holds_the_recipes_own_words(steps: list[Step]) -> None:
    page = told(steps, "strategies")
    assert page.startswith("# Sell a straddle after a quiet half hour `quiet_straddle`: sell, no family; runs.")
    assert "The quiet ends: one move costs more than many quiet hours bring." in page
