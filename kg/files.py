"""Files that a command leaves: whole, or not at all."""

from __future__ import annotations

import os
from contextlib import suppress
from typing import TYPE_CHECKING

from kg.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def write_file(path: Path, content: bytes) -> None:
    """Put `content` into a file, its folders made as needed; what was there is replaced in one step.

    A device or a pipe is written as it is. Raises `UsageError` when the place cannot be written.
    """
    try:
        target = path.resolve()  # a link stays one, and what it points to is replaced
        if not target.parent.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists() and not target.is_file():
            target.write_bytes(content)
            return
        draft = target.with_name(f".{target.name}.{os.getpid()}.new")
        try:
            draft.write_bytes(content)
            draft.replace(target)
        except BaseException:
            with suppress(OSError):
                draft.unlink()
            raise
    except OSError as error:
        raise UsageError(f"{path} cannot be written: {error.strerror or error}") from error
