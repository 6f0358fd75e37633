"""``python -m emotion_classifier``: the command line."""

from emotion_classifier.cli import main

main()
