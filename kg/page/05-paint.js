// Drawing. vis-network is the view port (pan, zoom, touch, dragging); links, marks and labels are drawn here, so that
// highlighting is one repaint and no two labels overlap. Everything is drawn with few calls of a canvas context, so
// that the writer of SVG can stand in for one.

const UNIT = {
  // outlines on a circle of radius 1, one source for canvas, legend and SVG
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
const OUTLINE = Object.fromEntries(
  Object.entries(UNIT).map(([name, path]) => [name, Object.assign(new Path2D(path), { words: path })]),
);
const FACE = 'system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", Arial, sans-serif';

const paint = { ink: {}, links: [], nodes: [], boxes: [], lands: [], hover: null, at: new Map(), sprites: new Map() };

function readColours() {
  const style = getComputedStyle(document.documentElement);
  for (const name of ["paper", "ink", "soft", "accent", "on-accent", "edge", "land", "line"])
    paint.ink[name] = style.getPropertyValue(`--${name}`).trim();
  paint.ink.hues = [0, 1, 2, 3, 4, 5, 6, 7, "rest"].map((name) => style.getPropertyValue(`--hue-${name}`).trim());
  paint.sprites.clear();
}
const hueOf = (kind) => paint.ink.hues[kind.hue] ?? paint.ink.hues[8];

/** What is looked at: the nodes and links that stay bright while all others fade; null for everything. */
function attention() {
  const hover = paint.hover;
  const link = hover?.link ?? (hover ? null : paint.links.find((l) => l.relation && l.relation === state.relation));
  if (link) return { nodes: new Set([link.a, link.b]), links: new Set([link]), main: null };
  const node = hover?.node ?? selected();
  if (!node || (paint.kind === "paths" && !hover)) return wayAhead(node);
  const links = new Set(paint.links.filter((l) => l.a === node || l.b === node));
  if (node.concept && node.concept === state.centre)
    return { nodes: new Set(paint.nodes), links, main: node, all: true };
  return { nodes: new Set([node, ...[...links].flatMap((l) => [l.a, l.b])]), links, main: node };
}
const selected = () =>
  paint.nodes.find((n) => (n.concept ? n.concept === state.concept : n.index === state.group)) ?? null;

/** The path that is chosen, or what connects the concepts that were asked about, when nothing else is looked at. */
function wayAhead(main) {
  if (paint.kind === "paths") {
    const path = paint.found[state.path];
    if (!path) return null;
    const best = new Set(path.steps.map(([relation]) => relation)),
      nodes = new Set(path.nodes);
    return {
      nodes: new Set(paint.nodes.filter((node) => nodes.has(node.concept))),
      links: new Set(paint.links.filter((link) => best.has(link.relation))),
      main,
      way: true,
    };
  }
  const links = way.size ? paint.links.filter((link) => way.has(link.relation)) : [];
  return links.length ? { nodes: new Set(paint.nodes), links: new Set(links), main: null, way: true } : null;
}

// -------------------------------------------------------------------------------------------------------- below

function paintBelow(ctx) {
  const scale = network.getScale();
  paint.look = attention();
  const crowded = paint.moving && paint.links.length > 2500;
  const [bundles, single] = [[], []];
  for (const link of paint.links) (link.count ? bundles : single).push(link);
  if (!crowded) paintLinks(ctx, scale, bundles);
  paintLand(ctx, scale);
  if (paint.kind === "ego" && !paint.relaxed) paintRings(ctx, scale);
  if (!crowded) paintLinks(ctx, scale, single);
  const view = bounds();
  for (const node of paint.nodes) if (node.group && within(node, view)) paintDisc(ctx, node);
}
const within = ({ x, y, r }, { x0, x1, y0, y1 }) => x + r > x0 && x - r < x1 && y + r > y0 && y - r < y1;

function paintLand(ctx, scale) {
  if (paint.relaxed || groups().length < 2) return;
  ctx.fillStyle = paint.ink.land;
  for (const group of paint.lands) {
    if (paint.kind === "all" && (group.scattered || group.members.length < 3)) continue;
    ctx.beginPath();
    ctx.arc(group.x, group.y, group.r, 0, 2 * Math.PI);
    ctx.fill();
    if (paint.kind !== "group") continue;
    ctx.strokeStyle = paint.ink.edge;
    ctx.lineWidth = 1.2 / scale;
    ctx.stroke();
  }
}

function paintRings(ctx, scale) {
  const radii = [...new Set(paint.nodes.filter((n) => n.level).map((n) => n.ring))];
  ctx.strokeStyle = paint.ink.line;
  ctx.lineWidth = 1 / scale;
  for (const radius of radii.slice(0, 24)) {
    ctx.beginPath();
    ctx.ellipse(0, 0, paint.oval * radius, radius, 0, 0, 2 * Math.PI);
    ctx.stroke();
  }
}

/** Whether a link stays inside a group; those between groups are drawn fainter, or they would hide all else. */
const near = ({ a, b, count, aside }) =>
  !count &&
  !aside &&
  (["ego", "some", "paths", "tree"].includes(paint.kind) || homeOf(a.concept) === homeOf(b.concept));

/** The curve of a link: straight, bent to one side when several join the same two concepts, or flowing in a tree. */
function curve({ a, b, bend, flow }) {
  const dx = b.x - a.x,
    dy = b.y - a.y,
    length = Math.hypot(dx, dy) || 1;
  if (flow) {
    const half = (a.x + b.x) / 2;
    const bezier = (p, q, r, s, t) =>
      (1 - t) ** 3 * p + 3 * t * (1 - t) ** 2 * q + 3 * t * t * (1 - t) * r + t ** 3 * s;
    return {
      draw: (ctx) => ctx.bezierCurveTo(half, a.y, half, b.y, b.x, b.y),
      at: (t) => ({ x: bezier(a.x, half, half, b.x, t), y: bezier(a.y, a.y, b.y, b.y, t) }),
      steps: 12,
    };
  }
  const cx = (a.x + b.x) / 2 - (dy / length) * bend,
    cy = (a.y + b.y) / 2 + (dx / length) * bend;
  return {
    draw: (ctx) => (bend ? ctx.quadraticCurveTo(cx, cy, b.x, b.y) : ctx.lineTo(b.x, b.y)),
    at: (t) => ({
      x: (1 - t) ** 2 * a.x + 2 * t * (1 - t) * cx + t * t * b.x,
      y: (1 - t) ** 2 * a.y + 2 * t * (1 - t) * cy + t * t * b.y,
    }),
    steps: bend ? 12 : 1,
  };
}

function paintLinks(ctx, scale, all) {
  const look = paint.look,
    faint = all.length > 400 ? 0.28 : 0.4;
  const resting = all.filter((l) => !look?.links.has(l) && !l.quiet);
  const styles = [
    { links: resting.filter((l) => !near(l)), colour: paint.ink.edge, alpha: look ? 0.25 : faint },
    { links: resting.filter(near), colour: paint.ink.edge, alpha: look ? 0.35 : 1 },
    {
      links: look ? all.filter((l) => look.links.has(l)) : [],
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
        ctx.moveTo(link.a.x, link.a.y);
        curve(link).draw(ctx);
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
    if (!link.directed || link.flow || outside(link, view)) continue; // a tree says by places what is above what
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
  [node.x, node.y] = [x, y]; // it moves them: dragged, or relaxed
  if (node.concept) node.r = Math.max(node.size, 3.2 / network.getScale()); // never too small to see or to hit
  return {
    drawNode: () => node.concept && paintMark(ctx, node), // discs lie below, and vis-network would cull them too early
    nodeDimensions: { width: 2 * node.r, height: 2 * node.r },
  };
}

function paintMark(ctx, node) {
  const kind = kindOf(node.concept),
    look = paint.look;
  ctx.save();
  ctx.translate(node.x, node.y);
  ctx.globalAlpha = look && !look.nodes.has(node) ? 0.28 : 1;
  const ring = (radius, width, colour) => {
    ctx.beginPath();
    ctx.arc(0, 0, radius, 0, 2 * Math.PI);
    ctx.lineWidth = width;
    ctx.strokeStyle = colour;
    ctx.stroke();
  };
  if (marked.has(node.concept)) ring(node.r + 4.5, 2, paint.ink.ink);
  if (node.concept === state.concept || node === look?.main)
    ring(node.r + (marked.has(node.concept) ? 8.5 : 5), 2.5, paint.ink.accent);
  if (kind.shape === "frame" || kind.shape === "ring") {
    ctx.beginPath(); // no link shows through the hole
    ctx.arc(0, 0, node.r * 0.8, 0, 2 * Math.PI);
    ctx.fillStyle = paint.ink.paper;
    ctx.fill();
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
  ctx.globalAlpha = look && !look.nodes.has(node) ? 0.5 : 1;
  ctx.beginPath();
  ctx.arc(node.x, node.y, node.r, 0, 2 * Math.PI);
  ctx.fillStyle = paint.ink.land;
  ctx.fill();
  const picked = node === look?.main || node.index === state.group;
  ctx.strokeStyle = picked ? paint.ink.accent : paint.ink.edge;
  ctx.lineWidth = (picked ? 3 : 1.2) / scale;
  ctx.stroke();
  if (ctx.vector) paintDots(ctx, node, node.x, node.y, 1, 1.2 / scale);
  else {
    const sprite = paint.sprites.get(node.index) ?? dotSprite(node);
    ctx.drawImage(sprite, node.x - node.r, node.y - node.r, 2 * node.r, 2 * node.r);
  }
  ctx.restore();
}

/** All concepts of a group that pass the filters, as coloured dots around (x, y). */
function paintDots(ctx, node, x, y, zoom, least) {
  ctx.globalAlpha *= node.group.scattered ? 0.4 : 0.62;
  for (const id of node.group.members) {
    const concept = concepts[id];
    if (!admits(concept)) continue;
    const [left, top] = standsAt(concept);
    ctx.fillStyle = hueOf(kindOf(concept));
    ctx.beginPath();
    ctx.arc(
      (left - node.x) * zoom + x,
      (top - node.y) * zoom + y,
      Math.max(least, sizeOf(concept) * zoom * 1.1),
      0,
      2 * Math.PI,
    );
    ctx.fill();
  }
}

/** The dots of a group, painted once. */
function dotSprite(node) {
  const shown = 2 * node.r * network.getScale() * devicePixelRatio; // in pixels of the screen, as first seen
  const size = Math.max(48, Math.min(720, Math.ceil(1.5 * shown)));
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = size;
  paintDots(
    canvas.getContext("2d"),
    node,
    size / 2,
    size / 2,
    size / (2 * node.r),
    (1.4 * devicePixelRatio * size) / shown,
  );
  paint.sprites.set(node.index, canvas);
  return canvas;
}
