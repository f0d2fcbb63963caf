// The SPARQL editor: a plain text area with the same text, coloured, below it. Without this script the area remains.
"use strict";

/** The tokens of kg/tokens.py; what is no token is one character of its own. */
const TOKEN =
  /(?<comment>#[^\r\n]*)|(?<iri><[^<>"{}|^`\\\x00-\x20]*>)|(?<string>"{3}(?:\\.?|(?!"{3})[^\\])*(?:"{3}|$)|'{3}(?:\\.?|(?!'{3})[^\\])*(?:'{3}|$)|"(?:\\.|[^"\\\r\n])*"?|'(?:\\.|[^'\\\r\n])*'?)|(?<variable>[?$][\p{L}\p{N}_]+)|(?<name>[\p{L}\p{N}_.-]{0,100}:(?:(?:\\.|[\p{L}\p{N}_.:%-])*(?:\\.|[\p{L}\p{N}_:%-]))?)|(?<number>\d*\.?\d+(?:[eE][+-]?\d+)?)|(?<word>[A-Za-z_@][\p{L}\p{N}_-]*)|(?<other>[^])/gu;

const KEYWORDS = new Set(
  `SELECT ASK CONSTRUCT DESCRIBE WHERE FROM NAMED PREFIX BASE DISTINCT REDUCED AS OPTIONAL UNION MINUS FILTER GRAPH
  SERVICE SILENT BIND VALUES UNDEF GROUP ORDER BY HAVING ASC DESC LIMIT OFFSET EXISTS NOT IN TRUE FALSE A COUNT SUM MIN
  MAX AVG SAMPLE GROUP_CONCAT SEPARATOR STR LANG LANGMATCHES DATATYPE BOUND IRI URI BNODE RAND ABS CEIL FLOOR ROUND
  CONCAT STRLEN UCASE LCASE ENCODE_FOR_URI CONTAINS STRSTARTS STRENDS STRBEFORE STRAFTER YEAR MONTH DAY HOURS MINUTES
  SECONDS NOW UUID STRUUID COALESCE IF STRLANG STRDT SAMETERM ISIRI ISURI ISBLANK ISLITERAL ISNUMERIC REGEX SUBSTR
  REPLACE`.split(/\s+/),
);
const OFFERED = [...KEYWORDS].filter((word) => word.length > 2);

function* tokens(text) {
  for (const match of text.matchAll(TOKEN)) {
    const kind = Object.keys(match.groups).find((name) => match.groups[name] !== undefined);
    yield { kind, text: match[0], start: match.index, end: match.index + match[0].length };
  }
}

/** The class of a token in the coloured text, empty for none. */
function colour(token, terms) {
  if (token.kind === "word") return KEYWORDS.has(token.text.toUpperCase()) ? "t-keyword" : "";
  if (token.kind === "name") {
    const prefix = token.text.slice(0, token.text.indexOf(":"));
    return terms && prefix && !(prefix in terms.prefixes) && !declared(prefix) ? "t-name t-unknown" : "t-name";
  }
  return ["comment", "iri", "string", "variable", "number"].includes(token.kind) ? `t-${token.kind}` : "";
}

const area = document.getElementById("query");
const editor = area.closest(".editor");
const paper = document.createElement("pre");
const list = document.createElement("ul");
let terms = null,
  found = [],
  at = 0,
  asked = 0;

const declared = (prefix) => new RegExp(`\\bprefix\\s+${prefix.replace(/[.-]/g, "\\$&")}:`, "i").test(area.value);

function paint() {
  const pieces = [...tokens(area.value)].map((token) => {
    const name = colour(token, terms);
    if (!name) return document.createTextNode(token.text);
    const span = document.createElement("span");
    span.className = name;
    span.textContent = token.text;
    return span;
  });
  paper.replaceChildren(...pieces, document.createTextNode("\n"));
  follow();
}

function follow() {
  paper.scrollTop = area.scrollTop;
  paper.scrollLeft = area.scrollLeft;
}

/** Where a character stands in the editor, in pixels from its corner. */
function spot(offset) {
  let left = offset;
  for (const node of paper.childNodes) {
    const text = node.firstChild ?? node;
    if (left <= text.length) {
      const range = document.createRange();
      range.setStart(text, Math.max(0, left - 1));
      range.setEnd(text, left);
      const box = range.getBoundingClientRect();
      const home = editor.getBoundingClientRect();
      return { x: (left ? box.right : box.left) - home.left, y: box.bottom - home.top };
    }
    left -= text.length;
  }
  return { x: 12, y: 28 };
}

// --------------------------------------------------------------------------------------------------------- fault

function showFault() {
  const line = Number(area.dataset.line),
    column = Number(area.dataset.column);
  if (!line) return;
  const lines = area.value.split("\n");
  const offset = lines.slice(0, line - 1).reduce((sum, text) => sum + text.length + 1, 0) + column - 1;
  const mark = document.createElement("div");
  mark.className = "faultline";
  mark.style.top = `${spot(Math.min(offset, area.value.length)).y - 21}px`;
  editor.append(mark);
  area.setSelectionRange(offset, offset);
  area.addEventListener("input", () => mark.remove(), { once: true });
  area.addEventListener("scroll", () => mark.remove(), { once: true });
}

// ---------------------------------------------------------------------------------------------------- completion

/** What could stand where the cursor is: {from, items}, each item with what is written and what it says. */
async function offers(forced) {
  const cursor = area.selectionStart;
  const token = [...tokens(area.value)].find((each) => each.start < cursor && cursor <= each.end);
  const typed = token ? area.value.slice(token.start, cursor) : "";
  const from = token?.start ?? cursor;
  if (!token || token.kind === "other") return forced ? { from: cursor, items: general("") } : null;
  if (token.kind === "variable") return { from, items: variables(typed, token) };
  if (token.kind === "string" && /^["'][^"']{2,}$/.test(typed)) return labels(from, typed);
  if (token.kind === "name" && typed.includes(":")) {
    const [prefix, rest] = [typed.slice(0, typed.indexOf(":")), typed.slice(typed.indexOf(":") + 1)];
    return prefix === "concept" ? concepts(from, rest) : { from, items: named(typed, token) };
  }
  if (token.kind === "word" && (typed.length > 1 || forced)) return { from, items: general(typed) };
  return null;
}

const begins = (word, typed) => word.toLowerCase().startsWith(typed.toLowerCase());

function variables(typed, token) {
  const names = new Set([...tokens(area.value)].filter((t) => t.kind === "variable" && t.start !== token.start).map((t) => t.text));
  return [...names].filter((name) => begins(name, typed) && name !== typed).map((name) => ({ text: name, says: "variable" }));
}

function named(typed, token) {
  // Behind "a" stands a class, elsewhere rather a relation.
  const before = [...tokens(area.value.slice(0, token.start))].filter((each) => each.text.trim()).at(-1)?.text;
  const [first, second] = before === "a" ? [terms.classes, terms.relations] : [terms.relations, terms.classes];
  const known = [...first, ...second, ...OTHERS.map(([term, says]) => ({ term, says }))];
  return known.filter(({ term }) => begins(term, typed) && term !== typed).map(({ term, says }) => ({ text: term, says }));
}

/** Keywords, prefixes, and terms whose own name begins so: "uses" finds kg:uses. */
function general(typed) {
  const known = [...terms.relations, ...terms.classes].filter(({ term }) => begins(term.split(":")[1], typed));
  return [
    ...Object.keys(terms.prefixes).filter((name) => begins(name, typed)).map((name) => ({ text: `${name}:`, says: terms.prefixes[name] })),
    ...known.map(({ term, says }) => ({ text: term, says })),
    ...OFFERED.filter((word) => begins(word, typed) && word !== typed).map((word) => ({ text: word, says: "keyword" })),
  ];
}

const OTHERS = [
  ["skos:prefLabel", "label"], ["skos:altLabel", "other name"], ["skos:definition", "definition"], ["skos:Concept", "any concept"],
  ["dcterms:subject", "subject field"], ["schema:keywords", "keyword"], ["kg:describes", "entry describes concept"],
  ["kg:mentions", "entry mentions concept"], ["kg:sourceFile", "file of an entry"], ["kg:sourceLine", "line of an entry"],
  ["kg:header", "header of an entry"], ["kg:flag", "finding on an entry"], ["kg:confidence", "of a statement"],
  ["kg:inEntry", "entry of a piece of evidence"], ["kg:rule", "what found it"], ["kg:Entry", "glossary entry"],
  ["rdf:type", "type"], ["rdf:Statement", "statement"], ["rdf:subject", "of a statement"], ["rdf:predicate", "of a statement"],
  ["rdf:object", "of a statement"], ["prov:wasDerivedFrom", "statement to evidence"], ["oa:exact", "quoted words"],
  ["oa:start", "offset"], ["oa:end", "offset"],
];

async function concepts(from, typed) {
  const answer = await complete(typed.replace(/[-_]/g, " ")) ?? [];
  const plain = (id) => /^\w[\w.-]*\w$|^\w$/.test(id);
  return { from, items: answer.map((c) => ({ text: plain(c.id) ? `concept:${c.id}` : `<${c.iri}>`, says: c.label })) };
}

async function labels(from, typed) {
  const answer = await complete(typed.slice(1)) ?? [];
  return { from, items: answer.map((c) => ({ text: `${JSON.stringify(c.label)}@en`, says: c.kind })) };
}

async function offer(forced = false) {
  const number = ++asked;
  if (!terms || area.selectionStart !== area.selectionEnd) return close();
  const offered = await offers(forced);
  if (number !== asked) return;
  if (!offered?.items.length) return close();
  found = offered.items.slice(0, 40).map((item) => ({ ...item, from: offered.from }));
  list.replaceChildren(
    ...found.map((item, index) => {
      const row = document.createElement("li");
      const text = document.createElement("code");
      const says = document.createElement("small");
      row.id = `offer-${index}`;
      row.setAttribute("role", "option");
      text.textContent = item.text;
      says.textContent = item.says;
      row.append(text, says);
      row.addEventListener("pointerdown", (event) => event.preventDefault());
      row.addEventListener("click", () => take(item));
      return row;
    }),
  );
  list.hidden = false;
  const { x, y } = spot(offered.from);
  list.style.left = `${Math.max(4, Math.min(x, editor.clientWidth - 260))}px`;
  list.style.top = `${y + 4}px`;
  mark(0);
}

function mark(number) {
  at = (number + found.length) % found.length;
  [...list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === at)));
  area.setAttribute("aria-activedescendant", `offer-${at}`);
  const row = list.children[at];
  list.scrollTop = Math.max(row.offsetTop + row.offsetHeight - list.clientHeight, Math.min(list.scrollTop, row.offsetTop));
  say(`${found[at].text}, ${found[at].says}`);
}

function close() {
  asked++;
  list.hidden = true;
  area.removeAttribute("aria-activedescendant");
}

function take(item) {
  const end = area.selectionStart;
  close();
  area.focus();
  area.setSelectionRange(item.from, end);
  // The one way to write into an area that its own undo knows.
  if (!document.execCommand("insertText", false, item.text)) area.setRangeText(item.text, item.from, end, "end");
  paint();
  if (item.text.endsWith(":")) offer();
  else close();
}

// ------------------------------------------------------------------------------------------------------ together

area.addEventListener("input", () => {
  paint();
  offer();
});
area.addEventListener("scroll", follow);
area.addEventListener("blur", close);
area.addEventListener("click", close);
area.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    event.preventDefault();
    area.form.requestSubmit();
  } else if (event.key === " " && event.ctrlKey) {
    event.preventDefault();
    offer(true);
  } else if (!list.hidden && ["ArrowDown", "ArrowUp"].includes(event.key)) {
    event.preventDefault();
    mark(at + (event.key === "ArrowDown" ? 1 : -1));
  } else if (!list.hidden && (event.key === "Enter" || event.key === "Tab")) {
    event.preventDefault();
    take(found[at]);
  } else if (!list.hidden && event.key === "Escape") {
    event.preventDefault();
    close();
  } else if (["ArrowLeft", "ArrowRight", "Home", "End"].includes(event.key)) close();
});
area.form.addEventListener("submit", () => {
  // A long query does not fit into an address: it is sent, and the answer has none to share.
  if (encodeURIComponent(area.value).length > 12000) area.form.method = "post";
});

paper.className = "paper";
paper.setAttribute("aria-hidden", "true");
list.className = "complete";
list.id = "offers";
list.hidden = true;
list.setAttribute("role", "listbox");
list.setAttribute("aria-label", "Completions");
area.setAttribute("aria-autocomplete", "list");
area.setAttribute("aria-controls", "offers");
area.setAttribute("aria-haspopup", "listbox");
editor.classList.add("live");
editor.prepend(paper);
editor.append(list);
paint();
showFault();
fetch("/api/terms")
  .then((answer) => (answer.ok ? answer.json() : null))
  .then((answer) => {
    terms = answer;
    paint();
    editor.dataset.ready = "";
  })
  .catch(() => {});
