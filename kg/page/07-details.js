// The details beside the map. Built from elements and text nodes only, as all of the page.

const $ = (id) => document.getElementById(id);
const $map = $("map"),
  $details = $("details"),
  $status = $("status"),
  $table = $("table"),
  $filters = $("filters");

/** An element: attributes, then children; functions become listeners, strings become text. */
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name, value);
    else if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

function glyph(kind) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  for (const [name, value] of [
    ["class", "glyph"],
    ["viewBox", "-1.4 -1.4 2.8 2.8"],
    ["aria-hidden", "true"],
  ])
    svg.setAttribute(name, value);
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", UNIT[kind.shape]);
  path.setAttribute("fill", `var(--hue-${kind.hue})`);
  path.setAttribute("fill-rule", "evenodd");
  svg.append(path);
  return svg;
}

// ------------------------------------------------------------------------------------------------------ details

/** A list that shows its first `limit` items and a button for the others. */
function cut(items, limit, draw, list = make("ul", { class: "plain" })) {
  list.append(...items.slice(0, limit).map(draw));
  if (items.length <= limit) return list;
  const more = make(
    "li",
    { class: "more" },
    make(
      "button",
      {
        type: "button",
        class: "text",
        click: () => {
          more.remove();
          const rest = items.slice(limit).map(draw);
          list.append(...rest);
          rest[0].querySelector("button")?.focus();
        },
      },
      `Show ${number(items.length - limit)} more`,
    ),
  );
  list.append(more);
  return list;
}

const conceptButton = (concept) =>
  make(
    "button",
    { type: "button", class: "text", click: () => visit(concept) },
    glyph(kindOf(concept)),
    make("span", { dir: "auto" }, shorten(concept.label, 120)),
  );
const quoteOf = ([exact, source, line]) =>
  make("blockquote", {}, make("q", { dir: "auto" }, ...emphasised(exact)), make("cite", {}, placeOf(source, line)));
/** Verbatim words of a document; what its Markdown sets in bold is set in bold. */
const emphasised = (text) =>
  text
    .split(/\*\*(?! )([^*\n]+)(?<! )\*\*/)
    .map((part, index) => (index % 2 ? make("b", {}, part) : part.replaceAll("**", "")));
const placeOf = (source, line) => (line ? `${facts.sources[source]}:${line}` : (facts.sources[source] ?? ""));

/** A subject field; a button to it when the field itself is a concept here, or else a group. */
function fieldChip(field) {
  const name = facts.fields[field],
    concept = concepts.find((other) => other.label === name),
    group = (facts.maps.fields?.groups ?? []).findIndex((other) => !other.scattered && other.label === name);
  const click = concept
    ? () => visit(concept)
    : group >= 0 && (() => go({ look: "fields", centre: null, concept: null, opened: new Set([group]) }));
  return click
    ? make("button", { type: "button", class: "chip", dir: "auto", click }, shorten(name, 60))
    : make("span", { class: "chip", dir: "auto" }, shorten(name, 60));
}

/** A button that does something with what is selected. */
const action = (text, click, more = {}) => make("button", { type: "button", class: "action", click, ...more }, text);

/** What can be done with a concept, here. */
function conceptActions(concept) {
  const here = paint.at.get(concept.id),
    unfolds = ["ego", "tree"].includes(paint.kind) && here && (here.more || here.open) && concept !== state.centre;
  return make(
    "div",
    { class: "actions" },
    action("Neighbourhood", () => go({ centre: concept, concept, ...NEAR }), {
      id: "around",
      disabled: state.centre === concept,
    }),
    unfolds &&
      action(expands(here) ? `Expand (${number(here.more)} more)` : "Collapse", () => unfold(here), { id: "unfold" }),
    concept.degree > 0 && action("Path to …", () => askWhereTo(concept), { id: "path-to" }),
    action("On the map", () => showOnMap(concept), {
      disabled: !state.centre && ["all", "group"].includes(paint.kind),
    }),
    BROADER >= 0 &&
      paint.kind !== "tree" &&
      concept.links.some((relation) => relation.p === BROADER) &&
      action("In the tree", () => go({ look: "tree", centre: null, concept })),
    facts.link && make("a", { class: "action", href: facts.link + encodeURIComponent(concept.key) }, "Its page"),
  );
}

const entries = (count) => (count === 1 ? "1 entry" : `${number(count)} entries`);

function conceptPanel(concept) {
  const kind = kindOf(concept);
  const parts = [
    make("h2", { dir: "auto" }, concept.label),
    make("p", { class: "kind" }, glyph(kind), shorten(kind.label, 60), ...concept.fields.map(fieldChip)),
  ];
  if (marked.has(concept)) parts.push(make("p", { class: "note" }, "This page was made about it."));
  if (concept.aliases.length)
    parts.push(make("p", { class: "also", dir: "auto" }, `also: ${concept.aliases.join(", ")}`));
  for (const text of concept.texts) parts.push(make("p", { class: "definition", dir: "auto" }, text));
  if (concept.places.length)
    parts.push(make("cite", {}, concept.places.map(([source, line]) => placeOf(source, line)).join(", ")));
  if (concept.mentions) parts.push(make("p", { class: "note" }, `Mentioned in ${entries(concept.mentions)}.`));
  if (!concept.texts.length)
    parts.push(
      make(
        "p",
        { class: "note" },
        concept.places.length ? "No defining sentence was found." : "It has no entry of its own.",
      ),
    );
  parts.push(conceptActions(concept));
  const groups = new Map();
  for (const relation of [...concept.links].sort((a, b) => a.p - b.p || sureness(b) - sureness(a))) {
    const name = nameOf(relation),
      out = relation.from === concept.id;
    const title = name.directed ? (out ? `${name.label} →` : `← ${name.inverse ?? name.label}`) : name.label;
    if (!groups.has(title)) groups.set(title, []);
    groups.get(title).push(relation);
  }
  for (const [title, found] of groups) {
    parts.push(
      make("h3", {}, `${title} (${found.length})`),
      cut(found, 8, (relation) => relationItem(relation, otherEnd(relation, concept))),
    );
  }
  const field = facts.fields.indexOf(concept.label);
  const within = field < 0 ? [] : concepts.filter((other) => other.fields.includes(field)).sort(byDegree);
  if (within.length)
    parts.push(
      make("h3", {}, `concepts of this field (${within.length})`),
      cut(within, 12, (other) => make("li", { class: "relation" }, conceptButton(other))),
    );
  if (!groups.size && !within.length) parts.push(make("p", { class: "note" }, "No typed relations were found."));
  return parts;
}

/** A line of a list with a "why?" that opens the quotes behind a relation. */
function withQuotes(item, relation, about) {
  if (!relation.quotes.length) return item;
  const why = make(
    "button",
    {
      type: "button",
      class: "text why",
      "aria-expanded": "false",
      "aria-label": `Why? Quotes on ${about}`,
      click: () => {
        const open = why.getAttribute("aria-expanded") === "true";
        why.setAttribute("aria-expanded", String(!open));
        if (open) item.querySelector(".quotes").remove();
        else item.append(make("div", { class: "quotes" }, ...evidence(relation, 5)));
      },
    },
    "why?",
  );
  item.append(why);
  return item;
}
const relationItem = (relation, concept) =>
  withQuotes(make("li", { class: "relation" }, conceptButton(concept)), relation, shorten(concept.label, 60));

/** The quotes behind a relation, how many more there are, and how sure it is. */
function evidence(relation, limit) {
  const all = relation.quoted ?? relation.quotes.length;
  const shown = relation.quotes.slice(0, limit);
  return [
    ...shown.map(quoteOf),
    all > shown.length && make("p", { class: "note" }, `The first ${shown.length} of ${number(all)} quotes.`),
    confidence(relation),
  ].filter(Boolean);
}

function confidence(relation) {
  if (relation.c === undefined) return null;
  const bar = make("i");
  bar.style.width = `${Math.round(100 * relation.c)}%`;
  return make(
    "p",
    { class: "note" },
    "confidence",
    make("span", { class: "meter", "aria-hidden": "true" }, bar),
    relation.c.toFixed(2),
  );
}

function relationPanel(relation) {
  const [from, to] = [concepts[relation.from], concepts[relation.to]];
  return [
    make("h2", {}, "Why this relation?"),
    make("p", { class: "sentence" }, conceptButton(from), ` ${nameOf(relation).label} `, conceptButton(to)),
    make("h3", {}, plural(relation.quoted ?? relation.quotes.length, "quote")),
    ...(relation.quotes.length
      ? evidence(relation, Infinity)
      : [make("p", { class: "note" }, "This page carries no quotes for it."), confidence(relation)]),
  ];
}

/** What a group is: found by relations, or named by a field. */
function groupWords(group, members) {
  const all = plural(members.length, "concept");
  if (group.scattered) return `${all} with few relations or none${grouping() === "fields" ? ", and no field" : ""}.`;
  if (grouping() === "communities") return `${all} that belong together by their relations.`;
  const own = group.own ?? group.members.length,
    others = group.members.length - own;
  return (
    `${plural(own, "concept")} of this field` +
    (others ? ` and ${number(others)} that have no field of their own and are related to these.` : ".") +
    (members.length < group.members.length ? ` ${number(members.length)} of them pass the filters.` : "")
  );
}

function groupPanel(index) {
  const group = groups()[index],
    members = group.members.map((id) => concepts[id]).filter(admits);
  const kinds = new Map();
  for (const concept of members) kinds.set(concept.kind, (kinds.get(concept.kind) ?? 0) + 1);
  const open = state.opened.has(index);
  return [
    make("h2", { dir: "auto" }, group.label),
    make("p", { class: "note" }, groupWords(group, members)),
    make(
      "div",
      { class: "actions" },
      action(open ? "Close group" : "Open group", () => turnGroup(index), { id: "turn-group" }),
    ),
    make("h3", {}, "Most connected"),
    cut([...members].sort(byDegree), 10, (concept) => make("li", { class: "relation" }, conceptButton(concept))),
    make("h3", {}, "Types"),
    make(
      "ul",
      { class: "plain" },
      ...[...kinds]
        .sort((a, b) => b[1] - a[1])
        .map(([kind, count]) =>
          make(
            "li",
            { class: "check" },
            glyph(facts.kinds[kind]),
            make("span", {}, facts.kinds[kind].label),
            make("span", { class: "count" }, number(count)),
          ),
        ),
    ),
  ];
}

/** The paths in view, the chosen one told step by step with what each step rests on. */
function pathsPanel() {
  const found = paint.found ?? [];
  const asked = state.from && state.to;
  const ends = (path) => `From ${shorten(path.nodes[0].label, 60)} to ${shorten(path.nodes.at(-1).label, 60)}`;
  const titles = asked ? [ends({ nodes: [state.from, state.to] })] : [...new Set(found.map(ends))];
  const title = titles.length === 1 ? titles[0] : "Paths";
  const parts = [make("h2", { dir: "auto" }, title)];
  if (asked)
    parts.push(
      make(
        "div",
        { class: "actions" },
        action("Turn round", () => go({ from: state.to, to: state.from, path: 0 })),
        given.length > 0 && action("Back to the page's paths", () => go({ from: null, to: null, path: 0 })),
      ),
    );
  if (!found.length)
    parts.push(
      make(
        "p",
        { class: "warn" },
        "No path leads there by the relations that are shown. Filters leave relations out; the graph may hold more than this page.",
      ),
    );
  if (facts.cut && !asked)
    parts.push(make("p", { class: "warn" }, `${plural(facts.cut, "more path")} would not fit this page.`));
  const told = ({ steps, nodes }) =>
    steps.map(([best], at) => {
      const forward = best?.from === nodes[at].id;
      const name = best && nameOf(best);
      const item = make(
        "li",
        { class: "relation step" },
        make(
          "span",
          {},
          conceptButton(nodes[at]),
          ` ${name ? (forward ? name.label : (name.inverse ?? name.label)) : "is related to"} `,
          conceptButton(nodes[at + 1]),
          steps[at].length > 1 && make("small", {}, ` and ${plural(steps[at].length - 1, "other relation")}`),
        ),
      );
      return best ? withQuotes(item, best, `step ${at + 1}`) : item;
    });
  found.forEach((path, index) => {
    const chosen = index === state.path;
    parts.push(
      make(
        "h3",
        { class: "path" },
        make(
          "button",
          {
            type: "button",
            class: "text",
            "aria-pressed": String(chosen),
            "data-path": index,
            click: () => choosePath(index),
          },
          `${index + 1}. ${plural(path.nodes.length - 1, "step")}` +
            (path.cost === undefined ? "" : `, cost ${path.cost.toFixed(2)}`),
        ),
      ),
      chosen
        ? make("ol", { class: "plain" }, ...told(path))
        : make("p", { class: "note", dir: "auto" }, path.nodes.map((node) => shorten(node.label, 40)).join(" → ")),
    );
  });
  return parts;
}

const HINTS = {
  overview:
    "Each disc is a group of concepts. Choose one to see what it holds, open it with a double click, or search.",
  tree: "What is a kind of what, from the widest terms on the left. Double click a concept to fold what is below it.",
};

function welcomePanel() {
  const described = concepts.filter((concept) => concept.texts.length).length;
  const { whole } = facts;
  return [
    make("h2", {}, "What is here"),
    make(
      "p",
      {},
      `${plural(concepts.length, "concept")}, ${number(described)} with a definition; ${plural(relations.length, "relation")}, each with the words that it was read from.`,
    ),
    whole.concepts > concepts.length &&
      make(
        "p",
        { class: "warn" },
        `This page is a part: ${number(concepts.length)} of ${number(whole.concepts)} concepts of the graph.`,
      ),
    marked.size &&
      make("div", {}, make("h3", {}, "Asked about"), make("ul", { class: "plain" }, ...[...marked].map(conceptItem))),
    way.size &&
      make(
        "div",
        {},
        make("h3", {}, "What connects them"),
        make("ol", { class: "plain" }, ...[...way].map(sentenceItem)),
      ),
    paint.kind === "tree" &&
      paint.turning > 0 &&
      make(
        "p",
        { class: "warn" },
        `${plural(paint.turning, "tree")} here ${paint.turning === 1 ? "begins" : "begin"} anywhere: the graph says of these concepts that they are kinds of one another, in a circle.`,
      ),
    described &&
      concepts.length > LIMIT &&
      make(
        "div",
        { class: "actions" },
        action(state.own ? "Show all concepts" : "Show only those with an entry", () =>
          go({ own: !state.own, opened: new Set() }),
        ),
      ),
    make(
      "p",
      { class: "note" },
      HINTS[paint.kind] ?? "Choose a concept for its definition and relations, or a line for the quotes behind it.",
    ),
    make("h3", {}, "Most connected"),
    cut(concepts.filter((concept) => concept.degree && admits(concept)).sort(byDegree), 12, (concept) =>
      make("li", { class: "relation" }, conceptButton(concept), make("span", { class: "why" }, number(concept.degree))),
    ),
  ];
}
const conceptItem = (concept) => make("li", { class: "relation" }, conceptButton(concept));
const sentenceItem = (relation, at) =>
  withQuotes(
    make(
      "li",
      { class: "relation step" },
      make(
        "span",
        {},
        conceptButton(concepts[relation.from]),
        ` ${nameOf(relation).label} `,
        conceptButton(concepts[relation.to]),
      ),
    ),
    relation,
    `relation ${at + 1}`,
  );

function showDetails() {
  const parts = state.relation
    ? relationPanel(state.relation)
    : state.concept
      ? conceptPanel(state.concept)
      : state.group !== null
        ? groupPanel(state.group)
        : paint.kind === "paths"
          ? pathsPanel()
          : state.opened.size && !state.centre && paint.kind === "group"
            ? groupPanel([...state.opened].at(-1))
            : welcomePanel();
  if (state.lost)
    parts.unshift(
      make(
        "p",
        { class: "warn", role: "alert" },
        `This page has no ${state.lost.what} “${shorten(state.lost.name, 80)}”. Try the search.`,
      ),
    );
  $details.replaceChildren(...parts.filter(Boolean));
  $details.scrollTop = 0;
}
