// The picked curve: its task under every metric, two of the same outputs side by side.

const SAME = ["task", "subtask", "model_family", "condition", "axis", "shots"];

// All metrics of one task, family, shots, condition and axis.
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
  state.suggested = false;
  state.curve = row;
  state.beside = null;
  cursor = null;
  showPicked();
  const heading = byId("curve");
  heading.parentElement.scrollTop = 0;
  const box = heading.getBoundingClientRect();
  if (box.top < 0 || box.bottom > innerHeight) heading.scrollIntoView({ block: "start" });
}

// Where there is room beside the table, begin with a curve: the first that looks emergent.
function suggest() {
  if (state.curve !== null || !kept.length || !matchMedia("(min-width: 75rem)").matches) return;
  const decided = ["steeper than a smooth law", "a smooth law suffices", "cannot be decided"];
  const first = kept.find((row) => decided.includes(nameOf("outcome", row)));
  state.curve = first ?? kept[0];
  state.suggested = true;
  showPicked();
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
    box.replaceChildren(make("p", {}, "Select a point of the chart or a row of the table."));
    return;
  }
  if (!details) {
    box.replaceChildren(make("p", {}, "Unpacking the curves."));
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
  facts.append(`, over ${data.axes[nameOf("axis", row)][0]}`);
  facts.append(`, annotation: ${called("annotation", nameOf("annotation", row))}`);
  const links = make("p", {});
  const id = data.ids.slice(16 * row, 16 * row + 16);
  facts.append(". ", make("code", {}, `emergence show ${id}`));
  const task = nameOf("task", row);
  // A very long name has another address there, which only the report knows.
  const place = [...task].length > 120 ? "tasks" : `task=${encodeURIComponent(task)}`;
  links.append(make("a", { href: data.home + place }, "This task in the report"));
  const file = data.subtasks[rows.task[row]];
  if (file) {
    const [name, curves] = file;
    links.append("; ", make("a", { href: `explorer/${name}` }, "Subtasks of this task"));
    links.append(` (${plural(curves, "curve")})`);
  }
  const pair = make("div", { class: "pair" });
  const choose = make("div", { class: "controls" });
  choose.append(
    metricSelect("left", "Metric", others.map(option), row, (to) => {
      state.suggested = false;
      state.curve = to;
      showPicked();
    }),
  );
  const same = sameOutputs(row);
  if (same.length) {
    const choices = [make("option", { value: -1 }, "none"), ...same.map(option)];
    choose.append(
      metricSelect("right", "Compare with, on the same outputs", choices, beside ?? -1, (to) => {
        state.suggested = false;
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
      state.suggested = false;
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
  const [unit, falls] = data.axes[nameOf("axis", both[0])];
  const head = make("tr", {}, make("th", { scope: "col" }, "Model"));
  head.append(make("th", { scope: "col", class: "n" }, unit.charAt(0).toUpperCase() + unit.slice(1)));
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
  const ordered = [...scales].sort(([a], [b]) => (falls ? b - a : a - b));
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
