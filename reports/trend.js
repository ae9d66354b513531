"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  for (const element of all(".needs-script")) element.hidden = false;

  // The newest runs are what most people came for.
  for (const grid of all(".grid")) grid.parentElement.scrollLeft = grid.parentElement.scrollWidth;

  // Filter by words, and by whether anything changes.
  const input = one("filter");
  const changing = one("changing");
  const rows = all(".grid tbody tr, .sights tbody tr");
  const text = new Map(rows.map((row) => [row, `${row.cells[0].textContent} ${row.lastElementChild.textContent}`.toLowerCase()]));
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    for (const row of rows) {
      row.hidden = !words.every((word) => text.get(row).includes(word)) || (changing.checked && row.dataset.changes === "0");
    }
    const seen = rows.filter((row) => !row.hidden).length;
    one("shown").value = seen === rows.length ? "" : `${seen} of ${rows.length} rows`;
  };
  input.addEventListener("input", filter);
  changing.addEventListener("change", filter);

  // Sort a table by one of its keys; the first order of the page is the catalogue's.
  const value = (row, key) => {
    const found = row.dataset[key] ?? "";
    return found !== "" && !Number.isNaN(Number(found)) ? Number(found) : found;
  };
  for (const button of all(".sort")) {
    button.addEventListener("click", () => {
      const table = button.closest("table");
      const before = button.getAttribute("aria-sort");
      const order = before ? (before === "ascending" ? "descending" : "ascending") : button.dataset.first ?? "ascending";
      for (const other of all(".sort", table)) other.removeAttribute("aria-sort");
      button.setAttribute("aria-sort", order);
      const sign = order === "ascending" ? 1 : -1;
      const key = button.dataset.key;
      const body = table.tBodies[0];
      const sorted = [...body.rows].sort((a, b) => {
        const [x, y] = [value(a, key), value(b, key)];
        return sign * (x < y ? -1 : x > y ? 1 : 0);
      });
      body.append(...sorted);
    });
  }

  // Light and dark.
  const theme = one("theme");
  const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  const turn = () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; label(); };
  theme.addEventListener("click", turn);
  label();

  // Keys: the squares of a grid are walked with the arrows.
  const keys = one("keys");
  one("help").addEventListener("click", () => keys.showModal());
  const walk = (cell, across, down) => {
    const at = cell.closest("td, th");
    let row = at.parentElement;
    const visible = all("tr", row.closest("table")).filter((other) => !other.hidden);
    row = visible[visible.indexOf(row) + down];
    row?.cells[at.cellIndex + across]?.querySelector("a.cell")?.focus();
  };
  const steps = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === input) {
      input.value = "";
      filter();
      input.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open || event.target.closest?.("input[type=search]")) return;
    const cell = event.target.closest?.("a.cell");
    if (cell && steps[event.key]) {
      event.preventDefault();
      walk(cell, ...steps[event.key]);
    } else if (event.key === "/") {
      event.preventDefault();
      input.focus();
    } else if (event.key === "d") turn();
    else if (event.key === "?") keys.showModal();
  });
})();
