"""Where grades begin on the way from sad to happy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from emotion_classifier.data.labels import ORDER

_HAPPY, _SAD = ORDER.index("happy"), ORDER.index("sad")


def grade_cuts(votes: npt.NDArray[np.int64], *, seed: int = 0) -> tuple[float, float, float, float]:
    """Derive the degrees at which grades meet from the votes of raters.

    Each face's raters are split at random into two panels of five. A grade is "slightly" happy or sad from the
    degree on at which the other panel leans the same way more often than not, and plainly so from where most of the
    other panel (three of five) say the word more often than not. The degree is the other panel's mean net share
    there, so that chance agreement within a panel does not count.

    Parameters
    ----------
    votes : ndarray of int64, shape (n, 4)
        Raters who said happy, neutral, sad and other; faces with fewer than ten are left out.
    seed : int
        Of the splits.

    Returns
    -------
    tuple of four floats
        Sad to slightly sad, slightly sad to neutral, neutral to slightly happy, slightly happy to happy.
    """
    generator = np.random.default_rng(seed)
    votes = votes[votes.sum(axis=1) >= 10]
    one = np.array([generator.multivariate_hypergeometric(row, 5) for row in votes])
    other = np.array([generator.multivariate_hypergeometric(row, 5) for row in votes - one])
    lean, seconded = one[:, _HAPPY] - one[:, _SAD], other[:, _HAPPY] - other[:, _SAD]
    cuts: list[float] = []
    for side, column in ((-1, _SAD), (1, _HAPPY)):
        steps = [side * lean == count for count in range(6)]
        degree = [float(np.mean(seconded[rows])) / 5 for rows in steps]
        leans = [float(np.mean(side * seconded[rows] > 0)) for rows in steps]
        most = [float(np.mean(other[rows, column] >= 3)) for rows in steps]
        pair = (float(np.interp(0.5, most, degree)), float(np.interp(0.5, leans, degree)))
        cuts += pair if side < 0 else pair[::-1]
    return (cuts[0], cuts[1], cuts[2], cuts[3])
