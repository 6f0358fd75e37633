"""Take the weights that the recipe `mobilenet` begins with out of a bundle that was trained with it.

Run by a maintainer, as ``make default-model`` does: the default model is trained in two parts::

    python tools/weights_of_bundle.py build/begun build/begun.npz
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from emotion_classifier.model.bundle import Bundle
from emotion_classifier.recipes.backbone import backbone
from emotion_classifier.recipes.mobilenet import layer_names


def main() -> None:
    """Read the convolutions of the bundle, which stand in a line, and write them under their names."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("bundle", type=Path)
    parser.add_argument("out", type=Path)
    arguments = parser.parse_args()
    convolutions = [layer for layer in backbone(Bundle.load(arguments.bundle)).layers if layer.weights]
    weights = {
        f"{name}/{part}": values
        for name, layer in zip(layer_names(), convolutions, strict=True)
        for part, values in zip(("kernel", "bias"), layer.get_weights(), strict=True)
    }
    np.savez(arguments.out, **weights)
    print(
        f"{arguments.out}: {sum(values.size for values in weights.values()):,} weights of {arguments.bundle}"
    )


if __name__ == "__main__":
    main()
