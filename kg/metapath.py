"""Metapaths: of which kinds of concepts and which relations a path is made, in one line.

    Method-uses>Model-developedBy>Organization

The name and the notion are those of heterogeneous information networks (Sun, Han, Yan, Yu & Wu 2011, "PathSim: meta
path-based top-K similarity search in heterogeneous information networks"). The grammar:

    metapath  = kind { step kind }
    kind      = "*" | Class { "|" Class }
    step      = "-" relations ">" [ repeat ]      walked from subject to object
              | "<" relations "-" [ repeat ]      walked from object to subject
              | "-" relations "-" [ repeat ]      walked either way
    relations = "" | relation { "|" relation }    none is any
    repeat    = "+" | "{" n "}" | "{" n "," m "}"   as often in a row, through concepts of any kind

`Class` and `relation` are local names of the ontology (`Method`, `usedFor`). Spaces do not count. Symmetric relations
are walked either way whatever the arrow. `Method-broader>+*-hasLimitation>Property`: a limitation of what a method is a
kind of, however far up.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from kg.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

MOST_STEPS = 32
"""The most steps of a metapath, repeats with a number written out."""

_KIND = re.compile(r"\*|\w+(\|\w+)*")
_STEP = re.compile(r"(?P<left><)(?P<ours>\w+(?:\|\w+)*)?-|-(?P<names>\w+(?:\|\w+)*)?(?P<right>[->])")
_REPEAT = re.compile(r"\+|\{(?P<least>\d+)(?:,(?P<most>\d+))?\}")


@dataclass(frozen=True, slots=True)
class Move:
    """A step that may be made: the relations that may carry it (none: any), the ways it may be walked, what it enters.

    `source` and `target` are positions in the metapath, from 0 to its length. `kinds` are what the node entered may be
    (none: anything).
    """

    source: int
    target: int
    relations: frozenset[str]
    forward: bool
    backward: bool
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Metapath:
    """A parsed metapath, as the moves between its positions. A path follows it from position 0 to the last, `length`.

    `starts` and `ends` are the kinds that the first and the last concept may have (none: any).
    """

    text: str
    starts: frozenset[str]
    ends: frozenset[str]
    moves: tuple[Move, ...]
    length: int

    def __str__(self) -> str:
        return self.text

    @classmethod
    def parse(
        cls, text: str, *, kinds: Collection[str] | None = None, relations: Collection[str] | None = None
    ) -> Metapath:
        """The metapath that a text says. `kinds` and `relations`: the names there are, where known.

        Raises UsageError, which shows where the text cannot be read on.
        """
        return _Parser(text, kinds, relations).parse()


class _Parser:
    def __init__(self, text: str, kinds: Collection[str] | None, relations: Collection[str] | None) -> None:
        self.text = text
        self.rest = "".join(text.split())
        self.whole = self.rest
        self.kinds, self.relations = kinds, relations

    def parse(self) -> Metapath:
        moves: list[Move] = []
        starts = ends = self._kind()
        at = 0
        while self.rest:
            relations, forward, backward = self._step()
            least, most = self._repeat()
            ends = self._kind()
            if at + (most or least) > MOST_STEPS:
                raise UsageError(f"the metapath {self.text!r} has more than {MOST_STEPS} steps")
            for done in range(1, (most or least) + 1):
                if done < (most or least):
                    moves.append(Move(at + done - 1, at + done, relations, forward, backward, frozenset()))
                if done >= least:
                    last = at + (most or least)
                    moves.append(Move(at + done - 1, last, relations, forward, backward, ends))
            if most is None:  # any number of times: round the position before the last step
                moves.append(Move(at + least - 1, at + least - 1, relations, forward, backward, frozenset()))
            at += most or least
        if not moves:
            raise UsageError(f"the metapath {self.text!r} has no step, such as Method-uses>Model")
        return Metapath(self.whole, starts, ends, tuple(moves), at)

    def _kind(self) -> frozenset[str]:
        match = _KIND.match(self.rest)
        if not match:
            raise self._unreadable("a class, such as Method, or *")
        names = frozenset() if match[0] == "*" else frozenset(match[0].split("|"))
        for name in sorted(names - frozenset(names if self.kinds is None else self.kinds)):
            raise UsageError(f"no class {name!r} in the metapath {self.text!r}; there are {_listed(self.kinds)}")
        self.rest = self.rest[match.end() :]
        return names

    def _step(self) -> tuple[frozenset[str], bool, bool]:
        match = _STEP.match(self.rest)
        if not match:
            raise self._unreadable("a step: -uses>, <uses-, -uses- or, for any relation, ->, <- or --")
        said = match["ours"] or match["names"]
        names = frozenset(said.split("|")) if said else frozenset()
        for name in sorted(names - frozenset(names if self.relations is None else self.relations)):
            raise UsageError(f"no relation {name!r} in the metapath {self.text!r}; there are {_listed(self.relations)}")
        self.rest = self.rest[match.end() :]
        return names, match["left"] is None, match["right"] != ">"

    def _repeat(self) -> tuple[int, int | None]:
        """At least and at most how often, None for no end."""
        match = _REPEAT.match(self.rest)
        if not match:
            return 1, 1
        if match[0] == "+":
            self.rest = self.rest[1:]
            return 1, None
        least = int(match["least"])
        most = int(match["most"]) if match["most"] else least
        if not 1 <= least <= most:
            raise self._unreadable("how often, from 1 on, such as {1,3}")
        self.rest = self.rest[match.end() :]
        return least, most

    def _unreadable(self, wanted: str) -> UsageError:
        at = len(self.whole) - len(self.rest)
        found = f"{self.rest[:20]!r}" if self.rest else "its end"
        return UsageError(f"the metapath {self.text!r} cannot be read at character {at + 1}, {found}: wanted {wanted}")


def _listed(names: Collection[str] | None) -> str:
    return ", ".join(sorted(names or ()))
