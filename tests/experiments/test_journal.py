"""The journal of fits survives a kill and knows its data."""

from __future__ import annotations

from pathlib import Path

from emotion_classifier.experiments.journal import Journal


def test_half_a_line_is_passed_over_and_other_data_are_not_seen(tmp_path: Path) -> None:
    path = tmp_path / "fits.jsonl"
    Journal(path, fingerprint="a").add("one", {"value": 1})
    with path.open("a") as file:
        file.write('{"key": "two", "data": "a", "val')
    journal = Journal(path, fingerprint="a")
    assert ("one" in journal, "two" in journal) == (True, False)
    journal.add("three", {"value": 3})
    again = Journal(path, fingerprint="a")
    assert [again.get(key) is not None for key in ("one", "two", "three")] == [True, False, True]
    assert list(Journal(path, fingerprint="other photos")) == []


def test_a_field_of_its_own_may_be_the_key_and_the_later_line_counts(tmp_path: Path) -> None:
    path = tmp_path / "trials.jsonl"
    Journal(path, key="number").add(0, {"status": "failed"})
    Journal(path, key="number").add(0, {"status": "done"})
    with path.open("a") as file:
        file.write('[]\n{"status": "done"}\n')
    assert list(Journal(path, key="number")) == [{"number": 0, "status": "done"}]
