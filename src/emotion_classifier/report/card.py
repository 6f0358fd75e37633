"""The model card of a bundle: Markdown with Hugging Face front matter."""

from __future__ import annotations

from typing import Any

from emotion_classifier.bundle import BundleConfig

_NOT_FOR = """\
It reads an expression, never a feeling. It is not for judging people at work, in education, in hiring, in
medicine or by the police, and not for anything that decides about a person. The EU AI Act, Art. 5(1)(f),
forbids inferring emotions at work and in education."""


def training_card(config: BundleConfig, *, about: str = "") -> str:
    """Write the card of a freshly trained bundle.

    Parameters
    ----------
    config : BundleConfig
    about : str
        Markdown to put first: where the data come from and under which terms, what the model is for.

    Returns
    -------
    str
        Markdown.
    """
    training, scale = config.training, config.scale
    pixels = config.preprocessing
    looks_at = "one aligned face" if pixels.input == "face" else "the whole frame, squashed"
    fitted = scale.fitted_on or "nothing (defaults; too few validation rows)"
    return f"""\
---
library_name: onnx
pipeline_tag: image-classification
tags: [facial-expression, happy, sad]
---
# {config.id}
{about and chr(10) + about.strip() + chr(10)}
## Training

Trained with the recipe `{config.recipe}` of emotion-classifier on {training.get("rows", "?")} pictures
({training.get("validation_rows", 0)} more were held back from training).

| | |
|---|---|
| labels | {", ".join(config.id2label.values())} |
| takes in | {looks_at}, {pixels.height} × {pixels.width} px, {pixels.channels} |
| parameters | {training.get("parameters", "?"):,} |
| epochs | {training.get("epochs", "?")} |
| seed | {training.get("options", {}).get("seed", "?")} |
| scale fitted on | {fitted} |

{_history(training.get("last_epoch", {}))}

## Limits

These figures come from the training itself. Run `emotion-classifier evaluate` on photos that the training has not
seen before you rely on it; which groups of people it was measured on, nobody has said yet.

{_NOT_FOR}
"""


def _history(last: dict[str, Any]) -> str:
    shown = ", ".join(f"{name} {value:.4f}" for name, value in last.items() if name != "epoch")
    return f"Last epoch: {shown}." if shown else "No history."
