// The page: what is chosen, and everything that follows from it.

const FILTERS = {
  metric: { title: "Metric", none: UNKNOWN },
  metric_group: { title: "Metric group", none: UNKNOWN },
  model_family: { title: "Model family", none: UNKNOWN },
  condition: { title: "Condition", none: UNKNOWN },
  shots: { title: "Shots", none: UNKNOWN },
  status: { title: "Status", none: UNKNOWN },
  outcome: { title: "Verdict", none: UNKNOWN },
  annotation: { title: "Annotation", none: "none" },
};
// Names of the filters in the address, where they differ.
const ADDRESS = { metric_group: "group", model_family: "family", outcome: "verdict" };
// The axes at first: of these two every curve has both, or is too short for them.
const AXES = { x: "sharpness", y: "p_order" };
const ROWS_SHOWN = 50;
const GROUPS = ["discontinuous", "continuous", "other"];

const total = data.scales.length;
const { names, rows } = data;
for (const [name, values] of Object.entries(data.numbers)) data.numbers[name] = values.map(finite);
data.group_of = rows.metric_group.map((i) => GROUPS.indexOf(names.metric_group[i]));
const lower = { task: names.task.map((name) => name.toLowerCase()) };
lower.subtask = names.subtask.map((name) => name.toLowerCase());
// Either is there alone where no curve, or each, is of a subtask.
const bySubtask = names.subtask.length > 1 || (total > 0 && names.subtask[0] !== "");
// What is typed is looked for in these names.
const searched = bySubtask && names.task.length === 1 ? "subtask" : "task";

const COLUMNS = [
  { key: "task", title: "Task" },
  ...(bySubtask ? [{ key: "subtask", title: "Subtask" }] : []),
  { key: "metric", title: "Metric" },
  { key: "model_family", title: "Family" },
  ...(names.condition.length > 1 ? [{ key: "condition", title: "Condition" }] : []),
  { key: "shots", title: "Shots", n: true },
  { key: "scales", title: "Scales", n: true },
  { key: "emergence_score", title: "E", n: true },
  { key: "sharpness", title: "Sharpness", n: true },
  { key: "exponent", title: "Exponent", n: true },
  { key: "p_rise", title: "p_rise", n: true },
  { key: "p_steep", title: "p_steep", n: true },
  { key: "p_order", title: "p_order", n: true },
  { key: "status", title: "Status" },
  { key: "outcome", title: "Verdict" },
  { key: "annotation", title: "Annotation" },
];

const state = {
  task: "",
  filters: {},
  ...AXES,
  sort: "",
  page: 0,
  curve: null, // row of the picked curve
  beside: null, // row of the one beside it; -1: none is wanted
};
let kept = [];
let axes = {};
let scatter = null;
let cursor = null;
let drawn = 0;

function nameOf(key, row) {
  return names[key][rows[key][row]];
}

function idOf(row) {
  return data.ids.slice(16 * row, 16 * row + 16);
}

function rowOf(id) {
  if (!/^[0-9a-f]{16}$/.test(id)) return null;
  for (let row = 0; row < total; row += 1) if (idOf(row) === id) return row;
  return null;
}

// What a value of a filter is called.
function called(key, value) {
  if (value === null) return FILTERS[key].none;
  if (value === "") return "(none)";
  const ours = ["metric_group", "status", "outcome", "annotation"].includes(key);
  return shorten(ours ? words(value) : String(value), 60);
}

// What the page says in a cell: an element or a text.
function cell(key, row) {
  if (key in data.numbers) return number(data.numbers[key][row]);
  if (key === "scales") return count(data.scales[row]);
  const value = nameOf(key, row);
  if (key in FILTERS && (value === null || typeof value === "number")) {
    return called(key, value);
  }
  if (["status", "outcome", "annotation"].includes(key)) return called(key, value);
  return named(value, 40);
}

// ---- the address ------------------------------------------------------------------------

function fieldsOf() {
  const fields = new Map();
  if (state.task) fields.set("task", state.task);
  for (const [key, at] of Object.entries(state.filters)) {
    fields.set(ADDRESS[key] || key, names[key][at] === null ? UNKNOWN : String(names[key][at]));
  }
  for (const [letter, name] of Object.entries(AXES)) {
    if (state[letter] !== name) fields.set(letter, state[letter]);
  }
  if (state.sort) fields.set("sort", state.sort);
  if (state.page) fields.set("page", String(state.page + 1));
  if (state.curve !== null) fields.set("curve", idOf(state.curve));
  if (state.beside !== null) fields.set("beside", state.beside < 0 ? "none" : idOf(state.beside));
  return fields;
}

// Take over what the address says; return what it says that is not here.
function takeAddress() {
  const fields = readAddress();
  const ignored = [];
  state.task = fields.get("task") || "";
  state.filters = {};
  for (const key of Object.keys(FILTERS)) {
    const name = ADDRESS[key] || key;
    if (!fields.has(name)) continue;
    const wanted = fields.get(name);
    let at = names[key].findIndex((value) => value !== null && String(value) === wanted);
    if (at < 0 && wanted === UNKNOWN) at = names[key].indexOf(null);
    if (at < 0) ignored.push(FILTERS[key].title.toLowerCase());
    else state.filters[key] = at;
  }
  for (const letter of ["x", "y"]) {
    const wanted = fields.get(letter);
    state[letter] = AXES[letter];
    if (wanted !== undefined && Object.hasOwn(QUANTITIES, wanted)) state[letter] = wanted;
    else if (wanted !== undefined) ignored.push(`${letter} axis`);
  }
  const sort = fields.get("sort") || "";
  const sortable = COLUMNS.some(({ key }) => key === sort.replace(/^-/, ""));
  state.sort = sortable ? sort : "";
  if (sort && !sortable) ignored.push("order");
  const page = Number(fields.get("page") || 1);
  state.page = Number.isInteger(page) && page > 0 ? page - 1 : 0;
  for (const name of ["curve", "beside"]) {
    const wanted = fields.get(name);
    state[name] = wanted === undefined ? null : rowOf(wanted);
    if (name === "beside" && wanted === "none") state.beside = -1;
    else if (wanted !== undefined && state[name] === null) ignored.push(name);
  }
  return ignored;
}

// ---- filters ----------------------------------------------------------------------------

function makeFilters() {
  const box = byId("filters");
  const known = byId("tasks");
  for (const name of names[searched]) {
    if (name.length <= 200) known.append(make("option", { value: name }));
  }
  byId("task").addEventListener("input", (event) => {
    state.task = event.target.value;
    changed();
  });
  for (const [key, { title }] of Object.entries(FILTERS)) {
    if (names[key].length < 2) continue;
    const select = make("select", { id: `filter-${key}` }, make("option", { value: "" }, "all"));
    names[key].forEach((value, i) => {
      if (rows[key].includes(i)) select.append(make("option", { value: i }, called(key, value)));
    });
    select.addEventListener("change", () => {
      if (select.value === "") delete state.filters[key];
      else state.filters[key] = Number(select.value);
      changed();
    });
    box.append(make("div", {}, make("label", { for: select.id }, title), select));
  }
  byId("reset").addEventListener("click", () => {
    state.task = "";
    state.filters = {};
    changed();
    showFilters();
  });
  for (const letter of ["x", "y"]) {
    const select = byId(letter);
    for (const [key, { title }] of Object.entries(QUANTITIES)) {
      select.append(make("option", { value: key }, title));
    }
    select.addEventListener("change", () => {
      state[letter] = select.value;
      placed();
      changed();
    });
  }
}

function showFilters() {
  byId("task").value = state.task;
  for (const key of Object.keys(FILTERS)) {
    const select = byId(`filter-${key}`);
    if (select) select.value = key in state.filters ? String(state.filters[key]) : "";
  }
  byId("x").value = state.x;
  byId("y").value = state.y;
}

function filtered() {
  const text = state.task.toLowerCase();
  const exact = names[searched].indexOf(state.task);
  const passes = names[searched].map(
    (_, i) => !text || (exact < 0 ? lower[searched][i].includes(text) : i === exact),
  );
  const chosen = Object.entries(state.filters);
  const found = [];
  for (let row = 0; row < total; row += 1) {
    if (!passes[rows[searched][row]]) continue;
    if (chosen.every(([key, at]) => rows[key][row] === at)) found.push(row);
  }
  return found;
}

// ---- order ------------------------------------------------------------------------------

function sorted(found) {
  if (!state.sort) return found;
  const falling = state.sort.startsWith("-");
  const key = state.sort.replace(/^-/, "");
  let values;
  if (key === "scales") values = data.scales;
  else if (key in data.numbers) values = data.numbers[key];
  else values = rows[key].map((at) => (names[key][at] === null ? null : at));
  // What is unknown comes last either way; equal ones keep the order of the tables.
  return found.slice().sort((a, b) => {
    const [one, other] = [values[a], values[b]];
    if (one === other) return a - b;
    if (one === null || other === null) return one === null ? 1 : -1;
    return falling ? other - one : one - other;
  });
}

// ---- the scatter ------------------------------------------------------------------------

function placed() {
  axes = { x: axisOf(state.x), y: axisOf(state.y) };
}

function pointsOf(some) {
  const points = [];
  for (const row of some) {
    const [x, y] = [axes.x.places[row], axes.y.places[row]];
    if (x !== null && y !== null) points.push({ row, x, y, g: data.group_of[row] });
  }
  return points;
}

function sizeOf(element) {
  return [Math.max(240, element.clientWidth), Math.max(240, element.clientHeight)];
}

async function makeScatter() {
  const element = byId("scatter");
  const result = await draw(
    element,
    scatterSpec(...sizeOf(element), axes.x, axes.y, palette()),
    "canvas",
  );
  scatter = result.view;
  scatter.addEventListener("click", (_, item) => {
    if (item && item.mark.name === "marks") pick(item.datum.row);
  });
  scatter.addEventListener("mousemove", (_, item) => {
    under(item && item.mark.name === "marks" ? item.datum.row : null);
  });
  let waiting;
  addEventListener("resize", () => {
    clearTimeout(waiting);
    waiting = setTimeout(() => {
      const [width, height] = sizeOf(element);
      if (width !== scatter.width()) scatter.width(width).height(height).runAsync();
      showCurves();
    }, 150);
  });
  const recoloured = (colours) => {
    for (const [name, colour] of Object.entries(colours)) scatter.signal(name, colour);
    scatter.runAsync();
  };
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () =>
    recoloured(palette()),
  );
  matchMedia("print").addEventListener("change", () => recoloured(palette()));
  makeKeys(byId("chart"));
}

async function showScatter() {
  if (!scatter) return;
  if (showScatter.axes !== axes) {
    for (const [letter, axis] of Object.entries(axes)) {
      for (const [name, value] of Object.entries(axisSignals(letter, axis))) {
        scatter.signal(name, value);
      }
      scatter.data(`${letter}At`, axis.at.slice());
    }
    scatter.resize(); // its labels may be wider
    showScatter.axes = axes;
  }
  scatter.data("points", pointsOf(kept));
  ringed();
  await scatter.runAsync();
}

// The picked curve, and those of the same task, family and shots: one ring each.
function ringed() {
  const picked = cursor === null ? state.curve : cursor;
  scatter.data("picked", picked === null ? [] : pointsOf([picked]));
  const same = state.curve === null ? [] : siblings(state.curve);
  scatter.data("beside", pointsOf(same.filter((row) => row !== picked)));
}

function nameWords(row) {
  const parts = [nameOf("task", row), nameOf("subtask", row), nameOf("metric", row)];
  parts.push(nameOf("model_family", row));
  const shown = parts.filter((part) => part).map((part) => named(part, 40));
  const shots = nameOf("shots", row);
  return shots === null ? shown : [...shown, plural(shots, "shot")];
}

function under(row) {
  const line = byId("under");
  line.replaceChildren();
  if (row === null) return;
  nameWords(row).forEach((part, i) => line.append(i ? ", " : "", part));
  const said = (key) => `${QUANTITIES[key].title} ${number(data.numbers[key][row])}`;
  line.append(`: ${said(state.x)}, ${said(state.y)}`);
}

// Arrow keys go from point to point, in the order of either axis; Enter picks.
function makeKeys(element) {
  const moves = { ArrowRight: ["x", 1], ArrowLeft: ["x", -1], ArrowUp: ["y", 1] };
  moves.ArrowDown = ["y", -1];
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && cursor !== null) {
      pick(cursor);
    } else if (event.key === "Escape") {
      cursor = null;
      under(null);
    } else if (event.key in moves) {
      const [letter, by] = moves[event.key];
      const { places } = axes[letter];
      const order = pointsOf(kept).map(({ row }) => row);
      if (!order.length) return;
      order.sort((a, b) => places[a] - places[b] || a - b);
      const from = order.indexOf(cursor === null ? state.curve : cursor);
      const to = from < 0 ? 0 : Math.min(order.length - 1, Math.max(0, from + by));
      cursor = order[to];
      under(cursor);
    } else {
      return;
    }
    event.preventDefault();
    ringed();
    scatter.runAsync();
  });
  element.addEventListener("blur", () => {
    cursor = null;
  });
}

function countWords() {
  const { x, y } = axes;
  const drawnNow = kept.filter((row) => x.places[row] !== null && y.places[row] !== null).length;
  const parts = [`${count(kept.length)} of ${plural(total, "curve")}`];
  if (kept.length) {
    parts.push(`${count(drawnNow)} drawn`);
    for (const key of new Set([state.x, state.y])) {
      const values = data.numbers[key];
      const missing = kept.filter((row) => values[row] === null).length;
      const infinite = kept.filter((row) => Math.abs(values[row]) === Infinity).length;
      const { title } = QUANTITIES[key];
      if (missing) parts.push(`${count(missing)} without ${title}: not drawn`);
      if (infinite) parts.push(`${count(infinite)} with infinite ${title}: at the edge`);
    }
  }
  return `${parts.join("; ")}.`;
}

// ---- the table --------------------------------------------------------------------------

function makeTable() {
  const head = byId("head");
  for (const { key, title, n } of COLUMNS) {
    const button = make("button", { type: "button", class: "sort" }, title);
    button.addEventListener("click", () => {
      const falling = n ? `-${key}` : key;
      const rising = n ? key : `-${key}`;
      state.sort = state.sort === falling ? rising : state.sort === rising ? "" : falling;
      changed();
    });
    const cell = make("th", { scope: "col", "data-key": key }, button);
    if (n) cell.className = "n";
    head.append(cell);
  }
  const steps = { first: () => 0, previous: (page) => page - 1 };
  steps.next = (page) => page + 1;
  steps.last = (_, pages) => pages - 1;
  for (const [name, to] of Object.entries(steps)) {
    byId(name).addEventListener("click", () => {
      const pages = Math.ceil(kept.length / ROWS_SHOWN);
      state.page = Math.min(pages - 1, Math.max(0, to(state.page, pages)));
      showTable();
      writeAddress(fieldsOf());
    });
  }
}

function showTable() {
  const pages = Math.max(1, Math.ceil(kept.length / ROWS_SHOWN));
  state.page = Math.min(state.page, pages - 1);
  const start = state.page * ROWS_SHOWN;
  const shown = sorted(kept).slice(start, start + ROWS_SHOWN);
  const sortKey = state.sort.replace(/^-/, "");
  const sortTitle = COLUMNS.find(({ key }) => key === sortKey)?.title;
  const order = sortTitle
    ? `by ${state.sort.startsWith("-") ? "falling" : "rising"} ${sortTitle}`
    : "those with enough scales first, by falling sharpness";
  byId("shown").textContent = shown.length
    ? `Curves ${count(start + 1)} to ${count(start + shown.length)} of ${count(kept.length)}, ${order}.`
    : "No curve is left by the filters.";
  for (const cell of byId("head").children) {
    if (cell.dataset.key === sortKey) {
      cell.setAttribute("aria-sort", state.sort.startsWith("-") ? "descending" : "ascending");
    } else {
      cell.removeAttribute("aria-sort");
    }
  }
  byId("body").replaceChildren(...shown.map(rowElement));
  byId("page").textContent = `page ${count(state.page + 1)} of ${count(pages)}`;
  for (const name of ["first", "previous"]) byId(name).disabled = state.page === 0;
  for (const name of ["next", "last"]) byId(name).disabled = state.page === pages - 1;
}

function rowElement(row) {
  const line = make("tr", { "data-row": row });
  if (row === state.curve) line.setAttribute("aria-current", "true");
  for (const { key, n } of COLUMNS) {
    const inside = make("td", n ? { class: "n" } : {});
    if (key === "task") {
      const button = make("button", { type: "button", class: "pick" }, cell(key, row));
      button.addEventListener("click", () => pick(row));
      inside.append(button);
    } else {
      inside.append(cell(key, row));
    }
    line.append(inside);
  }
  return line;
}

// ---- the picked curve -------------------------------------------------------------------

const SAME = ["task", "subtask", "model_family", "condition", "shots"];

// All metrics of one task, family, shots and condition.
function siblings(row) {
  const found = [];
  for (let other = 0; other < total; other += 1) {
    if (SAME.every((key) => rows[key][other] === rows[key][row])) found.push(other);
  }
  return found.sort((a, b) => data.group_of[a] - data.group_of[b] || rows.metric[a] - rows.metric[b]);
}

// Metrics of the same outputs as a curve's.
function sameOutputs(row) {
  if (nameOf("output_group", row) === null) return [];
  const group = rows.output_group[row];
  return siblings(row).filter((other) => other !== row && rows.output_group[other] === group);
}

function besideOf(row) {
  const others = sameOutputs(row);
  if (state.beside === -1) return null;
  if (others.includes(state.beside)) return state.beside;
  const unlike = others.find((other) => data.group_of[other] !== data.group_of[row]);
  return unlike ?? others[0] ?? null;
}

function pick(row) {
  state.curve = row;
  state.beside = null;
  cursor = null;
  showPicked();
  const heading = byId("curve");
  heading.parentElement.scrollTop = 0;
  const box = heading.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) heading.scrollIntoView({ block: "start" });
}

function showPicked() {
  for (const line of byId("body").children) {
    if (Number(line.dataset.row) === state.curve) line.setAttribute("aria-current", "true");
    else line.removeAttribute("aria-current");
  }
  writeAddress(fieldsOf());
  if (scatter) {
    ringed();
    scatter.runAsync();
  }
  showCurves();
}

function textsOf(row) {
  const said = details.curves[row][7];
  return said.map(([text, ...numbers]) =>
    details.texts[text].map((part, i) => part + (numbers[i] ?? "")).join(""),
  );
}

function option(row) {
  return make("option", { value: row }, shorten(nameOf("metric", row), 60));
}

function metricSelect(id, title, choices, chosen, onChange) {
  const select = make("select", { id }, ...choices);
  select.value = String(chosen);
  select.addEventListener("change", () => {
    onChange(Number(select.value));
    byId(id)?.focus();
  });
  return make("div", {}, make("label", { for: id }, title), select);
}

function showCurves() {
  const box = byId("picked");
  if (state.curve === null) {
    box.replaceChildren(make("p", {}, "Pick a point of the chart or a row of the table."));
    return;
  }
  if (!details) {
    box.replaceChildren(make("p", {}, "The curves are being unpacked."));
    return;
  }
  const row = state.curve;
  const others = siblings(row);
  const beside = besideOf(row);
  const title = make("h3", {}, named(nameOf("task", row)));
  if (nameOf("subtask", row)) title.append(": ", named(nameOf("subtask", row)));
  const facts = make("p", { class: "quiet" }, named(nameOf("model_family", row)));
  facts.append(`, shots: ${called("shots", nameOf("shots", row))}`);
  if (nameOf("condition", row)) facts.append(", ", named(nameOf("condition", row)));
  facts.append(`, annotation: ${called("annotation", nameOf("annotation", row))}`);
  const links = make("p", {});
  const file = data.subtasks[rows.task[row]];
  if (file) {
    const [name, curves] = file;
    links.append(make("a", { href: `explorer/${name}` }, "Subtasks of this task"));
    links.append(` (${plural(curves, "curve")})`);
  }
  const pair = make("div", { class: "pair" });
  const choose = make("div", { class: "controls" });
  choose.append(
    metricSelect("left", "Metric", others.map(option), row, (to) => {
      state.curve = to;
      showPicked();
    }),
  );
  const same = sameOutputs(row);
  if (same.length) {
    const choices = [make("option", { value: -1 }, "none"), ...same.map(option)];
    choose.append(
      metricSelect("right", "Beside it, on the same outputs", choices, beside ?? -1, (to) => {
        state.beside = to;
        showPicked();
      }),
    );
  } else {
    choose.append(make("p", { class: "quiet" }, "No other metric is known to score the same outputs."));
  }
  const both = beside === null ? [row] : [row, beside];
  const all = make("ul", { class: "small" });
  // In the page before they are drawn: a chart is as wide as its place.
  box.replaceChildren(title, facts, links, choose, pair, pointsTable(both));
  if (others.length > 1) {
    box.append(make("h3", {}, `All ${plural(others.length, "metric")} of this task, family and shots`));
    box.append(all);
  }
  const charts = [];
  for (const one of both) {
    const place = make("div", { class: "chart" });
    const figure = make("figure", {}, make("h4", {}, named(nameOf("metric", one))), place);
    figure.append(findingsList(one));
    pair.append(figure);
    charts.push([place, one, 300, false]);
  }
  for (const other of others.length > 1 ? others : []) {
    const place = make("div", { class: "chart" });
    const button = make("button", { type: "button", class: "pick" }, named(nameOf("metric", other)));
    if (other === row) button.setAttribute("aria-current", "true");
    button.addEventListener("click", () => {
      state.curve = other;
      showPicked();
    });
    const said = `${words(nameOf("metric_group", other))}; sharpness `;
    const value = number(data.numbers.sharpness[other]);
    const outcome = nameOf("outcome", other);
    all.append(make("li", {}, button, place, make("p", {}, `${said}${value}; ${outcome}`)));
    charts.push([place, other, 120, true]);
  }
  const now = (showCurves.turn = (showCurves.turn || 0) + 1);
  (async () => {
    for (const [place, one, height, small] of charts) {
      if (now !== showCurves.turn) return;
      await drawCurve(place, one, height, small);
    }
    finished();
  })();
}

async function drawCurve(place, row, height, small) {
  const curve = details.curves[row];
  if (!curve[1].length) {
    place.append(make("p", {}, "No usable score."));
    return;
  }
  const width = Math.max(160, place.clientWidth);
  await draw(place, curveSpec(row, curve, width, height, small), "svg");
  const metric = shorten(nameOf("metric", row), 60);
  const ends = [curve[1][0], curve[1][curve[1].length - 1]].map((score) => number(score));
  const picture = place.querySelector("svg");
  for (const part of picture.querySelectorAll("[role], [aria-label]")) {
    for (const name of ["role", "aria-roledescription", "aria-label"]) part.removeAttribute(name);
  }
  picture.setAttribute("role", "img");
  picture.setAttribute(
    "aria-label",
    `Scores under ${metric} for ${plural(curve[1].length, "model")}, from ${ends[0]} to ${ends[1]}`,
  );
  place.removeAttribute("role");
  place.removeAttribute("aria-roledescription");
  place.removeAttribute("aria-label");
}

function findingsList(row) {
  const list = make("dl", { class: "findings" });
  const said = textsOf(row);
  details.terms.forEach((term, i) => {
    const link = make("a", { href: data.home + data.definitions[term] }, term);
    list.append(make("dt", {}, link), make("dd", {}, said[i]));
  });
  return list;
}

// The numbers behind the charts side by side.
function pointsTable(both) {
  const head = make("tr", {}, make("th", { scope: "col" }, "Model"));
  head.append(make("th", { scope: "col", class: "n" }, "Parameters"));
  for (const row of both) {
    head.append(make("th", { scope: "col", class: "n" }, named(nameOf("metric", row), 40)));
    head.append(make("th", { scope: "col", class: "n" }, "Wilson interval"));
    head.append(make("th", { scope: "col", class: "n" }, "Examples"));
  }
  // Two metrics of the same outputs may still miss a score at different models.
  const scales = new Map();
  for (const row of both) {
    details.models[details.curves[row][0]].forEach(([name, scale, inWords]) => {
      if (!scales.has(scale)) scales.set(scale, [name, inWords]);
    });
  }
  const ordered = [...scales].sort(([a], [b]) => a - b);
  const body = make("tbody");
  for (const [scale, [name, inWords]] of ordered) {
    const line = make("tr", {}, make("th", { scope: "row" }, named(name, 40)));
    line.append(make("td", { class: "n" }, inWords));
    for (const row of both) line.append(...pointCells(row, scale));
    body.append(line);
  }
  const caption = make("caption", {}, "Scores are oriented: higher is better.");
  const table = make("table", {}, caption, make("thead", {}, head), body);
  const frame = make("div", { class: "scroll", tabindex: "0", role: "region" }, table);
  frame.setAttribute("aria-label", "Scores of the curves above");
  return make("details", {}, make("summary", {}, "The scores as a table"), frame);
}

function pointCells(row, scale) {
  const [models, scores, examples, low, high] = details.curves[row];
  const at = details.models[models].findIndex((model) => model[1] === scale);
  const n = Array.isArray(examples) ? examples[at] : examples;
  const interval = at >= 0 && low && low[at] !== null;
  const texts = [
    at < 0 ? UNKNOWN : number(scores[at]),
    interval ? `${number(low[at])} to ${number(high[at])}` : UNKNOWN,
    at < 0 || n === null ? UNKNOWN : count(n),
  ];
  return texts.map((text) => make("td", { class: "n" }, text));
}

// ---- everything together ----------------------------------------------------------------

function finished() {
  requestAnimationFrame(() => {
    drawn += 1;
    if (drawn === 1) performance.mark("explorer-drawn");
    document.body.dataset.drawn = String(drawn);
  });
}

// The filters, the axes or the order are others now.
async function changed(page = 0) {
  state.page = page;
  kept = filtered();
  showTable();
  byId("counts").textContent = countWords();
  writeAddress(fieldsOf());
  await showScatter();
  finished();
}

async function fromAddress() {
  const ignored = takeAddress();
  byId("note").textContent = ignored.length
    ? `The address also names what is not here, and is ignored in that: ${ignored.join(", ")}.`
    : "";
  placed();
  showFilters();
  const done = changed(state.page);
  showCurves();
  await done;
}

async function start() {
  makeFilters();
  makeTable();
  byId("app").hidden = false;
  takeAddress();
  placed();
  kept = filtered();
  await makeScatter();
  await fromAddress();
  addEventListener("hashchange", fromAddress);
  // Let the page be painted before the curves are unpacked.
  await new Promise((resolve) => setTimeout(resolve, 0));
  details = await unpacked(byId("packed").textContent.trim());
  showCurves();
}

start().catch((error) => {
  byId("broken").hidden = false;
  throw error;
});
