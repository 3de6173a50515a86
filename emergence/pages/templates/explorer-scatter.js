// The scatter: its points, its rings, and how it is used without a mouse.

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
