"""Put two trained bundles together to one whose network is the mean of both, and fit its scale.

    python tools/pair_networks.py build/everyday build/faces --calibrate build/readings/calibrate --out build/default

The scale is fitted on faces that neither has learned from.
"""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from emotion_classifier.data import open_dataset
from emotion_classifier.model.bundle import Bundle, BundleConfig, save_bundle
from emotion_classifier.model.known_photos import KnownPhotos
from emotion_classifier.recipes.fitting import Fitted
from emotion_classifier.recipes.paired import PREPROCESSING, paired_network
from emotion_classifier.recipes.transfer import known_labels
from emotion_classifier.training.batches import fixed_inputs
from emotion_classifier.training.calibrate import fit_scale
from emotion_classifier.training.card import training_card
from emotion_classifier.training.inputs import prepare_inputs
from emotion_classifier.training.onnx.conversion import check_parity, to_onnx
from emotion_classifier.training.onnx.precision import HALVED_TOLERANCE, halved


def main() -> None:
    """Build, calibrate, save."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundles", type=Path, nargs=2)
    parser.add_argument("--calibrate", type=Path, required=True)
    parser.add_argument("--about", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    members = [Bundle.load(path) for path in arguments.bundles]
    labels = known_labels(members[0])
    model = paired_network(members)
    shipped = halved(to_onnx(model), eight_bits=True)
    check_parity(model, shipped, tolerance=HALVED_TOLERANCE)
    fitted = Fitted(shipped, int(model.count_params()))
    faces = open_dataset(arguments.calibrate, detailed=True).with_labels(labels)
    inputs = prepare_inputs(faces, PREPROCESSING)
    pixels, targets = fixed_inputs(inputs, PREPROCESSING, sigmoid=False)
    weight = np.array(faces.take(inputs.rows).columns["weight"], np.float64)
    scale = fit_scale(
        fitted.predict(pixels),
        targets,
        labels,
        source=f"{len(inputs.rows):,} rows set aside",
        weight=weight / weight.mean(),
    )
    now = datetime.now(UTC)
    config = BundleConfig(
        id=f"paired-{now:%Y%m%d-%H%M%S}",
        created=now,
        recipe="paired",
        id2label=members[0].config.id2label,
        output="softmax",
        preprocessing=PREPROCESSING,
        scale=scale,
        training={
            "rows": max(int(member.config.training["rows"]) for member in members),
            "parameters": fitted.parameters,
            "networks": {member.id: member.config.training for member in members},
        },
    )
    known = KnownPhotos.of(inputs.hashes) if inputs.hashes is not None else None
    for member in members:
        before = member.known_photos()
        known = known | before if known and before else None
    about = arguments.about.read_text(encoding="utf-8") if arguments.about else ""
    bundle = save_bundle(
        arguments.out, onnx=shipped, config=config, card=training_card(config, about=about), photos=known
    )
    print(f"{bundle.path}: {bundle.id}, {len(shipped) / 1e6:.2f} MB, scale: {scale.model_dump()}")


if __name__ == "__main__":
    main()
