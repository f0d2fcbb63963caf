// Layouts that depend on what is asked, and so are made here: neighbourhoods, trees, paths.

const MOST = 96; // concepts in the first ring of a neighbourhood
const RING = 12; // concepts that one of its other concepts may show without being asked
const UNFOLDED = 36; // and when it is asked

/** The relations of a concept that its neighbourhood shows, in the order in which they stand around it. */
const shownLinks = (concept) =>
  concept.links.filter(
    (relation) =>
      holds(relation) &&
      (!state.along || !nameOf(relation).directed || (relation.from === concept.id) === (state.along === "out")),
  );

/** A radial tree around one concept: relations of one type side by side, further rings inside their parent's sector. */
function neighbourhood(centre) {
  const tree = new Map([[centre, []]]);
  const said = new Map(); // how a concept of the first ring is related to the centre
  const unfolds = (concept, level) =>
    !state.folded.has(concept) && (level <= state.depth || state.unfolded.has(concept));
  let ring = [centre],
    level = 0,
    left = 0;
  while (ring.length && level < 12) {
    level++;
    const next = [];
    for (const parent of ring) {
      if (!unfolds(parent, level)) continue;
      const found = shownLinks(parent)
        .map((relation) => ({ relation, concept: otherEnd(relation, parent), out: relation.from === parent.id }))
        .sort((a, b) => a.relation.p - b.relation.p || b.out - a.out || byDegree(a.concept, b.concept));
      const fresh = new Map();
      for (const item of found) if (!tree.has(item.concept) && !fresh.has(item.concept)) fresh.set(item.concept, item);
      const most = level === 1 ? MOST : state.unfolded.has(parent) ? UNFOLDED : RING;
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
    rings = Math.max(1, level - 1),
    box = $map.getBoundingClientRect();
  const oval = Math.max(0.7, Math.min(1.6, (box.width - 300) / (box.height - 100))); // as the map is, without labels
  const first = tree.get(centre).length;
  const rows = rings === 1 ? Math.ceil(first / 28) : 1; // a crowded ring becomes two or three
  const nodes = [spot(centre, 0, 0, { weight: 1e6, more: hiddenAround(centre, tree) })];
  const step = Math.max(
    170,
    rings === 1 ? (Math.min(first, 28) * 34) / (2 * Math.PI) : (total * 26) / (2 * Math.PI) / rings,
  );
  const place = (concept, from, to, level) => {
    let start = from;
    tree.get(concept).forEach((child, index) => {
      const end = start + ((to - from) * leaves.get(child)) / leaves.get(concept);
      const angle = (start + end) / 2;
      const radius = step * level + (level === 1 ? (index % rows) * 96 : 0);
      const size = Math.min(17, sizeOf(child));
      nodes.push(
        spot(child, oval * radius * Math.cos(angle), radius * Math.sin(angle), {
          side: Math.cos(angle),
          level,
          ring: radius,
          size,
          r: size,
          open: tree.get(child).length > 0,
          more: hiddenAround(child, tree),
        }),
      );
      place(child, start, end, level + 1);
      start = end;
    });
  };
  // The first sector begins at the top right; an odd start keeps two neighbours from lying on one horizontal line.
  const turn = Math.PI / Math.max(2, total);
  place(centre, -Math.PI / 2 + turn, 1.5 * Math.PI + turn, 1);
  // One name for each run of equal relations, at its middle.
  const ring1 = nodes.filter((node) => node.level === 1);
  for (let from = 0, to; from < ring1.length; from = to) {
    for (to = from; to < ring1.length && said.get(ring1[to].concept) === said.get(ring1[from].concept);) to++;
    ring1[(from + to - 1) >> 1].named = true;
  }
  return linked("ego", nodes, { of: nodes.length + left, oval });
}

/** How many neighbours of a concept are not drawn. */
const hiddenAround = (concept, drawn) =>
  [...new Set(shownLinks(concept).map((relation) => otherEnd(relation, concept)))].filter((other) => !drawn.has(other))
    .length;

// --------------------------------------------------------------------------------------------------------- trees

const BROADER = facts.relations.findIndex((relation) => relation.name === "broader");

const ROW = 30,
  COLUMN = 250, // of a tree, in page units
  LEGIBLE = 0.62; // the scale at which its labels have room

/** What is a kind of what, as trees from left to right; a concept hangs below the first that it is a kind of. Trees that
 * share concepts stand together, the largest company first. */
function tree() {
  const above = new Map(),
    below = new Map();
  for (const relation of relations) {
    if (relation.p !== BROADER || relation.from === relation.to || !holds(relation)) continue;
    const [kind, broader] = [concepts[relation.from], concepts[relation.to]];
    for (const concept of [kind, broader]) {
      if (!above.has(concept)) above.set(concept, []);
      if (!below.has(concept)) below.set(concept, []);
    }
    above.get(kind).push(broader);
    below.get(broader).push(kind);
  }
  const everyone = [...above.keys()].sort((a, b) => a.id - b.id);
  const kinds = new Map(); // the tree: what hangs below a concept
  const grow = (root) => {
    kinds.set(root, []);
    for (let ring = [root]; ring.length;) {
      const next = [];
      for (const concept of ring)
        for (const kind of below.get(concept).sort((a, b) => a.id - b.id)) {
          if (kinds.has(kind)) continue;
          kinds.set(kind, []);
          kinds.get(concept).push(kind);
          next.push(kind);
        }
      ring = next;
    }
    return root;
  };
  const roots = everyone.filter((concept) => !above.get(concept).length).map(grow);
  const circles = [...everyone].sort((a, b) => below.get(b).length - below.get(a).length || a.id - b.id);
  let turning = 0; // trees that begin inside a circle of kinds, as nothing is above it
  for (const concept of circles)
    if (!kinds.has(concept)) {
      roots.push(grow(concept));
      turning++;
    }
  const count = (concept) => kinds.get(concept).reduce((sum, kind) => sum + count(kind), 1);
  const shownBelow = (concept) => (state.folded.has(concept) ? [] : kinds.get(concept));
  const rowsOf = (concept) =>
    Math.max(
      1,
      shownBelow(concept).reduce((sum, kind) => sum + rowsOf(kind), 0),
    );
  const levelsOf = (concept) => 1 + Math.max(0, ...shownBelow(concept).map(levelsOf));

  const blocks = companies(roots, kinds, above).map((trees) => ({
    trees: trees.sort((a, b) => count(b) - count(a) || a.id - b.id),
    size: trees.reduce((sum, root) => sum + count(root), 0),
    rows: trees.reduce((sum, root) => sum + rowsOf(root), 0.7),
    wide: Math.max(...trees.map(levelsOf)),
  }));
  blocks.sort((a, b) => b.size - a.size || a.trees[0].id - b.trees[0].id);
  const box = $map.getBoundingClientRect();
  const area = 1.15 * blocks.reduce((sum, { rows, wide }) => sum + rows * ROW * wide * COLUMN, 0);
  // As the map is; when that could not be read, as wide as the map and longer.
  const width = Math.max(COLUMN, Math.min(Math.sqrt((area * box.width) / box.height), (box.width - 100) / LEGIBLE));
  const tall = Math.max(...blocks.map(({ rows }) => rows), area / width / ROW);
  const nodes = [];
  let x = 0,
    row = 0,
    wide = 0,
    left = 0;
  const place = (concept, level, top) => {
    if (nodes.length >= LIMIT) {
      left++;
      return;
    }
    const hidden = state.folded.has(concept) ? count(concept) - 1 : 0;
    nodes.push(
      spot(concept, x + level * COLUMN, (top + rowsOf(concept) / 2) * ROW, {
        side: 1,
        size: 7,
        r: 7,
        weight: 1e3 * kinds.get(concept).length - 10 * level + concept.degree / 1e3,
        open: shownBelow(concept).length > 0,
        more: hidden,
      }),
    );
    for (const kind of shownBelow(concept)) {
      place(kind, level + 1, top);
      top += rowsOf(kind);
    }
  };
  for (const block of blocks) {
    if (row && row + block.rows > tall) [x, row, wide] = [x + wide * COLUMN, 0, 0];
    let top = row;
    for (const root of block.trees) {
      place(root, 0, top);
      top += rowsOf(root);
    }
    row += block.rows;
    wide = Math.max(wide, block.wide);
  }
  const upright = (relation) => relation.p === BROADER && holds(relation);
  const drawn = linked("tree", nodes, { of: nodes.length + left, turning }, upright);
  for (const link of drawn.links) {
    link.bend = 0;
    link.flow = true;
    link.aside = !kinds.get(link.b.concept).includes(link.a.concept); // a second parent
  }
  return drawn;
}

/** The roots of trees, those together whose trees are joined by a concept that is a kind of several. */
function companies(roots, kinds, above) {
  const first = new Map(); // the root below which a concept hangs
  const walk = (concept, root) => {
    first.set(concept, root);
    for (const kind of kinds.get(concept)) walk(kind, root);
  };
  for (const root of roots) walk(root, root);
  const leader = new Map(roots.map((root) => [root, root]));
  const find = (root) => {
    while (leader.get(root) !== root) root = leader.get(root);
    return root;
  };
  for (const [concept, broader] of above)
    for (const other of broader) leader.set(find(first.get(concept)), find(first.get(other)));
  const found = new Map();
  for (const root of roots) {
    if (!found.has(find(root))) found.set(find(root), []);
    found.get(find(root)).push(root);
  }
  return [...found.values()];
}

// --------------------------------------------------------------------------------------------------------- paths

/** The concepts of paths in their order, from left to right or from top to bottom, a lane for each path. */
function alongPaths(found) {
  const box = $map.getBoundingClientRect(),
    upright = box.width < 560;
  const long = Math.max(1, ...found.map(({ nodes }) => nodes.length - 1));
  const at = new Map();
  found.forEach(({ nodes }, index) => {
    const lane = (index % 2 ? 1 : -1) * Math.ceil(index / 2);
    nodes.forEach((concept, step) => {
      if (at.has(concept)) return;
      const along = (step / Math.max(1, nodes.length - 1)) * long * (upright ? 120 : 240),
        aside = lane * (upright ? 170 : 120);
      const size = Math.max(10, Math.min(16, sizeOf(concept)));
      at.set(
        concept,
        spot(concept, upright ? aside : along, upright ? along : aside, {
          size,
          r: size,
          weight: 1e4 - index,
          upright,
        }),
      );
    });
  });
  const bearing = new Set(found.flatMap(({ steps }) => steps.map(([best]) => best)));
  const drawn = linked("paths", [...at.values()], { of: at.size, found }, (relation) => bearing.has(relation));
  for (const link of drawn.links) link.named = true;
  return drawn;
}
