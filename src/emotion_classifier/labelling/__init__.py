"""Photos graded by people, one after another; every answer is on disk before the next question."""
