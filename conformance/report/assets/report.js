/* What the page can do beyond being read: filter, details by hash, themes, frames made when they are opened.
   Everything from the record is shown with textContent; nothing is ever parsed as HTML. */
(() => {
  "use strict";
  const root = document.documentElement;
  const byId = (id) => document.getElementById(id);
  const make = (tag, cls, ...inside) => {
    const node = document.createElement(tag);
    if (cls) node.className = cls;
    node.append(...inside.filter((item) => item !== undefined && item !== null));
    return node;
  };
  const bdi = (text, cls) => make("bdi", cls ?? "", text);
  // Text in which `names` in backquotes are set as code.
  const prose = (text) => {
    const node = make("bdi");
    String(text).split(/`([^`\n]{1,300})`/).forEach((part, at) => node.append(at % 2 ? make("code", "", part) : part));
    return node;
  };
  // A line for a shell, which breaks between its options and not within one.
  const command = (text) => make("pre", "", ...text.split(/ (?=-)/).flatMap((part) => [make("span", "unit", part), " "]));
  const link = (text, hash) => {
    const node = make("a", "", text);
    node.setAttribute("href", hash);
    return node;
  };
  const button = (text, act) => {
    const node = make("button", "", text);
    node.type = "button";
    node.addEventListener("click", act);
    return node;
  };
  document.body.classList.add("scripted");
  for (const node of document.querySelectorAll(".js")) node.hidden = false;
  const shape = { year: "numeric", month: "short", day: "numeric", hour: "numeric", minute: "2-digit", timeZoneName: "short" };
  const local = (node) => {
    const at = new Date(node.dateTime);
    if (Number.isNaN(at.valueOf())) return node;
    node.title = `${node.dateTime} (UTC)`;
    node.textContent = at.toLocaleString([], shape);
    return node;
  };
  document.querySelectorAll("time").forEach(local);

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
  const chapters = [...document.querySelectorAll(".chapter")];
  const rows = [...document.querySelectorAll("a.check")];
  const sift = () => {
    const words = fields.q.value.toLowerCase().split(/\s+/).filter(Boolean);
    const narrowed = Object.values(fields).some((field) => field.value);
    let count = 0;
    for (const row of rows) {
      const text = row.textContent.toLowerCase();
      const has = { level: row.dataset.level, verdict: row.dataset.verdict, chapter: row.parentElement.dataset.chapter };
      const fits = Object.keys(has).every((key) => !fields[key].value || fields[key].value === has[key])
        && words.every((word) => text.includes(word));
      row.hidden = !fits;
      count += fits ? 1 : 0;
    }
    for (const chapter of chapters) {
      chapter.hidden = !chapter.querySelector("a.check:not([hidden])");
      if (narrowed) chapter.open = !chapter.hidden;
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
  };
  byId("filter").addEventListener("input", filtered);
  byId("filter").addEventListener("submit", (event) => event.preventDefault());
  byId("filter").addEventListener("reset", () => setTimeout(filtered));

  // -- data that is opened on demand

  const held = new Map();
  const inflate = (id) => {
    if (!held.has(id)) {
      held.set(id, (async () => {
        const raw = atob(JSON.parse(byId(id).textContent));
        const bytes = Uint8Array.from(raw, (letter) => letter.charCodeAt(0));
        const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
        return JSON.parse(await new Response(stream).text());
      })());
    }
    return held.get(id);
  };
  const can = typeof DecompressionStream !== "undefined";

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


  // -- the sequence: runs of deltas and appends are one arrow, gaps are told

  const folds = (frame) => /\.(delta|append)$/.test(frame.k) || frame.k === "ping" || frame.k === "pong";
  const sequence = (frames, leg, turning) => {
    const runs = [];
    for (const frame of frames) {
      const last = runs[runs.length - 1];
      if (last && last[0].s === frame.s && folds(frame) && folds(last[last.length - 1])) last.push(frame);
      else runs.push([frame]);
    }
    const list = make("ol", "seq");
    list.setAttribute("aria-label", `Sequence of connection ${leg}`);
    let before = 0;
    runs.forEach((run, place) => {
      if (place >= 120 && place < runs.length - 5) {
        if (place === 120) list.append(make("li", "gap", `${runs.length - 125} more arrows; all frames are listed below`));
        return;
      }
      const first = run[0];
      if (first.t - before >= 1000) list.append(make("li", "gap", `quiet for ${span(first.t - before)}`));
      before = run[run.length - 1].t;
      const counted = new Map();
      for (const frame of run) counted.set(frame.k, (counted.get(frame.k) ?? 0) + 1);
      let text = [...counted].map(([kind, count]) => (count > 1 ? `${kind} ×${count}` : kind)).join(", ");
      const audio = run.reduce((sum, frame) => sum + (frame.a ?? 0), 0);
      if (audio) text += ` · ${audio.toFixed(1)} s of audio`;
      if (run.length === 1 && first.k === "close") text = `close ${first.b}`;
      else if (run.length === 1 && first.n) text += ` · ${first.n}`;
      const bad = run.some((frame) => frame.e && frame.s === "s") || first.k === "error";
      const turns = run.some((frame) => turning.has(`${frame.l}:${frame.i}`));
      const side = first.s === "c" ? "client" : "server";
      const item = make("li", `${side}${bad ? " bad" : ""}${turns ? " turns" : ""}`);
      const word = make("span", "side", side);
      item.append(make("span", "at", span(first.t)), make("span", "dir", ...(side === "client" ? [word, " →"] : ["← ", word])));
      item.append(bdi(`${bad ? "✗ " : ""}${text.slice(0, 160)}`), make("span", "num", run.length > 1
        ? ` #${first.i}–${run[run.length - 1].i}` : ` #${first.i}`));
      list.append(item);
    });
    return list;
  };

  // -- one conversation

  const pairs = (rows, cls) => {
    const list = make("dl", cls ?? "facts");
    for (const [name, ...values] of rows) list.append(make("div", "", make("dt", "", name), make("dd", "", ...values)));
    return list;
  };
  const folded = (title, fill, cls) => {
    const node = make("details", cls ?? "", make("summary", "", title));
    node.addEventListener("toggle", () => {
      if (!node.open || node.dataset.full) return;
      node.dataset.full = "yes";
      node.append(...fill());
    });
    return node;
  };
  const headers = (rows) => make("pre", "", rows.map(([name, value]) => `${name}: ${value}`).join("\n") || "none");

  const clock = (started) => {
    const node = make("time", "", started);
    node.dateTime = started;
    return local(node);
  };
  // `said` are texts that the check above it has told already.
  const talk = (slug, data, turning, wanted, alone, said) => {
    const box = make("section", alone ? "conversation alone" : "conversation");
    box.append(make(alone ? "h1" : "h2", "", "Conversation ", bdi(data.name)), make("p", "muted", clock(data.started), ` · ${data.head}`));
    for (const note of data.notes) box.append(make("p", "note", prose(note)));
    const close = data.close.filter(([, text]) => !said.includes(text));
    if (close.length) box.append(pairs(close.map(([name, text]) => [name, prose(text)])));
    data.legs.forEach((leg, number) => {
      const frames = data.frames.filter((frame) => frame.l === number + 1);
      if (data.legs.length > 1) box.append(make("h3", "", `Connection ${number + 1}`, leg.session ? ` · ${leg.session}` : ""));
      const shake = `Handshake: ${leg.status ? `HTTP ${leg.status}` : "no answer"}, ${span(leg.ms)}`;
      box.append(folded(`${shake}${leg.problem ? ` · ${leg.problem}` : ""}`, () => [
        make("p", "label", "Sent to"), make("pre", "", leg.url), make("p", "label", "Sent"), headers(leg.sent),
        make("p", "label", "Came back"), headers(leg.got), ...(leg.body ? [make("pre", "", leg.body)] : []),
      ]));
      if (leg.quotes.length) box.append(make("p", "note", `Where the server quoted the client's key: ${leg.quotes.join("; ")}`));
      // A code and behind it what the server says: the line is ours, whichever way its words run.
      const end = leg.end.map(([name, text]) => [name, Object.assign(bdi(text), { dir: "ltr" })]);
      box.append(sequence(frames, number + 1, turning), pairs(end, "facts ends"));
      const list = folded(`All ${frames.length} frames as JSON`, () => {
        const nodes = frames.map(frameNode);
        const all = make("p", "tools", button("Open all", () => { for (const node of nodes) node.open = true; }));
        return [all, ...nodes];
      }, "frames");
      box.append(list);
      const mine = [...turning].filter((name) => name.startsWith(`${number + 1}:`));
      if (wanted && wanted.startsWith(`${number + 1}:`)) {
        list.open = true;
        list.addEventListener("toggle", () => {
          const node = list.querySelector(`[data-frame="${CSS.escape(wanted)}"]`);
          if (node) { node.open = true; node.classList.add("turns"); node.scrollIntoView({ block: "center" }); }
        }, { once: true });
      }
      if (mine.length) list.addEventListener("toggle", () => {
        for (const name of mine) list.querySelector(`[data-frame="${CSS.escape(name)}"]`)?.classList.add("turns");
      });
    });
    if (data.complaints.length) {
      const list = make("ul", "complaints");
      for (const [leg, index, side, kind, said] of data.complaints) {
        const item = make("li", "", link(`#${index}`, `#${slug}:${leg}:${index}`), ` ${side} `, make("code", "", kind));
        if (side === "client") item.append(make("span", "muted", " (sent as it is by the script)"));
        for (const [path, text] of said) item.append(make("br"), make("code", "", path), " ", prose(text));
        list.append(item);
      }
      box.append(make("h3", "", "Events against their schemas"), list);
    }
    if (data.checks.length) {
      const list = make("p", "muted ids", "Judged on it: ");
      data.checks.forEach((id) => list.append(link(id, `#${id}`), " "));
      box.append(list);
    }
    return box;
  };

  // -- one check

  const fact = ([name, value, after]) => {
    if (!Array.isArray(value)) return [name, prose(value)];
    const parts = value.flatMap(([text, address], at) => [at ? ", " : "", address ? link(text, address) : text]);
    return [name, ...parts, after ? make("span", "whole", ` · ${after}`) : ""];
  };
  const check = (id, data) => {
    const box = make("section", "check-detail");
    box.append(make("h1", "", make("span", "id", id), " ", make("span", `v v-${data.cls}`, `${data.glyph} ${data.word}`)));
    box.append(make("p", "sentence", prose(data.says)), pairs(data.facts.map(fact)));
    if (data.outcomes) {
      const list = make("ul", "outcomes");
      for (const [seen, means, sources, evidence] of data.outcomes) {
        const item = make("li", seen ? "seen" : "", seen ? make("span", "mark", "◆ seen here ") : "", prose(means));
        const says = sources.flatMap(([name, address], at) => [at ? ", " : "", address ? link(name, address) : name]);
        const told = make("span", "muted", " Says so: ", ...(says.length ? says : [bdi(evidence)]));
        told.title = evidence;
        item.append(told);
        list.append(item);
      }
      if (data.outcome === "other") list.append(make("li", "seen", "◆ seen here: something that no source foresaw"));
      box.append(make("h2", "", data.outcome ? "What was seen" : "No answer"), list);
    }
    if (data.seen) {
      const counted = new Map();
      for (const [name, text] of data.seen) counted.set(text, [...(counted.get(text) ?? []), name]);
      const seen = make("div", "", make("p", "label", data.cls === "pass" || data.outcomes ? "Evidence" : "Seen"));
      for (const [text, names] of counted) {
        const places = [...new Set(names.filter(Boolean))];
        const told = names.length > 1 ? `×${names.length}, in ${places.length} conversations` : places[0] ?? "";
        seen.append(make("p", "seen-text", prose(text), " ", make("span", "muted", told)));
      }
      if (data.more) seen.append(make("p", "muted", `and ${data.more} more places`));
      if (data.assertion) seen.append(folded("The assertion", () => [make("pre", "", data.assertion)]));
      box.append(data.outcomes ? seen : make("div", "versus", make("div", "", make("p", "label", "Expected"),
        make("p", "", prose(data.says))), seen));
    }
    if (data.cls === "pass" && !data.scenes?.length) box.append(make("p", "", "It holds in this run."));
    if (data.scenes?.length) {
      const list = make("p", "muted", "Judged on: ");
      data.scenes.forEach(([name, slug], at) => list.append(at ? ", " : "", link(name, `#${slug}`)));
      box.append(list);
    }
    if (data.owner) box.append(make("p", "", "Answers for it: ", link(data.owner, `#${data.owner}`)));
    if (data.decisive?.length) {
      const list = make("ul", "decisive");
      for (const [leg, index, side, at, kind, text] of data.decisive) {
        list.append(make("li", "", link(`#${index}`, `#${data.at}:${leg}:${index}`), ` ${side} · ${span(at)} · `,
          make("code", "", kind), make("pre", "", text)));
      }
      box.append(make("h2", "", data.decisive.length > 1 ? "The frames that decide" : "The frame that decides"), list);
    }
    box.append(folded("Try it: the commands", () => [
      make("p", "label", "Hold the conversation again"), command(data.again),
      make("p", "label", "Judge this record again, offline"), command(data.replay),
    ]));
    return box;
  };

  // -- the hash says what is shown

  const overview = byId("overview");
  const detail = byId("detail");
  let turn = 0;
  const show = async (moved) => {
    const mine = ++turn;
    let hash;
    try { hash = decodeURIComponent(location.hash.slice(1)); } catch { hash = ""; }
    const [path, query] = hash.split("?");
    const [id, leg, index] = path.split(":");
    const named = id && can && (/^c-/.test(id) || rows.some((row) => row.id === id));
    const data = named ? await inflate("details") : null;
    if (mine !== turn) return;
    const told = data && Object.hasOwn(data.checks, id) ? data.checks[id] : null;
    const slug = told ? told.at : data && Object.hasOwn(data.where, id) ? id : "";
    const page = Boolean(told || slug);
    overview.hidden = page;
    detail.hidden = !page;
    document.body.classList.toggle("in-page", page);
    if (!page) {
      if (id === "checks") {
        const wanted = new URLSearchParams(query ?? "");
        for (const [key, field] of Object.entries(fields)) field.value = wanted.get(key) ?? "";
        if (query) sift();
      }
      overview.classList.toggle("asked", moved);
      if (moved && id) byId(id)?.scrollIntoView();
      return;
    }
    const back = make("p", "back", link("← The report", asked()));
    detail.replaceChildren(back, ...(told ? [check(id, told)] : []));
    if (moved) {
      window.scrollTo(0, 0);
      detail.focus({ preventScroll: true });
    }
    if (!slug || !Object.hasOwn(data.where, slug)) return;
    const turning = new Set((told?.decisive ?? []).map(([number, at]) => `${number}:${at}`));
    if (index !== undefined) turning.add(`${leg}:${index}`);
    const group = await inflate(`t-${data.where[slug]}`);
    if (mine !== turn) return;
    detail.append(talk(slug, group[slug], turning, index === undefined ? "" : `${leg}:${index}`, !told,
      (told?.facts ?? []).map(([, value]) => value)));
  };
  window.addEventListener("hashchange", () => show(true));
  show(Boolean(location.hash));

  // -- what is opened rarely

  const fills = {
    left: (data) => [make("ul", "entries", ...data.left.map(([id, says, why]) => make("li", "", make("span", "id", id), " ",
      prose(says), make("span", "muted", " Left out: ", prose(why)))))],
    proof: (data) => [pairs(data.proof.map(([name, ids]) => [make("code", "", name), ids]))],
  };
  for (const node of document.querySelectorAll("[data-make]")) {
    node.addEventListener("toggle", async () => {
      if (!node.open || node.dataset.full || !can) return;
      node.dataset.full = "yes";
      node.append(...fills[node.dataset.make](await inflate("details")));
    });
  }

  // -- taking away

  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
    } catch {
      const area = make("textarea", "", text);
      document.body.append(area);
      area.select();
      document.execCommand("copy");
      area.remove();
    }
  };
  document.addEventListener("click", async (event) => {
    const node = event.target.closest?.("button[data-copy]");
    if (!node) return;
    const id = node.dataset.id;
    const name = node.textContent;
    if (node.dataset.copy === "link") await copy(`${location.href.split("#")[0]}#${id}`);
    else {
      const text = can ? (await inflate("details")).markdown[id] : "";
      if (node.dataset.copy === "markdown") await copy(text);
      else {
        const address = URL.createObjectURL(new Blob([text], { type: "text/markdown" }));
        const anchor = link("", address);
        anchor.download = `${id}.md`;
        anchor.click();
        URL.revokeObjectURL(address);
      }
    }
    node.textContent = "Done";
    setTimeout(() => { node.textContent = name; }, 1500);
  });
})();
