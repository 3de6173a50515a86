// Words, elements and the address. All text from the data is put in as text, never as markup.

const UNKNOWN = "unknown";
const MINUS = "\u2212";

// A whole number with a separator between the thousands.
function count(value) {
  const digits = String(Math.abs(value)).replace(/\B(?=(\d{3})+$)/g, ",");
  return value < 0 ? MINUS + digits : digits;
}

function plural(value, singular, more) {
  return `${count(value)} ${value === 1 ? singular : more || singular + "s"}`;
}

// As many decimals as asked for; halves to the even digit, as everywhere in this project.
function rounded(size, decimals) {
  const text = size.toFixed(decimals);
  const exact = size.toFixed(100);
  const end = exact.indexOf(".") + 1 + decimals;
  if (!/^50*$/.test(exact.slice(end))) return text;
  const cut = exact.slice(0, decimals ? end : end - 1);
  return Number(cut[cut.length - 1]) % 2 ? text : cut;
}

// Three significant digits, as emergence/pages/words.py writes them.
function number(value) {
  if (value === null || value === undefined) return UNKNOWN;
  if (value === Infinity) return "\u221e";
  if (value === -Infinity) return MINUS + "\u221e";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return count(value === 0 ? 0 : value);
  let text;
  if (size >= 1e6 || size < 1e-4) {
    text = size.toExponential(2).replace(/e([+-])(\d)$/, "e$10$2").replace("e-", "e" + MINUS);
  } else {
    text = rounded(size, Math.max(0, 2 - Math.floor(Math.log10(size))));
  }
  return value < 0 ? MINUS + text : text;
}

// A number of the data: infinity travels as text.
function finite(value) {
  return value === "inf" ? Infinity : value === "-inf" ? -Infinity : value;
}

// A name on one line, not longer than there is room for.
function shorten(text, most) {
  const signs = [...text.slice(0, 2 * most + 2)];
  const cut = signs.length > most ? [...signs.slice(0, most - 1), "\u2026"] : signs;
  return cut.join("").replace(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, " ");
}

function words(text) {
  return text.replaceAll("_", " ");
}

function byId(id) {
  return document.getElementById(id);
}

// An element with attributes of ours and, inside, elements or texts.
function make(tag, attributes = {}, ...inside) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...inside);
  return element;
}

// A name of the data: isolated, so that its direction changes nothing around it. A long one may
// break after its underscores.
function named(text, most = 60) {
  const element = make("bdi");
  for (const part of (shorten(text, most) || "\u00a0").split(/(?<=_)/)) {
    element.append(...(element.childNodes.length ? [make("wbr")] : []), part);
  }
  if (text.length > most) element.title = shorten(text, 300);
  return element;
}

// The address after #: fields and their values. What cannot be read is left out.
function readAddress() {
  const fields = new Map();
  for (const part of location.hash.slice(1).split("&")) {
    const at = part.indexOf("=");
    if (at < 1) continue;
    try {
      fields.set(part.slice(0, at), decodeURIComponent(part.slice(at + 1)));
    } catch {
      // Not written by this page.
    }
  }
  return fields;
}

// Written without a step in the reader's history. In a frame without rights it fails, and the
// link on the page still says it.
function writeAddress(fields) {
  const text = [...fields].map(([name, value]) => `${name}=${encodeURIComponent(value)}`);
  const address = "#" + text.join("&");
  byId("link").setAttribute("href", address);
  clearTimeout(writeAddress.waiting);
  writeAddress.waiting = setTimeout(() => {
    if (address === (location.hash || "#")) return;
    try {
      history.replaceState(null, "", address);
    } catch {
      // The link is enough.
    }
  }, 150);
}

// What was compressed, unpacked.
async function unpacked(text) {
  const bytes = Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

const data = JSON.parse(byId("data").textContent);
// What one curve needs; null until it is unpacked.
let details = null;
