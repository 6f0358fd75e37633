"""What all tests that save models with Keras, and take them in, have in common."""

from __future__ import annotations

import pytest

keras = pytest.importorskip("keras")

MARKS = [
    pytest.mark.skipif(keras.backend.backend() != "tensorflow", reason="export needs TensorFlow"),
    # Keras itself says that .h5 is a format of the past.
    pytest.mark.filterwarnings("ignore:You are saving your model as an HDF5 file"),
    # Keras 3.15 saving its variables with NumPy 2.
    pytest.mark.filterwarnings("ignore:__array__ implementation:DeprecationWarning"),
]
