"use strict";
// Search without a server: every word of the query must be in an entry; a name counts for more than the words beside it.
// An entry is [name, kind, address, words].

function found(entries, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  if (words.length === 0) return [];
  const scored = [];
  for (const entry of entries) {
    const name = entry[0].toLowerCase();
    const rest = (entry[1] + " " + entry[3]).toLowerCase();
    let score = 0;
    for (const word of words) {
      if (name === word) score += 100;
      else if (name.startsWith(word)) score += 40;
      else if (name.includes(word)) score += 25;
      else if (rest.includes(word)) score += 5;
      else { score = -1; break; }
    }
    if (score > 0) scored.push([score, entry]);
  }
  return scored.sort((a, b) => b[0] - a[0] || a[1][0].length - b[1][0].length).map(([, entry]) => entry);
}

function show(query) {
  const list = document.getElementById("found");
  const hits = found(INDEX, query);
  list.replaceChildren(...hits.slice(0, 100).map(([name, kind, address, words]) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    link.href = "../" + address;
    link.className = "id";
    link.textContent = name;
    const beside = document.createElement("span");
    beside.className = "muted";
    beside.textContent = " " + kind;
    const text = document.createElement("div");
    text.textContent = words.replaceAll("`", "");
    item.append(link, beside, text);
    return item;
  }));
  const more = hits.length > 100 ? ", the first 100 of them here" : "";
  document.getElementById("count").textContent = query ? hits.length + " found" + more : "";
}

if (typeof document === "undefined") {
  module.exports = { found };
} else {
  const query = document.getElementById("query");
  query.value = new URLSearchParams(location.search).get("q") || "";
  query.addEventListener("input", () => show(query.value));
  document.querySelector(".js").hidden = false;
  show(query.value);
}
