// The legend that is the filter, the table, the status line.

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
    ...(own && own < concepts.length ? [make("h2", {}, "Concepts"), onlyOwn] : []),
    ...section("Types", facts.kinds, state.noKinds, count(concepts, "kind"), glyph),
    ...section("Relations", facts.relations, state.noRelations, count(relations, "p")),
    ...(facts.fields.length ? [make("h2", {}, "Field"), field] : []),
    make("h2", {}, "Confidence from", least),
    slider,
  );
  if (held) [...$filters.querySelectorAll("[data-filter]")].find((e) => e.dataset.filter === held)?.focus();
}

// -------------------------------------------------------------------------------------------------- table, status

const sorting = { by: "degree", up: false, limit: 300 };
const COLUMNS = [
  ["label", "Concept"],
  ["kind", "Type"],
  ["degree", "Relations"],
  ["text", "Definition"],
];

/** The concepts of the scene as a table: the same facts for those who cannot or would not read a picture. */
function showTable() {
  const rows = (paint.kind === "overview" ? paint.everyone : paint.nodes.map((node) => node.concept)).slice();
  const value = {
    label: (c) => fold(c.label),
    kind: (c) => kindOf(c).label,
    degree: (c) => c.degree,
    text: (c) => c.texts[0] ?? "",
  }[sorting.by];
  rows.sort((a, b) => (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : a.id - b.id) * (sorting.up ? 1 : -1));
  const head = make(
    "tr",
    {},
    ...COLUMNS.map(([by, title]) =>
      make(
        "th",
        { scope: "col", "aria-sort": sorting.by !== by ? "none" : sorting.up ? "ascending" : "descending" },
        make(
          "button",
          {
            type: "button",
            click: () => {
              Object.assign(sorting, { by, up: sorting.by === by ? !sorting.up : by !== "degree" });
              showTable();
            },
          },
          title,
          sorting.by === by ? (sorting.up ? " ↑" : " ↓") : "",
        ),
      ),
    ),
  );
  const body = rows
    .slice(0, sorting.limit)
    .map((c) =>
      make(
        "tr",
        {},
        make("td", {}, make("button", { type: "button", class: "text", click: () => visit(c) }, c.label)),
        make("td", {}, kindOf(c).label),
        make("td", { class: "number" }, number(c.degree)),
        make("td", {}, shorten(c.texts[0] ?? "", 160)),
      ),
    );
  const more =
    rows.length > sorting.limit &&
    make(
      "p",
      {},
      make(
        "button",
        {
          type: "button",
          class: "action",
          click: () => {
            sorting.limit = Infinity;
            showTable();
          },
        },
        `Show all ${number(rows.length)} rows`,
      ),
    );
  $table.replaceChildren(
    make(
      "table",
      {},
      make("caption", {}, `${number(Math.min(rows.length, sorting.limit))} of ${plural(rows.length, "concept")}`),
      make("thead", {}, head),
      make("tbody", {}, ...body),
    ),
    ...(more ? [more] : []),
  );
}

function showStatus(drawn) {
  const held = relations.filter(holds).length;
  const shown =
    drawn.kind === "overview"
      ? `Overview: ${plural(drawn.nodes.length, "group")} of ${number(drawn.of)} concepts` +
        (drawn.of < concepts.length ? ` (${number(concepts.length)} without filters)` : "") +
        `; open one to see its concepts.`
      : `Showing ${number(drawn.shown)} of ${plural(concepts.length, "concept")}, ${number(drawn.links.length)} of ${plural(relations.length, "relation")}` +
        (drawn.of > drawn.shown ? `; ${number(drawn.of - drawn.shown)} more fit this view and are not drawn` : "") +
        ".";
  const filtered =
    held < relations.length && drawn.kind === "overview"
      ? ` ${number(held)} of ${plural(relations.length, "relation")} pass the filters.`
      : "";
  const whole =
    facts.whole.concepts > concepts.length ? ` The graph has ${number(facts.whole.concepts)} concepts.` : "";
  const chosen = state.concept
    ? `${shorten(state.concept.label, 60)}, ${kindOf(state.concept).label}, ${plural(state.concept.degree, "relation")}. `
    : "";
  $status.textContent = chosen + shown + filtered + whole;
}
