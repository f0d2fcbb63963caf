// The graph that the page carries, and questions to it. Words from documents are data: they reach the page as text
// nodes or canvas text only, never as markup.

const carried = (id) => JSON.parse(document.getElementById(id).textContent);
const facts = carried("facts");
const concepts = carried("nodes");
const relations = carried("edges");

for (const concept of concepts) {
  concept.links = [];
  concept.aliases ??= [];
  concept.texts ??= [];
  concept.fields ??= [];
  concept.places ??= [];
}
relations.forEach((relation, index) => {
  relation.index = index;
  relation.quotes ??= [];
  concepts[relation.from].links.push(relation);
  if (relation.to !== relation.from) concepts[relation.to].links.push(relation);
});
for (const concept of concepts) concept.degree = concept.links.length;

/** For each way of grouping, the number of every concept's group. */
const homes = {};
for (const [name, { groups }] of Object.entries(facts.maps)) {
  homes[name] = new Array(concepts.length);
  for (const [number, group] of groups.entries()) for (const id of group.members) homes[name][id] = number;
}
const marked = new Set(facts.marked.map((id) => concepts[id])); // what the page was asked about
const way = new Set(facts.way.map((index) => relations[index])); // what connects it

const byKey = new Map(concepts.map((concept) => [concept.key, concept]));
const sureness = (relation) => relation.c ?? 1; // what has no confidence was not extracted but told
const kindOf = (concept) => facts.kinds[concept.kind];
const nameOf = (relation) => facts.relations[relation.p];
const otherEnd = (relation, concept) => concepts[relation.from === concept.id ? relation.to : relation.from];
const neighboursOf = (concept) => new Set(concept.links.map((relation) => otherEnd(relation, concept)));
const byDegree = (a, b) => b.degree - a.degree || a.id - b.id;
const thousands = new Intl.NumberFormat("en");
const number = (n) => thousands.format(n);
const plural = (n, word) => `${number(n)} ${word}${n === 1 ? "" : "s"}`;
const shorten = (text, limit) => {
  const flat = text
    .slice(0, 4 * limit)
    .replace(/\s+/g, " ")
    .trim();
  const letters = Array.from(flat);
  return letters.length > limit || text.length > 4 * limit
    ? letters
        .slice(0, limit - 1)
        .join("")
        .trimEnd() + "…"
    : flat;
};

// ------------------------------------------------------------------------------------------------------- search

const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
let known = null;
/** All labels and aliases, folded when they are first asked for. */
const names = () =>
  (known ??= concepts.flatMap((concept) => [
    { concept, alias: null, folded: fold(concept.label) },
    ...concept.aliases.map((alias) => ({ concept, alias, folded: fold(alias) })),
  ]));
const pairsOf = (text) => new Set(Array.from(text.slice(0, -1), (_, at) => text.slice(at, at + 2)));

/** How well a name answers a query, smaller is better: whole, beginning, beginning of a word, inside; else none. */
function rank(name, query) {
  const at = name.indexOf(query);
  if (at < 0) return Infinity;
  if (at === 0) return name.length === query.length ? 0 : 1;
  return /[\p{L}\p{N}]/u.test(name[at - 1]) ? 3 : 2;
}

/** The concepts for what was typed, best first, each once, with the alias that matched; near misses if none match. */
function search(text) {
  const query = fold(text.trim());
  if (!query) return [];
  let hits = names()
    .map((name) => ({ ...name, rank: rank(name.folded, query) }))
    .filter((hit) => hit.rank < Infinity);
  if (!hits.length && query.length > 2) {
    const wanted = pairsOf(query);
    hits = names()
      .map((name) => {
        const given = pairsOf(name.folded);
        const common = [...wanted].filter((pair) => given.has(pair)).length;
        return { ...name, near: true, rank: 1 - (2 * common) / (wanted.size + given.size) };
      })
      .filter((hit) => hit.rank < 0.5);
  }
  hits.sort((a, b) => a.rank - b.rank || (a.alias !== null) - (b.alias !== null) || byDegree(a.concept, b.concept));
  const seen = new Set();
  return hits.filter((hit) => !seen.has(hit.concept) && seen.add(hit.concept));
}
