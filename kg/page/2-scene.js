// What the page shows: the state (all of it can be written in the address) and the scene that follows from it.

const LIMIT = facts.limit; // concepts on the map at a time; more is not legible, and slow
const RING = 12; // relations that one concept of the second ring may unfold
const state = {
  concept: null, // the selected concept
  relation: null, // the selected relation
  group: null, // the selected group, on the overview
  open: null, // the group whose members are shown
  centre: null, // the concept whose neighbourhood is shown
  depth: facts.depth,
  field: null,
  confidence: 0,
  own: false, // only concepts that have an entry of their own
  noKinds: new Set(), // filtered out
  noRelations: new Set(),
  table: false,
};

const admits = (concept) =>
  concept.id === state.centre?.id ||
  (!state.noKinds.has(concept.kind) &&
    (state.field === null || concept.fields.includes(state.field)) &&
    (!state.own || concept.places.length > 0));
const holds = (relation) =>
  !state.noRelations.has(relation.p) &&
  sureness(relation) >= state.confidence &&
  admits(concepts[relation.from]) &&
  admits(concepts[relation.to]);

const sizeOf = (concept) => Math.min(22, 5.5 + 2.1 * Math.sqrt(concept.degree));
const spot = (concept, x = concept.x, y = concept.y, more = {}) => ({
  id: concept.id,
  concept,
  x,
  y,
  r: sizeOf(concept),
  size: sizeOf(concept),
  weight: concept.degree,
  ...more,
});
const disc = (group, index) => ({
  id: `g${index}`,
  group,
  index,
  x: group.x,
  y: group.y,
  r: group.r,
  size: group.r,
  weight: 1e6 + group.members.length,
});

/** {nodes, links, kind, of: {concepts, relations}}: everything that is drawn, counted and listed. */
function scene() {
  if (state.centre) return neighbourhood(state.centre, state.depth);
  const all = concepts.filter(admits);
  if (state.open !== null) {
    const members = facts.groups[state.open].members.map((id) => concepts[id]).filter(admits);
    return linked(
      "group",
      members.slice(0, LIMIT).map((concept) => spot(concept)),
      { of: members.length },
    );
  }
  if (all.length > LIMIT) return overview(all);
  const nodes = all.map((concept) => spot(concept));
  if (all.length > concepts.length / 2) return linked("all", nodes, { of: all.length });
  return linked("some", gathered(nodes), { of: all.length });
}

/** The nodes drawn together, as few need less room than all, and pushed apart where they would touch. */
function gathered(nodes) {
  const scale = Math.sqrt(nodes.length / concepts.length);
  const here = new Set(nodes.map((node) => node.id));
  for (const node of nodes) {
    const degree = node.concept.links.filter((relation) => here.has(relation.from) && here.has(relation.to)).length;
    node.size = node.r = 6.5 + Math.min(15, 2.5 * Math.sqrt(degree));
    [node.x, node.y] = [node.x * scale, node.y * scale];
  }
  const rounds = Math.min(40, 4e6 / nodes.length ** 2);
  for (let round = 0; round < rounds; round++) {
    for (const [index, a] of nodes.entries()) {
      for (let other = 0; other < index; other++) {
        const b = nodes[other],
          dx = a.x - b.x || 0.1,
          dy = a.y - b.y,
          distance = Math.hypot(dx, dy),
          push = (a.r + b.r + 26 - distance) / 2 / distance;
        if (push <= 0) continue;
        [a.x, a.y, b.x, b.y] = [a.x + dx * push, a.y + dy * push, b.x - dx * push, b.y - dy * push];
      }
    }
  }
  return nodes;
}

/** A scene of these nodes and all relations between them; parallel relations are bent apart. */
function linked(kind, nodes, more = {}) {
  const at = new Map(nodes.map((node) => [node.id, node]));
  const links = [];
  for (const relation of relations) {
    const a = at.get(relation.from),
      b = at.get(relation.to);
    if (a && b && a !== b && holds(relation)) links.push({ a, b, relation, directed: nameOf(relation).directed });
  }
  const together = new Map();
  for (const link of links) {
    const key = `${Math.min(link.a.id, link.b.id)} ${Math.max(link.a.id, link.b.id)}`;
    if (!together.has(key)) together.set(key, []);
    together.get(key).push(link);
  }
  for (const parallel of together.values()) {
    parallel.forEach((link, index) => {
      link.bend = (index - (parallel.length - 1) / 2) * 22 * (link.a.id < link.b.id ? 1 : -1);
    });
  }
  return { kind, nodes, links, shown: nodes.length, ...more };
}

/** One disc for each group, the relations between two groups as one line. */
function overview(all) {
  const counts = new Map();
  for (const concept of all) counts.set(concept.group, (counts.get(concept.group) ?? 0) + 1);
  const nodes = facts.groups.map(disc).filter((node) => counts.has(node.index));
  for (const node of nodes) node.count = counts.get(node.index);
  const at = new Map(nodes.map((node) => [node.index, node]));
  const between = new Map();
  for (const relation of relations) {
    const [one, two] = [concepts[relation.from].group, concepts[relation.to].group].sort((a, b) => a - b);
    if (one === two || !holds(relation)) continue;
    between.set(`${one} ${two}`, (between.get(`${one} ${two}`) ?? 0) + 1);
  }
  const links = [...between]
    .map(([key, count]) => {
      const [a, b] = key.split(" ").map((index) => at.get(Number(index)));
      return { a, b, count, bend: 0, directed: false };
    })
    .filter((link) => link.a && link.b);
  return { kind: "overview", nodes, links, shown: 0, of: all.length, dots: all };
}

/** A radial tree around one concept: relations of one type side by side, further rings inside their parent's sector. */
function neighbourhood(centre, depth) {
  const tree = new Map([[centre, []]]);
  const said = new Map(); // how a concept of the first ring is related to the centre
  let ring = [centre],
    left = 0;
  for (let level = 1; level <= depth; level++) {
    const next = [];
    for (const parent of ring) {
      const found = parent.links
        .filter(holds)
        .map((relation) => ({ relation, concept: otherEnd(relation, parent), out: relation.from === parent.id }))
        .sort((a, b) => a.relation.p - b.relation.p || b.out - a.out || byDegree(a.concept, b.concept));
      const fresh = new Map();
      for (const item of found) if (!tree.has(item.concept) && !fresh.has(item.concept)) fresh.set(item.concept, item);
      const most = level === 1 ? 96 : RING;
      const kept = fresh.size > most ? new Set([...fresh.keys()].sort(byDegree).slice(0, most)) : fresh;
      left += fresh.size - kept.size;
      for (const concept of fresh.keys()) {
        if (!kept.has(concept)) continue;
        tree.get(parent).push(concept);
        if (level === 1) said.set(concept, `${fresh.get(concept).relation.p} ${fresh.get(concept).out}`);
        tree.set(concept, []);
        next.push(concept);
      }
    }
    ring = next;
  }
  const leaves = new Map();
  const measure = (concept) => {
    const sum = tree.get(concept).reduce((total, child) => total + measure(child), 0);
    leaves.set(concept, Math.max(1, sum));
    return leaves.get(concept);
  };
  const total = measure(centre),
    box = $map.getBoundingClientRect();
  const oval = Math.max(0.7, Math.min(1.6, (box.width - 300) / (box.height - 76))); // as the map is, without labels
  const first = tree.get(centre).length;
  const rows = depth === 1 ? Math.ceil(first / 28) : 1; // a crowded ring becomes two or three
  const nodes = [spot(centre, 0, 0, { weight: 1e6 })];
  const step = Math.max(
    170,
    depth === 1 ? (Math.min(first, 28) * 34) / (2 * Math.PI) : (total * 26) / (2 * Math.PI) / depth,
  );
  const place = (concept, from, to, level) => {
    let start = from;
    tree.get(concept).forEach((child, index) => {
      const end = start + ((to - from) * leaves.get(child)) / leaves.get(concept);
      const angle = (start + end) / 2;
      const radius = step * level + (level === 1 ? (index % rows) * 96 : 0);
      nodes.push(
        spot(child, oval * radius * Math.cos(angle), radius * Math.sin(angle), { side: Math.cos(angle), level }),
      );
      place(child, start, end, level + 1);
      start = end;
    });
  };
  // The first sector begins at the top right; an odd start keeps two neighbours from lying on one horizontal line.
  place(centre, -Math.PI / 2 + Math.PI / Math.max(2, total), 1.5 * Math.PI + Math.PI / Math.max(2, total), 1);
  // One name for each run of equal relations, at its middle.
  const ring1 = nodes.filter((node) => node.level === 1);
  for (let from = 0, to; from < ring1.length; from = to) {
    for (to = from; to < ring1.length && said.get(ring1[to].concept) === said.get(ring1[from].concept);) to++;
    ring1[(from + to - 1) >> 1].named = true;
  }
  return linked("ego", nodes, { of: nodes.length + left, oval });
}
