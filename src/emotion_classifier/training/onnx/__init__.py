"""From Keras and scikit-learn to the ONNX graph that ships: convert, merge, halve, check."""
