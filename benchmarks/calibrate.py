"""Fit the models that weigh findings on annotated entries; report how well they do and how well they are calibrated.

    python benchmarks/calibrate.py ../shared/gold/train.json benchmarks/gold/*.gold [--seeds ../shared/seeds] [--dry]

Whatever the rules propose for an annotated entry is right or wrong by the annotation (the matching is that of score.py:
token F1 of two thirds). Three models are fitted over named features: which relation holds in a pair of things, or none
(multinomial logistic regression with a hidden layer beside it), which phrases are terms (logistic regression), and of
what kind they are (multinomial). Folds over entries tell how good they are on entries that they have not seen, and
where to cut. Writes kg/annotate/relations.npz and kg/annotate/confidence.json.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy import sparse

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT))

from kg.annotate.confidence import NONE, Choice, Confidence, Network, Reliability  # noqa: E402
from kg.annotate.entry import pairs, prepare, proposed_mentions  # noqa: E402
from kg.annotate.glossary import glossary_of  # noqa: E402
from kg.annotate.mentions import select  # noqa: E402
from kg.annotate.pipeline import load_pipeline, parse  # noqa: E402
from kg.annotate.weighing import choose  # noqa: E402
from kg.gold import load  # noqa: E402
from kg.grading import close, same  # noqa: E402
from kg.names import key  # noqa: E402
from kg.vocabulary import RELATIONS  # noqa: E402

if TYPE_CHECKING:
    from collections.abc import Sequence

    from kg.model import Entry, Headword

FOLDS = 3
MINIMUM = {"relations": 5, "mentions": 4}
"""Entries in which a feature must be seen."""
PENALTY = 3.0
HIDDEN, MEMBERS, EPOCHS, BATCH, RATE, DECAY = 64, 2, 18, 384, 3e-3, 6e-5
DROP_FEATURES, DROP_UNITS = 0.35, 0.4


def read_entries(paths: Sequence[Path]) -> tuple[list[Entry], list[Headword]]:
    from kg.blocks import parse as blocks
    from kg.headers import headword, subject_fields
    from kg.read import documents, read

    entries = [blocks(entry) for path, source in documents(paths) for entry in read(path, source=source)]
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


class Trainer:
    """Fits a `Network` by Adam (Kingma & Ba 2015) with dropout on features and units; deterministic.

    Several networks with other seeds are fitted and averaged: their hidden units stand side by side in the result.
    """

    def __init__(self, groups: Sequence[Sequence[tuple[str, ...]]], labels: Sequence[frozenset[str]]) -> None:
        """`groups` are the rows of each entry, `labels` the relations that hold in each row's pair."""
        rows = [row for group in groups for row in group]
        counts = Counter(feature for group in groups for feature in {f for row in group for f in row})
        self.names = {f: n for n, f in enumerate(sorted(f for f, n in counts.items() if n >= MINIMUM["relations"]))}
        self.classes = (NONE, *sorted(RELATIONS))
        index = {name: n for n, name in enumerate(self.classes)}
        known = [[self.names[f] for f in row if f in self.names] for row in rows]
        flat = np.array([i for row in known for i in row], dtype=np.int32)
        bounds = np.cumsum([0, *map(len, known)])
        self.x = sparse.csr_matrix(
            (np.ones(len(flat), np.float32), flat, bounds), shape=(len(rows), len(self.names)), dtype=np.float32
        )
        self.y = np.zeros((len(rows), len(self.classes)), np.float32)
        for n, stated in enumerate(labels):
            for name in stated or {NONE}:
                self.y[n, index[name]] = 1 / max(1, len(stated))

    def network(self) -> Network:
        """Fit the members and put them together; not yet calibrated."""
        members = [self._member(seed) for seed in range(MEMBERS)]
        inputs = np.hstack([*(m["w"][:, :HIDDEN] for m in members), sum(m["w"][:, HIDDEN:] for m in members) / MEMBERS])
        return Network(
            self.classes,
            self.names,
            inputs.astype(np.float16).astype(np.float32),
            np.concatenate([m["b"] for m in members]).astype(np.float16).astype(np.float64),
            (np.vstack([m["v"] for m in members]) / MEMBERS).astype(np.float16).astype(np.float64),
            (sum(m["c"] for m in members) / MEMBERS).astype(np.float16).astype(np.float64),
            1.0,
            0.0,
            0.0,
        )

    def _member(self, seed: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng(seed)
        count, features = self.x.shape
        classes = len(self.classes)
        p = {
            "w": np.zeros((features, HIDDEN + classes), np.float32),
            "b": np.zeros(HIDDEN, np.float32),
            "v": rng.normal(0, 0.1, (HIDDEN, classes)).astype(np.float32),
            "c": np.log(self.y.mean(axis=0) + 1e-6).astype(np.float32),
        }
        p["w"][:, :HIDDEN] = rng.normal(0, 0.1, (features, HIDDEN))
        first, second = ({k: np.zeros_like(a) for k, a in p.items()} for _ in range(2))
        step = 0
        for epoch in range(EPOCHS):
            order = rng.permutation(count)
            rate = RATE * (1 - epoch / EPOCHS) + 1e-4
            for start in range(0, count, BATCH):
                step += 1
                chosen = order[start : start + BATCH]
                x = self.x[chosen]
                x.data = x.data * (rng.random(len(x.data), np.float32) > DROP_FEATURES) / np.float32(1 - DROP_FEATURES)
                sums = x @ p["w"]
                before = sums[:, :HIDDEN] + p["b"]
                kept = (rng.random(before.shape, np.float32) > DROP_UNITS) / np.float32(1 - DROP_UNITS)
                units = np.maximum(before, 0) * kept
                scores = units @ p["v"] + sums[:, HIDDEN:] + p["c"]
                odds = np.exp(scores - scores.max(axis=1, keepdims=True))
                off = (odds / odds.sum(axis=1, keepdims=True) - self.y[chosen]) / np.float32(len(chosen))
                back = (off @ p["v"].T) * kept * (before > 0)
                gradient = {
                    "w": x.T @ np.hstack([back, off]) + np.float32(DECAY) * p["w"],
                    "b": back.sum(axis=0),
                    "v": units.T @ off + np.float32(DECAY) * p["v"],
                    "c": off.sum(axis=0),
                }
                size = np.float32(rate * np.sqrt(1 - 0.999**step) / (1 - 0.9**step))
                for k, g in gradient.items():
                    first[k] += np.float32(0.1) * (g - first[k])
                    second[k] += np.float32(0.001) * (g * g - second[k])
                    p[k] -= size * first[k] / (np.sqrt(second[k]) + np.float32(1e-8))
        return p


def kinds(proposed: dict[str, list[Any]], annotations: dict[str, Any]) -> Choice:
    """Fit what tells the class of a term, and report how well it does on entries not seen."""
    rows: list[tuple[str, tuple[str, ...], str]] = []
    for gid in sorted(proposed):
        for entity in annotations[gid]["N"]:
            match = next((m for m in proposed[gid] if same(m.label, entity["text"])), None)
            match = match or next((m for m in proposed[gid] if close(m.label, entity["text"])), None)
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


def stated(pair: Any, facts: list[dict[str, Any]], label: str, names: list[str]) -> frozenset[str]:
    """The relations that an annotator stated of a pair."""
    return frozenset(
        t["p"]
        for t in facts
        if (close(pair.subject, t["s"]) or (pair.subject == label and any(close(t["s"], n) for n in names)))
        and any(close(str(pair.object), o) for o in (t["o"], *t.get("o_alt", ())))
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


def reliability(said: np.ndarray, was: np.ndarray, entries: int, scores: tuple[float, float, float]) -> Reliability:
    """The reliability table (ten bins of equal width) of what was said on entries not seen; printed as well."""
    bins, error = [], 0.0
    for low in np.arange(0, 1, 0.1):
        inside = (said >= low) & (said < low + 0.1)
        if inside.any():
            mean, share, count = float(said[inside].mean()), float(was[inside].mean()), int(inside.sum())
            error += abs(mean - share) * count / len(was)
            bins.append((round(mean, 3), round(share, 3), count))
            print(f"    said {mean:.3f}   was {share:.3f}   n {count}")
    print(f"    expected calibration error {error:.4f}; {was[said >= 0.8].mean():.3f} of those from 0.8 on are right")
    return Reliability(entries, *(round(score, 3) for score in scores), tuple(bins), round(error, 4))


class Data:
    """Annotated entries: what the rules propose for each, what is right of it, and what the annotator says."""

    def __init__(self) -> None:
        self.work: dict[str, Any] = {}
        self.gold: dict[str, dict[str, Any]] = {}
        self.names: dict[str, list[str]] = {}

    def add(self, gold: dict[str, Any], documents: Sequence[Path]) -> None:
        """Take in the entries of a gold standard on some documents."""
        entries, headwords = read_entries(documents)
        glossary = glossary_of(entries, headwords)
        place = {(e.source, e.line): (e, h) for e, h in zip(entries, headwords, strict=True)}
        for gid in sorted(gold["annotations"]):
            found = next((place[f, n] for f, n in map(tuple, gold["where"][gid]) if (f, n) in place), None)
            if found is None:
                print(f"    {gid}: there is no such entry ({gold['where'][gid][0]})", file=sys.stderr)
                continue
            self.work[gid] = prepare(*found, glossary)
            self.gold[gid] = gold["annotations"][gid]
            self.names[gid] = own_names(gold, gid, found[1].label, found[1].aliases)

    def parse(self) -> None:
        """Parse all units once, and let the rules propose."""
        self.docs = parse(load_pipeline(), (text for w in self.work.values() for text in w.texts))
        self.pairs = {gid: pairs(w, self.docs) for gid, w in self.work.items()}
        self.stated = {
            gid: [stated(p, self.gold[gid]["R"], self.label(gid), self.names[gid]) for p in found]
            for gid, found in self.pairs.items()
        }

    def label(self, gid: str) -> str:
        """The name of the concept that an entry is about."""
        return str(self.work[gid].headword.label)

    def relations(self, chosen: dict[str, Any], floor: float) -> tuple[float, float, float]:
        """Precision, recall and F1 of assertions as score.py counts them."""
        return relations_f1(
            [
                ([a for a in found if a.confidence >= floor], self.gold[g]["R"], self.label(g), self.names[g])
                for g, found in chosen.items()
            ]
        )

    def entities(self, chosen: dict[str, Any]) -> tuple[float, float, float]:
        """Precision, recall and F1 of terms as score.py counts them."""
        return entities_f1(
            [(found, self.gold[g]["N"], [x["surface"] for x in self.gold[g]["X"]]) for g, found in chosen.items()]
        )


def best_floor(score: Any, floors: Sequence[float]) -> tuple[tuple[float, float, float], float]:
    """The best of precision, recall and F1, and the floor that reaches it."""
    return max(((score(floor), floor) for floor in floors), key=lambda e: (e[0][2], e[1]))


def fit_relations(data: Data) -> tuple[Network, dict[str, Any], Reliability]:
    """The network of all entries, and the assertions that networks of other entries find in each."""
    gids = sorted(data.pairs)
    held: dict[str, Any] = {}
    for fold in range(FOLDS):
        model = trainer(data, [g for n, g in enumerate(gids) if n % FOLDS != fold]).network()
        for gid in (g for n, g in enumerate(gids) if n % FOLDS == fold):
            held[gid] = choose(data.pairs[gid], model, floor=0.02)
    said = np.array([a.confidence for g in gids for a in held[g]])
    was = np.array(
        [a.predicate in stated(a, data.gold[g]["R"], data.label(g), data.names[g]) for g in gids for a in held[g]],
        dtype=float,
    )
    slope, offset = platt(said, was)
    network = replace(trainer(data, gids).network(), slope=slope, offset=offset)
    held = {g: [replace(a, confidence=network.calibrated(a.confidence)) for a in found] for g, found in held.items()}
    (p, r, f1), floor = best_floor(lambda x: data.relations(held, x), [round(0.1 + 0.02 * n, 2) for n in range(16)])
    print(f"relations: floor {floor:.2f}  P {p:.3f}  R {r:.3f}  F1 {f1:.3f} ({FOLDS} folds, entries not seen)")
    measured = reliability(np.array([a.confidence for g in gids for a in held[g]]), was, len(gids), (p, r, f1))
    print(f"    {len(network.names)} features, {sum(map(len, data.pairs.values()))} pairs of {len(gids)} entries")
    found = {g: [a for a in held[g] if a.confidence >= floor] for g in gids}
    return replace(network, floor=floor), found, measured


def platt(said: np.ndarray, was: np.ndarray) -> tuple[float, float]:
    """Slope and offset on the log odds that make probabilities calibrated (Platt 1999), by Newton's method."""
    said = np.clip(said, 0.0005, 0.9995)  # confidences are rounded to three digits
    odds = np.log(said / (1 - said))
    x = np.stack([odds, np.ones_like(odds)], axis=1)
    w = np.array([1.0, 0.0])
    for _ in range(25):
        p = 1 / (1 + np.exp(-(x @ w)))
        w -= np.linalg.solve((x * (p * (1 - p))[:, None]).T @ x + 1e-6 * np.eye(2), x.T @ (p - was))
    return round(float(w[0]), 3), round(float(w[1]), 3)


def trainer(data: Data, gids: Sequence[str]) -> Trainer:
    rows = [[p.features for p in data.pairs[g]] for g in gids]
    return Trainer(rows, [found for g in gids for found in data.stated[g]])


def fit_mentions(data: Data, held: dict[str, Any]) -> tuple[Confidence, dict[str, list[Any]], Reliability]:
    """The model of terms, weighed by what is asserted of them on entries not seen; and all that was proposed."""
    gids = sorted(data.work)
    proposed = {g: proposed_mentions(data.work[g], data.docs, held[g]) for g in gids}
    truth = {}
    for g in gids:
        wanted = [*(e["text"] for e in data.gold[g]["N"]), *(x["surface"] for x in data.gold[g]["X"])]
        truth[g] = [any(close(m.label, t) for t in wanted) for m in proposed[g]]

    def fit(inside: Sequence[str]) -> Logistic:
        rows = [[m.features for m in proposed[g]] for g in inside]
        return Logistic(rows, [t for g in inside for t in truth[g]], MINIMUM["mentions"], PENALTY)

    models = {}
    for fold in range(FOLDS):
        model = fit([g for n, g in enumerate(gids) if n % FOLDS != fold]).model(0.0)
        models |= {g: model for n, g in enumerate(gids) if n % FOLDS == fold}
    (p, r, f1), floor = best_floor(
        lambda x: data.entities({g: select(proposed[g], replace(models[g], floor=x)) for g in gids}),
        [round(0.2 + 0.03 * n, 2) for n in range(13)],
    )
    print(f"mentions: floor {floor:.2f}  P {p:.3f}  R {r:.3f}  F1 {f1:.3f} ({FOLDS} folds, entries not seen)")
    said = np.array([models[g].of(m.features) for g in gids for m in proposed[g]])
    was = np.array([t for g in gids for t in truth[g]], dtype=float)
    return fit(gids).model(floor), proposed, reliability(said, was, len(gids), (p, r, f1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "gold", type=Path, nargs="+", help="annotations: gold standards (.json), annotated pages (.gold)"
    )
    parser.add_argument("--seeds", type=Path, default=ROOT.parent / "shared" / "seeds", help="documents of .json files")
    parser.add_argument("--dry", action="store_true", help="measure only, write nothing")
    args = parser.parse_args()
    data = Data()
    for path in args.gold:
        data.add(load(path), [args.seeds] if path.suffix == ".json" else [path.with_suffix(".txt")])
    data.parse()
    network, held, of_relations = fit_relations(data)
    mentions, proposed, of_mentions = fit_mentions(data, held)
    chosen = kinds(proposed, data.gold)
    if not args.dry:
        with (ROOT / "kg" / "annotate" / "relations.npz").open("wb") as file:
            network.save(file)
        result = {
            "relations": {"reliability": asdict(of_relations)},
            "mentions": {
                "reliability": asdict(of_mentions),
                "bias": mentions.bias,
                "floor": mentions.floor,
                "weights": dict(sorted(mentions.weights.items())),
            },
            "kinds": {"bias": chosen.bias, "weights": dict(sorted(chosen.weights.items()))},
        }
        path = ROOT / "kg" / "annotate" / "confidence.json"
        path.write_text(json.dumps(result, indent=0, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
