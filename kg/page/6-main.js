// Events, the address, and what follows from them.

const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
const network = new vis.Network($map, { nodes: new vis.DataSet(), edges: new vis.DataSet() }, carried("options"));
const marks = network.body.data.nodes; // vis-network's own view of what it shows
$map.querySelector(".vis-network").removeAttribute("tabindex"); // the map itself is the tab stop
network.on("beforeDrawing", paintBelow);
network.on("afterDrawing", paintLabels);
paint.sprites = new Map();
paint.at = new Map();

// ------------------------------------------------------------------------------------------------- state to page

const VIEW = ["centre", "open", "depth", "field", "noKinds", "own"];

/** Change the state, show it, and write it into the address: a step back when something else is looked at. */
function go(change, { step = true } = {}) {
  const moved = VIEW.some((name) => name in change && change[name] !== state[name]);
  Object.assign(state, { relation: null, group: null, lost: null }, change);
  show({ moved });
  const address = `#${write()}`;
  if (address === (location.hash || "#")) return;
  if (step) location.hash = address;
  else location.replace(address);
}
const filterBy = (change) =>
  go({ concept: state.concept, relation: state.relation, group: state.group, ...change }, { step: false });

/** Show a concept wherever it can be seen: here if it is on the map, else in its neighbourhood. */
function visit(concept) {
  const here = paint.at.get(concept.id);
  if (here && !state.centre) {
    go({ concept });
    if (!onScreen(here))
      network.moveTo({
        position: here,
        scale: Math.max(network.getScale(), 0.8),
        animation: calm ? false : { duration: 300 },
      });
  } else go({ concept, centre: concept });
}
function onScreen(node) {
  const view = bounds();
  return node.x > view.x0 && node.x < view.x1 && node.y > view.y0 && node.y < view.y1;
}

function show({ moved = true } = {}) {
  const drawn = scene();
  const same =
    drawn.kind === paint.kind &&
    drawn.nodes.length === paint.nodes.length &&
    drawn.nodes.every(
      (n, at) => n.id === paint.nodes[at].id && n.x === paint.nodes[at].x && n.count === paint.nodes[at].count,
    );
  if (!same) {
    paint.sprites.clear();
    paint.hover = null;
    Object.assign(paint, {
      kind: drawn.kind,
      nodes: drawn.nodes,
      links: drawn.links,
      oval: drawn.oval,
      at: new Map(drawn.nodes.map((n) => [n.id, n])),
      dots: drawn.dots,
      everyone: drawn.dots,
    });
    network.setData({
      nodes: drawn.nodes.map(({ id, x, y }) => ({
        id,
        x,
        y,
        shape: "custom",
        ctxRenderer: paintNode,
        fixed: drawn.kind === "overview",
      })),
      edges: [],
    });
  } else {
    const at = paint.at;
    paint.links = drawn.links.map((link) => ({ ...link, a: at.get(link.a.id), b: at.get(link.b.id) }));
  }
  showDetails();
  showFilters();
  showStatus(drawn);
  $table.hidden = !state.table;
  $map.style.visibility = state.table ? "hidden" : "";
  if (state.table) showTable();
  $("list").setAttribute("aria-pressed", String(state.table));
  $("home").disabled = !state.centre && state.open === null;
  $("home").textContent = concepts.length > LIMIT ? "Overview" : "All";
  showDepth();
  document.title = state.concept ? `${shorten(state.concept.label, 60)} · ${facts.title}` : facts.title;
  if (moved && !same) fit({ animate: false });
  else network.redraw();
}

const DEPTHS = Array.from({ length: Math.max(3, facts.depth) }, (_, at) => at + 1);
function showDepth() {
  const $depth = $("depth");
  $depth.hidden = !state.centre;
  const held = $depth.contains(document.activeElement);
  $depth.replaceChildren(
    make("span", {}, "Depth"),
    ...DEPTHS.map((depth) =>
      make(
        "button",
        {
          type: "button",
          "aria-pressed": String(state.depth === depth),
          click: () => go({ depth, concept: state.concept }),
        },
        String(depth),
      ),
    ),
  );
  if (held) $depth.querySelector('[aria-pressed="true"]').focus();
}

/** Move the view so that all nodes, with room for their labels, are inside. */
function fit({ animate = true } = {}) {
  if (!paint.nodes.length) return network.redraw();
  const box = $map.getBoundingClientRect();
  let x0 = Infinity,
    x1 = -Infinity,
    y0 = Infinity,
    y1 = -Infinity;
  for (const { x, y, size: r } of paint.nodes)
    [x0, x1, y0, y1] = [Math.min(x0, x - r), Math.max(x1, x + r), Math.min(y0, y - r), Math.max(y1, y + r)];
  if (paint.kind === "ego") [x0, y0] = [-(x1 = Math.max(x1, -x0)), -(y1 = Math.max(y1, -y0))]; // the centre in the middle
  const beside = paint.kind === "ego" ? Math.min(150, box.width * 0.22) : 36;
  const scale = Math.min((box.width - 2 * beside) / (x1 - x0 || 1), (box.height - 76) / (y1 - y0 || 1), 1.6);
  network.moveTo({
    position: { x: (x0 + x1) / 2, y: (y0 + y1) / 2 },
    scale: Math.max(scale, 0.01),
    animation: animate && !calm ? { duration: 250 } : false,
  });
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

function write() {
  const words = new URLSearchParams();
  if (state.concept) words.set("c", state.concept.key);
  if (state.centre) words.set("around", state.centre.key);
  if (state.centre) words.set("depth", state.depth);
  if (state.open !== null) words.set("group", state.open);
  if (state.relation) words.set("why", state.relation.index);
  if (state.noKinds.size) words.set("not", listed(state.noKinds, facts.kinds));
  if (state.noRelations.size) words.set("without", listed(state.noRelations, facts.relations));
  if (state.field !== null) words.set("field", facts.fields[state.field]);
  if (state.confidence) words.set("least", state.confidence);
  if (state.own) words.set("own", 1);
  if (state.table) words.set("table", 1);
  if (state.theme) words.set("theme", state.theme);
  return words.toString();
}

/** The state that an address describes. A concept that is not here is said, not swallowed. */
function readAddress() {
  const words = new URLSearchParams(location.hash.slice(1));
  const concept = byKey.get(words.get("c")) ?? null,
    centre = byKey.get(words.get("around")) ?? null;
  const depth = Number(words.get("depth") ?? (centre ? 1 : facts.depth)),
    group = Number(words.get("group") ?? -1),
    field = facts.fields.indexOf(words.get("field"));
  Object.assign(state, {
    concept,
    centre,
    depth: DEPTHS.includes(depth) ? depth : 1,
    open: facts.groups[group] && !centre ? group : null,
    group: null,
    relation: relations[words.get("why") ?? -1] ?? null,
    noKinds: indices(words.get("not"), facts.kinds, "name"),
    noRelations: indices(words.get("without"), facts.relations, "name"),
    field: field < 0 ? null : field,
    confidence: Math.min(1, Math.max(0, Number(words.get("least")) || 0)),
    own: words.get("own") === "1",
    table: words.get("table") === "1",
    theme: ["dark", "light"].includes(words.get("theme")) ? words.get("theme") : state.theme,
    lost: [words.get("c"), words.get("around")].find((key) => key !== null && !byKey.has(key)) ?? null,
  });
  if (concept && !centre && state.open === null && concepts.length > LIMIT) state.centre = concept;
}

function setTheme(theme) {
  state.theme = theme;
  const dark = theme ? theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches;
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").textContent = dark ? "Light" : "Dark";
  readColours();
  paint.sprites.clear();
  paint.dots ??= paint.everyone;
  network.redraw();
}

// --------------------------------------------------------------------------------------------------------- events

network.on("click", ({ pointer }) => {
  const hit = pick(pointer.canvas);
  $map.focus({ preventScroll: true });
  if (hit?.link) go({ relation: hit.link.relation, concept: null });
  else if (hit?.node.group) go({ group: hit.node.index, concept: null }, { step: false });
  else if (hit) go({ concept: hit.node.concept });
  else go({ concept: null }, { step: false });
});
network.on("doubleClick", ({ pointer }) => {
  const hit = pick(pointer.canvas);
  if (hit?.node) enter(hit.node);
});
const enter = (node) =>
  node.group ? go({ open: node.index, concept: null }) : go({ centre: node.concept, concept: node.concept });

for (const name of ["dragStart", "zoom"])
  network.on(name, () => {
    paint.moving = true;
    clearTimeout(paint.rest);
    if (name === "zoom") paint.rest = setTimeout(rested, 180);
  });
network.on("dragEnd", rested);
network.on("dragging", ({ nodes }) => {
  for (const id of nodes) Object.assign(paint.at.get(id), network.getPosition(id));
});
function rested() {
  paint.moving = false;
  network.redraw();
}

let waiting = 0;
$map.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch" || event.buttons || waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    const box = $map.getBoundingClientRect();
    const hit = pick(network.DOMtoCanvas({ x: event.clientX - box.x, y: event.clientY - box.y }));
    if (hit?.node === paint.hover?.node && hit?.link === paint.hover?.link) return;
    paint.hover = hit;
    $map.style.cursor = hit ? "pointer" : "";
    network.redraw();
  });
});
$map.addEventListener("pointerleave", () => {
  if (!paint.hover) return;
  paint.hover = null;
  network.redraw();
});

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The node that an arrow key means: near, and not far off the direction. */
function towards([dx, dy]) {
  const from = paint.nodes.find((n) => (n.concept ? n.concept === state.concept : n.index === state.group));
  if (!from) return [...paint.nodes].sort((a, b) => b.weight - a.weight)[0];
  let best = null,
    least = Infinity;
  for (const node of paint.nodes) {
    const ahead = (node.x - from.x) * dx + (node.y - from.y) * dy,
      aside = Math.abs((node.x - from.x) * dy) + Math.abs((node.y - from.y) * dx);
    const cost = ahead + 2 * aside;
    if (node !== from && ahead > 0 && aside <= 1.2 * ahead && cost < least) [best, least] = [node, cost];
  }
  return best;
}

$map.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const zoom = (factor) => network.moveTo({ scale: network.getScale() * factor });
  const at = paint.nodes.find((n) => (n.concept ? n.concept === state.concept : n.index === state.group));
  if (ARROWS[event.key]) {
    const next = towards(ARROWS[event.key]);
    if (next) go(next.group ? { group: next.index, concept: null } : { concept: next.concept }, { step: false });
    if (next && !onScreen(next)) network.moveTo({ position: next });
  } else if (event.key === "Enter" && at) enter(at);
  else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") $search.focus();
  else if (event.key === "?") $("helping").showModal();
  else if (event.key === "t") toggleTable();
  else if (event.key === "Backspace") history.back();
  else if (event.key === "Escape")
    state.concept || state.relation || state.group !== null ? go({ concept: null }, { step: false }) : goHome();
  else return;
  event.preventDefault();
});

const goHome = () => go({ centre: null, open: null, concept: null });
const toggleTable = () => go({ table: !state.table, concept: state.concept }, { step: false });
$("home").addEventListener("click", goHome);
$("fit").addEventListener("click", () => fit());
$("back").addEventListener("click", () => history.back());
$("list").addEventListener("click", toggleTable);
$("help").addEventListener("click", () => $("helping").showModal());
$("filter").addEventListener("click", () => {
  const open = $filters.classList.toggle("open");
  $("filter").setAttribute("aria-pressed", String(open));
});
$("theme").addEventListener("click", () => {
  setTheme(document.documentElement.dataset.theme === "dark" ? "light" : "dark");
  try {
    localStorage.setItem("theme", state.theme);
  } catch {
    /* storage may be forbidden; the address has it too */
  }
  filterBy({});
});
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => setTheme(state.theme));
window.addEventListener("hashchange", () => {
  if (location.hash.slice(1) === write()) return;
  readAddress();
  setTheme(state.theme);
  show();
});

// -------------------------------------------------------------------------------------------------------- search

const $search = $("search"),
  $found = $("found");
let hits = [],
  active = -1;

function offer() {
  hits = search($search.value);
  active = hits.length ? 0 : -1;
  const nothing = $search.value.trim() && !hits.length;
  $found.replaceChildren(
    ...hits.map((hit, index) =>
      make(
        "li",
        {
          role: "option",
          id: `hit-${index}`,
          "aria-selected": String(index === active),
          pointerdown: (event) => {
            event.preventDefault();
            choose(index);
          },
        },
        glyph(kindOf(hit.concept)),
        make(
          "span",
          { dir: "auto" },
          shorten(hit.concept.label, 90),
          hit.alias !== null ? ` (${shorten(hit.alias, 40)})` : "",
        ),
        make("small", {}, hit.near ? "did you mean?" : kindOf(hit.concept).label),
      ),
    ),
    ...(nothing
      ? [
          make(
            "li",
            { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" },
            "Nothing is called that",
          ),
        ]
      : []),
  );
  open(Boolean(hits.length || nothing));
}
function open(yes) {
  $found.hidden = !yes;
  $search.setAttribute("aria-expanded", String(yes));
  if (yes && active >= 0) $search.setAttribute("aria-activedescendant", `hit-${active}`);
  else $search.removeAttribute("aria-activedescendant");
}
function mark(index) {
  if (!hits.length) return;
  active = (index + hits.length) % hits.length;
  for (const [at, item] of [...$found.children].entries()) item.setAttribute("aria-selected", String(at === active));
  $found.children[active].scrollIntoView({ block: "nearest" });
  open(true);
}
function choose(index) {
  const hit = hits[index];
  if (!hit) return;
  $search.value = "";
  open(false);
  $map.focus({ preventScroll: true });
  visit(hit.concept);
}
$search.addEventListener("input", offer);
$search.addEventListener("focus", () => $search.value && offer());
$search.addEventListener("blur", () => open(false));
$search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") mark(active + 1);
  else if (event.key === "ArrowUp") mark(active - 1);
  else if (event.key === "Enter") choose(active);
  else if (event.key === "Escape") {
    if ($found.hidden) $map.focus();
    $search.value = "";
    open(false);
  } else return;
  event.preventDefault();
});

// --------------------------------------------------------------------------------------------------------- start

try {
  state.theme = localStorage.getItem("theme") ?? null;
} catch {
  state.theme = null;
}
readAddress();
if (!location.hash && facts.focus !== null)
  Object.assign(state, { concept: concepts[facts.focus], centre: concepts[facts.focus] });
setTheme(state.theme);
show();
new ResizeObserver(() => fit({ animate: false })).observe($map);
document.documentElement.dataset.ready = "true";

/** For tests and the curious: what is on the page, and where. */
window.kgPage = {
  state: () => ({
    kind: paint.kind,
    nodes: paint.nodes.length,
    links: paint.links.length,
    concept: state.concept?.key ?? null,
    centre: state.centre?.key ?? null,
  }),
  place: (key) => network.canvasToDOM(paint.at.get(byKey.get(key)?.id ?? key)),
  middle: (index) => network.canvasToDOM(curve(paint.links[index]).at(0.5)),
  boxes: () => paint.boxes,
};
