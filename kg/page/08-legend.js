// The legend that is the filter, the table that says what the picture shows, the status line.

/** The ring around concepts that were asked about, and the line of what connects them, as on the map. */
function drawing(tag, attributes) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const shape = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [element, values] of [
    [svg, { class: "glyph", viewBox: "-1.4 -1.4 2.8 2.8", "aria-hidden": "true" }],
    [shape, { fill: "none", "stroke-width": 0.35, ...attributes }],
  ])
    for (const [name, value] of Object.entries(values)) element.setAttribute(name, value);
  svg.append(shape);
  return svg;
}
const ringGlyph = () => drawing("circle", { r: 1.1, stroke: "var(--ink)" });
const lineGlyph = () => drawing("path", { d: "M-1.3 0H1.3", stroke: "var(--accent)" });

/** How many concepts and relations the filters leave out. */
const filtersOn = () =>
  state.noKinds.size || state.noRelations.size || state.field !== null || state.confidence > 0 || state.own;

function showFilters() {
  const section = (title, values, without, count, picture) => {
    const toggle = (index) => {
      const next = new Set(without);
      next.has(index) ? next.delete(index) : next.add(index);
      return next;
    };
    const which = title === "Types" ? "noKinds" : "noRelations";
    const used = values.map((value, index) => index).filter((index) => count(index));
    return [
      make(
        "h2",
        {},
        title,
        make(
          "button",
          {
            type: "button",
            class: "text",
            "aria-label": without.size ? `Show all ${title.toLowerCase()}` : `Hide all ${title.toLowerCase()}`,
            click: () => filterBy({ [which]: new Set(without.size ? [] : used) }),
          },
          without.size ? "all" : "none",
        ),
      ),
      ...used.map((index) =>
        make(
          "label",
          { class: without.has(index) ? "check off" : "check" },
          make("input", {
            type: "checkbox",
            checked: !without.has(index),
            "data-filter": `${which} ${index}`,
            change: () => filterBy({ [which]: toggle(index) }),
          }),
          picture?.(values[index]),
          make("span", {}, shorten(values[index].label, 40)),
          make("span", { class: "count" }, number(count(index))),
        ),
      ),
    ];
  };
  const count = (items, property) => {
    const counts = new Map();
    for (const item of items) counts.set(item[property], (counts.get(item[property]) ?? 0) + 1);
    return (index) => counts.get(index) ?? 0;
  };
  const held = document.activeElement?.dataset?.filter;
  const rings = [
    marked.size && make("p", { class: "check" }, ringGlyph(), make("span", {}, "asked about")),
    way.size && make("p", { class: "check" }, lineGlyph(), make("span", {}, "what connects them")),
  ].filter(Boolean);
  const field = make(
    "select",
    {
      "aria-label": "Subject field",
      "data-filter": "field",
      change: () => filterBy({ field: field.value === "" ? null : Number(field.value) }),
    },
    make("option", { value: "" }, "all fields"),
    ...facts.fields.map((name, index) =>
      make("option", { value: index, selected: state.field === index }, shorten(name, 40)),
    ),
  );
  const least = make("output", {}, state.confidence.toFixed(2));
  const slider = make("input", {
    type: "range",
    min: 0,
    max: 1,
    step: 0.05,
    value: state.confidence,
    "aria-label": "Least confidence of relations",
    "data-filter": "confidence",
    input: () => {
      least.textContent = Number(slider.value).toFixed(2);
    },
    change: () => filterBy({ confidence: Number(slider.value) }),
  });
  const own = concepts.filter((concept) => concept.places.length).length;
  const onlyOwn = make(
    "label",
    { class: "check" },
    make("input", {
      type: "checkbox",
      checked: state.own,
      "data-filter": "own",
      change: () => filterBy({ own: !state.own }),
    }),
    make("span", {}, "with an entry only"),
    make("span", { class: "count" }, number(own)),
  );
  $filters.replaceChildren(
    ...(rings.length ? [make("h2", {}, "Marks"), ...rings] : []),
    ...(own && own < concepts.length ? [make("h2", {}, "Concepts"), onlyOwn] : []),
    ...section("Types", facts.kinds, state.noKinds, count(concepts, "kind"), glyph),
    ...section("Relations", facts.relations, state.noRelations, count(relations, "p")),
    ...(facts.fields.length ? [make("h2", {}, "Field"), field] : []),
    make("h2", {}, "Confidence from", least),
    slider,
  );
  if (held) [...$filters.querySelectorAll("[data-filter]")].find((e) => e.dataset.filter === held)?.focus();
}

// ---------------------------------------------------------------------------------------------------------- table

const sorting = { concepts: { by: "degree", up: false }, relations: { by: "from", up: true }, limit: 300 };

/** The rows of the two tables: for each column its name, what it sorts by, and what stands in it. */
const COLUMNS = {
  concepts: {
    label: ["Concept", (c) => fold(c.label), (c) => conceptButton(c)],
    kind: ["Type", (c) => kindOf(c).label, (c) => kindOf(c).label],
    degree: ["Relations", (c) => c.degree, (c) => number(c.degree)],
    text: ["Definition", (c) => c.texts[0] ?? "", (c) => shorten(c.texts[0] ?? "", 160)],
  },
  relations: {
    from: ["Concept", (r) => fold(concepts[r.from].label), (r) => conceptButton(concepts[r.from])],
    name: ["Relation", (r) => nameOf(r).label, (r) => relationButton(r)],
    to: ["To", (r) => fold(concepts[r.to].label), (r) => conceptButton(concepts[r.to])],
    sure: ["Confidence", (r) => sureness(r), (r) => (r.c === undefined ? "" : r.c.toFixed(2))],
    quote: ["Quote", (r) => r.quotes[0]?.[0] ?? "", (r) => shorten((r.quotes[0]?.[0] ?? "").replaceAll("**", ""), 160)],
  },
};
const relationButton = (relation) =>
  make(
    "button",
    {
      type: "button",
      class: "text",
      click: () => go({ relation, concept: null, table: state.table }, { step: false }),
    },
    nameOf(relation).label,
  );

/** What the map shows, as rows: its concepts, or the relations among them that pass the filters. */
function rowsOf(which) {
  const shown = paint.kind === "overview" ? paint.all : paint.nodes.filter((n) => n.concept).map((n) => n.concept);
  if (which === "concepts") return shown.slice();
  const drawn = new Set(shown);
  return paint.kind === "tree" || paint.kind === "paths"
    ? paint.links.map((link) => link.relation)
    : relations.filter((r) => holds(r) && drawn.has(concepts[r.from]) && drawn.has(concepts[r.to]));
}

/** The scene as a table: the same facts for those who cannot or would not read a picture. */
function showTable() {
  const which = state.table,
    columns = COLUMNS[which],
    sort = sorting[which],
    rows = rowsOf(which);
  const value = columns[sort.by][1];
  const keyed = rows.map((row) => [value(row), row]);
  keyed.sort(([a, x], [b, y]) => (a < b ? -1 : a > b ? 1 : (x.id ?? x.index) - (y.id ?? y.index)) * (sort.up ? 1 : -1));
  const head = Object.entries(columns).map(([by, [title]]) =>
    make(
      "th",
      { scope: "col", "aria-sort": sort.by !== by ? "none" : sort.up ? "ascending" : "descending" },
      make(
        "button",
        {
          type: "button",
          click: () => {
            Object.assign(sort, { by, up: sort.by === by ? !sort.up : by !== "degree" && by !== "sure" });
            showTable();
            $table.querySelector(`[data-by="${by}"]`).focus();
          },
          "data-by": by,
        },
        title,
        sort.by === by ? (sort.up ? " ↑" : " ↓") : "",
      ),
    ),
  );
  const numeric = new Set(["degree", "sure"]);
  const body = keyed
    .slice(0, sorting.limit)
    .map(([, row]) =>
      make(
        "tr",
        {},
        ...Object.entries(columns).map(([by, [, , show]]) =>
          make("td", { class: numeric.has(by) ? "number" : null, dir: "auto" }, show(row)),
        ),
      ),
    );
  const turn = make(
    "div",
    { class: "segments", role: "group", "aria-label": "What the table lists" },
    ...Object.keys(COLUMNS).map((name) =>
      make(
        "button",
        {
          type: "button",
          "aria-pressed": String(name === which),
          click: () => {
            go({ table: name, concept: state.concept }, { step: false });
            $table.querySelector('[aria-pressed="true"]').focus();
          },
        },
        name === "concepts" ? "Concepts" : "Relations",
      ),
    ),
  );
  const more =
    rows.length > sorting.limit &&
    make(
      "p",
      {},
      action(`Show all ${number(rows.length)} rows`, () => {
        sorting.limit = Infinity;
        showTable();
      }),
    );
  const shown = Math.min(rows.length, sorting.limit);
  $table.replaceChildren(
    turn,
    make(
      "table",
      {},
      make("caption", {}, `${number(shown)} of ${plural(rows.length, which.slice(0, -1))} in this view`),
      make("thead", {}, make("tr", {}, ...head)),
      make("tbody", {}, ...body),
    ),
    ...(more ? [more] : []),
  );
}

// --------------------------------------------------------------------------------------------------------- status

function showStatus(drawn) {
  const held = relations.filter(holds).length,
    spots = drawn.nodes.filter((node) => node.concept).length,
    closed = drawn.nodes.length - spots,
    among = drawn.links.filter((link) => link.relation).length;
  const missing = drawn.of - spots;
  const shown =
    drawn.kind === "overview"
      ? `Overview: ${plural(closed, "group")} of ${number(drawn.all.length)} concepts` +
        (drawn.all.length < concepts.length ? ` (${number(concepts.length)} without filters)` : "") +
        `; open one to see its concepts.`
      : `Showing ${number(spots)} of ${plural(concepts.length, "concept")}, ${number(among)} of ${plural(relations.length, "relation")}` +
        (missing > 0 ? `; ${number(missing)} more fit this view and are not drawn` : "") +
        (closed ? `; ${plural(closed, "group")} ${closed === 1 ? "is" : "are"} closed` : "") +
        ".";
  const filtered =
    held < relations.length && drawn.kind === "overview"
      ? ` ${number(held)} of ${plural(relations.length, "relation")} pass the filters.`
      : "";
  const whole =
    facts.whole.concepts > concepts.length ? ` The graph has ${number(facts.whole.concepts)} concepts.` : "";
  const chosen = state.concept
    ? `${shorten(state.concept.label, 60)}, ${kindOf(state.concept).label}, ${plural(state.concept.degree, "relation")}. `
    : drawn.kind === "paths" && drawn.found[state.path]
      ? `Path ${state.path + 1} of ${drawn.found.length}: ${drawn.found[state.path].nodes.map((n) => shorten(n.label, 40)).join(", ")}. `
      : "";
  const relaxed = paint.relaxed ? " Relaxed: concepts have left their usual places." : "";
  $status.textContent = chosen + shown + filtered + whole + relaxed;
}
