// What is on screen as a file: a picture in pixels or in lines, or the rows of a table.

/** The parts of a canvas context that the map is painted with, written as SVG. */
class Vector {
  constructor(width, height, { x, y, scale }) {
    this.vector = true;
    this.measure = document.createElement("canvas").getContext("2d");
    this.root = this.element("svg", {
      xmlns: Vector.SPACE,
      width: width,
      height: height,
      viewBox: `0 0 ${width} ${height}`,
    });
    this.root.append(this.element("rect", { width, height, fill: paint.ink.paper }));
    this.stack = [];
    this.now = {
      matrix: [scale, x, y],
      globalAlpha: 1,
      lineWidth: 1,
      strokeStyle: "",
      fillStyle: "",
      dash: [],
      font: "",
    };
    this.words = "";
  }
  static SPACE = "http://www.w3.org/2000/svg";
  element(tag, attributes) {
    const element = document.createElementNS(Vector.SPACE, tag);
    for (const [name, value] of Object.entries(attributes)) if (name !== "xmlns") element.setAttribute(name, value);
    return element;
  }
  save() {
    this.stack.push({ ...this.now });
  }
  restore() {
    this.now = this.stack.pop();
  }
  translate(dx, dy) {
    const [scale, x, y] = this.now.matrix;
    this.now.matrix = [scale, x + scale * dx, y + scale * dy];
  }
  scale(factor) {
    const [scale, x, y] = this.now.matrix;
    this.now.matrix = [scale * factor, x, y];
  }
  setLineDash(dash) {
    this.now.dash = dash;
  }
  at(x, y) {
    const [scale, left, top] = this.now.matrix;
    return `${round(x * scale + left)} ${round(y * scale + top)}`;
  }
  beginPath() {
    this.words = "";
  }
  moveTo(x, y) {
    this.words += `M${this.at(x, y)}`;
  }
  lineTo(x, y) {
    this.words += `L${this.at(x, y)}`;
  }
  quadraticCurveTo(cx, cy, x, y) {
    this.words += `Q${this.at(cx, cy)} ${this.at(x, y)}`;
  }
  bezierCurveTo(ax, ay, bx, by, x, y) {
    this.words += `C${this.at(ax, ay)} ${this.at(bx, by)} ${this.at(x, y)}`;
  }
  closePath() {
    this.words += "Z";
  }
  arc(x, y, r) {
    this.ellipse(x, y, r, r);
  }
  ellipse(x, y, rx, ry) {
    const size = `${round(rx * this.now.matrix[0])} ${round(ry * this.now.matrix[0])} 0 1 1 `;
    this.words += `M${this.at(x + rx, y)}A${size}${this.at(x - rx, y)}A${size}${this.at(x + rx, y)}Z`;
  }
  /** What this context would draw: its own path, or an outline, which has a scale of its own. */
  shape(outline) {
    const [scale, x, y] = this.now.matrix;
    if (!outline) return this.words && { d: this.words };
    return { d: outline.words, transform: `translate(${round(x)} ${round(y)}) scale(${round(scale)})` };
  }
  stroke(outline) {
    const shape = this.shape(outline),
      { matrix, dash, lineWidth, strokeStyle, globalAlpha } = this.now,
      zoom = outline ? 1 : matrix[0];
    if (!shape) return;
    const more = { fill: "none", stroke: strokeStyle, "stroke-width": round(lineWidth * zoom) };
    if (dash.length) more["stroke-dasharray"] = dash.map((part) => round(part * zoom)).join(" ");
    if (globalAlpha < 1) more.opacity = round(globalAlpha);
    this.root.append(this.element("path", { ...shape, ...more }));
  }
  fill(outline, rule) {
    const shape = this.shape(outline),
      { fillStyle, globalAlpha } = this.now;
    if (!shape) return;
    const more = { fill: fillStyle };
    if (rule) more["fill-rule"] = rule;
    if (globalAlpha < 1) more.opacity = round(globalAlpha);
    this.root.append(this.element("path", { ...shape, ...more }));
  }
  text(words, x, y, colours) {
    const [, weight, size] = /^(\d+) ([\d.e+-]+)px/.exec(this.now.font),
      [left, top] = this.at(x, y).split(" ");
    const element = this.element("text", {
      x: left,
      y: top,
      "font-family": FACE,
      "font-weight": weight,
      "font-size": round(size * this.now.matrix[0]),
      "dominant-baseline": "central",
      ...colours,
    });
    if (this.now.globalAlpha < 1) element.setAttribute("opacity", round(this.now.globalAlpha));
    // Without the characters that no XML document may hold.
    element.textContent = (words.toWellFormed?.() ?? words).replace(
      /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g,
      "",
    );
    this.root.append(element);
  }
  strokeText(words, x, y) {
    const { lineWidth, strokeStyle, matrix } = this.now;
    this.text(words, x, y, {
      fill: "none",
      stroke: strokeStyle,
      "stroke-width": round(lineWidth * matrix[0]),
      "stroke-linejoin": "round",
    });
  }
  fillText(words, x, y) {
    this.text(words, x, y, { fill: this.now.fillStyle });
  }
  measureText(words) {
    this.measure.font = this.now.font;
    return this.measure.measureText(words);
  }
}
for (const name of ["globalAlpha", "lineWidth", "strokeStyle", "fillStyle", "font"])
  Object.defineProperty(Vector.prototype, name, {
    get() {
      return this.now[name];
    },
    set(value) {
      this.now[name] = value;
    },
  });
const round = (value) => Math.round(value * 100) / 100;

/** Where the map's units lie on the screen. */
function view() {
  const { x, y } = network.canvasToDOM({ x: 0, y: 0 });
  return { x, y, scale: network.getScale() };
}

/** Paint the map as it is, without what only the pointer shows, into any context. */
function paintAll(ctx) {
  paint.hover = null;
  paintBelow(ctx);
  const view = bounds();
  for (const node of paint.nodes) if (node.concept && within(node, view)) paintMark(ctx, node);
  paintLabels(ctx);
}
function asSvg() {
  const box = $map.getBoundingClientRect(),
    ctx = new Vector(Math.round(box.width), Math.round(box.height), view());
  const title = ctx.element("title", {});
  title.textContent = document.title;
  ctx.root.prepend(title);
  paintAll(ctx);
  return new XMLSerializer().serializeToString(ctx.root);
}

/** The map in twice as many pixels as the screen has units. */
function asCanvas(sharp = 2) {
  const box = $map.getBoundingClientRect(),
    canvas = document.createElement("canvas"),
    { x, y, scale } = view();
  [canvas.width, canvas.height] = [Math.round(box.width * sharp), Math.round(box.height * sharp)];
  const ctx = canvas.getContext("2d");
  ctx.fillStyle = paint.ink.paper;
  ctx.fillRect(0, 0, canvas.width, canvas.height);
  ctx.setTransform(sharp * scale, 0, 0, sharp * scale, sharp * x, sharp * y);
  paintAll(ctx);
  return canvas;
}

// --------------------------------------------------------------------------------------------------------- tables

/** A cell of CSV. What a spreadsheet would take for a formula gets an apostrophe before it. */
function cell(value) {
  const text = String(value ?? "").replace(/^[=+\-@\t\r]/, "'$&");
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
const asCsv = (head, rows) => [head, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";

const conceptsCsv = () =>
  asCsv(
    ["concept", "id", "type", "aliases", "fields", "definition", "sources"],
    rowsOf("concepts").map((c) => [
      c.label,
      c.key,
      kindOf(c).label,
      c.aliases.join("; "),
      c.fields.map((field) => facts.fields[field]).join("; "),
      c.texts.join(" "),
      c.places.map(([source, line]) => placeOf(source, line)).join("; "),
    ]),
  );
const relationsCsv = () =>
  asCsv(
    ["subject", "relation", "object", "confidence", "quote", "source"],
    rowsOf("relations").flatMap((r) =>
      (r.quotes.length ? r.quotes : [[""]]).map(([exact, source, line]) => [
        concepts[r.from].label,
        nameOf(r).name,
        concepts[r.to].label,
        r.c,
        exact,
        exact && placeOf(source, line),
      ]),
    ),
  );

// ---------------------------------------------------------------------------------------------------------- files

function hand(blob, suffix) {
  const what = state.centre ?? state.concept;
  const name = `${facts.title}${what ? ` ${what.label}` : ""}`;
  const link = make("a", {
    href: URL.createObjectURL(blob),
    download: `${
      fold(name)
        .replace(/[^\p{L}\p{N}]+/gu, "-")
        .slice(0, 60)
        .replace(/^-|-$/g, "") || "graph"
    }${suffix}`,
  });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}
const text = (words, type) => new Blob([words], { type: `${type};charset=utf-8` });
const SAVES = {
  "Picture (PNG)": () => asCanvas().toBlob((blob) => hand(blob, ".png"), "image/png"),
  "Drawing (SVG)": () => hand(text(asSvg(), "image/svg+xml"), ".svg"),
  "Concepts in view (CSV)": () => hand(text(conceptsCsv(), "text/csv"), "-concepts.csv"),
  "Relations in view (CSV)": () => hand(text(relationsCsv(), "text/csv"), "-relations.csv"),
};
