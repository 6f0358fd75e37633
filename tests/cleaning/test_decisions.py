"""Files of findings and of decisions, as they are written and read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from findings_of_photos import STRANGE, WRONG, found

from emotion_classifier.cleaning.clean import clean
from emotion_classifier.cleaning.decisions import Decision, match, read_decisions, write_decisions
from emotion_classifier.cleaning.suggestions import read_findings
from emotion_classifier.errors import DatasetError


def test_findings_of_another_folder_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="of the 1 files they name 0 are there"):
        clean(photos, tmp_path / "out", findings=[found("DATA001", "b/1.jpg")])
    some = [found("DATA001", "b/1.jpg", "Sad/01.jpg")]
    assert "'b/1.jpg'" in clean(photos, tmp_path / "out", findings=some).notices[0]


@pytest.mark.parametrize(
    "line", ["{", "[1]", '{"files": []}', '{"code": "DATA001", "files": "a.jpg"}', '{"code": 1, "files": 2}']
)
def test_a_file_that_holds_no_findings(tmp_path: Path, line: str) -> None:
    (tmp_path / "f.jsonl").write_text(f"\n{line}\n")
    with pytest.raises(DatasetError, match="line 2 is not a finding"):
        read_findings(tmp_path / "f.jsonl")
    with pytest.raises(DatasetError, match="cannot be read"):
        read_findings(tmp_path / "none.jsonl")


def test_findings_come_back_as_they_were_printed(tmp_path: Path) -> None:
    finding = found("DATA010", STRANGE, "\udce9.jpg", **WRONG)
    for encoding in ("utf-8", "utf-16"):  # The latter is what Windows PowerShell 5 writes.
        (tmp_path / "f.jsonl").write_text(json.dumps(finding.to_dict()) + "\n", encoding=encoding)
        assert read_findings(tmp_path / "f.jsonl") == (finding,)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("file,verdict\na,drop\n", "columns file, verdict"),
        ("file,decision,mood\na,drop,x\n", "no others may be"),
        ("", "columns none"),
        ("file,decision\na,maybe\n", "one of accept, reject, drop"),
        ("file,decision\na,drop,,,,,\n", "not understood"),
        ("file,decision\na,accept\n", "does not say which"),
        ("file,decision\n\xff,drop\n", "UTF-8"),
    ],
)
def test_decisions_that_are_not_understood(tmp_path: Path, text: str, says: str) -> None:
    (tmp_path / "d.csv").write_bytes(text.encode("latin-1"))
    with pytest.raises(DatasetError, match=says):
        read_decisions(tmp_path / "d.csv")


def test_decisions_on_other_photos_are_refused(photos: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="not there: 'b.jpg'"):
        clean(photos, tmp_path / "out", findings=[], decisions=[Decision("b.jpg", "drop")])


def test_decisions_come_back_whatever_a_photo_is_called(tmp_path: Path) -> None:
    decisions = (Decision(STRANGE, "accept", "happy", "DATA010", "t"), Decision("=1+1.jpg", "drop"))
    write_decisions(tmp_path / "d.csv", decisions)
    assert read_decisions(tmp_path / "d.csv") == decisions
    (tmp_path / "wide.csv").write_text((tmp_path / "d.csv").read_text(encoding="utf-8"), encoding="utf-16")
    assert read_decisions(tmp_path / "wide.csv") == decisions
    with pytest.raises(DatasetError, match="cannot be read"):
        read_decisions(tmp_path / "none.csv")


def test_decisions_are_matched_whatever_unicode_form_a_name_has() -> None:
    composed, apart = "happy/Zo\u00eb.jpg", "happy/Zoe\u0308.jpg"
    decision = Decision(apart, "drop")
    assert match([decision], [composed, "sad/a.jpg"]) == {composed: decision}
    assert match([decision], [apart, composed]) == {apart: decision}
