"""From a recipe and a dataset to a bundle."""

import os

# TensorFlow's notes about the processor are no news to a user; errors still show.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
