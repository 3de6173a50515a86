// The table of the curves, page by page.

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
