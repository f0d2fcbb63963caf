// Labels, as many as there is room for, and what lies under a point.

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
  const discs = paint.nodes
    .filter((n) => n.concept && !outside({ a: n, b: n }, view) && (paint.nodes.length < 500 || n.r * scale > 7))
    .map((node) => {
      const { x, y } = network.canvasToDOM(node),
        r = node.r * scale * 0.8;
      return { node, x0: x - r, x1: x + r, y0: y - r, y1: y + r };
    });
  const badged = paint.moving ? [] : withBadges(scale);
  const badges = badged.map((node) => {
    const { x, y, r } = badgeOf(node, scale),
      at = network.canvasToDOM({ x, y });
    return { x0: at.x - r * scale, x1: at.x + r * scale, y0: at.y - r * scale, y1: at.y + r * scale };
  });
  ctx.lineJoin = "round";
  const write = (lines, places, { must = false, free = false, alpha = 1, ground = paint.ink.paper } = {}) => {
    const width = Math.max(...lines.map((line) => line.size * widthOf(ctx, line.text, line.bold)));
    const height = lines.reduce((sum, line) => sum + line.size * 1.2, 0);
    for (const place of places) {
      if (must) place.x = Math.max(width / 2 + 4, Math.min(room.width - width / 2 - 4, place.x));
      const left = place.x - (place.align === "center" ? width / 2 : place.align === "right" ? width : 0);
      const top = place.y - (place.base === "middle" ? height / 2 : place.base === "bottom" ? height : 0);
      const box = { x0: left - 2, y0: top - 1, x1: left + width + 2, y1: top + height + 1, text: lines[0].text };
      const cramped =
        (paint.kind !== "tree" && (box.x0 < 0 || box.x1 > room.width)) ||
        badges.some((other) => meets(box, other)) ||
        paint.boxes.some((other) => meets(box, other)) ||
        (!free &&
          discs.some(
            (d) =>
              d.node !== place.node &&
              (paint.kind === "tree" || 2 * d.node.weight >= (place.node?.weight ?? 0)) &&
              meets(box, d),
          ));
      if (!must && cramped) continue;
      paint.boxes.push(box);
      let y = top;
      ctx.globalAlpha = alpha;
      for (const line of lines) {
        const wide = line.size * widthOf(ctx, line.text, line.bold);
        ctx.font = `${line.bold ? 650 : 400} ${line.size / scale}px ${FACE}`;
        ctx.textAlign = "left";
        ctx.textBaseline = "middle";
        const shift = place.align === "center" ? (width - wide) / 2 : place.align === "right" ? width - wide : 0;
        const at = network.DOMtoCanvas({ x: left + shift, y: y + line.size * 0.6 });
        ctx.strokeStyle = ground;
        ctx.lineWidth = (line.halo ?? 3.5) / scale;
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
  const link = look?.main || look?.way ? null : look && [...look.links][0];
  if (link?.relation) linkLabel(link, write);
  if (paint.lands.length && groups().length > 1 && !paint.relaxed) landNames(write, scale);
  let budget = paint.kind === "ego" || paint.kind === "tree" ? 160 : 80;
  for (const node of labelOrder(view)) {
    if (budget <= 0) break;
    const main = node === look?.main,
      bright = look?.nodes.has(node);
    const more = { must: main, alpha: look && !bright ? 0.35 : 1, ground: node.group ? paint.ink.land : undefined };
    if (write(linesOf(node, main, scale), placesOf(node, scale), more)) budget--;
  }
  if (paint.kind === "ego" && scale > 0.4) {
    for (const link of paint.links) {
      const said = look?.all ? (link.a.concept === state.centre ? link.b : link.a).named : look?.main;
      if (said && look.links.has(link)) linkLabel(link, write);
    }
  }
  if (look?.way) for (const link of look.links) linkLabel(link, write);
  for (const node of badged) paintBadge(ctx, node, scale);
}

/** The nodes with a badge. There is no room for them on a phone, where the details have a button for the same. */
const withBadges = (scale) =>
  scale > 0.35 && $map.clientWidth >= 480 ? paint.nodes.filter((n) => n.more && n.concept !== state.centre) : [];

/** "+3" beside a mark: so many of its neighbours are not drawn, and a click on the badge draws them. */
function paintBadge(ctx, node, scale) {
  const { x, y, r } = badgeOf(node, scale),
    text = node.more > 99 ? "99+" : `+${node.more}`;
  const size = 9.5 / scale;
  ctx.globalAlpha = paint.look && !paint.look.nodes.has(node) ? 0.35 : 1;
  ctx.beginPath();
  ctx.arc(x, y, r, 0, 2 * Math.PI);
  ctx.fillStyle = paint.ink.paper;
  ctx.fill();
  ctx.strokeStyle = paint.ink.edge;
  ctx.lineWidth = 1 / scale;
  ctx.stroke();
  ctx.font = `650 ${size}px ${FACE}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "left";
  ctx.fillStyle = paint.ink.soft;
  ctx.fillText(text, x - (widthOf(ctx, text, true) * size) / 2, y + 0.06 * size);
  ctx.globalAlpha = 1;
}
/** Where a badge is: towards the centre, where the label is not. */
const badgeOf = (node, scale) => ({
  x: node.x + (node.r * 0.7 + 5 / scale) * (node.side > 0 && paint.kind === "ego" ? -1 : 1),
  y: node.y - (node.r * 0.7 + 5 / scale),
  r: 8.5 / scale,
});

function labelOrder(view) {
  const look = paint.look;
  const importance = (node) =>
    (node === look?.main ? 3e9 : look?.nodes.has(node) && look.nodes.size < 60 ? 2e9 : 0) +
    (node.concept && (node.concept === state.concept || marked.has(node.concept)) ? 1e9 : 0) +
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
    const size = Math.max(10.5, Math.min(18, node.r * scale * 0.17));
    const colour = node.group.scattered ? paint.ink.soft : undefined;
    const lines = wrapped(shorten(node.group.label, main ? 80 : 34), 15).map((text) => ({
      text,
      size,
      bold: true,
      halo: 5,
      colour,
    }));
    return main || node.r * scale > 48
      ? [...lines, { text: plural(node.count, "concept"), size: 11, halo: 5, colour: paint.ink.soft }]
      : lines;
  }
  const bold = main || node.concept === state.centre || marked.has(node.concept);
  const size = bold ? 15 : 11 + Math.min(4, Math.sqrt(node.concept.degree) * 0.5);
  if (paint.kind === "tree" && !main) {
    const letters = Math.floor((COLUMN * scale - 2 * node.r * scale - 16) / 6.6); // as many as the column has room for
    return [{ text: shorten(node.concept.label, Math.max(5, Math.min(36, letters))), size: 12, bold, halo: 6 }];
  }
  if (paint.kind === "paths")
    return wrapped(shorten(node.concept.label, 60), 22).map((text) => ({ text, size: bold ? 14 : 13, bold }));
  return [{ text: shorten(node.concept.label, main ? 80 : 32), size, bold }];
}

function placesOf(node, scale) {
  const picked = node.concept && (node.concept === state.concept || node === paint.look?.main),
    rings = (picked ? 7 : 0) + (marked.has(node.concept) ? 5 : 0); // around the mark
  const { x, y } = network.canvasToDOM(node),
    r = (node.r + rings) * scale + 3;
  const places = {
    below: { x, y: y + r, align: "center", base: "top" },
    above: { x, y: y - r, align: "center", base: "bottom" },
    right: { x: x + r + 2, y, align: "left", base: "middle" },
    left: { x: x - r - 2, y, align: "right", base: "middle" },
    middle: { x, y, align: "center", base: "middle" },
  };
  for (const place of Object.values(places)) place.node = node;
  if (node.group)
    return [places.middle, ...[-0.4, 0.4].map((shift) => ({ ...places.middle, y: y + shift * r })), places.below];
  if (node.upright) return [places.right, places.left];
  if (node.side === undefined || paint.relaxed) return [places.below, places.above, places.right, places.left];
  if (Math.abs(node.side) < 0.2)
    return node.y < 0 ? [places.above, places.right, places.left] : [places.below, places.right, places.left];
  if (paint.kind === "tree") return [places.right];
  return node.side > 0 ? [places.right, places.below, places.above] : [places.left, places.below, places.above];
}

function linkLabel(link, write) {
  if (!link.relation) return;
  const { x, y } = network.canvasToDOM(curve(link).at(0.5));
  write(
    [{ text: nameOf(link.relation).label, size: 11, halo: 7, colour: paint.ink.soft }],
    [0, -12, 12].map((shift) => ({ x, y: y + shift, align: "center", base: "middle" })),
  );
}

function landNames(write, scale) {
  for (const group of paint.lands) {
    const small = group.scattered || group.members.length < 5 || group.r * scale < 40;
    if (paint.kind === "all" && small) continue;
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

/** The node, its badge, the link or the open group under a point of the canvas, or null. */
function pick({ x, y }) {
  const scale = network.getScale(),
    reach = 5 / scale;
  for (const n of withBadges(scale)) {
    const badge = badgeOf(n, scale);
    if (Math.hypot(badge.x - x, badge.y - y) < badge.r) return { node: n, badge: true };
  }
  let node = null,
    least = Infinity;
  for (const n of paint.nodes) {
    const distance = Math.hypot(n.x - x, n.y - y) - n.r;
    if (distance < least && distance < reach) [node, least] = [n, distance];
  }
  if (node) return { node };
  let link = null;
  for (const l of paint.links) {
    if (!l.relation || outside(l, { x0: x - 60, y0: y - 60, x1: x + 60, y1: y + 60 })) continue;
    const path = curve(l);
    for (let at = 0; at < path.steps; at++) {
      const a = path.at(at / path.steps),
        b = path.at((at + 1) / path.steps),
        dx = b.x - a.x,
        dy = b.y - a.y;
      const t = Math.max(0, Math.min(1, ((x - a.x) * dx + (y - a.y) * dy) / (dx * dx + dy * dy || 1)));
      const distance = Math.hypot(a.x + t * dx - x, a.y + t * dy - y);
      if (distance < least && distance < reach) [link, least] = [l, distance];
    }
  }
  if (link) return { link };
  if (paint.kind !== "group") return null;
  const land = paint.lands.find((group) => Math.hypot(group.x - x, group.y - y) < group.r);
  return land ? { land: groups().indexOf(land) } : null;
}
