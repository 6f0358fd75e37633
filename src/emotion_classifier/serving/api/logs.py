"""What is logged: one JSON object a line on standard error, never an image, a file name or a reading."""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path

LOGGER = "emotion_classifier"


class JsonLines(logging.Formatter):
    """Lays a record out as JSON: time, level, event, and what ``extra={"fields": {…}}`` adds.

    Of an exception only its type and where it was raised are told: its message may quote what a client sent. So may
    what other packages log; of that the first line is told, before values are put in.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Write one line."""
        entry = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage() if _is_ours(record) else _template(record),
            **getattr(record, "fields", {}),
        }
        if record.exc_info and record.exc_info[1] is not None:
            entry["error"], entry["raised_at"] = describe_error(record.exc_info[1])
        return json.dumps(entry)


def _is_ours(record: logging.LogRecord) -> bool:
    return record.name.partition(".")[0] == LOGGER


def _template(record: logging.LogRecord) -> str:
    return f"{record.name}: {str(record.msg).partition(chr(10))[0]}"


def describe_error(error: BaseException) -> tuple[str, list[str]]:
    """Give the type of an error, and the lines it passed through, without what they worked on."""
    places, trace = [], error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        places.append(f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}")
        trace = trace.tb_next
    return type(error).__name__, places


def log_to_stderr(level: str) -> None:
    """Send the service's records, and the warnings of all else, to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger(LOGGER).setLevel(level.upper())
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)  # Broken forms are the clients' affair.
    logging.captureWarnings(True)
