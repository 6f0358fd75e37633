"""A model on disk: ``model.onnx``, ``config.json``, a card, hashes of known photos; loaded, verified, saved.

Nothing in a bundle is ever unpickled, and every file is held to the SHA-256 in ``config.json``.
"""

from __future__ import annotations

import contextlib
import json
import shutil
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from emotion_classifier.errors import BundleNotFoundError, CorruptBundleError, NewerBundleError
from emotion_classifier.faces.quality import QualityLimits
from emotion_classifier.files import DISK, Disk, atomic_write, copy_others, replace_folder
from emotion_classifier.model.file_record import AGAIN, FileRecord, is_there
from emotion_classifier.model.known_photos import KnownPhotos
from emotion_classifier.model.preprocessing import Preprocessing
from emotion_classifier.model.session import open_session

if TYPE_CHECKING:
    import onnxruntime

FORMAT_VERSION = 1
CONFIG, MODEL, CARD = "config.json", "model.onnx", "README.md"
PHOTOS = "photos.npy"
UNRECORDED = "photos_unrecorded"
SHIPPED = Path(__file__).parents[1] / "assets"
_RETIRED = frozenset({"mixed_from", "min_evidence"})


class Levels(BaseModel):
    """Thresholds above which a face may be called happy or sad rather than neutral, and how often that is wrong.

    Parameters
    ----------
    happy, sad : float
        Of log(P(happy) / P(neutral)) and log(P(sad) / P(neutral)).
    undecided : float
        A face that passes both, by margins that differ less than this, is "uncertain".
    error_rate : float
        Share of neutral faces that may pass the level of sad, for which it was fitted.
    neutral_called_happy, neutral_called_sad : float or None
        Share of the neutral faces below that pass each level; None where nothing was fitted.
    neutral_faces : int
        Neutral faces the levels were fitted on.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    happy: float = 0.0
    sad: float = 0.0
    undecided: float = Field(default=0.0, ge=0)
    error_rate: float = Field(default=0.02, gt=0, lt=1)
    neutral_called_happy: float | None = Field(default=None, ge=0, le=1)
    neutral_called_sad: float | None = Field(default=None, ge=0, le=1)
    neutral_faces: int = Field(default=0, ge=0)


class ScaleParameters(BaseModel):
    """What turns a model's raw probabilities into a reading (see `emotion_classifier.model.scale`).

    Parameters
    ----------
    temperature : float
        Divides the log-probabilities before they are normalised again (Guo et al. 2017); 1 leaves them alone.
    slope, intercept : float
        Platt scaling of log(P(happy) / P(sad)) into ``p_happy``, at equal priors.
    degree_knots : tuple of (float, float)
        From P(happy) - P(sad) to the degree, linear between knots, rising from (-1, ...) to (1, ...): the median of
        (raters who say happy - raters who say sad) / raters over faces with that difference.
    grade_cuts : tuple of four floats, rising
        Degrees at which sad, slightly sad, neutral, slightly happy and happy meet. The defaults come from the
        votes of FER+ (`emotion_classifier.evaluation.grades.grade_cuts`).
    levels : Levels
        What a face must pass to be called happy or sad, for models that know neutral.
    min_confidence : float
        For models that do not know neutral: below this max(p_happy, 1 - p_happy) the label is "uncertain".
    error_rate : float
        Share of wrong labels among those given that `min_confidence` was chosen for.
    fitted_on : str
        The data the numbers come from; empty where they are defaults.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    temperature: float = Field(default=1.0, gt=0)
    slope: float = Field(default=1.0, gt=0)
    intercept: float = 0.0
    degree_knots: tuple[tuple[float, float], ...] = ((-1.0, -1.0), (1.0, 1.0))
    grade_cuts: tuple[float, float, float, float] = (-0.49, -0.16, 0.17, 0.48)
    levels: Levels = Levels()
    min_confidence: float = Field(default=0.6, ge=0.5, lt=1)
    error_rate: float = Field(default=0.01, gt=0, lt=1)
    fitted_on: str = ""

    @model_validator(mode="before")
    @classmethod
    def _without_retired(cls, raw: Any) -> Any:
        """Read bundles from before neutral was a label; what decided then has no part in it now."""
        if not isinstance(raw, dict):
            return raw
        return {name: value for name, value in raw.items() if name not in _RETIRED}

    @model_validator(mode="after")
    def _rising(self) -> ScaleParameters:
        if list(self.grade_cuts) != sorted(self.grade_cuts):
            raise ValueError("grade_cuts must rise")
        before, after = (list(values) for values in zip(*self.degree_knots, strict=True))
        if before[0] != -1 or before[-1] != 1 or before != sorted(set(before)) or after != sorted(after):
            raise ValueError("degree_knots must rise from -1 to 1")
        return self


class BundleConfig(BaseModel):
    """The contents of ``config.json``.

    ``output`` says what the network's last layer gives: ``softmax``, one column per label, or ``sigmoid``,
    one column with the probability of ``id2label[1]``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")
    format_version: int = FORMAT_VERSION
    id: str = Field(min_length=1)
    created: datetime
    recipe: str
    id2label: dict[int, str]
    output: Literal["softmax", "sigmoid"]
    preprocessing: Preprocessing
    scale: ScaleParameters = ScaleParameters()
    quality: QualityLimits = QualityLimits()
    training: dict[str, Any] = Field(default_factory=dict)
    files: dict[str, FileRecord] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _labels_in_order(self) -> BundleConfig:
        if sorted(self.id2label) != list(range(len(self.id2label))) or len(self.id2label) < 2:
            raise ValueError("id2label must number at least two labels from 0")
        if self.output == "sigmoid" and len(self.id2label) != 2:
            raise ValueError("a sigmoid output has exactly two labels")
        return self


@dataclass(frozen=True, repr=False)
class Bundle:
    """One model, ready to run; `Bundle.load` and `Bundle.default` open it.

    ``path`` is its folder, and ``config`` the contents of its ``config.json``.

    Examples
    --------
    >>> Bundle.default().labels[:4]
    ('happy', 'neutral', 'sad', 'other')
    """

    path: Path
    config: BundleConfig
    _sessions: dict[int, onnxruntime.InferenceSession] = field(
        init=False, default_factory=dict, compare=False
    )

    def __repr__(self) -> str:
        return f"Bundle({self.id!r}, {str(self.path)!r})"

    @classmethod
    def default(cls) -> Bundle:
        """Load the bundle that ships with the package."""
        return cls.load(SHIPPED / "default")

    @classmethod
    def load(cls, path: str | Path) -> Bundle:
        """Load a bundle folder and verify every file in it.

        Parameters
        ----------
        path : str or Path
            A folder with a ``config.json``, or the name of a shipped bundle ("default").

        Raises
        ------
        BundleNotFoundError
            If there is no such folder, or `path` is empty.
        CorruptBundleError
            If a file is missing, altered, or not understood.
        NewerBundleError
            If a later version of this package wrote it.
        """
        if not str(path):
            raise BundleNotFoundError('An empty name was given. Name a folder, or say "default".')
        folder = Path(path)
        if not is_there(folder) and folder == Path(folder.name) and (SHIPPED / folder / CONFIG).is_file():
            folder = SHIPPED / folder
        if not is_there(folder) and is_there(_set_aside(folder)):
            # Somebody else was quicker, or the folder cannot be written to.
            with contextlib.suppress(OSError):
                _set_aside(folder).replace(folder)
        config = _read_config(folder)
        for name, record in config.files.items():
            if Path(name).name != name:
                raise CorruptBundleError(f"{folder / CONFIG} lists {name!r}, which is not a plain file name.")
            if name != CARD:  # Bundles used to list it; it is for people, who may edit it.
                record.verify(folder / name, listed_in=folder / CONFIG)
        if MODEL not in config.files:
            raise CorruptBundleError(f"{folder / CONFIG} lists no {MODEL}. Train or download it again.")
        return cls(folder, config)

    @property
    def id(self) -> str:
        """Name of the model, as it stands in every reading."""
        return self.config.id

    @property
    def shipped(self) -> bool:
        """Whether it is part of the installed package, where nothing is written."""
        return self.path.resolve().is_relative_to(SHIPPED.resolve())

    @property
    def labels(self) -> tuple[str, ...]:
        """Labels in the order of the columns of `probabilities`."""
        return tuple(self.config.id2label[i] for i in range(len(self.config.id2label)))

    def known_photos(self) -> KnownPhotos | None:
        """Read which photos the model learned from or was fitted on; None where that is not recorded.

        Raises
        ------
        CorruptBundleError
            If the file holds something else.
        """
        if PHOTOS not in self.config.files:
            return None
        path = self.path / PHOTOS
        unrecorded = self.config.training.get(UNRECORDED, [])
        try:
            return KnownPhotos.from_bytes(path.read_bytes(), unrecorded=map(str, unrecorded))
        except (OSError, ValueError) as error:
            raise CorruptBundleError(f"{path} cannot be read: {error}. Train the bundle again.") from error

    def probabilities(self, inputs: npt.NDArray[np.float32], *, threads: int = 1) -> npt.NDArray[np.float32]:
        """Run the network.

        Parameters
        ----------
        inputs : ndarray of float32, shape (n, height, width, channels)
            Normalised pixels, see `Preprocessing.normalise`.
        threads : int
            Threads for one run.

        Returns
        -------
        ndarray of float32, shape (n, labels)
            Raw probabilities, rows sum to 1; not calibrated.
        """
        session = self._session(threads)
        (raw,) = session.run(None, {session.get_inputs()[0].name: inputs})
        if self.config.output == "sigmoid":
            second = np.asarray(raw, np.float32).reshape(len(inputs), 1)
            return np.concatenate([1 - second, second], axis=1)
        return np.asarray(raw, np.float32)

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle path and configuration; sessions of ONNX Runtime are opened anew."""
        return Bundle, (self.path, self.config)

    def _session(self, threads: int) -> onnxruntime.InferenceSession:
        if threads not in self._sessions:
            self._sessions[threads] = open_session(self.path / MODEL, threads=threads)
        return self._sessions[threads]


def save_bundle(
    out: str | Path,
    *,
    onnx: bytes,
    config: BundleConfig,
    card: str,
    photos: KnownPhotos | None = None,
    keep_others: bool = False,
    disk: Disk = DISK,
) -> Bundle:
    """Write a bundle; after a kill at any moment there is the old one or the new one, whole.

    Parameters
    ----------
    out : str or Path
        Folder to write. A bundle that is there is replaced; any other non-empty folder is refused.
    onnx : bytes
        The serialised model.
    config : BundleConfig
        Its ``files`` are filled in here.
    card : str
        The model card, Markdown with Hugging Face front matter.
    photos : KnownPhotos or None
        What the model learned from; None: nobody recorded it.
    keep_others : bool
        Keep what else is in the folder, such as a licence.
    disk : Disk

    Raises
    ------
    BundleNotFoundError
        If `out` is a non-empty folder that is no bundle.
    OSError
        If it cannot be written; a bundle that is there stays as it is.
    """
    check_writable(out := Path(out))
    out.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{out.name}-", dir=out.parent))
    try:
        disk.write(draft / MODEL, onnx)
        disk.write(draft / CARD, card.encode())
        if photos is not None:
            disk.write(draft / PHOTOS, photos.to_bytes())
        files = {path.name: FileRecord.of(path) for path in sorted(draft.iterdir()) if path.name != CARD}
        training = _with_unrecorded(config.training, photos)
        config = config.model_copy(update={"files": files, "training": training})
        disk.write(draft / CONFIG, (config.model_dump_json(indent=2) + "\n").encode())
        if keep_others:
            copy_others(out, draft)
        draft.chmod(0o755)
        disk.sync(draft)
        replace_folder(draft, out, aside=_set_aside(out), disk=disk)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return Bundle.load(out)


def _set_aside(folder: Path) -> Path:
    """Where a bundle lies while another takes its place; `Bundle.load` puts it back if a kill left it so."""
    return folder.with_name(f".{folder.name}.old")


def rewrite(bundle: Bundle, *, card: str | None = None, photos: KnownPhotos | None = None) -> Bundle:
    """Write another card, or another record of photos, into a bundle, whose other files stay; None: as it is."""
    card = (bundle.path / CARD).read_text(encoding="utf-8") if card is None else card
    if photos is None:
        atomic_write(bundle.path / CARD, card)
        return Bundle.load(bundle.path)
    onnx, config = (bundle.path / MODEL).read_bytes(), bundle.config
    return save_bundle(bundle.path, onnx=onnx, config=config, card=card, photos=photos, keep_others=True)


def check_writable(out: Path) -> None:
    """Refuse a target that holds something other than a bundle, before an hour is spent on filling it."""
    if out.is_file():
        raise BundleNotFoundError(f"{out} is a file; name a folder for the bundle.")
    if out.is_dir() and any(out.iterdir()) and not (out / CONFIG).is_file():
        raise BundleNotFoundError(f"{out} is not empty and no bundle: not overwritten. Name a new folder.")
    if not out.name:
        raise BundleNotFoundError(
            f"A bundle takes the place of its folder as a whole, and {out} is the folder you are in. Name a new folder."
        )


def labels_to_ids(labels: Sequence[str]) -> dict[int, str]:
    """Assign numbers to labels as Hugging Face's ``id2label`` does."""
    return dict(enumerate(labels))


def _with_unrecorded(training: dict[str, Any], photos: KnownPhotos | None) -> dict[str, Any]:
    """Say in the configuration, beside what is known of the training, of which models nobody knows the photos."""
    rest = {name: value for name, value in training.items() if name != UNRECORDED}
    missing = [] if photos is None else list(photos.unrecorded)
    return rest | ({UNRECORDED: missing} if missing else {})


def _read_config(folder: Path) -> BundleConfig:
    path = folder / CONFIG
    if not is_there(path):
        raise BundleNotFoundError(
            f"There is no bundle at {folder}: no {CONFIG} in it. "
            f'Name a folder that `emotion-classifier train` wrote, or say "default" for the default model.'
        )
    try:
        raw = json.loads(path.read_text(encoding="utf-8"))
        version = int(raw["format_version"])
    except (ValueError, KeyError, TypeError, OSError) as error:
        why = "no format_version in it" if isinstance(error, (KeyError, TypeError)) else str(error)
        raise CorruptBundleError(f"{path} is not a bundle's configuration ({why}). {AGAIN}") from error
    if version > FORMAT_VERSION:
        from emotion_classifier.installation import this_installation

        raise NewerBundleError(
            f"{folder} has bundle format {version}; this version reads up to {FORMAT_VERSION}. "
            f"Upgrade with: {this_installation().upgrade()}"
        )
    try:
        return BundleConfig.model_validate(raw)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the file"
        raise CorruptBundleError(f"{path}: {where}: {first['msg']}. {AGAIN}") from error
