"""The counterfactual audit on made-up answers, and the shipped set of rendered faces."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import replace
from itertools import product
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from rich.console import Console
from typer.testing import CliRunner

pytest.importorskip("pyarrow")
pytest.importorskip("scipy")

from emotion_classifier.cli.audit_results import show
from emotion_classifier.cli.program import program
from emotion_classifier.errors import DatasetError
from emotion_classifier.fairness.audit import nothing_measured
from emotion_classifier.fairness.counterfactual import Answered, compare_levels, counterfactual
from emotion_classifier.fairness.counterfactual_result import Counterfactual
from emotion_classifier.fairness.rendered_set import RenderedSet, read_rendered
from emotion_classifier.model.bundle import Bundle
from emotion_classifier.report.counterfactual_table import render_counterfactual

STRENGTHS = (-1.0, -0.5, 0.0, 0.5, 1.0)
COLUMNS = ("ancestry", "sex", "age", "skin_tone", "pose", "light")
Person = dict[str, str]


def made_up() -> RenderedSet:
    """Twelve heads in two tones, of which the young ones are also shown turned."""
    people = list(product("abc", ("female", "male"), ("young", "old"), ("light", "dark"), ("frontal",)))
    people += [(*person[:4], "turned") for person in people if person[2] == "young"]
    rows = [(*person, "standard", strength) for person in people for strength in STRENGTHS]
    columns = list(zip(*rows, strict=True))
    return RenderedSet(
        pictures=(b"",) * len(rows),
        identity=tuple("-".join(map(str, row[:6])) for row in rows),
        strength=np.array(columns[6]),
        levels={name: tuple(map(str, column)) for name, column in zip(COLUMNS, columns, strict=False)},
    )


def judged(degree: Callable[[Person, float], float]) -> Counterfactual:
    """Audit of a model that reads `degree` of a face and a strength."""
    rendered = made_up()
    people = [dict(zip(COLUMNS, levels, strict=True)) for levels in rendered.keys(COLUMNS)]
    degrees = np.array([degree(*each) for each in zip(people, rendered.strength, strict=True)])
    answered = Answered(degrees, np.abs(degrees) < 0.1)
    return compare_levels(rendered, answered, rounds=200)


def codes(result: Counterfactual) -> set[str]:
    return {finding.code for finding in result.findings}


def test_a_model_that_reads_the_expression_alone_has_no_findings() -> None:
    result = judged(lambda person, strength: 0.9 * strength)
    assert codes(result) == set()
    assert set(result.spearman.values()) == {1.0}
    assert all(factor.difference.estimate.value == pytest.approx(0) for factor in result.factors)


def test_a_skin_tone_that_is_read_as_happier_is_found_and_no_other_factor() -> None:
    result = judged(lambda person, strength: 0.7 * strength + 0.2 * (person["skin_tone"] == "dark"))
    assert codes(result) == {"FAIR020"}
    (finding,) = result.findings
    assert finding.evidence["factor"] == "skin tone"
    assert (finding.evidence["highest"], finding.evidence["lowest"]) == ("dark", "light")
    assert finding.evidence["value"] == pytest.approx(0.2)


def test_a_gap_on_one_side_of_the_scale_is_not_averaged_away() -> None:
    result = judged(lambda person, strength: strength * (0.5 if person["ancestry"] == "a" else 0.9))
    ancestry = next(factor for factor in result.factors if factor.factor == "ancestry")
    assert ancestry.overall.estimate.value == pytest.approx(0)
    assert ancestry.difference.estimate.value == pytest.approx(0.4)
    assert "FAIR020" in codes(result)


def test_a_pose_is_compared_with_the_same_heads_from_the_front() -> None:
    result = judged(lambda person, strength: 0.9 * strength - 0.3 * (person["age"] == "old"))
    pose = next(factor for factor in result.factors if factor.factor == "pose")
    assert pose.difference.estimate.value == pytest.approx(0)
    assert [level.n for level in pose.levels] == [60, 60]


def test_falls_and_weak_faces_are_named() -> None:
    def broken(person: Person, strength: float) -> float:
        odd = person["ancestry"] == "b" and person["sex"] == "male" and person["age"] == "old"
        return -0.2 * strength if odd else 0.9 * strength

    result = judged(broken)
    assert {"FAIR021", "FAIR022"} <= codes(result)
    assert {each.identity for each in result.violations} == {
        "b-male-old-light-frontal-standard",
        "b-male-old-dark-frontal-standard",
    }
    assert result.violations[0].fall == pytest.approx(0.1)


def test_faces_that_are_not_found_are_counted_and_leave_the_comparison() -> None:
    def blind(person: Person, strength: float) -> float:
        unseen = person["skin_tone"] == "dark" and person["age"] == "old"
        return float("nan") if unseen else 0.9 * strength

    result = judged(blind)
    tone = next(factor for factor in result.factors if factor.factor == "skin tone")
    dark = next(level for level in tone.levels if level.level == "dark")
    assert dark.faces_found.value == pytest.approx(0.5)
    assert tone.difference.estimate.value == pytest.approx(0)
    assert "FAIR023" in codes(result)
    assert len(result.missed) == 30


def test_a_level_without_any_face_has_no_mean() -> None:
    result = judged(lambda person, strength: float("nan") if person["sex"] == "male" else strength)
    sex = next(factor for factor in result.factors if factor.factor == "sex")
    assert sex.difference.estimate.value is None
    json.dumps(result.to_dict(), allow_nan=False)


def test_the_same_command_gives_the_same_intervals() -> None:
    def uneven(person: Person, strength: float) -> float:
        return 0.8 * strength - 0.1 * (person["sex"] == "male") * (person["ancestry"] == "a")

    assert judged(uneven).to_dict() == judged(uneven).to_dict()


def test_the_terminal_can_show_it() -> None:
    result = judged(lambda person, strength: 0.7 * strength + 0.2 * (person["skin_tone"] == "dark"))
    plain = result.to_dict()
    assert {"identities", "images", "factors", "curves", "violations", "findings"} <= plain.keys()
    screen = Console(width=100, file=io.StringIO(), record=True)
    screen.print(render_counterfactual(result))
    assert "dark above light" in screen.export_text()


def test_shipped_faces_are_a_crossed_design_in_which_one_thing_changes() -> None:
    rendered = read_rendered()
    core = [
        row
        for row in range(len(rendered))
        if rendered.levels["pose"][row] == "frontal" and rendered.levels["light"][row] == "standard"
    ]
    cells = {
        (*(rendered.levels[name][row] for name in COLUMNS[:4]), float(rendered.strength[row])) for row in core
    }
    sizes = [len({cell[place] for cell in cells}) for place in range(5)]
    assert len(core) == len(cells) == int(np.prod(sizes))
    assert len(set(rendered.identity)) < len(rendered) / 4
    with Image.open(io.BytesIO(rendered.pictures[0])) as picture:
        assert picture.size == (160, 160)


def test_default_model_finds_the_shipped_faces_and_follows_a_face() -> None:
    rendered = read_rendered()
    rows = [row for row, name in enumerate(rendered.identity) if name == rendered.identity[0]]
    few = RenderedSet(
        tuple(rendered.pictures[row] for row in rows),
        tuple(rendered.identity[row] for row in rows),
        rendered.strength[rows],
        {name: tuple(levels[row] for row in rows) for name, levels in rendered.levels.items()},
    )
    result = counterfactual(Bundle.default(), few)
    assert result.missed == ()
    assert min(result.spearman.values()) > 0.8


def test_a_file_that_is_no_set_says_so(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    with pytest.raises(DatasetError, match="cannot be read"):
        read_rendered(tmp_path / "absent.parquet")
    pyarrow.parquet.write_table(pyarrow.table({"image": [1]}), tmp_path / "other.parquet")
    with pytest.raises(DatasetError, match="lacks the columns identity"):
        read_rendered(tmp_path / "other.parquet")


@pytest.mark.slow  # It reads some hundred faces.
def test_audit_without_photos(tmp_path: Path) -> None:
    page = tmp_path / "audit.html"
    asked = ["audit", "default", "--counterfactual", "--out", str(page)]
    done = CliRunner().invoke(program, [*asked, "--json"])
    plain = json.loads(done.stdout)
    findings = plain["counterfactual"]["findings"]
    worse = any(finding["severity"] != "info" for finding in findings)
    assert done.exit_code == (3 if worse else 0), done.output
    assert plain["groups"] == [] and {finding["code"][:5] for finding in findings} <= {"FAIR0"}
    assert "skin tone" in page.read_text(encoding="utf-8")


def test_audit_without_photos_prints_a_table(capsys: pytest.CaptureFixture[str]) -> None:
    found = judged(lambda person, strength: 0.7 * strength + 0.2 * (person["skin_tone"] == "dark"))
    show(replace(nothing_measured("a model"), counterfactual=found))
    told = capsys.readouterr().out
    assert "By skin tone" in told and "FAIR020" in told


def test_an_audit_of_nothing_is_wrong_use() -> None:
    assert CliRunner().invoke(program, ["audit", "default"]).exit_code == 2
