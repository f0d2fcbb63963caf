// Ways from one concept to another: those that the page was made for, and those that its reader asks for.

const DOUBT = 0.5, // what each halving of the confidence costs, in hops; these are the constants of kg/network.py
  HUB = 0.5; // and each doubling, beyond four, of the concepts or entries around a concept that is passed

/** What passing through a concept costs: one that is met everywhere explains nothing (as kg path has it). */
function tollOf(concept) {
  const general = Math.max(1, neighboursOf(concept).size, concept.mentions ?? 0);
  concept.toll ??= Math.max(0, Math.round(1000 * HUB * Math.log2(general / 4)));
  return concept.toll;
}
const costOf = (relation) =>
  Math.max(
    1,
    Math.round(
      1000 * ((nameOf(relation).name === "related" ? 2 : 1) - DOUBT * Math.log2(Math.max(sureness(relation), 0.01))),
    ),
  );

/** The steps from a concept that the filters allow: to whom, by which relations, the best first, at what cost. */
function stepsFrom(concept) {
  const steps = new Map();
  for (const relation of concept.links) {
    const other = otherEnd(relation, concept);
    if (other === concept || !holds(relation)) continue;
    if (!steps.has(other)) steps.set(other, []);
    steps.get(other).push(relation);
  }
  for (const found of steps.values()) {
    found.sort((a, b) => costOf(a) - costOf(b) || (b.from === concept.id) - (a.from === concept.id) || a.p - b.p);
  }
  return steps;
}

/** The cheapest way (Dijkstra) that passes none of `closed` and does not begin with a step to one of `barred`. */
function cheapest(from, to, steps, closed, barred) {
  const least = new Map([[from, 0]]),
    came = new Map(),
    done = new Set(closed),
    heap = [[0, from]];
  const up = (at) => {
    for (let above; at && heap[(above = (at - 1) >> 1)][0] > heap[at][0]; at = above)
      [heap[at], heap[above]] = [heap[above], heap[at]];
  };
  const down = () => {
    for (let at = 0, below; (below = 2 * at + 1) < heap.length; at = below) {
      if (below + 1 < heap.length && heap[below + 1][0] < heap[below][0]) below++;
      if (heap[at][0] <= heap[below][0]) return;
      [heap[at], heap[below]] = [heap[below], heap[at]];
    }
  };
  while (heap.length) {
    const [cost, concept] = heap[0],
      last = heap.pop();
    if (heap.length) {
      heap[0] = last;
      down();
    }
    if (done.has(concept)) continue;
    done.add(concept);
    if (concept === to) {
      const nodes = [to];
      while (nodes[0] !== from) nodes.unshift(came.get(nodes[0]));
      return nodes;
    }
    const toll = concept === from ? 0 : tollOf(concept);
    for (const [other, found] of steps(concept)) {
      if (done.has(other) || (concept === from && barred.has(other))) continue;
      const sum = cost + toll + costOf(found[0]);
      if (sum >= (least.get(other) ?? Infinity)) continue;
      least.set(other, sum);
      came.set(other, concept);
      heap.push([sum, other]);
      up(heap.length - 1);
    }
  }
  return null;
}

/** The `k` best loopless ways (Yen 1971) as {nodes, steps, cost}: the same cost as kg path, over what the page holds. */
function findPaths(from, to, k) {
  const known = new Map();
  const steps = (concept) => {
    if (!known.has(concept)) known.set(concept, stepsFrom(concept));
    return known.get(concept);
  };
  const whole = (nodes) => {
    const carried = nodes.slice(1).map((node, at) => steps(nodes[at]).get(node));
    const cost =
      carried.reduce((sum, [best]) => sum + costOf(best), 0) +
      nodes.slice(1, -1).reduce((sum, node) => sum + tollOf(node), 0);
    return { nodes, steps: carried, cost: cost / 1000, key: nodes.map((node) => node.id).join(" ") };
  };
  const first = from !== to && cheapest(from, to, steps, [], new Set());
  const found = first ? [whole(first)] : [];
  const others = new Map();
  while (found.length && found.length < k) {
    const last = found.at(-1).nodes;
    for (let at = 0; at < last.length - 1; at++) {
      const root = last.slice(0, at + 1);
      const barred = new Set(
        found
          .filter(({ nodes }) => root.every((node, index) => nodes[index] === node))
          .map(({ nodes }) => nodes[at + 1]),
      );
      const rest = cheapest(last[at], to, steps, root.slice(0, -1), barred);
      if (!rest) continue;
      const path = whole([...root.slice(0, -1), ...rest]);
      others.set(path.key, path);
    }
    for (const { key } of found) others.delete(key);
    const [best] = [...others.values()].sort(
      (a, b) => a.cost - b.cost || a.nodes.length - b.nodes.length || (a.key < b.key ? -1 : 1),
    );
    if (!best) break;
    found.push(best);
  }
  return found;
}

const given = facts.paths.map(({ nodes, steps, cost }) => ({
  nodes: nodes.map((id) => concepts[id]),
  steps: (steps ?? []).map((step) => step.map((index) => relations[index])),
  cost,
}));
const FOUND = 3; // ways that are looked for

let latest = { asked: "", found: [] }; // the last search, as a page is drawn many times

/** The ways that are shown: from and to what was asked for on the page, else those that it was made for. */
function paths() {
  if (!state.from || !state.to) return given;
  const { from, to, noKinds, noRelations, field, confidence, own } = state;
  const asked = [from.id, to.id, [...noKinds], [...noRelations], field, confidence, own].join("|");
  if (latest.asked !== asked) latest = { asked, found: findPaths(from, to, FOUND) };
  return latest.found;
}
