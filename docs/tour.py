"""Run the console blocks of README.md and the manual, and put what the commands print under them.

    python docs/tour.py                        rewrite README.md
    python docs/tour.py docs/paths.md …        rewrite these pages of the manual
    python docs/tour.py --check [PAGE…]        only say which blocks would change

Commands run in a fresh folder beside seeds/ and benchmarks/, by a shell, with the `kg` of this Python. Pages of the
manual find the graph of seeds/ built there.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
_BLOCK = re.compile(r"^```console\n\$ (?P<command>[^\n]+)\n(?P<shown>.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True)
class Stop:
    """One command of the tour: what README shows under it, what it printed now, and its exit status."""

    command: str
    shown: str
    printed: str
    status: int


def tour(folder: Path, text: str) -> list[Stop]:
    """Run all commands of a page in `folder`, in order, and return what they printed."""
    for name in ("seeds", "benchmarks"):
        if not (folder / name).exists():
            (folder / name).symlink_to(ROOT / name)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "COLUMNS": "120"}
    stops = []
    for block in _BLOCK.finditer(text):
        done = subprocess.run(
            ["bash", "-c", block["command"]],
            cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip
        stops.append(Stop(block["command"], block["shown"], done.stdout, done.returncode))
    return stops


def retold(text: str, stops: list[Stop]) -> str:
    """The page with what its commands printed now."""
    printed = iter(stops)
    return _BLOCK.sub(lambda block: f"```console\n$ {block['command']}\n{next(printed).printed}```", text)


def main() -> None:
    """Refresh or check the pages."""
    pages = [Path(name).resolve() for name in sys.argv[1:] if name != "--check"] or [README]
    with tempfile.TemporaryDirectory() as folder:
        if README not in pages:
            tour(Path(folder), "```console\n$ kg build seeds\n```\n")
        for page in pages:
            text = page.read_text(encoding="utf-8")
            stops = tour(Path(folder), text)
            if "--check" not in sys.argv:
                page.write_text(retold(text, stops), encoding="utf-8", newline="\n")
                continue
            for stop in stops:
                if stop.shown != stop.printed:
                    print(f"differs (status {stop.status}): {stop.command}")


if __name__ == "__main__":
    main()
