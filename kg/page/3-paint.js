// Drawing. vis-network is the view port (pan, zoom, touch, dragging); links, marks and labels are drawn here, so that
// highlighting is one repaint and no two labels overlap.

const UNIT = {
  // outlines on a circle of radius 1, one source for canvas and legend
  dot: "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0Z",
  ring: "M1 0A1 1 0 1 1-1 0A1 1 0 1 1 1 0ZM.5 0A.5 .5 0 1 0-.5 0A.5 .5 0 1 0 .5 0Z",
  square: "M-.86-.86H.86V.86H-.86Z",
  frame: "M-.86-.86H.86V.86H-.86ZM-.4-.4V.4H.4V-.4Z",
  diamond: "M0-1.15L1.15 0L0 1.15L-1.15 0Z",
  triangle: "M0-1.1L1.08 .8H-1.08Z",
  triangleDown: "M0 1.1L1.08-.8H-1.08Z",
  hexagon: "M1.05 0L.52 .91H-.52L-1.05 0L-.52-.91H.52Z",
  star: "M0-1.2L.33-.42L1.16-.37L.52 .17L.72 .98L0 .54L-.72 .98L-.52 .17L-1.16-.37L-.33-.42Z",
};
const OUTLINE = Object.fromEntries(Object.entries(UNIT).map(([name, path]) => [name, new Path2D(path)]));
const FACE = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

const paint = { ink: {}, links: [], nodes: [], boxes: [], hover: null, dots: null };

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "ink", "soft", "accent", "edge", "land", "line"])
    paint.ink[name] = style.getPropertyValue(`--${name}`).trim();
  paint.ink.hues = [0, 1, 2, 3, 4, 5, 6, 7, "rest"].map((name) => style.getPropertyValue(`--hue-${name}`).trim());
  paint.dots = null;
}
const hueOf = (kind) => paint.ink.hues[kind.hue] ?? paint.ink.hues[8];

/** What is looked at: the nodes and links that stay bright while all others fade; null for everything. */
function attention() {
  const hover = paint.hover;
  const link = hover?.link ?? (hover ? null : paint.links.find((l) => l.relation && l.relation === state.relation));
  if (link) return { nodes: new Set([link.a, link.b]), links: new Set([link]), main: null };
  const node =
    hover?.node ?? paint.nodes.find((n) => (n.concept ? n.concept === state.concept : n.index === state.group));
  if (!node) return null;
  const links = new Set(paint.links.filter((l) => l.a === node || l.b === node));
  if (node.concept && node.concept === state.centre)
    return { nodes: new Set(paint.nodes), links, main: node, all: true };
  return { nodes: new Set([node, ...[...links].flatMap((l) => [l.a, l.b])]), links, main: node };
}

// -------------------------------------------------------------------------------------------------------- below

function paintBelow(ctx) {
  const scale = network.getScale();
  paint.look = attention();
  if (paint.kind === "all" && facts.groups.length > 1) paintLand(ctx, scale);
  if (paint.kind === "ego") paintRings(ctx, scale);
  const crowded = paint.moving && paint.links.length > 2500;
  if (!crowded) paintLinks(ctx, scale);
}

function paintLand(ctx, scale) {
  ctx.fillStyle = paint.ink.land;
  for (const group of facts.groups) {
    if (group.scattered || group.members.length < 3) continue;
    ctx.beginPath();
    ctx.arc(group.x, group.y, group.r, 0, 2 * Math.PI);
    ctx.fill();
  }
}

function paintRings(ctx, scale) {
  const radii = [
    ...new Set(paint.nodes.filter((n) => n.level).map((n) => Math.round(Math.hypot(n.x / paint.oval, n.y)))),
  ];
  ctx.strokeStyle = paint.ink.line;
  ctx.lineWidth = 1 / scale;
  for (const radius of radii) {
    ctx.beginPath();
    ctx.ellipse(0, 0, paint.oval * radius, radius, 0, 0, 2 * Math.PI);
    ctx.stroke();
  }
}

/** Whether a link stays inside a group; those between groups are drawn fainter, or they would hide all else. */
const near = ({ a, b, count }) =>
  !count && (paint.kind === "ego" || paint.kind === "some" || a.concept.group === b.concept.group);

/** The curve of a link: straight, or bent to one side when several join the same two concepts. */
function curve({ a, b, bend }) {
  const dx = b.x - a.x,
    dy = b.y - a.y,
    length = Math.hypot(dx, dy) || 1;
  const cx = (a.x + b.x) / 2 - (dy / length) * bend,
    cy = (a.y + b.y) / 2 + (dx / length) * bend;
  return {
    cx,
    cy,
    at: (t) => ({
      x: (1 - t) ** 2 * a.x + 2 * t * (1 - t) * cx + t * t * b.x,
      y: (1 - t) ** 2 * a.y + 2 * t * (1 - t) * cy + t * t * b.y,
    }),
  };
}

function paintLinks(ctx, scale) {
  const look = paint.look;
  const styles = [
    {
      links: paint.links.filter((l) => !look?.links.has(l) && !near(l)),
      colour: paint.ink.edge,
      alpha: look ? 0.25 : 0.4,
    },
    {
      links: paint.links.filter((l) => !look?.links.has(l) && near(l)),
      colour: paint.ink.edge,
      alpha: look ? 0.35 : 1,
    },
    {
      links: look ? [...look.links] : [],
      colour: look?.all ? paint.ink.edge : paint.ink.accent,
      alpha: 1,
      bright: !look?.all,
    },
  ];
  const view = bounds();
  for (const { links, colour, alpha, bright } of styles) {
    ctx.globalAlpha = alpha;
    ctx.strokeStyle = ctx.fillStyle = colour;
    for (const dashed of [false, true]) {
      ctx.setLineDash(dashed ? [5 / scale, 4 / scale] : []);
      ctx.lineWidth = (bright ? 2 : 1.2) / Math.max(scale, 0.35);
      ctx.beginPath();
      for (const link of links) {
        if (link.count || link.directed === dashed || outside(link, view)) continue;
        const { cx, cy } = curve(link);
        ctx.moveTo(link.a.x, link.a.y);
        if (link.bend) ctx.quadraticCurveTo(cx, cy, link.b.x, link.b.y);
        else ctx.lineTo(link.b.x, link.b.y);
      }
      ctx.stroke();
    }
    ctx.setLineDash([]);
    for (const link of links) {
      if (!link.count) continue;
      ctx.lineWidth = Math.min(6, 0.6 + Math.sqrt(link.count) * 0.35) / scale;
      ctx.beginPath();
      ctx.moveTo(link.a.x, link.a.y);
      ctx.lineTo(link.b.x, link.b.y);
      ctx.stroke();
    }
    if (bright || (scale > 0.45 && links.length < 3000)) paintArrows(ctx, links, view, bright ? 8 : 6.5);
  }
  ctx.globalAlpha = 1;
}

function paintArrows(ctx, links, view, size) {
  ctx.beginPath();
  for (const link of links) {
    if (!link.directed || outside(link, view)) continue;
    const { a, b } = link,
      path = curve(link),
      length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
    const tip = path.at(Math.max(0.5, 1 - (b.r + 2) / length)),
      tail = path.at(Math.max(0.4, 1 - (b.r + 2 + size) / length));
    const dx = tip.x - tail.x,
      dy = tip.y - tail.y,
      n = Math.hypot(dx, dy) || 1;
    ctx.moveTo(tip.x, tip.y);
    ctx.lineTo(tail.x - (dy / n) * size * 0.45, tail.y + (dx / n) * size * 0.45);
    ctx.lineTo(tail.x + (dy / n) * size * 0.45, tail.y - (dx / n) * size * 0.45);
    ctx.closePath();
  }
  ctx.fill();
}

function bounds() {
  const from = network.DOMtoCanvas({ x: 0, y: 0 }),
    box = $map.getBoundingClientRect();
  const to = network.DOMtoCanvas({ x: box.width, y: box.height });
  return { x0: from.x, y0: from.y, x1: to.x, y1: to.y };
}
const outside = ({ a, b }, v) =>
  Math.max(a.x, b.x) < v.x0 || Math.min(a.x, b.x) > v.x1 || Math.max(a.y, b.y) < v.y0 || Math.min(a.y, b.y) > v.y1;

// -------------------------------------------------------------------------------------------------------- nodes

/** vis-network calls this for each node it shows. */
function paintNode({ ctx, id, x, y }) {
  const node = paint.at.get(id);
  const drawNode = () => (node.group ? paintDisc(ctx, node) : paintMark(ctx, node, x, y));
  if (node.concept) node.r = Math.max(node.size, 3.2 / network.getScale()); // never too small to see or to hit
  return { drawNode, nodeDimensions: { width: 2 * node.r, height: 2 * node.r } };
}

function paintMark(ctx, node, x, y) {
  const kind = kindOf(node.concept),
    look = paint.look;
  const picked = node.concept === state.concept || node === look?.main;
  ctx.save();
  ctx.translate(x, y);
  ctx.globalAlpha = look && !look.nodes.has(node) ? 0.28 : 1;
  if (picked) {
    ctx.beginPath();
    ctx.arc(0, 0, node.r + 5, 0, 2 * Math.PI);
    ctx.lineWidth = 2.5;
    ctx.strokeStyle = paint.ink.accent;
    ctx.stroke();
  }
  ctx.scale(node.r, node.r);
  ctx.lineWidth = 3 / node.r;
  ctx.strokeStyle = paint.ink.paper;
  ctx.stroke(OUTLINE[kind.shape]);
  ctx.fillStyle = hueOf(kind);
  ctx.fill(OUTLINE[kind.shape], "evenodd");
  ctx.restore();
}

function paintDisc(ctx, node) {
  const look = paint.look,
    scale = network.getScale();
  ctx.save();
  ctx.globalAlpha = look && !look.nodes.has(node) ? 0.55 : 1;
  ctx.beginPath();
  ctx.arc(node.x, node.y, node.r, 0, 2 * Math.PI);
  ctx.fillStyle = paint.ink.land;
  ctx.fill();
  const picked = node === look?.main || node.index === state.group;
  ctx.strokeStyle = picked ? paint.ink.accent : paint.ink.edge;
  ctx.lineWidth = (picked ? 3 : 1.2) / scale;
  ctx.stroke();
  const sprite = paint.sprites.get(node.index) ?? dotSprite(node);
  ctx.drawImage(sprite, node.x - node.r, node.y - node.r, 2 * node.r, 2 * node.r);
  ctx.restore();
}

/** All concepts of a group as coloured dots, painted once. */
function dotSprite(node) {
  const shown = 2 * node.r * network.getScale() * devicePixelRatio; // in pixels of the screen, as first seen
  const size = Math.max(48, Math.min(720, Math.ceil(1.5 * shown)));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  const ctx = canvas.getContext("2d"),
    zoom = size / (2 * node.r);
  const dot = (1.7 * devicePixelRatio * size) / shown;
  for (const concept of paint.dots) {
    if (concept.group !== node.index) continue;
    ctx.fillStyle = hueOf(kindOf(concept));
    ctx.globalAlpha = 0.75;
    ctx.beginPath();
    ctx.arc(
      (concept.x - node.x + node.r) * zoom,
      (concept.y - node.y + node.r) * zoom,
      Math.max(dot, sizeOf(concept) * zoom * 1.3),
      0,
      2 * Math.PI,
    );
    ctx.fill();
  }
  paint.sprites.set(node.index, canvas);
  return canvas;
}

// ------------------------------------------------------------------------------------------------------- labels

const widths = new Map();
function widthOf(ctx, text, bold) {
  const key = bold ? `*${text}` : text;
  if (!widths.has(key)) {
    ctx.font = `${bold ? 650 : 400} 20px ${FACE}`;
    widths.set(key, ctx.measureText(text).width / 20);
  }
  return widths.get(key);
}
const meets = (a, b) => a.x0 < b.x1 && b.x0 < a.x1 && a.y0 < b.y1 && b.y0 < a.y1;

/** Labels, the most important first; one that would cover another is left out until there is room. Sizes in pixels. */
function paintLabels(ctx) {
  const scale = network.getScale(),
    look = paint.look,
    view = bounds();
  const room = $map.getBoundingClientRect();
  paint.boxes = [];
  // Marks that a label should not cover: the larger ones, when there are few enough to leave any room at all.
  const discs =
    paint.kind === "overview"
      ? []
      : paint.nodes
          .filter((n) => !outside({ a: n, b: n }, view) && (paint.nodes.length < 500 || n.r * scale > 7))
          .map((node) => {
            const { x, y } = network.canvasToDOM(node),
              r = node.r * scale * 0.8;
            return { node, x0: x - r, x1: x + r, y0: y - r, y1: y + r };
          });
  ctx.lineJoin = "round";
  const write = (lines, places, { must = false, free = false, alpha = 1 } = {}) => {
    const width = Math.max(...lines.map((line) => line.size * widthOf(ctx, line.text, line.bold)));
    const height = lines.reduce((sum, line) => sum + line.size * 1.2, 0);
    for (const place of places) {
      const left = place.x - (place.align === "center" ? width / 2 : place.align === "right" ? width : 0);
      const top = place.y - (place.base === "middle" ? height / 2 : place.base === "bottom" ? height : 0);
      const box = { x0: left - 2, y0: top - 1, x1: left + width + 2, y1: top + height + 1, text: lines[0].text };
      const cramped =
        box.x0 < 0 ||
        box.x1 > room.width ||
        paint.boxes.some((other) => meets(box, other)) ||
        (!free &&
          discs.some((d) => d.node !== place.node && 2 * d.node.weight >= (place.node?.weight ?? 0) && meets(box, d)));
      if (!must && cramped) continue;
      if (must) place.x = Math.max(width / 2 + 4, Math.min(room.width - width / 2 - 4, place.x));
      paint.boxes.push(box);
      let y = top;
      ctx.globalAlpha = alpha;
      if (place.node?.group) paintPlate(ctx, place.node, box, scale);
      for (const line of lines) {
        ctx.font = `${line.bold ? 650 : 400} ${line.size / scale}px ${FACE}`;
        ctx.textAlign = "left";
        ctx.textBaseline = "middle";
        const at = network.DOMtoCanvas({
          x:
            left +
            (width - line.size * widthOf(ctx, line.text, line.bold)) /
              (place.align === "center" ? 2 : place.align === "right" ? 1 : Infinity),
          y: y + line.size * 0.6,
        });
        ctx.strokeStyle = paint.ink.paper;
        ctx.lineWidth = 3.5 / scale;
        ctx.strokeText(line.text, at.x, at.y);
        ctx.fillStyle = line.colour ?? paint.ink.ink;
        ctx.fillText(line.text, at.x, at.y);
        y += line.size * 1.2;
      }
      ctx.globalAlpha = 1;
      return true;
    }
    return false;
  };
  const link = look?.main ? null : look && [...look.links][0];
  if (link?.relation) linkLabel(link, write);
  if (paint.kind === "all" && facts.groups.length > 1) landNames(write, scale);
  let budget = paint.kind === "ego" ? 140 : 80;
  for (const node of labelOrder(view)) {
    if (budget <= 0) break;
    const main = node === look?.main,
      near = look?.nodes.has(node);
    if (write(linesOf(node, main, scale), placesOf(node, scale), { must: main, alpha: look && !near ? 0.35 : 1 }))
      budget--;
  }
  if (paint.kind === "ego" && scale > 0.4) {
    for (const link of paint.links) {
      const said = look?.all ? (link.a.concept === state.centre ? link.b : link.a).named : look?.main;
      if (said && look.links.has(link)) linkLabel(link, write);
    }
  }
}

/** A plate under the name of a group, so that its dots do not show through. */
function paintPlate(ctx, node, box, scale) {
  const from = network.DOMtoCanvas({ x: box.x0 - 4, y: box.y0 - 1 });
  ctx.save();
  ctx.globalAlpha *= 0.8;
  ctx.beginPath();
  ctx.arc(node.x, node.y, node.r - 1 / scale, 0, 2 * Math.PI);
  ctx.clip();
  ctx.fillStyle = paint.ink.land;
  ctx.beginPath();
  ctx.roundRect(from.x, from.y, (box.x1 - box.x0 + 8) / scale, (box.y1 - box.y0 + 4) / scale, 6 / scale);
  ctx.fill();
  ctx.restore();
}

function labelOrder(view) {
  const look = paint.look;
  const importance = (node) =>
    (node === look?.main ? 3e9 : look?.nodes.has(node) && look.nodes.size < 60 ? 2e9 : 0) +
    (node.concept === state.concept ? 1e9 : 0) +
    node.weight;
  return paint.nodes
    .filter((n) => n.x + n.r > view.x0 && n.x - n.r < view.x1 && n.y + n.r > view.y0 && n.y - n.r < view.y1)
    .sort((a, b) => importance(b) - importance(a) || a.y - b.y);
}

/** A text in lines of about `width` letters, broken between words. */
function wrapped(text, width) {
  const lines = [""];
  for (const word of text.split(" ")) {
    if (lines.at(-1) && lines.at(-1).length + word.length >= width) lines.push("");
    lines[lines.length - 1] += (lines.at(-1) && " ") + word;
  }
  return lines;
}

function linesOf(node, main, scale) {
  if (node.group) {
    const size = Math.max(11, Math.min(19, node.r * scale * 0.18));
    const lines = wrapped(shorten(node.group.label, main ? 80 : 34), 17).map((text) => ({ text, size, bold: true }));
    return main || node.r * scale > 34
      ? [...lines, { text: plural(node.count, "concept"), size: 11.5, colour: paint.ink.soft }]
      : lines;
  }
  const size = main ? 15 : node.concept === state.centre ? 16 : 11 + Math.min(4, Math.sqrt(node.concept.degree) * 0.5);
  return [{ text: shorten(node.concept.label, main ? 80 : 32), size, bold: main || node.concept === state.centre }];
}

function placesOf(node, scale) {
  const { x, y } = network.canvasToDOM(node),
    r = node.r * scale + 3;
  const places = {
    below: { x, y: y + r, align: "center", base: "top" },
    above: { x, y: y - r, align: "center", base: "bottom" },
    right: { x: x + r + 2, y, align: "left", base: "middle" },
    left: { x: x - r - 2, y, align: "right", base: "middle" },
    middle: { x, y, align: "center", base: "middle" },
  };
  for (const place of Object.values(places)) place.node = node;
  if (node.group)
    return [places.middle, ...[-0.45, 0.45, -0.85, 0.85].map((shift) => ({ ...places.middle, y: y + shift * r }))];
  if (node.side === undefined) return [places.below, places.above, places.right, places.left];
  if (Math.abs(node.side) < 0.2)
    return node.y < 0 ? [places.above, places.right, places.left] : [places.below, places.right, places.left];
  return node.side > 0 ? [places.right, places.below, places.above] : [places.left, places.below, places.above];
}

function linkLabel(link, write) {
  const { x, y } = network.canvasToDOM(curve(link).at(0.5));
  write(
    [{ text: nameOf(link.relation).label, size: 11, colour: paint.ink.soft }],
    [{ x, y, align: "center", base: "middle" }],
  );
}

function landNames(write, scale) {
  for (const group of facts.groups) {
    if (group.scattered || group.members.length < 5 || group.r * scale < 40) continue;
    const { x, y } = network.canvasToDOM({ x: group.x, y: group.y - group.r });
    const offsets = [4, 16, -8, 28];
    write(
      [{ text: shorten(group.label, 36).toUpperCase(), size: 11.5, bold: true, colour: paint.ink.soft }],
      offsets.map((offset) => ({ x, y: y + offset, align: "center", base: "bottom" })),
      { free: true },
    );
  }
}

// ------------------------------------------------------------------------------------------------------ picking

/** The node or link under a point of the canvas, or null. */
function pick({ x, y }) {
  const reach = 5 / network.getScale();
  let node = null,
    least = Infinity;
  for (const n of paint.nodes) {
    const distance = Math.hypot(n.x - x, n.y - y) - n.r;
    if (distance < least && distance < reach) [node, least] = [n, distance];
  }
  if (node) return { node };
  for (const link of paint.links) {
    if (!link.relation || outside(link, { x0: x - 60, y0: y - 60, x1: x + 60, y1: y + 60 })) continue;
    const path = curve(link),
      steps = link.bend ? 12 : 1;
    for (let at = 0; at < steps; at++) {
      const a = path.at(at / steps),
        b = path.at((at + 1) / steps),
        dx = b.x - a.x,
        dy = b.y - a.y;
      const t = Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)));
      const distance = Math.hypot(a.x + t * dx - x, a.y + t * dy - y);
      if (distance < least && distance < reach) [node, least] = [link, distance];
    }
  }
  return node ? { link: node } : null;
}
