"""Keras files from strangers: looked through before Keras is allowed to read them.

Keras's own safe mode refuses Python lambdas, but has been circumvented before, by naming a function of any
importable module in the configuration and by formats it did not cover. Here nothing passes that is not a
known layer, initialiser, regulariser, constraint or dtype policy of Keras itself.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from emotion_classifier.errors import BundleError, BundleNotFoundError, UnsafeModelError, missing_extra
from emotion_classifier.training.keras_2 import by_hand, modernise

if TYPE_CHECKING:
    import keras

_HDF5_MAGIC = b"\x89HDF\r\n\x1a\n"
_PLAIN_VALUES = frozenset({"__keras_tensor__", "__tensor__", "__numpy__", "__slice__", "__ellipsis__"})
# Arithmetic on tensors, as `x / 255` in a functional model.
_ARITHMETIC = frozenset({"Add", "Subtract", "Multiply", "Divide", "TrueDivide", "Mean", "Reshape", "GetItem"})
# Layers of Keras that run code or read other files.
_RUN_CODE = frozenset({"Lambda", "TFSMLayer", "TorchModuleWrapper", "JaxLayer", "FlaxLayer"})


def load_keras_file(path: Path) -> keras.Model:
    """Load a ``.keras`` or ``.h5`` file, uncompiled, without running code from it.

    Parameters
    ----------
    path : Path
        The kind of file is told by its contents, not by its name.

    Raises
    ------
    UnsafeModelError
        If the model's configuration names anything but parts of Keras itself.
    BundleError
        If the file is missing, damaged, holds weights only, or Keras cannot rebuild the model.
    """
    try:
        import keras
    except ImportError as error:
        raise missing_extra("train", "keras") from error
    try:
        config = modernise(read_config(path), file=path.name)
        refuse_code(config, file=path.name)
    except RecursionError as error:
        raise BundleError(
            f"{path.name} is no Keras model: its configuration is nested without end. Save the model again."
        ) from error
    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            # What Keras reads is a copy with the configuration that was looked through, in its own terms.
            copy = _copy_with(path, config, Path(folder))
            model = keras.saving.load_model(copy, compile=False, safe_mode=True)
        except Exception as error:  # Keras raises TypeError, ValueError, KeyError, OSError and more.
            raise BundleError(
                f"Keras {keras.__version__} cannot rebuild the model in {path.name}: {_reason(error)}. "
                f"{by_hand(path.name)}"
            ) from error
    if not isinstance(model, keras.Model):
        raise BundleError(f"{path.name} holds a {type(model).__name__}, not a model.")
    return model


def _reason(error: Exception) -> str:
    """Of the error Keras raised, the end: what went wrong stands after a long account of where."""
    lines = str(error).strip().splitlines()
    return (
        lines[-1].removeprefix("Exception encountered: ").rstrip(".")[:300] if lines else type(error).__name__
    )


def require_file(path: Path) -> None:
    """Refuse a path where no file is.

    Raises
    ------
    BundleNotFoundError
    """
    if not path.is_file():
        raise BundleNotFoundError(f"There is no file {path}. Name a .keras or .h5 file.")


def read_config(path: Path) -> dict[str, Any]:
    """Read the model's configuration from the file, as plain JSON.

    Raises
    ------
    BundleError
        If there is none.
    """
    require_file(path)
    try:
        if zipfile.is_zipfile(path):
            text = _config_of_archive(path)
        elif _starts_as_hdf5(path):
            text = _config_of_hdf5(path)
        else:
            raise BundleError(f"{path.name} is neither a .keras archive nor an HDF5 file.")
        config = json.loads(text)
    except (OSError, KeyError, ValueError, zipfile.BadZipFile) as error:
        raise BundleError(
            f"{path.name} is damaged or no Keras model ({error}). Save the model again."
        ) from error
    if not isinstance(config, dict):
        raise BundleError(f"{path.name} is damaged: its configuration is no JSON object.")
    # How it was trained is not loaded, so custom losses and optimisers do no harm.
    config.pop("compile_config", None)
    return config


def _starts_as_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_HDF5_MAGIC)) == _HDF5_MAGIC


def _config_of_archive(path: Path) -> str:
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        # Two of one name would let the one that is looked through differ from the one that is loaded.
        if names.count("config.json") != 1:
            raise BundleError(
                f"{path.name} holds {names.count('config.json')} files config.json instead of one, so it is "
                f"no Keras model. Save the whole model: `model.save('model.keras')`."
            )
        return archive.read("config.json").decode("utf-8")


def _config_of_hdf5(path: Path) -> str:
    try:
        import h5py
    except ImportError as error:
        raise missing_extra("train", "h5py") from error
    with h5py.File(path, "r") as file:
        config = file.attrs.get("model_config")
    if config is None:
        raise BundleError(
            f"{path.name} holds weights only, not the model. Save the whole model: `model.save('model.h5')`."
        )
    return config.decode("utf-8") if isinstance(config, bytes) else str(config)


def _copy_with(path: Path, config: dict[str, Any], folder: Path) -> Path:
    text = json.dumps(config)
    if zipfile.is_zipfile(path):
        copy = folder / "model.keras"
        with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w") as target:
            for name in source.namelist():
                target.writestr(name, text if name == "config.json" else source.read(name))
        return copy
    import h5py

    copy = folder / "model.h5"
    shutil.copyfile(path, copy)
    with h5py.File(copy, "r+") as file:
        file.attrs["model_config"] = text.encode()
    return copy


def refuse_code(config: dict[str, Any], *, file: str) -> None:
    """Refuse a configuration that names anything but parts of Keras itself.

    Raises
    ------
    UnsafeModelError
        Naming the part.
    """
    for part in _objects(config):
        name = str(part["class_name"])
        if name in _RUN_CODE:
            raise UnsafeModelError(
                f"{file} has a {name} layer, which runs code of its own when the model is loaded, so it was "
                f"refused. Use Keras's own layers instead (to scale: Rescaling, or --scale) and save again."
            )
        if not _is_keras(name, part):
            where = part.get("module") or part.get("registered_name") or "outside Keras"
            raise UnsafeModelError(
                f"{file} needs {name!r} ({where}), which is none of Keras's own layers and could run other "
                f"code, so it was refused. Rebuild the model from Keras's own layers and save again."
            )


def _objects(config: Any) -> Iterator[dict[str, Any]]:
    """Every serialised object in a configuration, however deep."""
    if isinstance(config, dict):
        if "class_name" in config:
            yield config
        for value in config.values():
            yield from _objects(value)
    elif isinstance(config, list):
        for value in config:
            yield from _objects(value)


def _is_keras(name: str, part: dict[str, Any]) -> bool:
    module = part.get("module")
    if name in _PLAIN_VALUES:
        return True
    if name == "function":
        return module == "builtins" and _is_activation(part.get("config"))
    if module is not None and str(module).split(".")[0] != "keras":
        return False
    return name == "Functional" or name in _ARITHMETIC or _is_keras_class(name)


def _is_activation(name: Any) -> bool:
    import keras

    return isinstance(name, str) and name.isidentifier() and callable(getattr(keras.activations, name, None))


def _is_keras_class(name: str) -> bool:
    import keras

    homes = (
        (keras.layers, keras.layers.Layer),
        (keras, keras.Model),
        (keras.initializers, keras.initializers.Initializer),
        (keras.regularizers, keras.regularizers.Regularizer),
        (keras.constraints, keras.constraints.Constraint),
        (keras.dtype_policies, keras.dtype_policies.DTypePolicy),
        (keras.random, keras.random.SeedGenerator),
    )
    for home, base in homes:
        found = getattr(home, name, None)
        if isinstance(found, type) and issubclass(found, base):
            return True
    return False


def fingerprint(path: Path) -> str:
    """SHA-256 of the file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
