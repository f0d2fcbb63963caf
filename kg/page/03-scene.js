// What the page shows: the state (all of it can be written in the address) and the scene that follows from it.

const LIMIT = facts.limit; // concepts on the map at a time; more is not legible, and slow
const LOOKS = {
  map: "Map",
  communities: "Communities",
  fields: "Fields",
  tree: "Tree of kinds",
  paths: "Paths",
};
const state = {
  look: "map",
  concept: null, // the selected concept
  relation: null, // the selected relation
  group: null, // the selected group, on the overview
  opened: new Set(), // the groups whose members are shown
  centre: null, // the concept whose neighbourhood is shown
  depth: facts.depth,
  along: "", // which way relations lead in a neighbourhood: "out", "in", or both
  unfolded: new Set(), // concepts of it that show theirs, however deep
  folded: new Set(), // concepts that show nothing beyond them, there or in the tree
  from: null, // the ends of a path that was asked for
  to: null,
  path: 0,
  field: null,
  confidence: 0,
  own: false, // only concepts that have an entry of their own
  noKinds: new Set(), // filtered out
  noRelations: new Set(),
  table: "", // "concepts" or "relations"
};

const admits = (concept) =>
  concept === state.centre ||
  (!state.noKinds.has(concept.kind) &&
    (state.field === null || concept.fields.includes(state.field)) &&
    (!state.own || concept.places.length > 0));
const holds = (relation) =>
  !state.noRelations.has(relation.p) &&
  sureness(relation) >= state.confidence &&
  admits(concepts[relation.from]) &&
  admits(concepts[relation.to]);

const grouping = () => (state.look === "fields" && facts.maps.fields ? "fields" : "communities");
const groups = () => facts.maps[grouping()].groups;
const homeOf = (concept) => homes[grouping()][concept.id];
const standsAt = (concept) => {
  const { at } = facts.maps[grouping()];
  return at ? [at[2 * concept.id], at[2 * concept.id + 1]] : [concept.x, concept.y];
};

const sizeOf = (concept) => Math.min(22, 5.5 + 2.1 * Math.sqrt(concept.degree));
function spot(concept, x, y, more = {}) {
  const size = sizeOf(concept);
  if (x === undefined) [x, y] = standsAt(concept);
  return { id: concept.id, concept, x, y, r: size, size, weight: concept.degree, ...more };
}
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

/** {kind, nodes, links, of}: everything that is drawn and listed, and how many concepts would be without limits. */
function scene() {
  if (state.centre) return neighbourhood(state.centre);
  if (state.look === "paths") return alongPaths(paths());
  if (state.look === "tree") return tree();
  const all = concepts.filter(admits);
  if (state.look !== "map" || all.length > LIMIT) return overview(all);
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

/** A scene of these nodes and all relations between them that pass; parallel relations are bent apart. */
function linked(kind, nodes, more = {}, passes = holds) {
  const at = new Map(nodes.filter((node) => node.concept).map((node) => [node.id, node]));
  const links = [];
  for (const relation of relations) {
    const a = at.get(relation.from),
      b = at.get(relation.to);
    if (a && b && a !== b && passes(relation)) links.push({ a, b, relation, directed: nameOf(relation).directed });
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
  return { kind, nodes, links, lands: kind === "all" ? groups() : [], ...more };
}

/** One disc for each closed group, the relations between two of them as one line; open groups show their concepts. */
function overview(all) {
  const counts = new Map();
  for (const concept of all) counts.set(homeOf(concept), (counts.get(homeOf(concept)) ?? 0) + 1);
  const opened = [...state.opened].filter((index) => counts.has(index)).sort((a, b) => a - b);
  const members = opened.flatMap((index) => groups()[index].members.map((id) => concepts[id])).filter(admits);
  const discs = groups()
    .map(disc)
    .filter((node) => counts.has(node.index) && !state.opened.has(node.index));
  for (const node of discs) node.count = counts.get(node.index);
  const spots = [...members]
    .sort(byDegree)
    .slice(0, LIMIT)
    .sort((a, b) => a.id - b.id);
  const drawn = linked(opened.length ? "group" : "overview", [...discs, ...spots.map((concept) => spot(concept))], {
    of: members.length,
    all,
    lands: opened.map((index) => groups()[index]),
  });
  const at = new Map(drawn.nodes.map((node) => [node.id, node]));
  const nodeOf = (concept) => at.get(concept.id) ?? at.get(`g${homeOf(concept)}`);
  const between = new Map();
  for (const relation of relations) {
    const [a, b] = [concepts[relation.from], concepts[relation.to]];
    if (homeOf(a) === homeOf(b)) continue;
    const [one, two] = [nodeOf(a), nodeOf(b)].sort((x, y) => (String(x?.id) < String(y?.id) ? -1 : 1));
    if (!one || !two || (one.concept && two.concept) || !holds(relation)) continue;
    const key = `${one.id} ${two.id}`;
    if (!between.has(key))
      between.set(key, {
        a: one,
        b: two,
        count: 0,
        bend: 0,
        directed: false,
        quiet: Boolean(one.concept || two.concept),
      });
    between.get(key).count++;
  }
  drawn.links.push(...between.values());
  return drawn;
}
