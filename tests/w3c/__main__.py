"""Run the W3C's SPARQL 1.1 tests against `kg serve`.

    python -m tests.w3c DIR [--category query] [--test 'aggregates/*'] [--json] [--markdown]

DIR is a checkout of w3c/rdf-tests, or any folder that holds its manifests. Exit status 1 when a test fails that is not
in the list of known failures (tests/w3c/known.py), 2 when there is nothing to run.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from fnmatch import fnmatchcase
from pathlib import Path

import pyoxigraph

from tests.w3c.known import KNOWN
from tests.w3c.manifest import CATEGORIES, read_suite
from tests.w3c.run import Outcome, markdown, run, text, unknown

_PAGE = """# Conformance

The W3C's SPARQL 1.1 tests, and those of SPARQL 1.0, run against `kg serve --writable --default-graph own` over HTTP.
The page is what `make w3c W3C=DIR W3CFLAGS=--markdown` prints, with DIR a checkout of
[w3c/rdf-tests](https://github.com/w3c/rdf-tests); the suite is no part of this project.

Suite: {suite}. Engine: pyoxigraph {engine}.

- Data is read with the engine's parsers and loaded with the Graph Store Protocol, as N-Quads; queries and updates are
  sent to `/sparql`. Tables are read with Python's own JSON, XML and CSV modules (only graphs and the terms of TSV with
  the engine's parser), and compared term by term, as multisets or, with ORDER BY, in order; graphs and datasets up to
  the names of blank nodes.
- Text that is not SPARQL has to be refused with 400 before it is evaluated. Text that is may fail later on: a syntax
  test that drops a graph passes, though there is none to drop.
- A failed test is put to the engine alone, in one process. A failure is *engine* when it fails there in the same way,
  and *suite* when a later recommendation, or the suite itself, contradicts the test; any other would be ours, and fails
  the run.
- Tests of SERVICE and LOAD get further servers on loopback addresses, which the first one was told it may call.
- Tests of the Graph Store Protocol start from an empty store, or from what those before them left: the editions differ.
- Where an edition of the suite describes the tests of the protocols by name or in prose only, the requests are the
  runner's own (`tests/w3c/exchanges.py`); where it spells them out, they are sent as they are.{own}
"""


def main(arguments: list[str] | None = None) -> int:
    """Run; the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.w3c", description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("folder", type=Path, metavar="DIR", help="a checkout of w3c/rdf-tests")
    parser.add_argument("--category", action="append", choices=CATEGORIES, help="only this one (repeatable)")
    parser.add_argument("--test", action="append", metavar="PATTERN", help="only tests of such a name, with * and ?")
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="every outcome, as JSON")
    form.add_argument("--markdown", action="store_true", help="the page docs/conformance.md")
    parser.add_argument("--suite", default="", metavar="NAME", help="what the page calls the suite")
    options = parser.parse_args(arguments)
    try:
        tests = [
            test
            for test in read_suite(options.folder)
            if (not options.category or test.category in options.category)
            and (not options.test or any(fnmatchcase(test.name, pattern) for pattern in options.test))
        ]
    except (OSError, ValueError) as error:
        print(f"w3c: {error}", file=sys.stderr)
        return 2
    if not tests:
        print(f"w3c: no SPARQL test of {options.folder} is asked for", file=sys.stderr)
        return 2
    start = time.monotonic()
    done = 0

    def told(outcome: Outcome) -> None:
        nonlocal done
        done += 1
        if sys.stderr.isatty():
            print(f"\r{done}/{len(tests)} {outcome.test.name:<70.70}", end="", file=sys.stderr)

    outcomes = run(tests, told)
    if sys.stderr.isatty():
        print(f"\r{'':<90}\r", end="", file=sys.stderr)
    if options.json:
        print(json.dumps([_described(outcome) for outcome in outcomes], indent=1))
    elif options.markdown:
        count = sum(1 for test in tests if test.own)
        own = f" In this run they were the runner's own in {count} tests." if count else ""
        suite = options.suite or _version(options.folder)
        print(_PAGE.format(suite=suite, engine=pyoxigraph.__version__, own=own))
        print(markdown(outcomes, KNOWN), end="")
    else:
        print(text(outcomes, KNOWN))
        print(f"{len(outcomes)} tests in {time.monotonic() - start:.0f} seconds")
    return 1 if unknown(outcomes, KNOWN) else 0


def _described(outcome: Outcome) -> dict[str, str]:
    return {
        "test": outcome.test.name,
        "category": outcome.test.category,
        "title": outcome.test.title,
        "status": outcome.status,
        "reason": outcome.reason,
        "cause": outcome.cause,
        "known": KNOWN[outcome.test.name].why if outcome.test.name in KNOWN else "",
    }


def _version(folder: Path) -> str:
    """What a checkout says of its version."""
    found = subprocess.run(
        ["git", "-C", str(folder), "log", "-1", "--format=w3c/rdf-tests at %h of %cs"],
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or folder.name


if __name__ == "__main__":
    sys.exit(main())
