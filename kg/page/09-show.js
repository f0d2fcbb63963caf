// From state to page, and from state to address and back.

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const network = new vis.Network($map, { nodes: new vis.DataSet(), edges: new vis.DataSet() }, carried("options"));
$map.querySelector(".vis-network").removeAttribute("tabindex"); // the map itself is the tab stop
network.on("beforeDrawing", (ctx) => {
  if (paint.relaxed) for (const node of paint.nodes) Object.assign(node, placeInNetwork(node));
  paintBelow(ctx);
});
network.on("afterDrawing", paintLabels);
const placeInNetwork = ({ id }) => ({ x: network.body.nodes[id].x, y: network.body.nodes[id].y });

// ------------------------------------------------------------------------------------------------- state to page

const VIEW = [
  "look", "centre", "opened", "depth", "along", "unfolded", "folded", "from", "to", "field", "noKinds", "own",
]; // prettier-ignore
const NEAR = { unfolded: new Set(), folded: new Set() }; // a neighbourhood as it is at first

/** Change the state, show it, and write it into the address: a step back when something else is looked at. */
function go(change, { step = true, still = false } = {}) {
  const moved = VIEW.some((name) => name in change && change[name] !== state[name]);
  Object.assign(state, { relation: null, group: null, lost: null }, change);
  paint.hover = null;
  hideCard();
  show({ moved: moved && !still });
  const address = `#${write()}`;
  if (address === (location.hash || "#")) return;
  if (step && !facts.mini) location.hash = address;
  else location.replace(address);
}
const filterBy = (change) =>
  go({ concept: state.concept, relation: state.relation, group: state.group, ...change }, { step: false });

/** Show a concept wherever it can be seen: here if it is on the map, else in its neighbourhood. */
function visit(concept) {
  const here = paint.at.get(concept.id);
  if (here && !state.centre) {
    go({ concept });
    if (!onScreen(here)) lookAt(here);
  } else go({ concept, centre: concept, ...NEAR });
}
const lookAt = (node) =>
  network.moveTo({
    position: { x: node.x, y: node.y },
    scale: Math.max(network.getScale(), 0.8),
    animation: calm ? false : { duration: 300 },
  });
function onScreen(node) {
  const view = bounds();
  return node.x > view.x0 && node.x < view.x1 && node.y > view.y0 && node.y < view.y1;
}

/** Show where a concept stands among all others. */
function showOnMap(concept) {
  const look = ["tree", "paths"].includes(state.look) ? "map" : state.look;
  const home = homes[look === "fields" && facts.maps.fields ? "fields" : "communities"][concept.id];
  go({ look, centre: null, concept, opened: new Set([home]) });
  const here = paint.at.get(concept.id);
  if (here && paint.kind !== "group") lookAt(here);
}

/** Open or close a group. */
function turnGroup(index) {
  const opened = new Set(state.opened);
  opened.delete(index) || opened.add(index);
  go({ opened, centre: null, concept: null, group: opened.has(index) ? null : index });
}

const expands = (node) => node.more > 0 && !(paint.kind === "ego" && state.unfolded.has(node.concept));

/** Show what lies beyond a concept, in a neighbourhood or a tree, or hide it again. */
function unfold(node) {
  if (!["ego", "tree"].includes(paint.kind) || node.concept === state.centre || !(node.more || node.open)) return;
  const folded = new Set(state.folded),
    unfolded = new Set(state.unfolded);
  if (expands(node)) {
    folded.delete(node.concept);
    if (paint.kind === "ego") unfolded.add(node.concept);
  } else {
    folded.add(node.concept);
    unfolded.delete(node.concept);
  }
  go({ folded, unfolded, concept: node.concept });
}

function choosePath(index) {
  go({ path: index, concept: null }, { step: false });
  $details.querySelector(`[data-path="${index}"]`)?.focus();
}

function show({ moved = true } = {}) {
  const drawn = scene();
  for (const node of drawn.nodes) node.came = [node.x, node.y] = [Math.round(node.x), Math.round(node.y)]; // as vis-network
  const same =
    drawn.kind === paint.kind &&
    drawn.nodes.length === paint.nodes.length &&
    drawn.nodes.every((n, at) => {
      const old = paint.nodes[at];
      return n.id === old.id && n.x === old.came[0] && n.y === old.came[1] && n.count === old.count;
    });
  const camera = { position: network.getViewPosition(), scale: network.getScale() };
  if (same)
    drawn.nodes = drawn.nodes.map((node, at) => Object.assign(paint.nodes[at], { more: node.more, open: node.open }));
  else rest(); // before the nodes are exchanged: vis-network paints at once, and painting tells nodes where they are
  const at = new Map(drawn.nodes.map((n) => [n.id, n]));
  Object.assign(paint, {
    kind: drawn.kind,
    nodes: drawn.nodes,
    links: drawn.links.map((link) => ({ ...link, a: at.get(link.a.id), b: at.get(link.b.id) })),
    lands: drawn.lands,
    oval: drawn.oval,
    all: drawn.all,
    found: drawn.found,
    turning: drawn.turning,
    at,
  });
  if (!same) {
    paint.sprites.clear();
    network.setData({
      nodes: drawn.nodes.map(({ id, x, y, group }) => ({
        id,
        x,
        y,
        shape: "custom",
        ctxRenderer: paintNode,
        fixed: Boolean(group),
      })),
      edges: [],
    });
    network.moveTo(camera);
  }
  state.path = Math.min(state.path, Math.max(0, (drawn.found?.length ?? 1) - 1));
  showDetails();
  showFilters();
  showStatus(drawn);
  $table.hidden = !state.table;
  $map.style.visibility = $("camera").style.visibility = state.table ? "hidden" : "";
  if (state.table) showTable();
  $("list").setAttribute("aria-pressed", String(Boolean(state.table)));
  showTrail();
  document.title = state.concept ? `${shorten(state.concept.label, 60)} · ${facts.title}` : facts.title;
  if (moved && !same) fit({ animate: false, first: true });
  else network.redraw();
}

// ---------------------------------------------------------------------------------------- where one is, and how to go

const DEPTHS = Array.from({ length: Math.max(3, facts.depth) }, (_, at) => at + 1);
const ALONG = { "": "both ways", out: "outward", in: "inward" };

/** A group of buttons of which one is pressed. */
function segments(title, values, chosen, choose) {
  return make(
    "span",
    { class: "segments", role: "group", "aria-label": title },
    ...values.map(([value, text]) =>
      make(
        "button",
        {
          type: "button",
          "aria-pressed": String(value === chosen),
          "data-choice": `${title} ${value}`,
          click: () => choose(value),
        },
        text,
      ),
    ),
  );
}

function showTrail() {
  const $trail = $("trail"),
    held = document.activeElement?.dataset?.choice;
  const lookName = state.look === "map" && concepts.length > LIMIT ? "Overview" : LOOKS[state.look];
  const crumbs = [make("button", { type: "button", id: "home", class: "text", click: goHome }, lookName)];
  if (!state.centre && paint.kind === "group")
    for (const index of state.opened)
      crumbs.push(
        make(
          "span",
          { class: "crumb" },
          make("span", { dir: "auto" }, shorten(groups()[index].label, 30)),
          make(
            "button",
            {
              type: "button",
              class: "text",
              "aria-label": `Close ${shorten(groups()[index].label, 60)}`,
              click: () => turnGroup(index),
            },
            "×",
          ),
        ),
      );
  if (state.centre) crumbs.push(make("span", { class: "crumb", dir: "auto" }, shorten(state.centre.label, 36)));
  const choices = state.centre
    ? [
        make("span", { class: "label" }, "Depth"),
        segments(
          "Depth of the neighbourhood",
          DEPTHS.map((depth) => [depth, String(depth)]),
          state.depth,
          (depth) => go({ depth, concept: state.concept, ...NEAR }),
        ),
        segments("Direction of relations", Object.entries(ALONG), state.along, (along) =>
          go({ along, concept: state.concept, ...NEAR }),
        ),
      ]
    : [];
  const hidden = filtersOn() && [concepts.filter((c) => !admits(c)).length, relations.filter((r) => !holds(r)).length];
  const without =
    hidden &&
    make(
      "span",
      { class: "chip" },
      `Filters hide ${plural(hidden[0], "concept")} and ${plural(hidden[1], "relation")} `,
      make("button", { type: "button", class: "text", id: "clear", click: () => filterBy(UNFILTERED()) }, "Clear"),
    );
  const asking =
    state.asking &&
    make(
      "span",
      { class: "chip asking" },
      `A path from ${shorten(state.asking.label, 40)} to …: search, or choose a concept `,
      make("button", { type: "button", class: "text", click: () => askWhereTo(null) }, "Cancel"),
    );
  $trail.replaceChildren(
    ...[make("span", { class: "crumbs" }, ...crumbs), ...choices, without, asking].filter(Boolean),
  );
  if (held) [...$trail.querySelectorAll("[data-choice]")].find((e) => e.dataset.choice === held)?.focus();
  const missing = {
    fields: !facts.maps.fields,
    tree: BROADER < 0,
    paths: !given.length && !(state.from && state.to),
  };
  const looks = Object.keys(LOOKS).filter((look) => !missing[look]);
  $("look").replaceChildren(
    ...looks.map((look) => make("option", { value: look, selected: look === state.look }, LOOKS[look])),
  );
  $("look").value = state.look;
  const few = paint.nodes.length <= RELAXED && paint.nodes.length > 2;
  $("relax").hidden = !few || !["all", "some", "ego"].includes(paint.kind);
  $("relax").setAttribute("aria-pressed", String(Boolean(paint.relaxed)));
}
const UNFILTERED = () => ({ noKinds: new Set(), noRelations: new Set(), field: null, confidence: 0, own: false });

/** Move the view so that all nodes, or those of the open groups, with room for their labels, are inside. At first, a tree
 * that is too large to be read so is shown from its beginning. */
function fit({ animate = true, first = false } = {}) {
  if (!paint.nodes.length) return network.redraw();
  const box = $map.getBoundingClientRect(),
    aside = Math.min(150, box.width * 0.22);
  const room = { x: facts.mini ? 20 : 36, right: 0, top: 22, bottom: 22 };
  if (!facts.mini) [room.top, room.bottom] = [Math.max(50, $("trail").offsetHeight + 22), 50];
  let x0 = Infinity,
    x1 = -Infinity,
    y0 = Infinity,
    y1 = -Infinity;
  for (const { x, y, r } of paint.kind === "group" ? paint.lands : paint.nodes.map((n) => ({ ...n, r: n.size })))
    [x0, x1, y0, y1] = [Math.min(x0, x - r), Math.max(x1, x + r), Math.min(y0, y - r), Math.max(y1, y + r)];
  if (paint.kind === "ego") {
    [x0, y0] = [-(x1 = Math.max(x1, -x0)), -(y1 = Math.max(y1, -y0))]; // the centre in the middle
    room.x = aside;
  }
  if (paint.kind === "paths") room.x = Math.min(90, box.width * 0.16);
  if (paint.kind === "tree") room.right = aside;
  let scale = Math.min(
    (box.width - 2 * room.x - room.right) / (x1 - x0 || 1),
    (box.height - room.top - room.bottom) / (y1 - y0 || 1),
    1.6,
  );
  if (first && paint.kind === "tree" && scale < LEGIBLE) {
    scale = LEGIBLE;
    x1 = Math.min(x1, x0 + (box.width - 2 * room.x - room.right) / scale);
    y1 = Math.min(y1, y0 + (box.height - room.top - room.bottom) / scale);
  }
  network.moveTo({
    position: {
      x: (x0 + x1) / 2 + room.right / 2 / scale,
      y: (y0 + y1) / 2 + (room.bottom - room.top) / 2 / scale,
    },
    scale: Math.max(scale, 0.01),
    animation: animate && !calm ? { duration: 250 } : false,
  });
  const chosen = first && selected();
  if (chosen && !onScreen(chosen)) network.moveTo({ position: { x: chosen.x, y: chosen.y } });
}

// --------------------------------------------------------------------------------------------------------- relax

const RELAXED = 300; // nodes that vis-network's physics moves smoothly

/** Let springs and repulsion find places, for those who would see what holds together; once more: back to the map. */
function relax() {
  if (paint.relaxed) {
    paint.kind = null; // forces the places of the layout
    return show();
  }
  paint.relaxed = true;
  network.body.data.edges.add(
    paint.links.map(({ a, b }, id) => ({ id, from: a.id, to: b.id, hidden: true, physics: true })),
  );
  network.setOptions({
    physics: {
      enabled: true,
      barnesHut: { gravitationalConstant: -3200, springLength: 80, springConstant: 0.035, avoidOverlap: 0.3 },
      minVelocity: 0.8,
      stabilization: false,
    },
  });
  if (calm) network.stabilize(200);
  paint.resting = setTimeout(settle, calm ? 1500 : 4000);
  show({ moved: false });
}
function settle() {
  clearTimeout(paint.resting);
  if (!paint.relaxed) return;
  network.setOptions({ physics: { enabled: false } });
  fit();
}
function rest() {
  if (!paint.relaxed) return;
  clearTimeout(paint.resting);
  paint.relaxed = false;
  network.setOptions({ physics: { enabled: false } });
}

// --------------------------------------------------------------------------------------------- state and address

const indices = (text, values, name) =>
  new Set(
    (text ?? "")
      .split(",")
      .filter(Boolean)
      .map((wanted) => values.findIndex((value) => value[name] === wanted))
      .filter((index) => index >= 0),
  );
const listed = (set, values) =>
  [...set]
    .sort((a, b) => a - b)
    .map((index) => values[index].name)
    .join(",");
const FIRST = facts.look ?? "map";

function write() {
  const words = new URLSearchParams();
  const all = (name, set) => [...set].map((value) => words.append(name, value));
  if (state.look !== FIRST || (facts.focus !== null && !state.centre)) words.set("look", state.look);
  if (state.concept) words.set("c", state.concept.key);
  if (state.centre) {
    words.set("around", state.centre.key);
    words.set("depth", state.depth);
    if (state.along) words.set("along", state.along);
  }
  all(
    "more",
    [...state.unfolded].map((concept) => concept.key),
  );
  all(
    "less",
    [...state.folded].map((concept) => concept.key),
  );
  all(
    "group",
    [...state.opened].map((index) => groups()[index].label),
  );
  if (state.from && state.to) all("path", [state.from.key, state.to.key]);
  if (state.path) words.set("nth", state.path + 1);
  if (state.relation) {
    const { from, to } = state.relation;
    all("why", [concepts[from].key, nameOf(state.relation).name, concepts[to].key]);
  }
  if (state.noKinds.size) words.set("not", listed(state.noKinds, facts.kinds));
  if (state.noRelations.size) words.set("without", listed(state.noRelations, facts.relations));
  if (state.field !== null) words.set("field", facts.fields[state.field]);
  if (state.confidence) words.set("least", state.confidence);
  if (state.own) words.set("own", 1);
  if (state.table) words.set("table", state.table);
  if (state.theme) words.set("theme", state.theme);
  return words.toString();
}

/** The state that an address describes. What is not here any more is said, not swallowed. */
function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const named = (name) => byKey.get(words.get(name)) ?? null;
  const several = (name) => words.getAll(name).map((key) => byKey.get(key) ?? null);
  const concept = named("c"),
    centre = named("around"),
    look = words.get("look") ?? FIRST,
    field = facts.fields.indexOf(words.get("field")),
    depth = Number(words.get("depth") ?? (centre ? 1 : facts.depth)),
    [from, to] = several("path"),
    why = words.getAll("why");
  Object.assign(state, {
    look: look in LOOKS && (look !== "fields" || facts.maps.fields) && (look !== "tree" || BROADER >= 0) ? look : "map",
    concept,
    centre,
    depth: DEPTHS.includes(depth) ? depth : 1,
    along: words.get("along") in ALONG ? words.get("along") : "",
    unfolded: new Set(several("more").filter(Boolean)),
    folded: new Set(several("less").filter(Boolean)),
    from: from && to ? from : null,
    to: from && to ? to : null,
    path: Math.max(0, (Number(words.get("nth")) || 1) - 1),
    group: null,
    relation:
      byKey
        .get(why[0])
        ?.links.find(
          (r) => concepts[r.from].key === why[0] && nameOf(r).name === why[1] && concepts[r.to].key === why[2],
        ) ?? null,
    noKinds: indices(words.get("not"), facts.kinds, "name"),
    noRelations: indices(words.get("without"), facts.relations, "name"),
    field: field < 0 ? null : field,
    confidence: Math.min(1, Math.max(0, Number(words.get("least")) || 0)),
    own: words.get("own") === "1",
    table: words.get("table") in COLUMNS ? words.get("table") : "",
    theme: ["dark", "light"].includes(words.get("theme")) ? words.get("theme") : state.theme,
    lost: null,
  });
  const wanted = words.getAll("group"),
    opened = wanted.map((label) => groups().findIndex((group) => group.label === label));
  state.opened = new Set(opened.filter((index) => index >= 0 && !centre));
  const missing = ["c", "around", "path", "more"].flatMap((name) => words.getAll(name)).find((key) => !byKey.has(key));
  if (missing !== undefined) state.lost = { what: "concept", name: missing };
  else if (opened.includes(-1)) state.lost = { what: "group", name: wanted[opened.indexOf(-1)] };
  else if (why.length && !state.relation) state.lost = { what: "relation", name: why.join(" ") };
  if (state.look === "paths" && !given.length && !state.from) state.look = "map";
  if (concept && !centre && !state.opened.size && concepts.length > LIMIT && state.look === "map")
    state.centre = concept;
}

function setTheme(theme) {
  state.theme = theme;
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").setAttribute("aria-label", dark ? "Light" : "Dark");
  $("theme").title = dark ? "Light" : "Dark";
  readColours();
  network.redraw();
}
