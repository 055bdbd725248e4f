/* Rows in which all targets agree are put aside until they are asked for; `#matrix` is a link to all of them. */
(() => {
  "use strict";
  const box = document.getElementById("only-differences");
  const shown = document.getElementById("shown");
  const rows = [...document.querySelectorAll("tr[data-row]")];
  for (const node of document.querySelectorAll(".js")) node.hidden = false;
  const sift = () => {
    let count = 0;
    for (const row of rows) {
      row.hidden = box.checked && row.dataset.row !== "differs";
      count += row.hidden ? 0 : 1;
    }
    for (const body of document.querySelectorAll("tbody[id]")) {
      body.hidden = !body.querySelector("tr[data-row]:not([hidden])");
    }
    shown.textContent = `${count} of ${rows.length} rows shown`;
  };
  const recall = () => {
    box.checked = location.hash !== "#matrix";
    sift();
  };
  box.addEventListener("change", () => {
    history.replaceState(null, "", box.checked ? "#differences" : "#matrix");
    sift();
  });
  window.addEventListener("hashchange", () => {
    if (location.hash === "#differences" || location.hash === "#matrix") recall();
  });
  recall();
})();
