// What pages gain with scripts: completion, a theme to choose, text and facts of an entry that light up together.
// Words from documents become text nodes only.
"use strict";

const say = (text) => (document.getElementById("said").textContent = text);

// --------------------------------------------------------------------------------------------------------- theme

function setUpTheme() {
  const button = document.getElementById("theme");
  const system = matchMedia("(prefers-color-scheme: dark)");
  const dark = () => (document.documentElement.dataset.theme ?? (system.matches ? "dark" : "light")) === "dark";
  const show = () => button.setAttribute("aria-pressed", String(dark()));
  button.hidden = false;
  button.addEventListener("click", () => {
    const theme = dark() ? "light" : "dark";
    document.documentElement.dataset.theme = theme;
    try {
      localStorage.setItem("kg-theme", theme);
    } catch {
      // it is forgotten with the page
    }
    show();
  });
  system.addEventListener("change", show);
  show();
}

// ---------------------------------------------------------------------------------------------------- completion

/** Concepts for a text, from the server; null when it does not answer. */
async function complete(text, signal) {
  try {
    const answer = await fetch(`/api/complete?q=${encodeURIComponent(text)}`, { signal });
    return answer.ok ? await answer.json() : null;
  } catch {
    return null;
  }
}

let boxes = 0;

/** Completion below an input: `go` opens the page of what is chosen, `fill` takes its name. */
function setUpCompletion(input) {
  const list = document.createElement("ul");
  const id = `complete-${++boxes}`;
  let found = [],
    at = -1,
    asking = null,
    timer = 0;
  list.id = id;
  list.className = "complete";
  list.hidden = true;
  list.setAttribute("role", "listbox");
  list.setAttribute("aria-label", "Matching concepts");
  const holder = document.createElement("span");
  holder.className = "holder";
  input.replaceWith(holder);
  holder.append(input, list);
  // A label around an input would be named by the list, too.
  const label = input.closest("label");
  if (label) input.setAttribute("aria-label", (label.querySelector("span:first-child") ?? label.firstChild).textContent.trim());
  for (const [name, value] of [
    ["role", "combobox"],
    ["aria-autocomplete", "list"],
    ["aria-expanded", "false"],
    ["aria-controls", id],
  ])
    input.setAttribute(name, value);

  const close = () => {
    asking?.abort();
    clearTimeout(timer);
    list.hidden = true;
    at = -1;
    input.setAttribute("aria-expanded", "false");
    input.removeAttribute("aria-activedescendant");
  };
  const mark = (number) => {
    at = number;
    [...list.children].forEach((item, index) => item.setAttribute("aria-selected", String(index === at)));
    if (at < 0) input.removeAttribute("aria-activedescendant");
    else {
      input.setAttribute("aria-activedescendant", list.children[at].id);
      list.children[at].scrollIntoView({ block: "nearest" });
    }
  };
  const choose = (concept) => {
    close();
    if (input.dataset.complete === "go") location.assign(concept.url);
    else input.value = concept.label;
  };
  const show = (concepts) => {
    found = concepts;
    list.replaceChildren(
      ...found.map((concept, index) => {
        const item = document.createElement("li");
        const label = document.createElement("bdi");
        const kind = document.createElement("small");
        item.id = `${id}-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", "false");
        label.textContent = concept.label;
        kind.textContent = concept.matched ? `${concept.matched} · ${concept.kind}` : concept.kind;
        item.append(label, kind);
        item.addEventListener("pointerdown", (event) => event.preventDefault());
        item.addEventListener("click", () => choose(concept));
        return item;
      }),
    );
    list.hidden = !found.length;
    input.setAttribute("aria-expanded", String(!list.hidden));
    mark(-1);
    say(found.length ? `${found.length} concepts, arrow keys choose` : "No concept is called so");
  };
  const ask = () => {
    clearTimeout(timer);
    asking?.abort();
    const text = input.value.trim();
    if (!text) return close();
    timer = setTimeout(async () => {
      asking = new AbortController();
      const { signal } = asking;
      const concepts = await complete(text, signal);
      if (concepts && !signal.aborted && document.activeElement === input) show(concepts);
    }, 90);
  };
  input.addEventListener("input", ask);
  input.addEventListener("blur", close);
  input.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && !list.hidden) {
      event.preventDefault();
      close();
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      if (list.hidden) return ask();
      event.preventDefault();
      const step = event.key === "ArrowDown" ? 1 : -1;
      mark(((at + 1 + step + found.length + 1) % (found.length + 1)) - 1);
    } else if (event.key === "Enter" && at >= 0 && !list.hidden) {
      event.preventDefault();
      choose(found[at]);
    }
  });
}

// --------------------------------------------------------------------------------------------------------- entry

/** Facts and the words that they were read from light up together, by address, pointer and click. */
function setUpEntry(page) {
  const stretches = [...page.querySelectorAll(".ev")];
  const facts = new Map([...page.querySelectorAll("[data-fact]")].map((item) => [item.dataset.fact, item]));
  const of = (stretch) => stretch.dataset.facts.split(" ");
  const light = (name, names) => {
    for (const stretch of stretches) stretch.classList.toggle(name, of(stretch).some((fact) => names.has(fact)));
    for (const [fact, item] of facts) item.classList.toggle(name, names.has(fact));
  };
  const follow = () => {
    const [, side, fact] = /^#(at|fact)-(\d+-\d+)$/.exec(location.hash) ?? [];
    light("lit", new Set(fact ? [fact] : []));
    if (!fact) return;
    const words = stretches.find((stretch) => of(stretch).includes(fact));
    (side === "at" ? words : facts.get(fact))?.scrollIntoView({ block: "center" });
    const aside = page.querySelector(".facts");
    const item = facts.get(fact);
    if (side === "at" && item && aside.scrollHeight > aside.clientHeight)
      aside.scrollTop = item.offsetTop - aside.clientHeight / 3;
  };
  for (const stretch of stretches) {
    stretch.addEventListener("mouseenter", () => light("warm", new Set(of(stretch))));
    stretch.addEventListener("mouseleave", () => light("warm", new Set()));
    stretch.addEventListener("click", (event) => {
      if (event.target.closest("a")) return;
      const names = of(stretch);
      const shortest = names.reduce((best, name) => (extent(name) < extent(best) ? name : best));
      location.hash = `#fact-${shortest}`;
    });
  }
  for (const [fact, item] of facts) {
    item.addEventListener("mouseenter", () => light("warm", new Set([fact])));
    item.addEventListener("mouseleave", () => light("warm", new Set()));
    item.addEventListener("click", (event) => {
      if (!event.target.closest("a")) location.hash = `#at-${fact}`;
    });
  }
  addEventListener("hashchange", follow);
  follow();
}

const extent = (name) => {
  const [start, end] = name.split("-").map(Number);
  return end - start;
};

// ------------------------------------------------------------------------------------------------------ together

/** Fields that are left empty stay out of the address. */
function setUpForms() {
  for (const form of document.querySelectorAll("form"))
    form.addEventListener("submit", () => {
      const empty = [...form.elements].filter((field) => field.name && !field.value && !field.required);
      for (const field of empty) field.disabled = true;
      setTimeout(() => empty.forEach((field) => (field.disabled = false)));
    });
}

function setUpKeys() {
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input, textarea, select");
    if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.preventDefault();
      document.getElementById("search").select();
    }
  });
}

setUpTheme();
document.querySelectorAll("[data-complete]").forEach(setUpCompletion);
setUpForms();
setUpKeys();
const reading = document.querySelector(".reading");
if (reading) setUpEntry(reading);
document.documentElement.dataset.ready = "";
