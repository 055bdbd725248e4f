/* Rows in which all targets agree are made when they are asked for; `#matrix` is a link to all of them.
   Everything from the records is shown with textContent; nothing is ever parsed as HTML. */
(() => {
  "use strict";
  const box = document.getElementById("only-differences");
  const shown = document.getElementById("shown");
  const bodies = [...document.querySelectorAll("tbody[id]")];
  const can = typeof DecompressionStream !== "undefined";
  for (const node of document.querySelectorAll(".js")) node.hidden = !can;

  const make = (tag, cls, ...inside) => {
    const node = document.createElement(tag);
    if (cls) node.className = cls;
    node.append(...inside);
    return node;
  };
  const prose = (text) => text.split(/`([^`\n]{1,300})`/).map((part, at) => (at % 2 ? make("code", "", part) : part));
  const cell = ([kind, word, beside, more, folds]) => {
    const said = make("bdi", `v v-${kind}`, ...prose(word));
    if (folds) return make("td", "", make("details", "", make("summary", "", said), make("bdi", "seen-text", more)));
    return make("td", "", said, ...[beside, more].filter(Boolean).map((text) => make("bdi", "beside", text)));
  };
  const line = ([id, level, words, differs, cells]) => {
    const told = [level, differs ? "differs" : ""].filter(Boolean).join(" ");
    const head = make("th", "", ...(id ? [make("span", "id", id), " "] : []), make("span", "level", told));
    if (words) head.append(" ", make("span", "plain", ...prose(words)));
    head.scope = "row";
    const row = make("tr", "", head, ...cells.map(cell));
    row.dataset.row = differs ? "differs" : "same";
    return row;
  };

  let made;
  const whole = () => {
    made ??= (async () => {
      const raw = atob(JSON.parse(document.getElementById("more").textContent));
      const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      const held = JSON.parse(await new Response(stream).text());
      for (const body of bodies) {
        const there = [...body.querySelectorAll("tr[data-row]")];
        body.append(...held[body.id].map((row) => (row ? line(row) : there.shift())));
      }
    })();
    return made;
  };

  const sift = async () => {
    if (!box.checked) await whole();
    let count = 0;
    for (const body of bodies) {
      const rows = [...body.querySelectorAll("tr[data-row]")];
      for (const row of rows) row.hidden = box.checked && row.dataset.row !== "differs";
      const open = rows.filter((row) => !row.hidden).length;
      body.hidden = open === 0;
      count += open;
    }
    shown.textContent = `${count} of ${shown.dataset.rows} rows shown`;
  };
  const recall = () => {
    const name = location.hash.slice(1);
    const hidden = name === "matrix" || bodies.some((body) => body.id === name && !body.querySelector("[data-row]"));
    if (name === "differences" || !can) box.checked = true;
    else if (hidden) box.checked = false;
    return sift();
  };
  box.addEventListener("change", () => {
    history.replaceState(null, "", box.checked ? "#differences" : "#matrix");
    sift();
  });
  window.addEventListener("hashchange", async () => {
    await recall();
    document.getElementById(location.hash.slice(1))?.scrollIntoView();
  });
  recall();
})();
