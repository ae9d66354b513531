"use strict";
(() => {
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const one = (id) => document.getElementById(id);
  for (const element of all(".needs-script")) element.hidden = false;

  // Filter: a word that must occur, and the outcomes that are wanted.
  const input = one("filter");
  const toggles = all(".toggle");
  const rows = all(".duties tbody tr, .unseen li");
  const groups = all("div.findings");
  const text = new Map([...rows, ...groups, ...all("details.finding")].map((e) => [e, e.textContent.toLowerCase()]));
  const filter = () => {
    const words = input.value.toLowerCase().split(/\s+/).filter(Boolean);
    const wanted = new Set(toggles.filter((t) => t.ariaPressed === "true").map((t) => t.dataset.outcome));
    const fits = (e) => words.every((word) => text.get(e).includes(word));
    for (const row of rows) row.hidden = !(wanted.has(row.dataset.outcome) && fits(row));
    for (const group of groups) {
      group.hidden = !(wanted.has(group.dataset.outcome) && fits(group));
      const inside = all("details.finding", group);
      const some = inside.some(fits);
      for (const finding of inside) finding.hidden = some && !fits(finding);
    }
    const duties = all(".duties tbody tr");
    const seen = duties.filter((row) => !row.hidden).length;
    one("shown").value = seen === duties.length ? "" : `${seen} of ${duties.length} duties`;
  };
  input.addEventListener("input", filter);
  for (const toggle of toggles) {
    toggle.addEventListener("click", () => {
      toggle.ariaPressed = String(toggle.ariaPressed !== "true");
      filter();
    });
  }

  // A link into a closed part opens it.
  const follow = () => {
    let target = null;
    try { target = one(decodeURIComponent(location.hash.slice(1))); } catch { return; }
    if (!target) return;
    const hidden = target.closest("[hidden]");
    if (hidden) {
      input.value = "";
      for (const toggle of toggles) toggle.ariaPressed = "true";
      filter();
    }
    for (let e = target; e; e = e.parentElement) if (e.tagName === "DETAILS") e.open = true;
    const first = target.matches("div.findings") ? target.querySelector("details.finding") : null;
    if (first) first.open = true;
    const row = target.matches("tr") ? target.querySelector("details") : null;
    if (row) row.open = true;
    target.scrollIntoView();
  };
  addEventListener("hashchange", follow);
  follow();

  // Copy.
  for (const box of all(".copyable")) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "copy";
    button.textContent = "Copy";
    button.addEventListener("click", async () => {
      const pre = box.querySelector("pre");
      try {
        await navigator.clipboard.writeText(pre.textContent);
        button.textContent = "Copied";
      } catch {
        getSelection().selectAllChildren(pre);
        button.textContent = "Selected";
      }
    });
    box.append(button);
  }

  // Light and dark.
  const theme = one("theme");
  const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const label = () => { theme.textContent = dark() ? "Light" : "Dark"; };
  const turn = () => { document.documentElement.dataset.theme = dark() ? "light" : "dark"; label(); };
  theme.addEventListener("click", turn);
  label();

  // Keys.
  const keys = one("keys");
  one("help").addEventListener("click", () => keys.showModal());
  const findings = () => all("details.finding").filter((f) => !f.closest("[hidden]"));
  const step = (by) => {
    const list = findings();
    if (!list.length) return;
    const here = list.indexOf(document.activeElement?.closest("details.finding"));
    const next = list[here < 0 ? (by > 0 ? 0 : list.length - 1) : Math.min(list.length - 1, Math.max(0, here + by))];
    next.open = true;
    next.querySelector("summary").focus({ preventScroll: true });
    next.scrollIntoView({ block: "start" });
  };
  const everything = () => {
    const list = findings();
    const open = list.some((f) => !f.open);
    for (const finding of list) finding.open = open;
  };
  const actions = {
    "/": () => input.focus(), j: () => step(1), k: () => step(-1), e: everything, d: turn, "?": () => keys.showModal(),
  };
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && event.target === input) {
      input.value = "";
      filter();
      input.blur();
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open || event.target.closest?.("input, textarea")) return;
    const action = actions[event.key];
    if (action) {
      event.preventDefault();
      action();
    }
  });

  // Paper shows everything that was folded away, then folds it again.
  let folded = [];
  addEventListener("beforeprint", () => {
    folded = all("details:not([open])");
    for (const part of folded) part.open = true;
  });
  addEventListener("afterprint", () => {
    for (const part of folded) part.open = false;
  });
})();
