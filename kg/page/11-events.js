// Pointer, keyboard and buttons.

network.on("click", ({ pointer }) => {
  const hit = pick(pointer.canvas);
  $map.focus({ preventScroll: true });
  if (state.asking && hit?.node?.concept) return arrive(hit.node.concept);
  if (facts.mini && hit?.node?.concept && facts.link) return leave(hit.node.concept);
  if (hit?.badge) unfold(hit.node);
  else if (hit?.link) go({ relation: hit.link.relation, concept: null });
  else if (hit?.node?.group) go({ group: hit.node.index, concept: null }, { step: false });
  else if (hit?.node) go({ concept: hit.node.concept });
  else go({ concept: null, group: hit?.land ?? null }, { step: false });
});
network.on("doubleClick", ({ pointer }) => {
  const hit = pick(pointer.canvas);
  if (hit?.node && !hit.badge) enter(hit.node);
});

/** Into a group, a neighbourhood or what is below a kind. */
function enter(node) {
  if (node.group) turnGroup(node.index);
  else if (paint.kind === "tree" && (node.more || node.open)) unfold(node);
  else if (facts.mini && facts.link) leave(node.concept);
  else go({ centre: node.concept, concept: node.concept, ...NEAR });
}
const leave = (concept) => window.open(facts.link + encodeURIComponent(concept.key), "_top");

for (const name of ["dragStart", "zoom"])
  network.on(name, () => {
    paint.moving = true;
    clearTimeout(paint.rest);
    if (name === "zoom") paint.rest = setTimeout(rested, 180);
  });
network.on("dragEnd", rested);
function rested() {
  paint.moving = false;
  network.redraw();
  openWhatFills();
}

/** A group that fills the map by zooming opens where it lies. */
function openWhatFills() {
  if (!["overview", "group"].includes(paint.kind) || state.table) return;
  const box = $map.getBoundingClientRect(),
    { x, y } = network.getViewPosition(),
    enough = (0.42 * Math.min(box.width, box.height)) / network.getScale();
  const disc = paint.nodes.find((n) => n.group && n.r > enough && Math.hypot(n.x - x, n.y - y) < n.r);
  if (disc) go({ opened: new Set([...state.opened, disc.index]), concept: null }, { step: false, still: true });
}

// -------------------------------------------------------------------------------------------------- under the pointer

const $card = $("card");
const hideCard = () => {
  $card.hidden = true;
};

/** What is under the pointer, in short; the details say all of it to those who have no pointer. */
function showCard(hit, x, y) {
  const { node, link } = hit ?? {};
  if (!node?.concept && !node?.group && !link?.relation) return hideCard();
  const lines = link
    ? [
        make("b", {}, "Why?"),
        make(
          "span",
          { dir: "auto" },
          [concepts[link.relation.from].label, nameOf(link.relation).label, concepts[link.relation.to].label]
            .map((words) => shorten(words, 60))
            .join(" "),
        ),
        link.relation.quotes.length &&
          make("q", { dir: "auto" }, shorten(link.relation.quotes[0][0].replaceAll("**", ""), 140)),
      ]
    : node.group
      ? [make("b", { dir: "auto" }, shorten(node.group.label, 60)), make("span", {}, plural(node.count, "concept"))]
      : [
          make("b", { dir: "auto" }, shorten(node.concept.label, 80)),
          make("span", {}, `${shorten(kindOf(node.concept).label, 40)}, ${plural(node.concept.degree, "relation")}`),
          node.concept.texts.length && make("span", { dir: "auto" }, shorten(node.concept.texts[0], 150)),
          hit.badge && make("span", {}, `${number(node.more)} neighbours are not drawn; click to draw them`),
        ];
  $card.replaceChildren(...lines.filter(Boolean));
  $card.hidden = false;
  const room = $("stage").getBoundingClientRect(),
    box = $card.getBoundingClientRect();
  $card.style.left = `${Math.max(6, Math.min(x + 16, room.width - box.width - 6))}px`;
  $card.style.top = `${y + 18 + box.height > room.height ? Math.max(6, y - box.height - 12) : y + 18}px`;
}

let waiting = 0;
$map.addEventListener("pointermove", (event) => {
  if (event.pointerType === "touch" || event.buttons || waiting) return;
  waiting = requestAnimationFrame(() => {
    waiting = 0;
    const box = $map.getBoundingClientRect(),
      at = { x: event.clientX - box.x, y: event.clientY - box.y };
    const found = pick(network.DOMtoCanvas(at)),
      hit = found && (found.node || found.link?.relation) ? found : null;
    $map.style.cursor = hit ? "pointer" : "";
    if (hit?.node === paint.hover?.node && hit?.link === paint.hover?.link && hit?.badge === paint.hover?.badge) return;
    paint.hover = hit;
    showCard(hit, at.x, at.y);
    network.redraw();
  });
});
for (const name of ["pointerleave", "pointerdown"])
  $map.addEventListener(name, () => {
    hideCard();
    if (!paint.hover || name === "pointerdown") return;
    paint.hover = null;
    network.redraw();
  });

// ------------------------------------------------------------------------------------------------------- keyboard

const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/** The node that an arrow key means: near, and not far off the direction. */
function towards([dx, dy]) {
  const from = selected();
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
const zoom = (factor) => {
  network.moveTo({ scale: network.getScale() * factor });
  openWhatFills();
};

$map.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const at = selected();
  if (ARROWS[event.key]) {
    const next = towards(ARROWS[event.key]);
    if (next) go(next.group ? { group: next.index, concept: null } : { concept: next.concept }, { step: false });
    if (next && !onScreen(next)) network.moveTo({ position: { x: next.x, y: next.y } });
  } else if (event.key === "Enter" && at) {
    if (state.asking && at.concept) arrive(at.concept);
    else enter(at);
  } else if (event.key === " " && at) at.group ? turnGroup(at.index) : unfold(at);
  else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (event.key === "0") fit();
  else return;
  event.preventDefault();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && !$("saves").hidden) return turnSaves(false);
  const typing = event.target.closest?.("input, select, textarea, dialog");
  if (typing || event.ctrlKey || event.metaKey || event.altKey || facts.mini) return;
  if (event.key === "/") $search.focus();
  else if (event.key === "?") $("helping").showModal();
  else if (event.key === "t") toggleTable();
  else if (event.key === "p" && state.concept) askWhereTo(state.concept);
  else if (event.key === "r" && !$("relax").hidden) relax();
  else if (event.key === "Backspace") history.back();
  else if (event.key === "Escape") {
    if (state.asking) askWhereTo(null);
    else if (state.concept || state.relation || state.group !== null) go({ concept: null }, { step: false });
    else goHome();
  } else return;
  event.preventDefault();
});

// -------------------------------------------------------------------------------------------------------- buttons

function goHome() {
  go({ centre: null, opened: new Set(), folded: new Set(), unfolded: new Set(), concept: null });
}
const toggleTable = () => go({ table: state.table ? "" : "concepts", concept: state.concept }, { step: false });
$("fit").addEventListener("click", () => fit());
$("closer").addEventListener("click", () => zoom(1.4));
$("farther").addEventListener("click", () => zoom(1 / 1.4));
$("relax").addEventListener("click", relax);
$("list").addEventListener("click", toggleTable);
$("help").addEventListener("click", () => $("helping").showModal());
$("look").addEventListener("change", () =>
  go({ look: $("look").value, centre: null, concept: null, opened: new Set(), folded: new Set(), unfolded: new Set() }),
);
$("filter").addEventListener("click", () => {
  const open = $filters.classList.toggle("open");
  $("filter").setAttribute("aria-expanded", String(open));
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

function turnSaves(open) {
  $("saves").hidden = !open;
  $("save").setAttribute("aria-expanded", String(open));
  if (open) $("saves").querySelector("button").focus();
  else if ($("saves").contains(document.activeElement)) $("save").focus();
}
$("saves").append(
  ...Object.entries(SAVES).map(([name, save]) =>
    make(
      "button",
      {
        type: "button",
        click: () => {
          turnSaves(false);
          save();
        },
      },
      name,
    ),
  ),
);
$("save").addEventListener("click", () => turnSaves($("saves").hidden));
document.addEventListener("pointerdown", (event) => {
  if (!$("saves").hidden && !event.target.closest("#saves, #save")) turnSaves(false);
});

// -------------------------------------------------------------------------------------------------------- search

const $search = $("search"),
  $found = $("found");
const OFFERED = 12; // concepts that the search lists
let hits = [],
  active = -1;

function offer() {
  const all = search($search.value);
  hits = all.slice(0, OFFERED);
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
    ...[
      nothing && "Nothing is called that",
      all.length > OFFERED && `and ${plural(all.length - OFFERED, "more concept")}; type on to narrow them down`,
    ]
      .filter(Boolean)
      .map((words) =>
        make("li", { role: "option", "aria-disabled": "true", "aria-selected": "false", class: "none" }, words),
      ),
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
  if (state.asking) arrive(hit.concept);
  else visit(hit.concept);
}
$search.addEventListener("input", offer);
$search.addEventListener("focus", () => $search.value && offer());
$search.addEventListener("blur", () => open(false));
$search.addEventListener("keydown", (event) => {
  if (event.key === "ArrowDown") mark(active + 1);
  else if (event.key === "ArrowUp") mark(active - 1);
  else if (event.key === "Enter") choose(active);
  else if (event.key === "Escape") {
    if ($found.hidden) {
      askWhereTo(null);
      $map.focus();
    }
    $search.value = "";
    open(false);
  } else return;
  event.preventDefault();
});

/** Begin a path: the next concept that is searched for or clicked is where it leads. Null: think better of it. */
function askWhereTo(concept) {
  state.asking = concept;
  $search.placeholder = concept ? `Path from ${shorten(concept.label, 30)} to …` : PLACEHOLDER;
  showTrail();
  if (concept) $search.focus();
}
const PLACEHOLDER = $search.placeholder;
function arrive(concept) {
  const from = state.asking;
  askWhereTo(null);
  if (concept !== from) go({ look: "paths", from, to: concept, path: 0, centre: null, concept: null });
}

// --------------------------------------------------------------------------------------------------------- start

try {
  state.theme = localStorage.getItem("theme") ?? null;
} catch {
  state.theme = null;
}
if (facts.mini) document.documentElement.dataset.mini = "";
readAddress();
const aims = ["look", "c", "around", "group", "path", "why"]; // an address without them is only about how it looks
const asked = new URLSearchParams(location.hash.slice(1));
if (facts.focus !== null && !aims.some((name) => asked.has(name))) {
  state.concept = concepts[facts.focus];
  if (facts.look === null) state.centre = state.concept;
  else if (["communities", "fields"].includes(state.look)) state.opened = new Set([homeOf(state.concept)]);
}
setTheme(state.theme);
show();
new ResizeObserver(() => fit({ animate: false, first: true })).observe($map);
document.documentElement.dataset.ready = "true";

/** For tests and the curious: what is on the page, and where. */
window.kgPage = {
  state: () => ({
    look: state.look,
    kind: paint.kind,
    concepts: paint.nodes.filter((node) => node.concept).length,
    groups: paint.nodes.filter((node) => node.group).length,
    relations: paint.links.filter((link) => link.relation).length,
    concept: state.concept?.key ?? null,
    centre: state.centre?.key ?? null,
  }),
  place: (key) => network.canvasToDOM(paint.at.get(byKey.get(key)?.id ?? key)),
  badge: (key) => network.canvasToDOM(badgeOf(paint.at.get(byKey.get(key).id), network.getScale())),
  middle: (index) => network.canvasToDOM(curve(paint.links[index]).at(0.5)),
  bright: () => (paint.look ? [...paint.look.nodes].map((node) => node.concept?.key ?? node.id) : null),
  boxes: () => paint.boxes,
  scale: () => network.getScale(),
  svg: asSvg,
};
