// Everything together, once and after each change.

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
  if (state.curve === null) suggest();
  else showCurves();
}

start().catch((error) => {
  byId("broken").hidden = false;
  throw error;
});
