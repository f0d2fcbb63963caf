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
const quotesOf = (relation) => cut(relation.quotes, 5, (quote) => make("li", {}, quoteOf(quote)));

/** A subject field; a button when the field itself is a concept here. */
function fieldChip(field) {
  const name = facts.fields[field],
    concept = concepts.find((other) => other.label === name);
  return concept
    ? make("button", { type: "button", class: "chip", click: () => visit(concept) }, shorten(name, 60))
    : make("span", { class: "chip" }, shorten(name, 60));
}

function conceptPanel(concept) {
  const kind = kindOf(concept);
  const parts = [
    make("h2", { dir: "auto" }, concept.label),
    make("p", { class: "kind" }, glyph(kind), shorten(kind.label, 60), ...concept.fields.map(fieldChip)),
  ];
  if (concept.aliases.length)
    parts.push(make("p", { class: "also", dir: "auto" }, `also: ${concept.aliases.join(", ")}`));
  for (const text of concept.texts) parts.push(make("p", { class: "definition", dir: "auto" }, text));
  if (concept.places.length)
    parts.push(make("cite", {}, concept.places.map(([source, line]) => placeOf(source, line)).join(", ")));
  if (!concept.texts.length)
    parts.push(
      make(
        "p",
        { class: "note" },
        concept.places.length
          ? "No defining sentence was found."
          : "Mentioned by other entries; it has no entry of its own.",
      ),
    );
  parts.push(
    make(
      "div",
      { class: "actions" },
      make(
        "button",
        {
          type: "button",
          class: "action",
          id: "around",
          disabled: state.centre === concept,
          click: () => go({ centre: concept, concept }),
        },
        "Neighbourhood",
      ),
      concepts.length > LIMIT &&
        facts.groups.length > 1 &&
        make(
          "button",
          { type: "button", class: "action", click: () => go({ centre: null, open: concept.group, concept }) },
          "Show on the map",
        ),
    ),
  );
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

function relationItem(relation, concept) {
  const item = make("li", { class: "relation" }, conceptButton(concept));
  if (relation.quotes.length) {
    const why = make(
      "button",
      {
        type: "button",
        class: "text why",
        "aria-expanded": "false",
        "aria-label": `Why? Quotes on ${shorten(concept.label, 60)}`,
        click: () => {
          const open = why.getAttribute("aria-expanded") === "true";
          why.setAttribute("aria-expanded", String(!open));
          if (open) item.querySelector(".quotes").remove();
          else
            item.append(
              make("div", { class: "quotes" }, ...relation.quotes.slice(0, 5).map(quoteOf), confidence(relation) ?? ""),
            );
        },
      },
      "why?",
    );
    item.append(why);
  }
  return item;
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
    confidence(relation),
    make("h3", {}, plural(relation.quotes.length, "quote")),
    relation.quotes.length ? quotesOf(relation) : make("p", { class: "note" }, "This page carries no quotes for it."),
  ];
}

function groupPanel(index) {
  const group = facts.groups[index],
    members = group.members.map((id) => concepts[id]).filter(admits);
  const kinds = new Map();
  for (const concept of members) kinds.set(concept.kind, (kinds.get(concept.kind) ?? 0) + 1);
  return [
    make("h2", { dir: "auto" }, group.label),
    make(
      "p",
      { class: "note" },
      `${group.scattered ? "Concepts with few relations or none" : "Concepts that belong together by their relations"}: ${number(members.length)}.`,
    ),
    index !== state.open &&
      make(
        "div",
        { class: "actions" },
        make(
          "button",
          { type: "button", class: "action", click: () => go({ open: index, centre: null }) },
          "Open group",
        ),
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
    described &&
      concepts.length > LIMIT &&
      make(
        "div",
        { class: "actions" },
        make(
          "button",
          { type: "button", class: "action", click: () => go({ own: !state.own, open: null }) },
          state.own ? "Show all concepts" : "Show only those with an entry",
        ),
      ),
    make(
      "p",
      { class: "note" },
      paint.kind === "overview"
        ? "Each disc is a group of concepts that belong together. Choose one to see what it holds, or search."
        : "Choose a concept for its definition and relations, or a line for the quotes behind it.",
    ),
    make("h3", {}, "Most connected"),
    cut(concepts.filter((concept) => concept.degree && admits(concept)).sort(byDegree), 12, (concept) =>
      make("li", { class: "relation" }, conceptButton(concept), make("span", { class: "why" }, number(concept.degree))),
    ),
  ];
}

function showDetails() {
  const parts = state.relation
    ? relationPanel(state.relation)
    : state.concept
      ? conceptPanel(state.concept)
      : (state.group ?? state.open) !== null
        ? groupPanel(state.group ?? state.open)
        : welcomePanel();
  if (state.lost)
    parts.unshift(
      make(
        "p",
        { class: "warn", role: "alert" },
        `This page has no concept “${shorten(state.lost, 80)}”. Try the search.`,
      ),
    );
  $details.replaceChildren(...parts.filter(Boolean));
  $details.scrollTop = 0;
}
