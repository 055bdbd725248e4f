(() => {
  "use strict";
  const box = document.getElementById("differences");
  const told = document.getElementById("shown");
  if (!box || !told) return;
  const rows = Array.from(document.querySelectorAll("tr[data-differs]"));
  const show = () => {
    const only = box.checked;
    let count = 0;
    for (const row of rows) {
      row.hidden = only && row.dataset.differs !== "yes";
      if (!row.hidden) count += 1;
    }
    told.textContent = `${count} of ${rows.length} shown`;
    history.replaceState(null, "", only ? "#differences" : "#all");
  };
  box.closest("form").hidden = false;
  box.checked = location.hash === "#differences";
  box.addEventListener("change", show);
  if (box.checked) show();
})();
