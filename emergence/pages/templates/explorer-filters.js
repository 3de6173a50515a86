// Which curves are left by the filters, and in which order.

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
