"""The model card of a freshly trained bundle: Markdown with Hugging Face front matter."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from emotion_classifier.model.bundle import BundleConfig, Levels
from emotion_classifier.model.card import Origin, new_card
from emotion_classifier.model.scale import is_fitted
from emotion_classifier.text import percent, whole_percent

_NOT_FOR = """\
It reads an expression, never a feeling. It is not for judging people at work, in education, in hiring, in
medicine or by the police, and not for anything that decides about a person. The EU AI Act, Art. 5(1)(f),
forbids inferring emotions at work and in education."""

_AUGMENTATIONS = {
    "augment_light": "brightness, contrast and tone varied twice as much",
    "augment_quality": (
        "two pictures in five as bad as photos are (out of focus, blurred by motion, tiny, too bright, grainy, "
        "compressed) and one in four grey or pale"
    ),
}


def training_card(
    config: BundleConfig, *, about: str = "", origins: Sequence[Origin] = (), foreign: bool = False
) -> str:
    """Write the card of a freshly trained bundle.

    Parameters
    ----------
    config : BundleConfig
        Its `training` is as `train` fills it in.
    about, origins, foreign : str, sequence of Origin, bool
        See `new_card`.

    Returns
    -------
    str
        Markdown.
    """
    training, scale = config.training, config.scale
    pixels = config.preprocessing
    looks_at = "one aligned face" if pixels.input == "face" else "the whole frame, squashed"
    fitted = scale.fitted_on or "nothing (defaults; too few validation rows)"
    left = training.get("left_to_base", [])
    body = f"""\
## Training

Trained with the recipe `{config.recipe}` of emotion-classifier on {training["rows"]} pictures
({training["validation_rows"]} more were held back from training).

| | |
|---|---|
| classes | {", ".join(config.id2label.values())} |
{f"| left to {training['base']}, untaught | {', '.join(left)} |{chr(10)}" if left else ""}\
| takes in | {looks_at}, {pixels.height} × {pixels.width} px, {pixels.channels} |
| parameters | {training["parameters"]:,} |
| epochs | {training["epochs"]} |
| seed | {training["options"]["seed"]} |
{_augmentation(training["options"])}\
{_in_8_bits(training)}\
| test-time mirroring | {"yes, in the network" if training["mirror"] else "no"} |
| scale fitted on | {fitted} |
| labels | {_labels(config)} |

{_history(training["last_epoch"])}

## Limits

The figures under Training come from the training itself; believe those under Evaluation, or run
`emotion-classifier evaluate` on photos that the training has not seen. A group of people that no figure names was not
measured.

{_NOT_FOR}
"""
    return new_card(
        config.id,
        body,
        about=about,
        origins=origins,
        foreign=foreign,
        calibrated=is_fitted(config),
    )


def _augmentation(options: dict[str, Any]) -> str:
    """Say in a row of the table what pictures were varied by beyond what the recipe does; empty where by nothing."""
    said = [sentence for name, sentence in _AUGMENTATIONS.items() if options.get(name)]
    return f"| augmentation | {'; '.join(said)} |\n" if said else ""


def _in_8_bits(training: dict[str, Any]) -> str:
    """Say in a row of the table that the model computes in 8 bits; empty where it does not."""
    if not training["options"].get("int8"):
        return ""
    moved = training.get("moved_by_8_bits")
    by = "" if moved is None else f", which moved probabilities by {moved:.3f} on average"
    return f"| convolutions compute in | 8 bits{by} |\n"


def _labels(config: BundleConfig) -> str:
    """Say when a face is called happy or sad, and how often that is wrong as far as anybody counted."""
    scale, levels = config.scale, config.scale.levels
    # Numbers taken over from the bundle it begins with were not tried on this one.
    inherited = scale.fitted_on.startswith(config.training.get("base", "\n"))
    if "neutral" not in config.id2label.values():
        meant = (
            f"for at most {whole_percent(scale.error_rate)} wrong labels"
            if scale.fitted_on and not inherited
            else "how often labels are wrong is not known"
        )
        return f"happy or sad, uncertain below {scale.min_confidence:.2f} confidence; {meant}"
    if inherited or (levels != Levels() and not levels.neutral_faces):
        return "happy or sad beyond the levels of the network it begins with; how often that is wrong is not known"
    if levels.neutral_called_sad is None or levels.neutral_called_happy is None:
        return "happy or sad where likelier than neutral; how often neutral faces are called so is not known"
    return (
        f"happy or sad beyond levels that {percent(levels.neutral_called_happy)}% and "
        f"{percent(levels.neutral_called_sad)}% of {levels.neutral_faces:,} neutral faces pass"
    )


def _history(last: dict[str, Any]) -> str:
    shown = ", ".join(f"{name} {value:.4f}" for name, value in last.items() if name != "epoch")
    return f"Last epoch: {shown}." if shown else "No history."
