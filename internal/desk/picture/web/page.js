"use strict";
// The boxes come with their widths and columns. This script finds the rows, which depend on what is folded, as place.go does for a picture
// without folds; it draws what is visible, and answers the reader.

const boxHeight = 38, rowGap = 10, columnGap = 56, margin = 20, mostInColumn = 6, gridPadding = 8, lowest = 3 * (boxHeight + rowGap);
// mostResults is how many images that match a search are listed.
const mostResults = 50;
// mostAtFirst is how many boxes are unfolded at first in a graph that has many.
const mostAtFirst = 250;
// fewBoxes are so few that nothing needs to be folded.
const fewBoxes = 30;

// Without this class the page shows the tree, and nothing that needs a script.
document.documentElement.classList.add("live");

const boxes = JSON.parse(document.getElementById("data").textContent);
const stage = document.getElementById("stage"), panel = document.getElementById("panel");
const search = document.getElementById("search"), results = document.getElementById("results");
// A grid is a frame around many boxes that have the same main parent, or none, and lead to the same images.
const roots = [], grids = [];
const columns = [...new Set(boxes.map((box) => box.x))].sort((a, b) => a - b);
// A leaf is no parent, so that no image needs to be right of it.
const isLeaf = (box) => box.lines.length === 0;

boxes.forEach((box, index) => {
  Object.assign(box, { index, children: [], lines: [], folded: false, below: 0, main: null });
  for (const parent of box.parents ?? []) {
    boxes[parent.box].lines.push({ to: box, link: parent.link });
    if (parent.main) box.main = boxes[parent.box];
  }
  if (box.main) box.main.children.push(box);
  else roots.push(box);
});
findGrids(null, roots);
for (const box of boxes) findGrids(box, box.children);
for (const box of boxes.toReversed()) {
  box.isTouched ||= Boolean(box.state) && box.state !== "unchanged";
  if (box.main) {
    box.main.below += box.below + 1;
    box.main.hasTouched ||= box.isTouched || box.hasTouched;
  }
}

// ---- what is folded at first

const isChange = boxes.some((box) => box.isTouched);

function foldAtFirst() {
  if (boxes.length <= mostAtFirst) {
    if (isChange && boxes.length > fewBoxes) for (const box of boxes) box.folded = box.children.length > 0 && !box.hasTouched;
    return;
  }
  let drawn = roots.length;
  for (const box of boxes) box.folded = box.children.length > 0;
  // Level by level, and first the branches that a change touches.
  for (let level = roots; level.length > 0;) {
    const next = [];
    for (const box of level) {
      const isWanted = isChange ? box.hasTouched : true;
      if (box.children.length > 0 && isWanted && (drawn < fewBoxes || drawn + box.children.length <= mostAtFirst)) {
        box.folded = false;
        drawn += box.children.length;
        next.push(...box.children);
      }
    }
    level = next;
  }
}

// ---- rows

let order = [], size = { width: 0, height: 0 };

function findGrids(parent, children) {
  const groups = new Map();
  for (const child of children) {
    if (child.children.length > 0) continue;
    const key = child.lines.map((line) => line.to.index + line.link).join();
    groups.set(key, [...groups.get(key) ?? [], child]);
  }
  for (const members of groups.values()) {
    if (members.length <= mostInColumn) continue;
    const left = Math.max(...members.map((box) => box.x)), cell = Math.max(...members.map((box) => box.width)) + rowGap;
    let rows = Math.max(mostInColumn, Math.floor(Math.sqrt(members.length * cell / (boxHeight + rowGap) / 2)));
    const columns = Math.ceil(members.length / rows);
    rows = Math.ceil(members.length / columns);
    const grid = { parent, members, rows, cell, left, width: columns * cell - rowGap + 2 * gridPadding, height: rows * (boxHeight + rowGap) - rowGap + 2 * gridPadding };
    for (const box of members) box.grid = grid;
    grids.push(grid);
  }
}

function place() {
  order = [];
  placeAll(roots, margin, 1);
  size = { width: 2 * margin, height: 2 * margin };
  for (const box of order) {
    size.width = Math.max(size.width, box.left + box.width + gridPadding + margin);
    size.height = Math.max(size.height, box.y + boxHeight + gridPadding + margin);
  }
}

function placeAll(siblings, y, level) {
  for (const box of [...siblings.filter(isLeaf), ...siblings.filter((box) => !isLeaf(box))]) {
    if (!box.grid) y = placeSubtree(box, y, level);
    else if (box === box.grid.members[0]) y = placeGrid(box.grid, y, level);
  }
  return y;
}

function placeSubtree(box, y, level) {
  Object.assign(box, { left: box.x, y, level });
  order.push(box);
  if (box.folded || box.children.length === 0) return y + boxHeight + rowGap;
  const next = placeAll(box.children, y, level + 1);
  box.y = y + Math.min(lowest, (next - y - rowGap - boxHeight) / 2);
  return next;
}

function placeGrid(grid, y, level) {
  grid.y = y;
  grid.members.forEach((box, i) => {
    Object.assign(box, { left: grid.left + gridPadding + Math.floor(i / grid.rows) * grid.cell, y: y + gridPadding + (i % grid.rows) * (boxHeight + rowGap), level });
    order.push(box);
  });
  return y + grid.height + rowGap;
}

// ---- drawing

const svg = (name, attributes, text) => {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
};

function elementOf(box) {
  if (box.element) return box.element;
  const group = svg("g", { role: "treeitem", tabindex: -1, "data-index": box.index });
  group.classList.add("box", ...(box.outside ? ["outside"] : []), ...(box.state ? [box.state] : []));
  group.append(svg("title", {}, box.name), svg("rect", { width: box.width, height: boxHeight, rx: 6 }));
  const isTall = Boolean(box.tag || box.state);
  group.append(svg("text", { x: 10, y: isTall ? 16 : 23 }, box.shown ?? box.name));
  if (box.tag) group.append(svg("text", { x: 10, y: 31, class: "tag" }, box.tag.length > 44 ? box.tag.slice(0, 43) + "…" : box.tag));
  if (box.state) group.append(svg("text", { x: box.width - (box.children.length > 0 ? 16 : 10), y: 31, class: "state" }, box.state));
  if (box.children.length > 0) {
    const fold = svg("g", { class: "fold", "data-fold": box.index });
    fold.append(svg("title", {}), svg("rect", { y: 11, height: 16, rx: 8 }), svg("text", { y: 22.5 }));
    group.append(fold);
  }
  return box.element = group;
}

function updateElement(box) {
  const group = elementOf(box);
  group.setAttribute("transform", `translate(${box.left} ${box.y})`);
  group.setAttribute("aria-level", box.level);
  const below = box.below === 1 ? "1 image below" : `${box.below} images below`;
  group.setAttribute("aria-label", [box.name, box.tag, box.state, box.outside ? "from elsewhere" : "", box.below ? below : ""].filter(Boolean).join(", "));
  const fold = group.querySelector(".fold");
  if (!fold) return;
  group.setAttribute("aria-expanded", !box.folded);
  const text = box.folded ? `+${box.below}` : "−", width = 10 + 6.5 * text.length;
  fold.classList.toggle("folded", box.folded);
  fold.querySelector("title").textContent = box.folded ? `Unfold ${below}` : "Fold";
  fold.querySelector("rect").setAttribute("width", width);
  fold.querySelector("rect").setAttribute("x", box.width - width / 2);
  fold.querySelector("text").setAttribute("x", box.width);
  fold.querySelector("text").textContent = text;
}

function draw() {
  place();
  const isShown = new Set(order), edges = [];
  for (const box of order) {
    updateElement(box);
    // The lines of a grid begin and end at its frame.
    if (box.grid && box !== box.grid.members[0]) continue;
    if (box.grid) edges.push(...elementsOfGrid(box.grid));
    const from = box.grid ?? { left: box.left, width: box.width, y: box.y, height: boxHeight };
    for (const line of box.lines) {
      if (!isShown.has(line.to) || line.to.grid?.parent === box) continue;
      line.element ??= svg("path", { class: `edge ${line.link}` });
      line.element.setAttribute("d", curve(from, line.to.left, line.to.y + boxHeight / 2));
      edges.push(line.element);
    }
  }
  document.getElementById("edges").replaceChildren(...edges);
  document.getElementById("boxes").replaceChildren(...order.map((box) => box.element));
  light();
  if (!order.includes(current)) current = order[0];
  if (current) current.element.setAttribute("tabindex", 0);
}

// curve is a line that bends before the next column, and then stays in the row where it ends: there are no boxes in its way.
function curve(from, x, y) {
  const x1 = from.left + from.width, y1 = from.y + from.height / 2, end = columns.find((left) => left >= x1) ?? x;
  const middle = (Math.max(end - columnGap, x1) + end) / 2;
  return `M${x1} ${y1}C${middle} ${y1} ${middle} ${y} ${end} ${y}L${x} ${y}`;
}

// elementsOfGrid are the frame, and the line to it.
function elementsOfGrid(grid) {
  const { parent, left, y, width, height } = grid;
  grid.frame ??= svg("rect", { class: "grid", rx: 8 });
  for (const [name, value] of Object.entries({ x: left, y, width, height })) grid.frame.setAttribute(name, value);
  if (!parent) return [grid.frame];
  grid.line ??= svg("path", { class: "edge base" });
  grid.line.setAttribute("d", curve({ left: parent.left, width: parent.width, y: parent.y, height: boxHeight }, left, y + height / 2));
  return [grid.frame, grid.line];
}

// ---- zoom

let view = { x: 0, y: 0, scale: 1 };

function show() {
  const { width, height } = stage.getBoundingClientRect();
  stage.setAttribute("viewBox", `${view.x} ${view.y} ${Math.max(1, width / view.scale)} ${Math.max(1, height / view.scale)}`);
}

function zoom(factor, clientX, clientY) {
  const area = stage.getBoundingClientRect();
  const dx = (clientX ?? area.left + area.width / 2) - area.left, dy = (clientY ?? area.top + area.height / 2) - area.top;
  const scale = clamp(view.scale * factor, 0.02, 4);
  view = { x: view.x + dx / view.scale - dx / scale, y: view.y + dy / view.scale - dy / scale, scale };
  show();
}

// fit shows everything; at first only so much that names can be read.
function fit(smallest) {
  const { width, height } = stage.getBoundingClientRect();
  const scale = Math.max(smallest, Math.min(1.25, width / size.width, height / size.height));
  view = { x: Math.min(0, (size.width - width / scale) / 2), y: Math.min(0, (size.height - height / scale) / 2), scale };
  show();
}

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));

// reach moves the view as far as a box needs to be in it.
function reach(box) {
  const { width, height } = stage.getBoundingClientRect();
  if (view.scale < 0.5) view = { ...view, scale: 1 };
  view = {
    ...view,
    x: clamp(view.x, box.left + box.width + 2 * margin - width / view.scale, box.left - 2 * margin),
    y: clamp(view.y, box.y + boxHeight + 2 * margin - height / view.scale, box.y - 2 * margin),
  };
  show();
}

stage.addEventListener("wheel", (event) => {
  event.preventDefault();
  zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.0015)), event.clientX, event.clientY);
}, { passive: false });

// One pointer moves the view, two fingers also zoom. A pointer that hardly moves is a click.
const pointers = new Map();
let isMoved = false;

function grab(event) {
  if (pointers.size === 0) isMoved = false;
  pointers.set(event.pointerId, event);
}

function pull(event) {
  const before = pointers.get(event.pointerId);
  if (event.buttons === 0) release(event); // the button went up elsewhere
  if (!pointers.has(event.pointerId)) return;
  const isTwo = pointers.size > 1;
  if (!isMoved && !isTwo && Math.hypot(event.clientX - before.clientX, event.clientY - before.clientY) < 4) return;
  if (!isMoved) stage.classList.add("moving");
  isMoved = true;
  stage.setPointerCapture(event.pointerId);
  pointers.set(event.pointerId, event);
  const other = [...pointers.values()].find((pointer) => pointer.pointerId !== event.pointerId);
  const share = isTwo ? 2 : 1;
  view = { ...view, x: view.x - (event.clientX - before.clientX) / view.scale / share, y: view.y - (event.clientY - before.clientY) / view.scale / share };
  show();
  if (!isTwo) return;
  const distance = (pointer) => Math.max(1, Math.hypot(pointer.clientX - other.clientX, pointer.clientY - other.clientY));
  zoom(distance(event) / distance(before), (event.clientX + other.clientX) / 2, (event.clientY + other.clientY) / 2);
}

function release(event) {
  pointers.delete(event.pointerId);
  if (pointers.size === 0) stage.classList.remove("moving");
}

for (const [name, act] of Object.entries({ pointerdown: grab, pointermove: pull, pointerup: release, pointercancel: release, lostpointercapture: release })) stage.addEventListener(name, act);

// ---- folds and selection

let current = roots[0], selected = null;

function toggle(box, folded) {
  if (box.children.length === 0 || box.folded === folded) return;
  const { left, y } = box;
  box.folded = folded;
  draw();
  view = { ...view, x: view.x + box.left - left, y: view.y + box.y - y };
  show();
}

function foldAll(folded) {
  for (const box of boxes) box.folded = folded && box.children.length > 0;
  draw();
  fit(0.6);
}

function focus(box) {
  current?.element?.setAttribute("tabindex", -1);
  current = box;
  box.element.setAttribute("tabindex", 0);
  reach(box);
  box.element.focus({ preventScroll: true });
}

// go unfolds what hides a box, and focuses the box.
function go(box) {
  let isHidden = false;
  for (let above = box.main; above; above = above.main) {
    isHidden ||= above.folded;
    above.folded = false;
  }
  if (isHidden) draw();
  select(box);
  focus(box);
}

function select(box) {
  const wasOpen = !panel.hidden;
  selected?.element?.setAttribute("aria-selected", false);
  selected?.element?.classList.remove("selected");
  selected = box;
  panel.hidden = !box;
  if (box) {
    elementOf(box).classList.add("selected");
    box.element.setAttribute("aria-selected", true);
    describe(box);
  }
  light();
  remember();
  if (wasOpen !== !panel.hidden) show();
}

// ---- the address, which may end in # and the name of an image

function named() {
  try {
    const name = decodeURIComponent(location.hash.slice(1));
    return boxes.find((box) => box.name === name);
  } catch {
    return undefined; // not every text after # is encoded well
  }
}

function remember() {
  try {
    history.replaceState(null, "", selected ? "#" + encodeURIComponent(selected.name) : location.pathname + location.search);
  } catch {
    // A page in a frame may not be allowed to.
  }
}

addEventListener("hashchange", () => {
  const box = named();
  if (box) go(box);
});

// light marks the lines from the selected image up to its oldest parents and down to its last descendants.
function light() {
  const above = new Set(selected ? [selected] : []), below = new Set(above);
  // A set also visits what is added meanwhile.
  for (const box of above) for (const parent of box.parents ?? []) above.add(boxes[parent.box]);
  for (const box of below) for (const line of box.lines) below.add(line.to);
  for (const box of order) {
    const sources = box.grid?.members ?? [box];
    for (const line of box.lines) line.element?.classList.toggle("lit", above.has(line.to) || sources.some((source) => below.has(source)));
  }
  for (const grid of grids) grid.line?.classList.toggle("lit", below.has(grid.parent) || grid.members.some((box) => above.has(box)));
}

// ---- the panel

const html = (name, properties, ...children) => {
  const element = Object.assign(document.createElement(name), properties);
  element.append(...children);
  return element;
};

function describe(box) {
  const close = html("button", { id: "close", type: "button", textContent: "×", title: "Close (Esc)" });
  close.setAttribute("aria-label", "Close");
  close.addEventListener("click", () => { select(null); focus(current); });
  panel.replaceChildren(close, html("h2", { textContent: box.name }));
  if (box.state) panel.append(html("p", { className: box.state }, html("b", { textContent: box.state })));
  if (box.outside) panel.append(html("p", { textContent: "An image from elsewhere." }));
  const words = { base: "", files: " (files)", after: " (built before)" };
  list("Notes", box.notes, "lines");
  list("Tag", box.tag ? [box.tag] : []);
  list("Parents", (box.parents ?? []).map((parent) => link(boxes[parent.box], words[parent.link])));
  list("Children", box.lines.map((line) => link(line.to, { ...words, after: " (built after)" }[line.link])));
  list("Dependents in other projects", box.dependents);
  list("Packages", box.packages);
  list("Jobs", box.jobs);
  list("Labels", box.labels, "lines");
}

function link(box, remark) {
  const button = html("button", { type: "button", textContent: box.name + remark });
  button.addEventListener("click", () => go(box));
  return button;
}

function list(heading, entries, kind) {
  if (!entries?.length) return;
  const items = entries.map((entry) => html("li", {}, typeof entry === "string" ? html("span", { textContent: entry }) : entry));
  panel.append(html("h3", { textContent: entries.length > 3 ? `${heading} (${entries.length})` : heading }), html("ul", { className: kind ?? "" }, ...items));
}

// ---- search

let matches = [], at = -1;

function find() {
  const wanted = search.value.trim().toLowerCase();
  for (const box of matches) box.element?.classList.remove("match");
  matches = [];
  at = -1;
  if (wanted) {
    const elsewhere = [];
    for (const box of boxes) {
      box.text ??= [box.tag, box.state, ...(box.packages ?? []), ...(box.jobs ?? []), ...(box.labels ?? []), ...(box.dependents ?? [])].join("\n").toLowerCase();
      if (box.name.toLowerCase().includes(wanted)) matches.push(box);
      else if (box.text.includes(wanted)) elsewhere.push(box);
    }
    matches.push(...elsewhere);
    for (const box of matches) elementOf(box).classList.add("match");
  }
  document.getElementById("found").textContent = !wanted ? "" : matches.length > mostResults ? `${matches.length} found, ${mostResults} listed` : `${matches.length} found`;
  results.replaceChildren(...matches.slice(0, mostResults).map((box) => {
    const button = html("button", { type: "button", textContent: box.name + " " }, html("small", { textContent: box.tag ?? "" }));
    button.addEventListener("click", () => { results.hidden = true; go(box); });
    return html("li", {}, button);
  }));
  results.hidden = matches.length === 0;
}

search.addEventListener("input", find);
search.addEventListener("focus", () => { results.hidden = matches.length === 0; });
document.querySelector(".search").addEventListener("keydown", (event) => {
  const buttons = [...results.querySelectorAll("button")], i = buttons.indexOf(document.activeElement);
  switch (event.key) {
    case "ArrowDown": (buttons[i + 1] ?? buttons[0])?.focus(); break;
    case "ArrowUp": (buttons[i - 1] ?? search).focus(); break;
    case "Enter":
      if (i >= 0 || matches.length === 0) return;
      at = (at + (event.shiftKey ? matches.length - 1 : 1)) % matches.length;
      go(matches[at]);
      search.focus();
      results.hidden = true;
      break;
    default: return;
  }
  event.preventDefault();
});
document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".search")) results.hidden = true; });

// ---- mouse and keys on the graph

stage.addEventListener("click", (event) => {
  if (isMoved) return;
  const fold = event.target.closest("[data-fold]"), box = boxes[event.target.closest("[data-index]")?.dataset.index];
  if (fold) toggle(box, !box.folded);
  else select(box ?? null);
  if (box) focus(box);
});

const move = (step) => { const next = order[order.indexOf(current) + step]; if (next) focus(next); };
const keys = {
  ArrowDown: () => move(1),
  ArrowUp: () => move(-1),
  ArrowRight: (box) => { if (box.folded) toggle(box, false); else if (box.children.length > 0) move(1); },
  ArrowLeft: (box) => { if (box.children.length > 0 && !box.folded) toggle(box, true); else if (box.main) focus(box.main); },
  Home: () => focus(order[0]),
  End: () => focus(order.at(-1)),
  Enter: (box) => select(box),
  " ": (box) => select(box),
};

stage.addEventListener("keydown", (event) => {
  const box = boxes[event.target.closest("[data-index]")?.dataset.index];
  if (!box || event.ctrlKey || event.metaKey || event.altKey || !keys[event.key]) return;
  current = box;
  keys[event.key](box);
  box.element.isConnected && event.preventDefault();
  current.element.focus({ preventScroll: true });
});

document.addEventListener("keydown", (event) => {
  const isTyping = event.target === search;
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    if (isTyping || !results.hidden) {
      search.value = "";
      find();
    } else select(null);
    if (current) focus(current);
  } else if (isTyping) return;
  else if (event.key === "/") search.focus();
  else if (event.key === "+" || event.key === "=") zoom(1.25);
  else if (event.key === "-") zoom(0.8);
  else if (event.key === "0") fit(0.02);
  else return;
  event.preventDefault();
});

for (const [id, action] of Object.entries({
  "fold-all": () => foldAll(true), "unfold-all": () => foldAll(false), "zoom-in": () => zoom(1.25), "zoom-out": () => zoom(0.8), fit: () => fit(0.02),
})) document.getElementById(id).addEventListener("click", action);

addEventListener("resize", show);
addEventListener("beforeprint", () => stage.setAttribute("viewBox", `0 0 ${size.width} ${size.height}`));
addEventListener("afterprint", show);

for (const state of ["added", "removed", "changed", "rebuilt", "unchanged"]) {
  const count = boxes.filter((box) => box.state === state).length;
  if (count > 0) document.getElementById("states").append(html("span", { className: state }, html("b", { textContent: `${count} ${state}` })));
}
foldAtFirst();
draw();
fit(0.8);
const first = named();
if (first) {
  go(first);
  fit(0.8);
  reach(first);
} else if (isChange) reach(order.find((box) => box.isTouched) ?? order[0]);
performance.mark("drawn");
