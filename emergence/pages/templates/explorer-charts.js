// The charts: specifications for Vega. Names of the data are values in them, never expressions.

// Each quantity of the scatter: a scale on which its values can be told apart.
const SYMMETRIC = (unit) => ({
  to: (value) => Math.asinh(value / unit),
  ticks(low, high) {
    const found = [0];
    for (let i = 0; i < 15; i += 1) {
      const power = Number(`${unit}e${i}`);
      if (this.to(power) <= high) found.push(power);
      if (this.to(-power) >= low) found.unshift(-power);
    }
    return thinned(found, found.indexOf(0));
  },
});
const LOGARITHMIC = {
  // Smaller than any p that a reader would weigh.
  to: (value) => Math.log10(Math.max(value, 1e-12)),
  ticks(low) {
    const found = [];
    for (let power = 0; power >= Math.floor(low); power -= 1) found.unshift(Number(`1e${power}`));
    return thinned(found, found.length - 1);
  },
};
const QUANTITIES = {
  sharpness: { title: "Sharpness", scale: SYMMETRIC(1), at: 1 },
  emergence_score: { title: "Emergence score E", scale: SYMMETRIC(1), at: null },
  exponent: { title: "Exponent", scale: SYMMETRIC(0.1), at: data.b_max },
  p_rise: { title: "p of a rise (p_rise)", scale: LOGARITHMIC, at: null },
  p_steep: { title: "p of a break (p_steep)", scale: LOGARITHMIC, at: null },
  p_order: { title: "p of the order (p_order)", scale: LOGARITHMIC, at: null },
};

// Ticks are powers of ten: no digits beside the first.
function tick(value) {
  const size = Math.abs(value);
  if (size === 0 || size >= 1) return number(value);
  const text = size < 0.001 ? size.toExponential(0).replace("-", MINUS) : String(size);
  return value < 0 ? MINUS + text : text;
}

// Not more of them than can be read, the one given among them.
function thinned(values, from) {
  const step = Math.ceil(values.length / 9);
  return values.filter((_, i) => (i - from) % step === 0);
}

// Where each curve stands along one axis: null where it has no value, the ends where infinite.
function axisOf(name) {
  const { scale, at, title } = QUANTITIES[name];
  const values = data.numbers[name];
  const known = values.filter((value) => value !== null && Number.isFinite(value));
  let [low, high] = [0, 1];
  if (known.length) {
    [low, high] = [Infinity, -Infinity];
    for (const value of known) {
      const place = scale.to(value);
      if (place < low) low = place;
      if (place > high) high = place;
    }
  }
  if (at !== null) [low, high] = [Math.min(low, scale.to(at)), Math.max(high, scale.to(at))];
  if (scale === LOGARITHMIC) [low, high] = [Math.min(low, -2), 0];
  const edge = 0.07 * (high - low || 1);
  const down = values.includes(-Infinity);
  const up = values.includes(Infinity);
  const domain = [low - (down ? 2 : 0.5) * edge, high + (up ? 2 : 0.5) * edge];
  const ends = [domain[0] + edge / 2, domain[1] - edge / 2];
  const places = values.map((value) => {
    if (value === null) return null;
    if (value === Infinity) return ends[1];
    if (value === -Infinity) return ends[0];
    return scale.to(value);
  });
  const ticks = scale.ticks(low, high);
  const marks = ticks.map((value) => scale.to(value));
  const labels = ticks.map(tick);
  if (down) [marks, labels].forEach((list, i) => list.unshift([ends[0], number(-Infinity)][i]));
  if (up) [marks, labels].forEach((list, i) => list.push([ends[1], number(Infinity)][i]));
  return { name, title, places, domain, marks, labels, at: at === null ? [] : [scale.to(at)] };
}

// Colours of the page, for a canvas, which cannot follow it by itself.
function palette() {
  const style = getComputedStyle(document.documentElement);
  const colour = (name) => style.getPropertyValue(name).trim();
  return {
    ink: colour("--ink"),
    quiet: colour("--quiet"),
    faint: colour("--faint"),
    series: [colour("--series-1"), colour("--series-2"), colour("--series-3")],
  };
}

const FONT = "system-ui, -apple-system, 'Segoe UI', 'Noto Sans', sans-serif";
const SHAPES = ["circle", "square", "triangle-up"];

function draw(element, spec, renderer) {
  return vegaEmbed(element, spec, {
    mode: "vega",
    ast: true, // Vega's own interpreter: no code is made from text
    actions: false,
    defaultStyle: false,
    tooltip: false,
    hover: false,
    renderer,
  });
}

function axisSpec(orient, letter, ink, quiet, faint) {
  return {
    scale: letter,
    orient,
    values: { signal: `${letter}Marks` },
    title: { signal: `${letter}Title` },
    labelColor: quiet,
    titleColor: ink,
    domainColor: quiet,
    tickColor: quiet,
    grid: true,
    gridColor: faint,
    gridOpacity: 0.4,
    labelFont: FONT,
    titleFont: FONT,
    titleFontWeight: "normal",
    titleFontSize: 12,
    labelFontSize: 11,
    labelOverlap: true,
    encode: {
      labels: {
        update: { text: { signal: `${letter}Labels[indexof(${letter}Marks, datum.value)]` } },
      },
    },
  };
}

// Signals of an axis, as names and values.
function axisSignals(letter, axis) {
  return {
    [`${letter}Marks`]: axis.marks,
    [`${letter}Labels`]: axis.labels,
    [`${letter}Title`]: axis.title,
    [`${letter}Domain`]: axis.domain,
  };
}

function scatterSpec(width, height, x, y, colours) {
  const [ink, quiet, faint] = ["ink", "quiet", "faint"].map((signal) => ({ signal }));
  const signals = { ...axisSignals("x", x), ...axisSignals("y", y), ...colours };
  const at = (letter) => ({ scale: letter, field: letter });
  const shape = { scale: "shape", field: "g" };
  const rule = (letter, length, other) => ({
    type: "rule",
    interactive: false,
    from: { data: `${letter}At` },
    encode: {
      update: {
        [letter]: { scale: letter, field: "data" },
        [other]: { value: 0 },
        [`${other}2`]: { signal: length },
        stroke: quiet,
        strokeDash: { value: [4, 3] },
      },
    },
  });
  return {
    width,
    height,
    padding: 4,
    autosize: { type: "fit", contains: "padding" },
    signals: Object.entries(signals).map(([name, value]) => ({ name, value })),
    data: [
      { name: "points", values: [] },
      { name: "beside", values: [] },
      { name: "picked", values: [] },
      { name: "xAt", values: x.at },
      { name: "yAt", values: y.at },
    ],
    scales: [
      { name: "x", type: "linear", zero: false, domain: { signal: "xDomain" }, range: "width" },
      { name: "y", type: "linear", zero: false, domain: { signal: "yDomain" }, range: "height" },
      { name: "colour", type: "ordinal", domain: [0, 1, 2], range: { signal: "series" } },
      { name: "shape", type: "ordinal", domain: [0, 1, 2], range: SHAPES },
    ],
    axes: [axisSpec("bottom", "x", ink, quiet, faint), axisSpec("left", "y", ink, quiet, faint)],
    marks: [
      rule("x", "height", "y"),
      rule("y", "width", "x"),
      {
        type: "symbol",
        name: "marks",
        from: { data: "points" },
        encode: {
          update: {
            x: at("x"),
            y: at("y"),
            shape,
            fill: { scale: "colour", field: "g" },
            fillOpacity: { value: 0.55 },
            size: { value: 34 },
            cursor: { value: "pointer" },
          },
        },
      },
      ...["beside", "picked"].map((name) => ({
        type: "symbol",
        interactive: false,
        from: { data: name },
        encode: {
          update: {
            x: at("x"),
            y: at("y"),
            shape,
            stroke: ink,
            strokeWidth: { value: name === "picked" ? 2.5 : 1.2 },
            size: { value: name === "picked" ? 190 : 90 },
          },
        },
      })),
    ],
  };
}

// One scale curve. Its colours are names, which the style sheet gives their values.
function curveSpec(row, curve, width, height, brief) {
  const [models, scores, , low, high, chance, law] = curve;
  const known = details.models[models];
  const logs = known.map(([, scale]) => Math.log10(scale));
  const points = scores.map((score, i) => ({
    x: logs[i],
    y: score,
    low: low && low[i],
    high: high && high[i],
  }));
  const colour = `var(--series-${1 + data.group_of[row]})`;
  const [first, last] = [logs[0], logs[logs.length - 1]];
  const smooth = (law || [])
    .map((y, i) => ({ x: first + ((last - first) * i) / (law.length - 1), y }))
    .filter(({ y }) => y !== null);
  const heights = [...scores, ...(low || []), ...(high || []), chance].filter(
    (value) => typeof value === "number",
  );
  let [least, most] = [Math.min(...heights), Math.max(...heights)];
  if (!heights.length) [least, most] = [0, 1];
  const margin = 0.08 * (most - least) || 0.5;
  const step = brief ? Math.max(1, Math.ceil(logs.length / 3)) : 1;
  const shown = logs.map((_, i) => i).filter((i) => (logs.length - 1 - i) % step === 0);
  const labels = shown.map((i) => (brief ? known[i][2] : shorten(known[i][0], 14)));
  const x = { marks: shown.map((i) => logs[i]), labels, title: "", domain: null };
  const [unit, falls] = data.axes[nameOf("axis", row)];
  x.title = brief ? "" : `model (place: ${unit}, log scale)`;
  const room = (falls ? -1 : 1) * Math.min(0.1, 0.05 * Math.abs(logs[logs.length - 1] - logs[0]) || 0.1);
  const ink = "var(--ink)";
  const quiet = "var(--quiet)";
  const faint = "var(--faint)";
  const at = (field, scale = field) => ({ scale, field });
  const line = (name, style) => ({
    type: "line",
    from: { data: name },
    encode: { update: { x: at("x"), y: at("y"), ...style } },
  });
  const bottom = axisSpec("bottom", "x", ink, quiet, faint);
  if (!brief) Object.assign(bottom, { labelAngle: -40, labelAlign: "right", labelPadding: 4 });
  return {
    width,
    height,
    padding: 2,
    autosize: { type: "fit", contains: "padding" },
    signals: Object.entries(axisSignals("x", x)).map(([name, value]) => ({ name, value })),
    data: [
      { name: "points", values: points },
      { name: "intervals", values: low ? points.filter((point) => point.low !== null) : [] },
      { name: "law", values: smooth },
      { name: "chance", values: chance === null ? [] : [{ y: chance }] },
    ],
    scales: [
      {
        name: "x",
        type: "linear",
        zero: false,
        domain: [logs[0] - room, logs[logs.length - 1] + room],
        range: "width",
      },
      {
        name: "y",
        type: "linear",
        zero: false,
        domain: [least - margin, most + margin],
        range: "height",
      },
    ],
    axes: [
      bottom,
      {
        scale: "y",
        orient: "left",
        tickCount: brief ? 3 : 6,
        labelColor: quiet,
        domainColor: quiet,
        tickColor: quiet,
        labelFont: FONT,
        labelFontSize: 11,
      },
    ],
    marks: [
      {
        type: "rule",
        from: { data: "chance" },
        encode: {
          update: {
            x: { value: 0 },
            x2: { signal: "width" },
            y: at("y"),
            stroke: { value: quiet },
            strokeDash: { value: [4, 3] },
          },
        },
      },
      {
        type: "rule",
        from: { data: "intervals" },
        encode: {
          update: {
            x: at("x"),
            y: at("low", "y"),
            y2: at("high", "y"),
            stroke: { value: colour },
            strokeOpacity: { value: 0.75 },
          },
        },
      },
      line("law", { stroke: { value: ink }, strokeWidth: { value: 0.9 } }),
      line("points", { stroke: { value: colour }, strokeWidth: { value: 1.5 } }),
      {
        type: "symbol",
        from: { data: "points" },
        encode: {
          update: {
            x: at("x"),
            y: at("y"),
            shape: { value: SHAPES[data.group_of[row]] },
            fill: { value: colour },
            size: { value: brief ? 22 : 44 },
          },
        },
      },
    ],
  };
}
