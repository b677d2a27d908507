"""The night's run: batches by seed, taken up where it was left, and a difference told as the seed that shows it."""

import json
from collections import Counter

import pytest

from night import __main__ as night
from night.kinds import KINDS, Kind


@pytest.fixture
def _three_kinds(monkeypatch):
    """One kind that agrees, one that differs in its second case, one whose fast engine raises."""

    def agrees(seed, _folder):
        yield from ((f"{seed} {number}", number, number) for number in range(4))

    def differs(seed, _folder):
        yield from ((f"{seed} {number}", number, 7 if number == 1 else number) for number in range(2))

    def raises(seed, _folder):
        yield "asked", seed, seed
        raise IndexError("beyond the levels")

    kinds = (Kind("agrees", 4, 0.8, agrees), Kind("differs", 2, 0.1, differs), Kind("raises", 2, 0.1, raises))
    monkeypatch.setattr(night, "KINDS", kinds)


@pytest.mark.usefixtures("_three_kinds")
def test_a_night_is_taken_up_where_it_was_left_and_tells_every_difference(tmp_path, capsys):
    out = tmp_path / "night.jsonl"
    assert night.main(["--cases", "10", "--kind", "agrees", "--out", str(out)]) == 0
    assert [json.loads(line)["seed"] for line in out.read_text().splitlines()] == [1_000, 1_001, 1_002]
    assert night.main(["--cases", "20", "--out", str(out)]) == 1
    lines = [json.loads(line) for line in out.read_text().splitlines()]
    assert Counter((line["kind"], line["seed"]) for line in lines).most_common(1)[0][1] == 1
    assert {(line["kind"], *line["different"]) for line in lines if line["different"]} == {
        ("differs", 1),
        ("raises", 1),
    }
    told = capsys.readouterr().out
    assert "python -m night --only differs:1000" in told
    assert "IndexError: beyond the levels" in told
    done = out.read_text()
    assert night.main(["--cases", "20", "--out", str(out)]) == 1
    assert out.read_text() == done
    assert night.main(["--only", "differs:1000"]) == 1
    assert "case 1\n1000 1\nslow 1\nfast 7" in capsys.readouterr().out


def test_the_kinds_share_the_night_and_none_is_left_out():
    assert sum(kind.share for kind in KINDS) == pytest.approx(1)
    made = night.batches(20_000, [kind.name for kind in KINDS], 1_000)
    counts: Counter[str] = Counter()
    for kind, _ in made:
        counts[kind.name] += kind.batch
    assert set(counts) == {kind.name for kind in KINDS}
    assert 20_000 <= sum(counts.values()) < 20_150
    assert len({(kind.name, seed) for kind, seed in made}) == len(made)
    assert {kind.name for kind, _ in made[:6]} == set(counts)
