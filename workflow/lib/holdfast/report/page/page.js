"use strict";
// Tables sort by a click or a key on a column's head; the leaderboard shows the rows that hold the words.
for (const table of document.querySelectorAll("table.sortable")) {
  const body = table.tBodies[0], heads = [...table.tHead.rows[0].cells];
  const key = (row, i) => row.cells[i].dataset.key ?? row.cells[i].textContent.trim();
  const compare = (a, b) => a !== "" && b !== "" && !isNaN(a) && !isNaN(b) ? a - b : a.localeCompare(b);
  heads.forEach((head, i) => {
    const button = document.createElement("button");
    button.type = "button";
    button.append(...head.childNodes);
    head.append(button);
    button.addEventListener("click", () => {
      const other = {ascending: "descending", descending: "ascending"};
      const order = other[head.getAttribute("aria-sort")] ?? head.dataset.first ?? "ascending";
      heads.forEach(h => h.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", order);
      const rows = [...body.rows], empty = r => key(r, i) === "";
      rows.sort((a, b) => empty(a) - empty(b) || (order === "ascending" ? 1 : -1) * compare(key(a, i), key(b, i)));
      body.append(...rows);
    });
  });
}
const words = document.getElementById("filter");
words?.addEventListener("input", () => {
  const wanted = words.value.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = [...document.querySelector("table[aria-labelledby=leaderboard]").tBodies[0].rows];
  for (const row of rows) {
    const text = row.textContent.toLowerCase();
    row.hidden = !wanted.every(w => text.includes(w));
  }
  document.getElementById("filter-count").textContent = `${rows.filter(r => !r.hidden).length} of ${rows.length} rows`;
});
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
