// What is chosen, and how it stands in the address.

const FILTERS = {
  metric: { title: "Metric", none: UNKNOWN },
  metric_group: { title: "Metric group", none: UNKNOWN },
  model_family: { title: "Model family", none: UNKNOWN },
  condition: { title: "Condition", none: UNKNOWN },
  axis: { title: "Axis", none: UNKNOWN },
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
  { key: "sharpness", title: "Sharpness", n: true },
  { key: "outcome", title: "Verdict" },
  ...(names.condition.length > 1 ? [{ key: "condition", title: "Condition" }] : []),
  ...(names.axis.length > 1 ? [{ key: "axis", title: "Axis" }] : []),
  { key: "shots", title: "Shots", n: true },
  { key: "scales", title: "Scales", n: true },
  { key: "emergence_score", title: "E", n: true },
  { key: "exponent", title: "Exponent", n: true },
  { key: "p_rise", title: "p_rise", n: true },
  { key: "p_steep", title: "p_steep", n: true },
  { key: "p_order", title: "p_order", n: true },
  { key: "status", title: "Status" },
  { key: "annotation", title: "Annotation" },
];

const state = {
  task: "",
  filters: {},
  ...AXES,
  sort: "",
  page: 0,
  curve: null, // row of the picked curve
  suggested: false, // it was picked by the page, and is none of the reader's selection
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
  if (key === "axis") return data.axes[value][0];
  const ours = ["metric_group", "status", "outcome", "annotation"].includes(key);
  return shorten(ours ? words(value) : String(value), 60);
}

// What the page says in a cell: an element or a text.
function cell(key, row) {
  if (key in data.numbers) return number(data.numbers[key][row]);
  if (key === "scales") return count(data.scales[row]);
  const value = nameOf(key, row);
  if (key === "axis" || (key in FILTERS && (value === null || typeof value === "number"))) {
    return called(key, value);
  }
  if (["status", "outcome", "annotation"].includes(key)) return called(key, value);
  return named(value, 40);
}

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
  if (state.suggested) return fields;
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
  state.suggested = false;
  for (const name of ["curve", "beside"]) {
    const wanted = fields.get(name);
    state[name] = wanted === undefined ? null : rowOf(wanted);
    if (name === "beside" && wanted === "none") state.beside = -1;
    else if (wanted !== undefined && state[name] === null) ignored.push(name);
  }
  return ignored;
}
