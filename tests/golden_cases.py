"""Golden cases: text files of input and expected output, so that a new case is text and not code.

A file is a sequence of cases; each begins with a line `=== title` and falls into parts, each begun by `--- name`. The
first part is the input, kept as it stands; the others are stripped.
The names of the parts are checked, because a case whose part is misspelt would silently test nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

GOLDEN = Path(__file__).parent / "golden"


@dataclass(frozen=True, slots=True)
class Case:
    """One case of a golden file."""

    title: str
    parts: dict[str, str]

    def __str__(self) -> str:
        return self.title


def cases(name: str, *parts: str) -> list[Case]:
    """The cases of `golden/<name>.txt`, each with exactly these parts."""
    path = GOLDEN / f"{name}.txt"
    found: list[Case] = []
    part = ""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("=== "):
            found.append(Case(line[4:], {}))
            part = ""
        elif line.startswith("--- "):
            part = line[4:]
            assert part in parts, f"{path.name}:{number}: no such part: {part!r} (there are {parts})"
            assert part not in found[-1].parts, f"{path.name}:{number}: a second part {part!r}"
            found[-1].parts[part] = ""
        elif part:
            found[-1].parts[part] += line + "\n"
        else:
            assert not line.strip() or line.startswith("#"), f"{path.name}:{number}: text outside of a part"
    for case in found:
        assert tuple(case.parts) == parts, f"{path.name}: case {case.title!r} has the parts {tuple(case.parts)}"
        case.parts.update({part: case.parts[part].strip() for part in parts[1:]})
    assert len({case.title for case in found}) == len(found), f"{path.name}: two cases of one title"
    return found
