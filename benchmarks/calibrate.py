"""Fit the confidence of assertions and mentions on annotated entries; report how well it is calibrated.

    python benchmarks/calibrate.py ../shared/gold/train.json [--seeds ../shared/seeds] [--dry]

Every candidate that the rules propose for an annotated entry is right or wrong by the annotation (the matching is that
of score.py: token F1 of two thirds). A logistic regression with L2 penalty over the candidates' named features gives
the probability of being right; five folds over entries tell how good it is on entries that it has not seen, and
where to cut. Writes kg/annotate/confidence.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter, defaultdict
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from kg.annotate.confidence import Choice, Confidence  # noqa: E402
from kg.annotate.entry import prepare, proposed_mentions, weighted  # noqa: E402
from kg.annotate.glossary import glossary_of  # noqa: E402
from kg.annotate.mentions import select  # noqa: E402
from kg.annotate.pipeline import load_pipeline, parse  # noqa: E402
from kg.annotate.weighing import choose  # noqa: E402
from kg.names import key  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from kg.model import Entry, Headword

FOLDS = 5
MINIMUM = {"assertions": 4, "mentions": 3}
PENALTY = {"assertions": 4.0, "mentions": 3.0}


@cache
def scorer() -> Any:
    """The matching of ../shared/gold/score.py, so that calibration and score agree on what is right."""
    import importlib.util

    spec = importlib.util.spec_from_file_location("score", ROOT.parent / "shared" / "gold" / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.tokens = cache(module.tokens)
    module.close = cache(module.close)
    return module


def close(a: str, b: str) -> bool:
    return bool(scorer().close(a, b))


def read_entries(seeds: Path) -> tuple[list[Entry], list[Headword]]:
    from kg.blocks import parse as blocks
    from kg.headers import headword, subject_fields
    from kg.read import documents, read

    entries = [blocks(entry) for path, source in documents([seeds]) for entry in read(path, source=source)]
    fields = subject_fields(entries)
    return entries, [headword(entry, fields) for entry in entries]


class Logistic:
    """Logistic regression over sets of named features, fitted by Adam on the whole batch; deterministic."""

    def __init__(
        self, groups: Sequence[Sequence[tuple[str, ...]]], labels: Sequence[bool], minimum: int, penalty: float
    ) -> None:
        """`groups` are the rows of each entry; a feature must be seen in `minimum` entries: rows of one are alike."""
        rows = [row for group in groups for row in group]
        counts = Counter(feature for group in groups for feature in {f for row in group for f in row})
        self.names = sorted(f for f, n in counts.items() if n >= minimum)
        index = {name: n for n, name in enumerate(self.names)}
        known = [[index[f] for f in row if f in index] for row in rows]
        flat = np.array([i for row in known for i in row], dtype=np.int64)
        owner = np.repeat(np.arange(len(rows)), [len(row) for row in known])
        y = np.array(labels, dtype=np.float64)
        weights, bias = np.zeros(len(self.names)), float(np.log(y.mean() / (1 - y.mean())))
        m, v, mb, vb = np.zeros_like(weights), np.zeros_like(weights), 0.0, 0.0
        for step in range(1, 141):
            logits = bias + np.bincount(owner, weights[flat], minlength=len(rows))
            residual = 1 / (1 + np.exp(-logits)) - y
            gradient = np.bincount(flat, residual[owner], minlength=len(self.names)) + penalty * weights
            gb = float(residual.sum())
            rate = 0.1 if step < 90 else 0.03
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            mb, vb = 0.9 * mb + 0.1 * gb, 0.999 * vb + 0.001 * gb**2
            scale = np.sqrt(1 - 0.999**step) / (1 - 0.9**step)
            weights = weights - rate * scale * m / (np.sqrt(v) + 1e-8)
            bias -= rate * scale * mb / (vb**0.5 + 1e-8)
        self.weights, self.bias = weights, bias

    def model(self, floor: float) -> Confidence:
        """The fitted weights, rounded; those that do not matter left out."""
        kept = {n: round(float(w), 2) for n, w in zip(self.names, self.weights, strict=True) if abs(w) >= 0.05}
        return Confidence(round(self.bias, 2), floor, kept)


class Softmax:
    """Multinomial logistic regression over sets of named features, fitted by Adam; deterministic."""

    def __init__(self, rows: Sequence[tuple[str, ...]], labels: Sequence[str], minimum: int, penalty: float) -> None:
        counts = Counter(feature for row in rows for feature in row)
        self.names = sorted(f for f, n in counts.items() if n >= minimum)
        self.classes = sorted(set(labels))
        index = {name: n for n, name in enumerate(self.names)}
        known = [[index[f] for f in row if f in index] for row in rows]
        x = np.zeros((len(rows), len(self.names) + 1))
        for n, row in enumerate(known):
            x[n, row] = 1
        x[:, -1] = 1
        y = np.zeros((len(rows), len(self.classes)))
        y[np.arange(len(rows)), [self.classes.index(label) for label in labels]] = 1
        w = np.zeros((x.shape[1], len(self.classes)))
        m, v = np.zeros_like(w), np.zeros_like(w)
        for step in range(1, 121):
            logits = x @ w
            p = np.exp(logits - logits.max(axis=1, keepdims=True))
            p /= p.sum(axis=1, keepdims=True)
            gradient = x.T @ (p - y) + penalty * w
            m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
            w = w - 0.1 * (np.sqrt(1 - 0.999**step) / (1 - 0.9**step)) * m / (np.sqrt(v) + 1e-8)
        self.w = w

    def model(self) -> Choice:
        """The fitted weights, rounded; those that do not matter left out."""
        weights = {}
        for name, row in zip(self.names, self.w, strict=False):
            kept = {c: round(float(z), 2) for c, z in zip(self.classes, row, strict=True) if abs(z) >= 0.1}
            if kept:
                weights[name] = kept
        return Choice({c: round(float(z), 2) for c, z in zip(self.classes, self.w[-1], strict=True)}, weights)


def kinds(proposed: dict[str, list[Any]], annotations: dict[str, Any]) -> Choice:
    """Fit what tells the class of a term, and report how well it does on entries not seen."""
    rows: list[tuple[str, tuple[str, ...], str]] = []
    for gid in sorted(proposed):
        for entity in annotations[gid]["N"]:
            match = next((m for m in proposed[gid] if scorer().same(m.mention.label, entity["text"])), None)
            match = match or next((m for m in proposed[gid] if close(m.mention.label, entity["text"])), None)
            if match is not None:
                rows.append((gid, match.kind_features, entity["type"]))
    fold = {gid: n % FOLDS for n, gid in enumerate(sorted(proposed))}
    right = 0
    for f in range(FOLDS):
        inside = [r for r in rows if fold[r[0]] != f]
        model = Softmax([r[1] for r in inside], [r[2] for r in inside], 3, 1.0).model()
        right += sum(model.best(r[1]) == r[2] for r in rows if fold[r[0]] == f)
    print(f"kinds: {right / len(rows):.3f} of {len(rows)} terms right (five folds, entries not seen)")
    return Softmax([r[1] for r in rows], [r[2] for r in rows], 3, 1.0).model()


def own_names(gold: dict[str, Any], gid: str, label: str, aliases: Sequence[str]) -> list[str]:
    group = {gid} | {o for ids in gold["duplicates"] if gid in ids for o in ids}
    heads = [gold["H"][g] for g in sorted(group) if g in gold["H"]]
    return [label, *aliases, *(name for h in heads for name in (h["pref"], *h["alt"]))]


def is_right(w: Any, facts: list[dict[str, Any]], label: str, names: list[str]) -> bool:
    """Whether an annotator stated the same fact."""
    return any(
        t["p"] == w.predicate
        and (close(w.subject, t["s"]) or (w.subject == label and any(close(t["s"], n) for n in names)))
        and any(close(str(w.object), o) for o in (t["o"], *t.get("o_alt", ())))
        for t in facts
    )


def relations_f1(chosen: list[tuple[Any, ...]]) -> tuple[float, float, float]:
    """Precision, recall and F1 of assertions as score.py counts them; `chosen`: (assertions, facts, label, names)."""
    hits = predicted = total = 0
    for assertions, facts, label, names in chosen:
        taken: set[int] = set()

        def matches(a: Any, t: dict[str, Any], label: str = label, names: list[str] = names) -> bool:
            return bool(
                a.predicate == t["p"]
                and (close(a.subject, t["s"]) or (a.subject == label and any(close(t["s"], n) for n in names)))
                and any(close(str(a.object), o) for o in (t["o"], *t.get("o_alt", ())))
            )

        for t in facts:
            hit = next((i for i, a in enumerate(assertions) if i not in taken and matches(a, t)), None)
            if hit is not None:
                taken.add(hit)
        hits += len(taken)
        total += len(facts)
        predicted += sum(i in taken or not any(matches(a, t) for t in facts) for i, a in enumerate(assertions))
    return prf(hits, predicted, total)


def entities_f1(chosen: list[tuple[Any, ...]]) -> tuple[float, float, float]:
    hits = predicted = total = 0
    for mentions, entities, surfaces in chosen:
        labels = list({key(m.label): m.label for m in mentions}.values())
        used: set[str] = set()
        for entity in entities:
            hit = next((x for x in labels if x not in used and close(x, entity["text"])), None)
            if hit is not None:
                used.add(hit)
        hits += len(used)
        total += len(entities)
        predicted += len(used) + sum(
            x not in used and not any(close(x, s) for s in surfaces) and not any(close(x, e["text"]) for e in entities)
            for x in labels
        )
    return prf(hits, predicted, total)


def prf(hits: int, predicted: int, total: int) -> tuple[float, float, float]:
    p, r = hits / max(1, predicted), hits / max(1, total)
    return p, r, 2 * p * r / (p + r) if p + r else 0.0


def reliability(probabilities: np.ndarray, labels: np.ndarray) -> Iterator[str]:
    """A reliability table and the expected calibration error (ten bins of equal width)."""
    error = 0.0
    for low in np.arange(0, 1, 0.1):
        inside = (probabilities >= low) & (probabilities < low + 0.1)
        if inside.any():
            said, was = float(probabilities[inside].mean()), float(labels[inside].mean())
            error += abs(said - was) * inside.sum() / len(labels)
            yield f"    {low:.1f}-{low + 0.1:.1f}   said {said:.3f}   was {was:.3f}   n {int(inside.sum())}"
    yield f"    expected calibration error {error:.4f}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("gold", type=Path)
    parser.add_argument("--seeds", type=Path, default=ROOT.parent / "shared" / "seeds")
    parser.add_argument("--dry", action="store_true", help="measure only, write nothing")
    args = parser.parse_args()
    gold = json.loads(args.gold.read_text(encoding="utf-8"))
    entries, headwords = read_entries(args.seeds)
    glossary = glossary_of(entries, headwords)
    place = {(e.source, e.line): (e, h) for e, h in zip(entries, headwords, strict=True)}
    work = {}
    for gid in sorted(gold["annotations"]):
        found = next((place[f, n] for f, n in map(tuple, gold["where"][gid]) if (f, n) in place), None)
        if found is not None:
            work[gid] = prepare(*found, glossary)
    docs = parse(load_pipeline(), (text for w in work.values() for text in w.texts))

    items: dict[str, dict[str, list[Any]]] = {"assertions": {}, "mentions": {}}
    truth: dict[str, dict[str, list[bool]]] = {"assertions": {}, "mentions": {}}
    context: dict[str, tuple[Any, ...]] = {}
    for gid, w in work.items():
        annotation = gold["annotations"][gid]
        label = w.headword.label
        names = own_names(gold, gid, label, w.headword.aliases)
        surfaces = [x["surface"] for x in annotation["X"]]
        context[gid] = (annotation["R"], label, names, annotation["N"], surfaces)
        items["assertions"][gid] = weighted(w, docs)
        truth["assertions"][gid] = [is_right(x, annotation["R"], label, names) for x in items["assertions"][gid]]

    def f1_of(task: str, models: dict[str, Confidence], floors: Sequence[float]) -> list[tuple[float, float, float]]:
        """Precision, recall and F1 at each floor; which reading of a pair is best does not depend on the floor."""
        open_models = {g: replace(m, floor=0.0 if task == "mentions" else 0.05) for g, m in models.items()}
        if task == "assertions":
            chosen = {g: choose(items[task][g], open_models[g]) for g in work}
            return [
                relations_f1([([a for a in chosen[g] if a.confidence >= floor], *context[g][:3]) for g in work])
                for floor in floors
            ]
        return [
            entities_f1([(select(items[task][g], replace(models[g], floor=floor)), *context[g][3:]) for g in work])
            for floor in floors
        ]

    result = {}
    for task in ("assertions", "mentions"):
        fold = {gid: n % FOLDS for n, gid in enumerate(sorted(work))}
        fitted: dict[int, Logistic] = {}
        for f in range(FOLDS):
            inside = [g for g in sorted(work) if fold[g] != f]
            rows = [[x.features for x in items[task][g]] for g in inside]
            fitted[f] = Logistic(rows, [t for g in inside for t in truth[task][g]], MINIMUM[task], PENALTY[task])
        held = {g: fitted[fold[g]].model(0.0) for g in sorted(work)}
        floors = [round(0.1 + 0.02 * n, 2) for n in range(23)]
        scores = f1_of(task, held, floors)
        (p, r, f1), floor = max(zip(scores, floors, strict=True), key=lambda e: (e[0][2], e[1]))
        print(f"{task}: floor {floor:.2f}  P {p:.3f}  R {r:.3f}  F1 {f1:.3f} (five folds, entries not seen)")
        said = np.array([held[g].of(x.features) for g in sorted(work) for x in items[task][g]])
        was = np.array([t for g in sorted(work) for t in truth[task][g]], dtype=float)
        print("\n".join(reliability(said, was)))
        rows = [[x.features for x in items[task][g]] for g in sorted(work)]
        final = Logistic(rows, [t for g in sorted(work) for t in truth[task][g]], MINIMUM[task], PENALTY[task])
        model = final.model(floor)
        result[task] = {"bias": model.bias, "floor": model.floor, "weights": dict(sorted(model.weights.items()))}
        print(
            f"    {len(model.weights)} weights from {sum(map(len, rows))} candidates; on the same entries: "
            + "P {:.3f}  R {:.3f}  F1 {:.3f}".format(*f1_of(task, dict.fromkeys(work, model), [floor])[0])
        )
        if task == "assertions":
            rules(items[task], truth[task])
            for gid, w in work.items():  # terms are weighed by what is asserted of them, on entries not seen
                asserted = choose(items[task][gid], replace(held[gid], floor=floor))
                items["mentions"][gid] = proposed_mentions(w, docs, asserted)
                wanted = [*(e["text"] for e in context[gid][3]), *context[gid][4]]
                truth["mentions"][gid] = [
                    any(close(m.mention.label, t) for t in wanted) for m in items["mentions"][gid]
                ]
    chosen = kinds(items["mentions"], gold["annotations"])
    result["kinds"] = {"bias": chosen.bias, "weights": dict(sorted(chosen.weights.items()))}
    if not args.dry:
        path = ROOT / "kg" / "annotate" / "confidence.json"
        path.write_text(json.dumps(result, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


def rules(items: dict[str, list[Any]], truth: dict[str, list[bool]]) -> None:
    """The raw precision of each rule and relation, before weighing."""
    table: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for gid, found in items.items():
        for x, right in zip(found, truth[gid], strict=True):
            cell = table[f"{x.candidate.rule} {x.predicate}"]
            cell[0] += right
            cell[1] += 1
    for name, (right, count) in sorted(table.items(), key=lambda e: (-e[1][0], e[0]))[:40]:
        print(f"    {right:5d} of {count:5d}  {right / count:.2f}  {name}")


if __name__ == "__main__":
    main()
