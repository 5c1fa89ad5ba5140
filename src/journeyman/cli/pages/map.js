"use strict";
// The picture of a repository: boxes in boxes, as large as there are lines; a file shows its symbols where its lines
// are. All text of the repository goes through `shown` and into text nodes or onto the canvas, never into markup.
const data = JSON.parse(document.getElementById("data").textContent);
const { kinds, languages } = data, count = data.kind.length;
const FOLDER = kinds.indexOf("folder"), FILE = kinds.indexOf("file");
const RELATIONS = { calls: ["calls", "called by"], imports: ["imports", "imported by"], inherits: ["inherits from", "inherited by"] };
const shown = text => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu, c => "\\u" + c.codePointAt(0).toString(16).padStart(4, "0"));
const byId = id => document.getElementById(id);
const canvas = byId("map"), pen = canvas.getContext("2d"), panel = byId("panel"), query = byId("query"), hits = byId("hits");

// ---- the graph
const children = Array.from({ length: count }, () => []), out = Array.from({ length: count }, () => []), into = Array.from({ length: count }, () => []);
for (let n = 1; n < count; n++) children[data.parent[n]].push(n);
const edges = data.edges.map(([source, target, relation, sure]) => ({ source, target, relation: data.relations[relation], sure }));
for (const edge of edges) { out[edge.source].push(edge); into[edge.target].push(edge); }
const fileOf = n => { while (data.kind[n] > FILE) n = data.parent[n]; return n; };
const pathOf = n => { const parts = []; for (let at = fileOf(n); at > 0; at = data.parent[at]) parts.unshift(data.name[at]); return parts.join("/"); };
const nameOf = n => { const parts = []; for (let at = n; data.kind[at] > FILE; at = data.parent[at]) parts.unshift(data.name[at]); return parts.join("."); };
const labelOf = n => data.kind[n] > FILE ? nameOf(n) : n ? pathOf(n) : data.name[0];
const isTest = n => data.test[fileOf(n)] === 1;
const within = (n, box) => { while (n > box) n = data.parent[n]; return n === box; };

// ---- the layout: squarified boxes; the same data give the same picture
const X = new Float64Array(count), Y = new Float64Array(count), W = new Float64Array(count), H = new Float64Array(count);
const weight = new Float64Array(count);
for (let n = count - 1; n >= 0; n--) {
  if (data.kind[n] === FILE) weight[n] = Math.max(3, data.lines[n]) ** 0.75 * (data.language[n] ? 1 : 0.4);
  if (data.kind[n] <= FILE && n) weight[data.parent[n]] += weight[n];
}
const headOf = n => n ? Math.min(H[n] * 0.05, Math.min(W[n], H[n]) * 0.055) : 0;
function place(n, x, y, w, h) {
  X[n] = x; Y[n] = y; W[n] = w; H[n] = h;
  const side = Math.min(w, h), gap = side * 0.008, head = headOf(n);
  if (data.kind[n] === FOLDER) squarify(children[n], x + gap, y + gap + head, w - 2 * gap, h - 2 * gap - head);
  else stack(n);
}
function squarify(nodes, x, y, w, h) {
  const rest = nodes.slice().sort((a, b) => weight[b] - weight[a] || a - b);
  let total = rest.reduce((sum, n) => sum + weight[n], 0);
  while (rest.length) {
    const side = Math.min(w, h), scale = w * h / total;
    let row = [], sum = 0, worst = Infinity;
    for (const n of rest) {
      const next = sum + weight[n], first = row.length ? weight[row[0]] : weight[n];
      const ratio = Math.max(side * side * first / (next * next * scale), next * next * scale / (side * side * weight[n]));
      if (ratio > worst) break;
      row.push(n); sum = next; worst = ratio;
    }
    rest.splice(0, row.length);
    const thick = sum * scale / side || 0;
    let at = 0;
    for (const n of row) {
      const long = side * weight[n] / sum, pad = Math.min(long, thick) * 0.02;
      if (w >= h) place(n, x + pad, y + at + pad, thick - 2 * pad, long - 2 * pad);
      else place(n, x + at + pad, y + pad, long - 2 * pad, thick - 2 * pad);
      at += long;
    }
    if (w >= h) { x += thick; w -= thick; } else { y += thick; h -= thick; }
    total -= sum;
  }
}
function stack(file) {
  const top = Y[file] + H[file] * 0.07, each = H[file] * 0.91 / Math.max(1, data.lines[file]);
  const inner = n => {
    for (const child of children[n]) {
      const deep = data.kind[n] === FILE ? 0.03 : 0.06;
      X[child] = X[n] + W[n] * deep; W[child] = W[n] * (1 - deep) - W[file] * 0.02;
      Y[child] = top + (data.line[child] - 1) * each;
      H[child] = Math.max(data.lines[child], 0.8) * each;
      inner(child);
    }
  };
  inner(file);
}
place(0, 0, 0, 1250, 1000);

// ---- the view: world to screen by `at`
const at = { x: 0, y: 0, k: 1 };
let width = 0, height = 0, selected = -1, hovered = -1, allEdges = true, waiting = false, colours = {};
const HUES = { python: 210, javascript: 48, typescript: 200, tsx: 190, go: 180, rust: 18, java: 28, c: 235, cpp: 250, csharp: 280, ruby: 350, php: 262, kotlin: 300, swift: 12, bash: 110, sql: 85, html: 8, css: 320, markdown: 60 };
const hue = name => HUES[name] ?? [...name].reduce((sum, c) => (sum * 31 + c.codePointAt(0)) % 360, 7);
function redraw() { if (!waiting) { waiting = true; requestAnimationFrame(() => { waiting = false; draw(); }); } }
function resize() {
  const box = canvas.parentElement.getBoundingClientRect(), scale = devicePixelRatio || 1, first = !width;
  width = box.width; height = box.height;
  canvas.width = Math.max(1, width * scale); canvas.height = Math.max(1, height * scale);
  pen.setTransform(scale, 0, 0, scale, 0, 0);
  const style = getComputedStyle(document.documentElement);
  for (const name of ["ink", "paper", "faint", "edge", "line", "folder", "in", "out", "mark", "light"]) colours[name] = style.getPropertyValue("--" + name).trim();
  if (first) show(0); else redraw();
}
function show(n, margin = 0.94) {
  at.k = Math.min(width / W[n], height / H[n]) * (n ? margin * 0.8 : margin);
  if (data.kind[n] > FILE) at.k = Math.max(at.k, Math.min(24 / H[n], at.k * 40));
  at.k = Math.min(Math.max(at.k, 0.05), 1e6);
  // What is wider than the window begins at its left, where the names stand.
  at.x = Math.max(width / 2 - W[n] / 2 * at.k, Math.min(width * 0.06, 40)) - X[n] * at.k; at.y = height / 2 - (Y[n] + H[n] / 2) * at.k;
  redraw();
}
function zoom(by, x = width / 2, y = height / 2) {
  const k = Math.min(Math.max(at.k * by, 0.05), 1e6), real = k / at.k;
  at.x = x - (x - at.x) * real; at.y = y - (y - at.y) * real; at.k = k;
  redraw();
}

// ---- drawing
const seen = (x, y, w, h) => x < width && y < height && x + w > 0 && y + h > 0;
const fonts = new Map();
function words(text, x, y, w, size, colour, bold, behind) {
  if (w < 14 || size < 5) return;
  const font = `${bold ? "600 " : ""}${Math.round(size)}px system-ui, sans-serif`;
  if (pen.font !== font) pen.font = fonts.get(font) || (fonts.set(font, font), font);
  let cut = shown(text), most = Math.ceil(w / (size * 0.38));
  if (cut.length > most) cut = cut.slice(0, most);
  while (cut.length > 1 && pen.measureText(cut).width > w) cut = cut.slice(0, cut.length * 0.9 - 0.5 | 0);
  if (cut.length < 6 && cut.length < shown(text).length) return;
  if (behind) { pen.fillStyle = behind; pen.fillRect(x - 2, y - size * 0.85, pen.measureText(cut).width + 4, size * 1.1); }
  pen.fillStyle = colour;
  pen.fillText(cut.length < shown(text).length ? cut.slice(0, -1) + "…" : cut, x, y);
}
// `above` is where the name of what it lies in stands: no other name is written over it.
function box(n, above = -99) {
  const x = X[n] * at.k + at.x, y = Y[n] * at.k + at.y, w = W[n] * at.k, h = H[n] * at.k;
  if (!seen(x, y, w, h) || w < 0.7 || h < 0.7) return;
  const file = data.kind[n] === FILE;
  if (file) pen.fillStyle = data.language[n] ? `hsl(${hue(languages[data.language[n]])} ${data.test[n] ? 18 : 48}% ${colours.light})` : colours.line;
  else pen.fillStyle = n ? colours.folder : colours.paper;
  pen.fillRect(x, y, w, h);
  if (w > 5 && h > 5) { pen.strokeStyle = colours.line; pen.lineWidth = 1; pen.strokeRect(x, y, w, h); }
  if (file) {
    const size = Math.min(13, h * 0.09, w * 0.2);
    if (h > 90 && w > 60) {
      words(data.name[n], x + 4, y + Math.min(Math.max(h * 0.06, 10), 16), w - 8, Math.max(size, 9), colours.ink, true);
      for (const child of children[n]) symbol(child, x + w, -99);
    } else if (h > 9 && Math.abs(y + h / 2 + 4 - above) > 12) words(data.name[n], x + 2, y + h / 2 + 4, w - 4, Math.min(12, h * 0.8), colours.ink);
    return;
  }
  const head = headOf(n) * at.k;
  if (n && head > 8) words(data.name[n], x + 4, y + Math.min(head * 0.85, 14), w - 8, Math.min(15, head * 0.9), colours.ink, true);
  const named = n && head <= 8 && w > 34 && h > 24 && y + 11 - above > 13;
  if (w > 4 && h > 4) for (const child of children[n]) box(child, named ? y + 11 : above);
  if (named) words(data.name[n], x + 3, y + 11, w - 6, 11, colours.ink, true, colours.folder);
}
function symbol(n, right, above) {
  const x = X[n] * at.k + at.x, y = Y[n] * at.k + at.y, w = W[n] * at.k, h = H[n] * at.k;
  if (!seen(x, y, w, h) || h < 0.5) return;
  pen.globalAlpha = 0.42; pen.fillStyle = colours.paper; pen.fillRect(x, y, w, Math.max(h - 0.5, 0.5)); pen.globalAlpha = 1;
  const size = Math.min(12, h * 0.85), line = y + Math.min(h, 14) - 2, named = h >= 7 && line - above > size * 0.9;
  for (const child of children[n]) symbol(child, right, named ? line : above);
  if (named) words(data.name[n], x + 3, line, Math.min(w, right - x) - 6, size, colours.ink);
}
// Where edges end: in the middle, or where it is still in sight of a name that stands at the left.
function middle(n) { return [X[n] * at.k + at.x + Math.min(W[n] / 2 * at.k, width * 0.45), (Y[n] + H[n] / 2) * at.k + at.y]; }
function curve(from, to, colour, thick, alpha) {
  const [ax, ay] = middle(from), [bx, by] = middle(to), dx = bx - ax, dy = by - ay;
  if (!seen(Math.min(ax, bx), Math.min(ay, by), Math.abs(dx) + 1, Math.abs(dy) + 1)) return;
  pen.globalAlpha = alpha; pen.strokeStyle = pen.fillStyle = colour; pen.lineWidth = thick;
  const cx = (ax + bx) / 2 - dy * 0.18, cy = (ay + by) / 2 + dx * 0.18, turn = Math.atan2(by - cy, bx - cx);
  pen.beginPath(); pen.moveTo(ax, ay); pen.quadraticCurveTo(cx, cy, bx, by); pen.stroke();
  const size = 4 + thick;
  pen.beginPath(); pen.moveTo(bx, by);
  pen.lineTo(bx - size * Math.cos(turn - 0.4), by - size * Math.sin(turn - 0.4));
  pen.lineTo(bx - size * Math.cos(turn + 0.4), by - size * Math.sin(turn + 0.4));
  pen.fill(); pen.globalAlpha = 1;
}
// What a node is drawn as: itself, or the box around it that is large enough to be told from others.
function standsFor(n, least) {
  let best = n = fileOf(n);
  for (let up = n; up > 0; up = data.parent[up]) if (W[up] < least || H[up] < least) best = data.parent[up];
  return best;
}
const bundled = new Map();
function bundles() {
  const level = Math.round(Math.log2(at.k) * 3);
  if (!bundled.has(level)) bundled.set(level, bundlesAt(2 ** (level / 3)));
  return bundled.get(level);
}
function bundlesAt(k) {
  const found = new Map(), kept = new Map(), least = count < 800 ? 18 : 80;
  const of = n => { n = fileOf(n); if (!kept.has(n)) kept.set(n, standsFor(n, least / k)); return kept.get(n); };
  for (const edge of edges) {
    if (edge.sure < 0.5) continue;
    const from = of(edge.source), to = of(edge.target);
    if (from === to || within(from, to) || within(to, from)) continue;
    const key = from * count + to;
    found.set(key, (found.get(key) || 0) + 1);
  }
  return [...found].sort((a, b) => b[1] - a[1] || a[0] - b[0]).slice(0, 80);
}
function draw() {
  pen.clearRect(0, 0, width, height);
  box(0);
  if (allEdges && selected < 0) for (const [key, times] of bundles()) curve(Math.floor(key / count), key % count, colours.faint, Math.min(0.8 + Math.log2(times) * 0.4, 4), 0.4);
  if (hovered > 0 && hovered !== selected) frame(hovered, colours.faint, 1.5);
  if (selected >= 0) {
    for (const edge of tied(selected)) {
      const incoming = within(edge.target, selected);
      curve(edge.source, edge.target, incoming ? isTest(edge.source) ? colours.mark : colours.in : colours.out, 1.4, 0.35 + edge.sure * 0.55);
    }
    frame(selected, colours.mark, 2.5);
  }
  canvas.dataset.view = `${at.x.toFixed(3)} ${at.y.toFixed(3)} ${at.k.toFixed(6)}`;
}
function frame(n, colour, thick) {
  pen.strokeStyle = colour; pen.lineWidth = thick;
  pen.strokeRect(X[n] * at.k + at.x, Y[n] * at.k + at.y, Math.max(W[n] * at.k, 3), Math.max(H[n] * at.k, 3));
}
function tied(n) {
  const found = [], all = data.kind[n] === FOLDER ? edges : null;
  if (all) { for (const edge of all) if (within(edge.source, n) !== within(edge.target, n)) found.push(edge); }
  else {
    const walk = m => { for (const edge of out[m]) if (!within(edge.target, n)) found.push(edge); for (const edge of into[m]) if (!within(edge.source, n)) found.push(edge); children[m].forEach(walk); };
    walk(n);
  }
  return found.sort((a, b) => b.sure - a.sure).slice(0, 400);
}

// ---- what is under the pointer, and the panel
function under(x, y) {
  const wx = (x - at.x) / at.k, wy = (y - at.y) / at.k;
  const holds = n => wx >= X[n] && wx <= X[n] + W[n] && wy >= Y[n] && wy <= Y[n] + H[n];
  if (!holds(0)) return -1;
  let n = 0;
  for (;;) {
    const small = data.kind[n] === FILE && (H[n] * at.k <= 90 || W[n] * at.k <= 60);
    const next = small ? undefined : children[n].findLast(holds);
    if (next === undefined || (data.kind[next] > FILE && H[next] * at.k < 2)) return n;
    n = next;
  }
}
function element(tag, text = "", kind = "") {
  const made = document.createElement(tag);
  made.textContent = text; if (kind) made.className = kind;
  return made;
}
const SHOWN = 60;
function list(title, nodes, kind) {
  const unique = [...new Set(nodes)];
  if (!unique.length) return;
  panel.append(element("h3", `${title} (${unique.length})`, kind));
  const items = element("ul");
  for (const n of unique.slice(0, SHOWN)) {
    const item = element("li"), button = element("button");
    button.append(element("span", shown(labelOf(n))), element("span", data.kind[n] > FILE ? "  " + shown(pathOf(n)) : "", "faint"));
    button.addEventListener("click", () => { select(n); show(n); });
    item.append(button); items.append(item);
  }
  panel.append(items);
  if (unique.length > SHOWN) panel.append(element("p", `and ${unique.length - SHOWN} more`, "faint"));
}
function testsOf(n) {
  const own = []; (function walk(m) { own.push(m); children[m].forEach(walk); })(n);
  const near = own.flatMap(m => into[m]).filter(edge => edge.relation !== "inherits" && !within(edge.source, n));
  const far = near.filter(edge => !isTest(edge.source) && data.kind[edge.source] > FILE && edge.sure >= 0.5)
    .flatMap(edge => into[edge.source].map(next => ({ source: next.source, sure: next.sure * edge.sure * 0.7 })));
  return [...near, ...far].filter(edge => isTest(edge.source)).sort((a, b) => b.sure - a.sure).map(edge => edge.source);
}
function select(n) {
  selected = n;
  panel.replaceChildren();
  delete panel.dataset.node;
  if (n < 0) { panel.append(byId("help").content.cloneNode(true)); redraw(); return; }
  const kind = kinds[data.kind[n]], tag = data.language[fileOf(n)] ? languages[data.language[fileOf(n)]] : "";
  panel.append(element("h2", shown(labelOf(n))));
  panel.append(element("p", `${kind}${data.kind[n] > FOLDER && tag ? " in " + tag : ""}, ${data.lines[n]} lines`, "faint"));
  if (data.kind[n] > FILE) panel.append(element("p", `${shown(pathOf(n))}:${data.line[n]}`));
  panel.dataset.node = data.kind[n] > FILE ? `${pathOf(n)}:${nameOf(n)}` : labelOf(n);
  if (data.kind[n] > FOLDER) {
    for (const relation of ["calls", "inherits", "imports"]) {
      const [away, back] = RELATIONS[relation];
      const incoming = into[n].filter(edge => edge.relation === relation).map(edge => edge.source);
      list(back, incoming.filter(m => !isTest(m) || isTest(n)), "in");
      list(away, out[n].filter(edge => edge.relation === relation).map(edge => edge.target), "out");
    }
    list("tests", isTest(n) ? [] : testsOf(n), "test");
  }
  list("holds", children[n], "");
  if (n) list("lies in", [data.parent[n]], "");
  redraw();
}

// ---- search
const lower = data.name.map(name => name.toLowerCase());
let found = [], chosen = 0;
function search() {
  const wanted = query.value.trim().toLowerCase(), last = wanted.split(/[.:/\s]+/).filter(Boolean).pop();
  found = [];
  if (last) for (let n = 1; n < count; n++) {
    const name = lower[n], place = name.indexOf(last);
    if (place < 0 && !(data.kind[n] === FILE && wanted.includes("/"))) continue;
    const whole = wanted === last ? name : (data.kind[n] > FILE ? `${pathOf(n)}:${nameOf(n)}` : pathOf(n)).toLowerCase();
    if (!whole.includes(wanted)) continue;
    found.push([name === last ? 0 : place === 0 ? 1 : 2, isTest(n) ? 1 : 0, name.length, n]);
  }
  found = found.sort((a, b) => a[0] - b[0] || a[1] - b[1] || a[2] - b[2] || a[3] - b[3]).slice(0, 50).map(each => each[3]);
  chosen = 0;
  list_hits(Boolean(last));
}
function list_hits(open) {
  hits.replaceChildren(...found.map((n, place) => {
    const item = element("li");
    item.id = `hit${place}`; item.setAttribute("role", "option"); item.setAttribute("aria-selected", String(place === chosen));
    item.append(element("span", shown(labelOf(n))), element("span", `  ${kinds[data.kind[n]]}${data.kind[n] > FILE ? "  " + shown(pathOf(n)) : ""}`, "faint"));
    item.addEventListener("mousedown", event => { event.preventDefault(); go(place); });
    return item;
  }));
  if (open && !found.length) hits.append(element("li", "nothing of that name", "faint"));
  hits.hidden = !open;
  query.setAttribute("aria-expanded", String(open));
  if (found.length) { query.setAttribute("aria-activedescendant", `hit${chosen}`); byId(`hit${chosen}`).scrollIntoView({ block: "nearest" }); }
}
function go(place) {
  if (found[place] === undefined) return;
  select(found[place]); show(found[place]);
  hits.hidden = true; canvas.focus();
}

// ---- pointer and keys
const pointers = new Map();
let moved = 0;
const local = event => { const frame = canvas.getBoundingClientRect(); return [event.clientX - frame.left, event.clientY - frame.top]; };
canvas.addEventListener("wheel", event => { event.preventDefault(); zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0016)), ...local(event)); }, { passive: false });
canvas.addEventListener("pointerdown", event => { canvas.setPointerCapture(event.pointerId); pointers.set(event.pointerId, local(event)); if (pointers.size === 1) moved = 0; });
canvas.addEventListener("pointermove", event => {
  const here = local(event), before = pointers.get(event.pointerId);
  if (!before) {
    const n = under(...here);
    if (n !== hovered) { hovered = n; byId("under").textContent = n > 0 ? shown(data.kind[n] > FILE ? `${pathOf(n)}:${nameOf(n)}` : labelOf(n)) : ""; redraw(); }
    return;
  }
  const others = [...pointers].filter(([id]) => id !== event.pointerId).map(each => each[1]);
  if (others.length) {
    const [x, y] = others[0], far = ([a, b]) => Math.hypot(a - x, b - y) || 1;
    zoom(far(here) / far(before), (x + here[0]) / 2, (y + here[1]) / 2);
    moved = 99;
  } else { at.x += here[0] - before[0]; at.y += here[1] - before[1]; redraw(); }
  moved += Math.abs(here[0] - before[0]) + Math.abs(here[1] - before[1]);
  pointers.set(event.pointerId, here);
});
const released = event => { if (pointers.delete(event.pointerId) && event.type === "pointerup" && moved < 5 && !pointers.size) { const n = under(...local(event)); select(n > 0 ? n : -1); } };
canvas.addEventListener("pointerup", released);
canvas.addEventListener("pointercancel", released);
canvas.addEventListener("dblclick", event => { const n = under(...local(event)); if (n >= 0) show(n); });
query.addEventListener("input", search);
query.addEventListener("focus", () => { if (query.value) search(); });
query.addEventListener("blur", () => { hits.hidden = true; });
query.addEventListener("keydown", event => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (step && found.length) { chosen = (chosen + step + found.length) % found.length; list_hits(true); event.preventDefault(); }
  else if (event.key === "Enter") { if (hits.hidden) search(); go(chosen); }
  else if (event.key === "Escape") { hits.hidden = true; canvas.focus(); }
  event.stopPropagation();
});
function theme() {
  const dark = matchMedia("(prefers-color-scheme: dark)").matches, root = document.documentElement;
  root.dataset.theme = (root.dataset.theme || (dark ? "dark" : "light")) === "dark" ? "light" : "dark";
  resize();
}
const KEYS = {
  "/": () => { query.focus(); query.select(); }, "+": () => zoom(1.4), "=": () => zoom(1.4), "-": () => zoom(1 / 1.4), "0": () => show(0),
  ArrowLeft: () => { at.x += 60; redraw(); }, ArrowRight: () => { at.x -= 60; redraw(); },
  ArrowUp: () => { at.y += 60; redraw(); }, ArrowDown: () => { at.y -= 60; redraw(); },
  Enter: () => { if (selected >= 0) show(selected); }, Escape: () => select(-1), e: () => { allEdges = !allEdges; redraw(); }, t: theme,
  u: () => { if (selected > 0) { const up = data.parent[selected]; select(up); show(up); } },
};
document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.metaKey || event.altKey || (event.key === "Enter" && event.target.tagName === "BUTTON")) return;
  const act = KEYS[event.key];
  if (act) { act(); event.preventDefault(); }
});
byId("fit").addEventListener("click", () => show(0));
byId("theme").addEventListener("click", theme);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", resize);
new ResizeObserver(resize).observe(canvas.parentElement);

// ---- begin
const files = data.kind.filter(kind => kind === FILE).length;
const missing = Object.entries(data.left_out).map(([kind, times]) => `, ${times} more ${kind} are not shown`).join("");
byId("told").textContent = `${files} files, ${count - files - data.kind.filter(kind => kind === FOLDER).length} symbols, ${edges.length} edges${missing}`;
byId("title").textContent = document.title = shown(data.name[0]) || "map";
resize(); select(-1); draw();
document.documentElement.dataset.ready = "yes";
