"""A cleaned copy: what was found is applied, the originals stay, and every photo is accounted for."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path

import numpy as np
import pytest
from findings_of_photos import STRANGE, WRONG, found, ledger, rows, snapshot
from PIL import Image

from emotion_classifier.cleaning.clean import CleanOptions, clean
from emotion_classifier.cleaning.cleaned_folder import CleanedFolder
from emotion_classifier.cleaning.decisions import Decision
from emotion_classifier.cleaning.plan import DROPPED
from emotion_classifier.cleaning.suggestions import suggestions
from emotion_classifier.data import read_folder
from emotion_classifier.errors import DatasetError
from emotion_classifier.faces.detect import FaceDetector


def test_nothing_found_copies_everything(photos: Path, tmp_path: Path) -> None:
    shutil.move(photos / "Sad" / "01.jpg", photos / "Sad" / STRANGE)
    with (photos / "metadata.csv").open("w", encoding="utf-8", newline="") as out:
        csv.writer(out).writerows([("file_name", "split", "age"), (f"Sad/{STRANGE}", "test", "33")])
    before = snapshot(photos)
    result = clean(photos, tmp_path / "out", findings=[])
    assert result.counts == {"kept": 8}
    assert snapshot(photos) == before
    cleaned, original = read_folder(tmp_path / "out"), read_folder(photos)
    assert (cleaned.ids, cleaned.names, cleaned.splits, cleaned.columns) == (
        original.ids,
        original.names,
        original.splits,
        original.columns,
    )
    assert (tmp_path / "out" / "Sad" / STRANGE).read_bytes() == (photos / "Sad" / STRANGE).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "photos"]


def test_unreadable_files_and_copies_go_the_first_copy_stays(photos: Path, tmp_path: Path) -> None:
    (photos / "Sad" / "broken.jpg").write_bytes(b"x")
    (photos / "Sad" / "dangling.jpg").symlink_to("nowhere.jpg")
    (photos / "Sad" / "link.jpg").symlink_to("02.jpg")
    findings = [
        # The groups overlap, and one that is dropped comes first in the other.
        found("DATA003", "Happy/02.jpg", "Happy/01.jpg"),
        found("DATA002", "Happy/01.jpg", "Happy/02.jpg", "Happy/03.jpg"),
        found("DATA001", "Sad/broken.jpg"),
        found("DATA005", "Sad/03.jpg"),
    ]
    result = clean(photos, tmp_path / "out", findings=findings)
    lines = ledger(tmp_path / "out")
    assert lines["Happy/01.jpg"]["action"] == "kept"
    assert {lines[f"Happy/0{number}.jpg"]["code"] for number in (2, 3)} == {"DATA002"}
    assert "Happy/01.jpg, which is kept" in lines["Happy/02.jpg"]["reason"]
    assert lines["Sad/broken.jpg"]["action"] == lines["Sad/dangling.jpg"]["action"] == "unreadable"
    assert "cannot be read" in lines["Sad/dangling.jpg"]["reason"]
    assert lines["Sad/03.jpg"]["action"] == "kept", "no face: only where asked for"
    link = tmp_path / "out" / "Sad" / "link.jpg"
    assert not link.is_symlink() and link.read_bytes() == (photos / "Sad" / "02.jpg").read_bytes()
    assert len(lines) == len(result.fates) == 11
    assert {row["file_name"] for row in rows(tmp_path / "out" / "metadata.csv")} == {
        line["written_as"] for line in lines.values() if line["written_as"]
    }


def test_the_ledger_does_not_call_a_file_kept_that_is_dropped(photos: Path, tmp_path: Path) -> None:
    first, second, third = "Happy/01.jpg", "Happy/02.jpg", "Happy/03.jpg"
    sizes = [[90, 90], [40, 40], [40, 40]]
    findings = [found("DATA002", second, third), found("DATA003", first, second, third, sizes=sizes)]
    clean(photos, tmp_path / "out", findings=findings)
    lines = ledger(tmp_path / "out")
    assert lines[first]["action"] == "kept"
    assert f"{first}, which is kept" in lines[second]["reason"]
    assert lines[third]["reason"] == f"the same file as {second}, which is dropped too"


def test_more_codes_are_dropped_and_others_kept(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA005", "Sad/03.jpg"), found("DATA003", "Sad/01.jpg", "Sad/02.jpg")]
    options = CleanOptions(drop=("DATA005", "DATA099"))
    result = clean(photos, tmp_path / "out", findings=findings, options=options)
    assert result.counts == {"kept": 7, "dropped": 1}
    assert result.notices == ("There is no finding of DATA099.",)


def test_a_picture_in_two_classes_goes_unless_somebody_decides(photos: Path, tmp_path: Path) -> None:
    findings = [
        found("DATA004", "Happy/01.jpg", "Sad/01.jpg", labels=["happy", "sad"]),
        found("DATA002", "Happy/01.jpg", "Sad/01.jpg"),
    ]
    assert clean(photos, tmp_path / "none", findings=findings).counts == {"dropped": 2, "kept": 6}
    for verdict, label in (("accept", "sad"), ("reject", "")):
        decided = [Decision("Happy/01.jpg", verdict, label, "DATA004")]  # type: ignore[arg-type]
        clean(photos, tmp_path / verdict, findings=findings, decisions=decided)
    accepted, rejected = ledger(tmp_path / "accept"), ledger(tmp_path / "reject")
    assert accepted["Happy/01.jpg"]["to_label"] == "Sad"
    assert accepted["Happy/01.jpg"]["written_as"] == "Sad/01.jpg"
    assert rejected["Happy/01.jpg"]["action"] == "kept"
    assert accepted["Sad/01.jpg"]["action"] == rejected["Sad/01.jpg"]["action"] == "dropped"
    both = [Decision("Happy/01.jpg", "reject"), Decision("Sad/01.jpg", "reject")]
    clean(photos, tmp_path / "both", findings=findings, decisions=both)
    assert "contradict" in ledger(tmp_path / "both")["Sad/01.jpg"]["reason"]
    # Kept on purpose: no copy is dropped for a finding about copies either, for that would choose a label.
    options = CleanOptions(drop=tuple(code for code in DROPPED if code != "DATA004"))
    assert clean(photos, tmp_path / "kept", findings=findings, options=options).counts == {"kept": 8}


def test_labels_change_where_asked_and_names_are_kept_apart(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA010", "Sad/01.jpg", **WRONG), found("DATA010", "Sad/02.jpg", **WRONG)]
    assert clean(photos, tmp_path / "seen", findings=findings).counts == {"kept": 8}
    options = CleanOptions(relabel=("DATA010",))
    decisions = [Decision("Sad/02.jpg", "reject", "Sad", "DATA010")]
    clean(photos, tmp_path / "out", findings=findings, decisions=decisions, options=options)
    lines = ledger(tmp_path / "out")
    assert lines["Sad/01.jpg"] == {
        "file": "Sad/01.jpg",
        "action": "relabelled",
        "from_label": "Sad",
        "to_label": "Happy",
        "code": "DATA010",
        "reason": "Message of DATA010",
        "written_as": "Happy/01-2.jpg",
    }
    assert lines["Sad/02.jpg"]["action"] == "kept"
    assert read_folder(tmp_path / "out").counts == {"happy": 5, "sad": 3}


def test_a_new_class_may_come_out_of_a_decision(photos: Path, tmp_path: Path) -> None:
    clean(photos, tmp_path / "out", findings=[], decisions=[Decision("Sad/03.jpg", "accept", "neutral")])
    assert read_folder(tmp_path / "out").counts == {"happy": 4, "neutral": 1, "sad": 3}
    with pytest.raises(DatasetError, match="'hapy', which is no class"):
        clean(photos, tmp_path / "no", findings=[], decisions=[Decision("Sad/03.jpg", "accept", "hapy")])
    assert not (tmp_path / "no").exists()


def test_a_new_label_counts_whatever_degree_the_photo_had(photos: Path, tmp_path: Path) -> None:
    (photos / "metadata.csv").write_text(
        "file_name,degree\nSad/01.jpg,-0.9\nSad/02.jpg,-0.9\n", encoding="utf-8"
    )
    clean(photos, tmp_path / "out", findings=[], decisions=[Decision("Sad/01.jpg", "accept", "happy")])
    cleaned = read_folder(tmp_path / "out")
    assert cleaned.counts == {"happy": 5, "neutral": 0, "sad": 3}
    assert sorted(filter(None, cleaned.columns["degree"])) == ["-0.9"]


def test_where_raters_contradict_the_folder_their_label_is_the_present_one(
    photos: Path, tmp_path: Path
) -> None:
    (photos / "votes-ann.csv").write_text("file_name,rater,grade\nSad/01.jpg,ann,happy\n", encoding="utf-8")
    doubt = found("DATA010", "Sad/01.jpg", label="happy", suggested_label="sad")
    (asked,) = suggestions(read_folder(photos), [doubt])
    assert (asked.label, asked.suggested) == ("Happy", "Sad")
    accepted = [Decision(asked.file, "accept", asked.suggested, "DATA010")]
    clean(photos, tmp_path / "accepted", findings=[doubt], decisions=accepted)
    assert ledger(tmp_path / "accepted")["Sad/01.jpg"]["action"] == "relabelled"
    assert read_folder(tmp_path / "accepted").counts == {"happy": 4, "sad": 4}
    clean(photos, tmp_path / "kept", findings=[doubt])
    line = ledger(tmp_path / "kept")["Sad/01.jpg"]
    assert (line["action"], line["from_label"]) == ("kept", "Happy") and "not the label Sad" in line["reason"]
    assert read_folder(tmp_path / "kept").counts == {"happy": 5, "sad": 3}


def test_a_photo_called_mixed_stays_mixed(photos: Path, tmp_path: Path) -> None:
    (photos / "metadata.csv").write_text("file_name,label\nSad/01.jpg,mixed\n", encoding="utf-8")
    clean(photos, tmp_path / "out", findings=[])
    assert ledger(tmp_path / "out")["Sad/01.jpg"]["to_label"] == "mixed"


def test_dropping_one_of_two_copies_in_two_classes_settles_the_label(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA004", "Happy/01.jpg", "Sad/01.jpg", labels=["happy", "sad"])]
    clean(
        photos,
        tmp_path / "out",
        findings=findings,
        decisions=[Decision("Happy/01.jpg", "drop", "", "DATA004")],
    )
    lines = ledger(tmp_path / "out")
    assert [lines[name]["action"] for name in ("Happy/01.jpg", "Sad/01.jpg")] == ["dropped", "kept"]


def test_crops_hold_the_face_where_there_is_one(photos: Path, tmp_path: Path) -> None:
    Image.new("RGB", (90, 60)).save(photos / "Sad" / "black.png")
    (photos / "Sad" / "broken.jpg").write_bytes(b"x")
    clean(photos, tmp_path / "out", findings=[], options=CleanOptions(crop=True))
    lines = ledger(tmp_path / "out")
    assert lines["Happy/01.jpg"]["action"] == "cropped"
    assert lines["Sad/black.png"]["reason"] == "no face found, so not cropped"
    assert lines["Sad/broken.jpg"]["action"] == "unreadable"
    with Image.open(tmp_path / "out" / "Happy" / "01.jpg") as crop:
        assert crop.width == crop.height >= 64
        assert FaceDetector().detect(np.asarray(crop.convert("RGB")))


def test_a_manifest_copies_nothing(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA002", "Sad/01.jpg", "Sad/02.jpg")]
    clean(photos, tmp_path / "out", findings=findings, options=CleanOptions(manifest=True))
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["ledger.csv", "metadata.csv"]
    listed = {row["file_name"] for row in rows(tmp_path / "out" / "metadata.csv")}
    assert listed == set(read_folder(photos).ids) - {"Sad/02.jpg"}


def test_a_photo_outside_the_classes_and_a_row_without_a_photo_are_accounted_for(
    photos: Path, tmp_path: Path
) -> None:
    shutil.copy(photos / "Sad" / "01.jpg", photos / "stray.jpg")
    (photos / "metadata.csv").write_text("file_name,age\nSad/gone.jpg,3\n", encoding="utf-8")
    result = clean(photos, tmp_path / "out", findings=[])
    assert result.counts == {"kept": 8}, "labelled photos only"
    assert [name for name, _ in result.problems] == ["stray.jpg", "Sad/gone.jpg"]
    lines = ledger(tmp_path / "out")
    assert (lines["stray.jpg"]["action"], lines["stray.jpg"]["reason"]) == (
        "left out",
        "lies in no class folder",
    )
    assert lines["Sad/gone.jpg"]["action"] == "no photo"


def test_a_class_of_which_nothing_stays_is_pointed_out(photos: Path, tmp_path: Path) -> None:
    findings = [found("DATA005", *(f"Sad/0{number}.jpg" for number in range(1, 5)))]
    assert not clean(photos, tmp_path / "all", findings=findings).notices
    result = clean(photos, tmp_path / "out", findings=findings, options=CleanOptions(drop=("DATA005",)))
    assert "No readable photo is labelled sad (found: 4 happy)." in result.notices[0]


def test_labels_and_names_cannot_lead_out_of_the_folder(photos: Path, tmp_path: Path) -> None:
    (photos / "metadata.csv").write_text(
        "file_name,label\nSad/01.jpg,../../evil\nSad/02.jpg,..\nSad/03.jpg,ledger.csv\n", encoding="utf-8"
    )
    name = (bytes(photos / "Sad") + b"/\xe9.jpg").decode("utf-8", "surrogateescape")
    shutil.copy(photos / "Sad" / "04.jpg", name)
    clean(photos, tmp_path / "out", findings=[])
    lines = ledger(tmp_path / "out")
    assert lines["Sad/01.jpg"]["written_as"] == "_.._.._evil/01.jpg"
    assert lines["Sad/02.jpg"]["written_as"] == "_../02.jpg"
    assert lines["Sad/03.jpg"]["written_as"] == "_ledger.csv/03.jpg"
    assert lines["Sad/\\udce9.jpg"]["written_as"] == "Sad/_.jpg"
    assert len(read_folder(tmp_path / "out")) == 9
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "photos"]


@pytest.mark.parametrize("place", ["photos", "photos/Sad/clean", "full", "file"])
def test_where_not_to_write(photos: Path, tmp_path: Path, place: str) -> None:
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "mine.txt").touch()
    (tmp_path / "file").touch()
    with pytest.raises(DatasetError, match="is inside|is the folder that is read|not an empty folder"):
        clean(photos, tmp_path / place, findings=[])


def test_a_killed_run_leaves_a_draft_that_the_next_replaces(photos: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    CleanedFolder(out, beside=photos).__enter__().copy("Sad", photos / "Sad" / "01.jpg")
    draft = tmp_path / ".out.part"
    assert (draft / "Sad" / "01.jpg").is_file() and not any(out.iterdir())
    clean(photos, out, findings=[])
    assert not draft.exists() and (out / "ledger.csv").is_file()
    (tmp_path / ".next.part").mkdir()
    (tmp_path / ".next.part" / "mine.txt").touch()
    with pytest.raises(DatasetError, match="in the way"):
        clean(photos, tmp_path / "next", findings=[])


def test_an_error_on_the_way_leaves_nothing(photos: Path, tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        clean(photos, tmp_path / "out", findings=[], progress=stop)
    assert [path.name for path in tmp_path.iterdir()] == ["photos"]


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_unreadable(photos: Path, tmp_path: Path) -> None:
    (photos / "Sad" / "01.jpg").chmod(0)
    assert clean(photos, tmp_path / "out", findings=[]).counts == {"kept": 7, "unreadable": 1}
