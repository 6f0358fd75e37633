"""A card can be published, says under which terms, and hands them on to models that begin with it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytest.importorskip("huggingface_hub")

from emotion_classifier import Bundle
from emotion_classifier.errors import CardError
from emotion_classifier.model.bundle import CARD
from emotion_classifier.model.card import NOT_STATED, Origin, new_card, parse_card
from emotion_classifier.model.card_check import check_card

BODY = "## Training\n\nLong.\n\n## Limits\n\nNone."
BASE = Origin("base-1", {"license": "apache-2.0"}, ("faces",), "- Faces of volunteers.")


def bundle(tmp_path: Path, card: str) -> Bundle:
    path = tmp_path / "bundle"
    shutil.copytree(Bundle.default().path, path)
    (path / CARD).write_text(card, encoding="utf-8")
    return Bundle.load(path)


def test_the_default_card_can_be_published_without_asking_anybody() -> None:
    code = (
        "import sys\n"
        "def hook(event, given):\n"
        "    if event in ('socket.connect', 'socket.getaddrinfo'): raise SystemExit(f'connects: {given}')\n"
        "sys.addaudithook(hook)\n"
        "sys.argv = ['emotion-classifier', 'card', 'default', '--check']\n"
        "from emotion_classifier.cli import main\n"
        "main()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("can be published.\n")


def test_a_model_from_nothing_says_that_nothing_is_stated(tmp_path: Path) -> None:
    card = new_card("mine-1", BODY)
    assert parse_card(card, "card").said["license"] == "unknown" and NOT_STATED in card
    told = check_card(bundle(tmp_path, card))
    assert [each.split(":")[0] for each in told] == ["license", "datasets", "model-index", "Data and terms"]


def test_a_fine_tune_inherits_licence_datasets_and_terms() -> None:
    child = new_card("child-1", BODY, about="Tuned on our photos.", origins=[BASE])
    said = parse_card(child, "card").said
    assert (said["license"], said["base_model"], said["datasets"]) == ("apache-2.0", ["base-1"], ["faces"])
    assert (
        child.index("Tuned on our")
        < child.index("## Data and terms")
        < child.index("### What base-1 learned")
    )
    assert child.index("- Faces of volunteers.") < child.index("## Training")


def test_a_fine_tune_does_not_promise_what_the_default_model_has_not_seen() -> None:
    child = new_card("child-1", BODY, origins=[Origin.of(Bundle.default())])
    assert "FairFace" in child and "stock photo" not in child.lower()


def test_the_child_of_a_fine_tune_still_has_the_terms_of_the_first(tmp_path: Path) -> None:
    about = (
        "---\nlicense: mit\ndatasets: our-photos\n---\nAbout.\n\n## Data and terms\n\nOurs.\n\n## For\n\nUs."
    )
    child = bundle(tmp_path, new_card("child-1", BODY, about=about, origins=[BASE]))
    origin = Origin.of(child)
    assert (origin.licence, origin.datasets) == ({"license": "mit"}, ("our-photos", "faces"))
    grandchild = new_card("grandchild-1", BODY, origins=[origin])
    assert grandchild.count("- Faces of volunteers.") == grandchild.count("Ours.") == 1
    assert "Us." not in grandchild


def test_all_that_the_trainer_says_is_in_the_card_whatever_the_headings() -> None:
    card = new_card("mine-1", BODY, about="Ours.\n\n## Training\n\nBy night.\n\n## Thanks\n\nTo Ann.")
    places = [card.index(each) for each in ("Ours.", "By night.", "To Ann.", "## Data and terms", "Long.")]
    assert places == sorted(places)


def test_what_is_said_above_goes_on_too(tmp_path: Path) -> None:
    child = bundle(tmp_path, new_card("child-1", BODY, about="Photos of our own, CC0."))
    assert "CC0" in Origin.of(child).terms


@pytest.mark.parametrize(
    ("front", "told"),
    [
        ("license: apache", "license: 'apache' is no identifier"),
        ("license: other", "add license_name"),
        ("datasets: [a b]", "datasets.0: Repo id"),
        ("tags: [1]", "tags.0: "),
        ("model-index: [{name: m, results: []}]", "model-index"),
    ],
)
def test_what_the_schema_refuses_is_named(tmp_path: Path, front: str, told: str) -> None:
    found = check_card(bundle(tmp_path, f"---\n{front}\n---\n# m\n"))
    assert any(told in each for each in found), found


@pytest.mark.parametrize("front", ["a: [", "- a", "model-index: 3"])
def test_front_matter_that_cannot_be_read_is_an_error_that_says_where(tmp_path: Path, front: str) -> None:
    with pytest.raises(CardError, match="README.md, between its two lines of ---, cannot be read"):
        check_card(bundle(tmp_path, f"---\n{front}\n---\n# m\n"))


def test_a_card_that_is_missing_is_nothing_to_correct(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    bare = bundle(tmp_path, "# m\n").path
    assert "Correct this in" in run("card", bare, "--check").stdout
    (bare / CARD).unlink()
    done = run("card", bare, "--check")
    assert done.returncode == 3 and "There is no README.md" in done.stdout and "Correct" not in done.stdout


def test_a_card_without_front_matter_lacks_all_of_it(tmp_path: Path) -> None:
    assert len(check_card(bundle(tmp_path, "# m\n"))) == 4
