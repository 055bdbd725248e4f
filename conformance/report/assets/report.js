/* What the page can do beyond being read: filter, pages by hash, themes, traces opened on demand.
   Everything from the record is shown with textContent; nothing is ever parsed as HTML. */
(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const make = (tag, cls, text) => {
    const node = document.createElement(tag);
    if (cls) node.className = cls;
    if (text !== undefined) node.textContent = text;
    return node;
  };
  document.body.classList.add("scripted");
  for (const node of document.querySelectorAll(".js")) node.hidden = false;

  // -- theme

  const themes = ["system", "light", "dark"];
  const recall = () => {
    try { return localStorage.getItem("conformance-theme"); } catch { return null; }
  };
  const dress = (theme) => {
    if (theme === "system") delete root.dataset.theme;
    else root.dataset.theme = theme;
    byId("theme").textContent = `Theme: ${theme}`;
  };
  let theme = themes.includes(recall()) ? recall() : "system";
  dress(theme);
  byId("theme").addEventListener("click", () => {
    theme = themes[(themes.indexOf(theme) + 1) % themes.length];
    dress(theme);
    try { localStorage.setItem("conformance-theme", theme); } catch { /* a page from disk may have no storage */ }
  });

  // -- the filter; its state is the hash, so that a link shows what was seen

  const fields = { q: byId("f-q"), verdict: byId("f-verdict"), level: byId("f-level"), chapter: byId("f-chapter") };
  const rows = [...document.querySelectorAll("#check-table tr[data-level]")].map((row) => ({
    row,
    text: row.textContent.toLowerCase(),
    level: row.dataset.level,
    verdict: row.dataset.verdict,
    chapter: row.parentElement.dataset.chapter,
  }));
  const sift = () => {
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    let count = 0;
    for (const item of rows) {
      const fits = ["level", "verdict", "chapter"].every((key) => !fields[key].value || fields[key].value === item[key])
        && words.every((word) => item.text.includes(word));
      item.row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    for (const body of document.querySelectorAll("#check-table tbody")) {
      body.hidden = !body.querySelector("tr[data-level]:not([hidden])");
    }
    byId("shown").textContent = `${count} of ${rows.length} shown`;
  };
  const asked = () => {
    const query = new URLSearchParams();
    for (const [key, field] of Object.entries(fields)) if (field.value) query.set(key, field.value);
    const text = query.toString();
    return text ? `#checks?${text}` : "#checks";
  };
  const filtered = () => {
    sift();
    history.replaceState(null, "", asked());
    for (const link of document.querySelectorAll(".back a")) link.setAttribute("href", asked());
  };
  byId("filter").addEventListener("input", filtered);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("reset", () => setTimeout(filtered));

  // -- traces

  const opened = new Map();
  const inflate = async (id) => {
    const raw = atob(JSON.parse(byId(id).textContent));
    const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
    return JSON.parse(await new Response(stream).text());
  };

  // Line breaks and indents for a JSON text, without reading its values: numbers and repeated names stay as sent.
  const pretty = (text) => {
    if (!/^\s*[[{]/.test(text)) return text;
    let out = "", depth = 0, quoted = false;
    const fresh = () => `\n${"  ".repeat(Math.max(depth, 0))}`;
    for (let at = 0; at < text.length; at += 1) {
      const letter = text[at];
      if (quoted) {
        out += letter;
        if (letter === "\\") { at += 1; out += text[at] ?? ""; } else if (letter === '"') quoted = false;
      } else if (letter === '"') { quoted = true; out += letter; }
      else if (letter === "{" || letter === "[") {
        const empty = /^\s*[\]}]/.exec(text.slice(at + 1, at + 20));
        if (empty) { out += letter + empty[0].trim(); at += empty[0].length; }
        else { depth += 1; out += letter + fresh(); }
      } else if (letter === "}" || letter === "]") { depth -= 1; out += fresh() + letter; }
      else if (letter === ",") out += letter + fresh();
      else if (letter === ":") out += ": ";
      else if (!/\s/.test(letter)) out += letter;
    }
    return out;
  };
  const span = (ms) => (ms < 10000 ? `${ms.toLocaleString("en")} ms` : `${(ms / 1000).toFixed(1)} s`);
  // The first line of a frame: its type stands before it and its event_id helps nobody.
  const preview = (text) => text.slice(0, 400)
    .replace(/"event_id"\s*:\s*"[^"]*"\s*,?\s*/, "").replace(/"type"\s*:\s*"[^"]*"\s*,?\s*/, "").slice(0, 140);

  const frameNode = (frame) => {
    const node = make("details", "frame");
    node.dataset.frame = `${frame.l}:${frame.i}`;
    const head = make("summary");
    head.append(make("span", "num", `#${frame.i}`), make("span", "time", span(frame.t)));
    head.append(make("span", "who", frame.s === "c" ? "client →" : "← server"));
    const what = make("span", "what");
    what.append(make("bdi", "", frame.n ? `${frame.k} · ${frame.n}` : frame.k));
    if (frame.e) what.append(make("span", frame.s === "s" ? "bad" : "muted", "  ⚠ breaks its schema"));
    what.append(make("bdi", "preview", preview(frame.b)));
    head.append(what);
    node.append(head);
    node.addEventListener("toggle", () => {
      if (!node.open || node.dataset.full) return;
      node.dataset.full = "yes";
      if (frame.e) {
        const list = make("ul", "complaints");
        for (const [path, text] of frame.e) {
          const line = make("li");
          line.append(make("code", "", path), " ", make("bdi", "", text));
          list.append(line);
        }
        node.append(list);
      }
      node.append(make("pre", "", pretty(frame.b) || "(empty)"));
    });
    return node;
  };

  // A drawing comes as XML text that the report's maker escaped; it is parsed as XML and only kept when it is SVG
  // made of shapes and text.
  const drawing = (text) => {
    const svg = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
    const plain = new Set(["svg", "g", "line", "path", "text", "circle", "rect", "polyline", "title"]);
    const fine = [svg, ...svg.querySelectorAll("*")].every((node) => plain.has(node.localName)
      && [...node.attributes].every((attribute) => !/^on|href/i.test(attribute.name)));
    return fine ? document.importNode(svg, true) : null;
  };

  const open = async (page) => {
    const place = page.querySelector(".frames");
    if (!opened.has(place)) {
      opened.set(place, (async () => {
        if (typeof DecompressionStream === "undefined") {
          place.textContent = "This browser can't open the frames; they are in record.jsonl.";
          return;
        }
        const trace = await inflate(place.dataset.trace);
        const spot = page.querySelector(".diagram");
        const picture = trace.svg ? drawing(trace.svg) : null;
        if (picture) spot.replaceChildren(picture);
        const tools = make("div", "tools");
        for (const [label, state] of [["Open all", true], ["Close all", false]]) {
          const button = make("button", "", label);
          button.type = "button";
          button.addEventListener("click", () => {
            for (const node of place.querySelectorAll(".frame")) node.open = state;
          });
          tools.append(button);
        }
        place.replaceChildren(tools, ...trace.frames.map(frameNode));
      })());
    }
    await opened.get(place);
    return place;
  };

  // -- pages: the hash says which

  const pages = [...document.querySelectorAll(".page")];
  const overview = byId("overview");
  const show = async (moved) => {
    let hash;
    try { hash = decodeURIComponent(location.hash.slice(1)); } catch { hash = ""; }
    const [path, query] = hash.split("?");
    const [id, leg, index] = path.split(":");
    const page = pages.find((item) => item.id === id);
    const scene = page && page.dataset.conversation ? byId(page.dataset.conversation) : page;
    overview.hidden = Boolean(page);
    document.body.classList.toggle("in-page", Boolean(page));
    for (const item of pages) item.hidden = item !== page && item !== scene;
    for (const item of pages) {
      const back = item.querySelector(".back");
      back.hidden = item !== page;
    }
    if (!page) {
      if (id === "checks") {
        const wanted = new URLSearchParams(query ?? "");
        for (const [key, field] of Object.entries(fields)) field.value = wanted.get(key) ?? "";
        sift();
        for (const link of document.querySelectorAll(".back a")) link.setAttribute("href", asked());
      }
      if (moved && id) byId(id)?.scrollIntoView();
      return;
    }
    if (moved) {
      window.scrollTo(0, 0);
      page.focus({ preventScroll: true });
    }
    if (!scene || !scene.classList.contains("conversation")) return;
    const place = await open(scene);
    for (const node of place.querySelectorAll(".turns")) node.classList.remove("turns");
    const turning = [...page.querySelectorAll(".decisive [data-frame]")].map((node) => node.dataset.frame);
    if (index !== undefined) turning.push(`${leg}:${index}`);
    for (const name of turning) {
      const node = place.querySelector(`[data-frame="${CSS.escape(name)}"]`);
      if (!node) continue;
      node.classList.add("turns");
      if (index !== undefined) { node.open = true; node.scrollIntoView({ block: "center" }); }
    }
  };
  window.addEventListener("hashchange", () => show(true));
  show(Boolean(location.hash));

  // -- copying

  document.addEventListener("click", async (event) => {
    const button = event.target.closest?.("button.copy");
    if (!button) return;
    const source = button.parentElement.querySelector("pre");
    try {
      await navigator.clipboard.writeText(source.textContent);
    } catch {
      const range = document.createRange();
      range.selectNodeContents(source);
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
      document.execCommand("copy");
    }
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = "Copy"; }, 1500);
  });
})();
