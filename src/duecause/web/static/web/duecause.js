// Keyboard, focus and appearance. The pages work without it; nothing here talks to a server by itself.
(() => {
  "use strict";
  const root = document.documentElement;
  const YEAR = 365 * 24 * 3600;
  const shown = (el) => el.getClientRects().length > 0 && !el.disabled;
  const typing = (el) =>
    el.isContentEditable ||
    el.matches("textarea, select") ||
    (el.matches("input") && !["checkbox", "radio", "button", "submit", "reset", "range"].includes(el.type));

  // Appearance: the form works by itself; with script the page changes at once and the cookie is the same.
  function look(name, value) {
    root.dataset[name] = value;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `${name}=${value}; Max-Age=${YEAR}; Path=/; SameSite=Strict${secure}`;
    for (const button of document.querySelectorAll(`[data-look] button[name="${name}"]`)) {
      if (button.value === value) button.setAttribute("aria-current", "true");
      else button.removeAttribute("aria-current");
    }
  }
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (!event.target.matches("[data-look]") || !button) return;
    event.preventDefault();
    look(button.name, button.value);
    if (!shown(button)) {
      const twin = [...event.target.querySelectorAll("button")].find(shown);
      if (twin) twin.focus();
    }
  });

  // Menus are <details>: one open at a time, closed by Escape or a click elsewhere.
  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu === except) continue;
      const held = menu.contains(document.activeElement);
      menu.open = false;
      if (held) menu.querySelector("summary").focus();
    }
  }
  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    const opener = event.target.closest("[data-open]");
    if (!opener) return;
    closeMenus();
    if (opener.dataset.open === "keys") showKeys();
    else document.getElementById(opener.dataset.open)?.showModal?.();
  });

  // Single keys: every control with data-key, listed by `?`.
  function keyed() {
    return [...document.querySelectorAll("[data-key]")].filter(shown);
  }
  function labelOf(el) {
    if (el.dataset.keyLabel) return el.dataset.keyLabel;
    const copy = el.cloneNode(true);
    copy.querySelectorAll("kbd, svg, .quiet").forEach((part) => part.remove());
    return el.getAttribute("aria-label") || copy.textContent.trim();
  }
  function showKeys() {
    const dialog = document.getElementById("keys");
    if (!dialog || dialog.open) return;
    const list = dialog.querySelector("[data-keys-list]");
    list.querySelectorAll("[data-found]").forEach((row) => row.remove());
    const always = list.firstElementChild;
    for (const el of keyed()) {
      const row = document.createElement("div");
      const key = document.createElement("kbd");
      const term = document.createElement("dt");
      const text = document.createElement("dd");
      row.dataset.found = "";
      key.textContent = el.dataset.key;
      text.textContent = labelOf(el);
      term.append(key);
      row.append(term, text);
      list.insertBefore(row, always);
    }
    dialog.showModal();
  }
  function leave(target) {
    if (document.querySelector("details[data-menu][open]")) closeMenus();
    else if (typing(target)) target.blur();
  }
  function use(el) {
    if (el.matches("input, select, textarea")) el.focus();
    else el.click();
  }
  // j and k walk the rows of a list that says so.
  function walk(step) {
    const rows = [...document.querySelectorAll("[data-row]")].filter(shown);
    if (!rows.length) return false;
    const at = rows.indexOf(document.activeElement);
    rows[Math.min(rows.length - 1, Math.max(0, at + step))].focus();
    return true;
  }
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    if (event.key === "Escape") return leave(event.target);
    if (typing(event.target) || root.dataset.keys === "off") {
      // Who presses the slash out of habit is in the field already.
      const there = event.key === "/" && event.target.matches("[data-search]") && !event.target.value;
      if (there && root.dataset.keys !== "off") event.preventDefault();
      return;
    }
    const match = keyed().find((el) => el.dataset.key === event.key);
    const search = [...document.querySelectorAll("[data-search]")].find(shown);
    if (match) use(match);
    else if (event.key === "?") showKeys();
    else if (event.key === "/" && search) {
      search.focus();
      search.select();
    } else if (event.key !== "j" && event.key !== "k") return;
    else if (!walk(event.key === "j" ? 1 : -1)) return;
    event.preventDefault();
  });

  // A table that fits its box keeps its head in sight of the window; one that does not scrolls inside.
  const fitting = new ResizeObserver((boxes) => {
    for (const { target } of boxes) target.toggleAttribute("data-fits", target.scrollWidth <= target.clientWidth);
  });
  const watchTables = (part) => part.querySelectorAll(".table-scroll").forEach((box) => fitting.observe(box));
  watchTables(document);

  // A page that came whole puts the focus where a swap would have put it.
  if (document.activeElement === document.body) document.querySelector("main [data-focus]")?.focus();

  // After a swap the first control of what came in has the focus (htmx fires htmx:load for it).
  document.addEventListener("htmx:load", (event) => {
    const fresh = event.detail.elt;
    if (!fresh.querySelector || fresh === document.body) return;
    watchTables(fresh);
    const wanted = "[autofocus], [data-focus]";
    const first = fresh.matches(wanted) ? fresh : fresh.querySelector(wanted);
    if (first) first.focus();
  });

  // A page that answers a form without htmx: the same for what it has to say.
  document.querySelector("main :is(.panel, .receipt)[data-focus]")?.focus();

  // A request that failed says so; the next one that succeeds takes the notice away.
  const trouble = (visible) => {
    const notice = document.getElementById("trouble");
    if (notice) notice.hidden = !visible;
  };
  document.addEventListener("htmx:responseError", () => trouble(true));
  document.addEventListener("htmx:sendError", () => trouble(true));
  document.addEventListener("htmx:timeout", () => trouble(true));
  document.addEventListener("htmx:afterOnLoad", (event) => event.detail.successful && trouble(false));

  // A file that the server would refuse is refused before it travels.
  document.addEventListener("change", (event) => {
    const input = event.target;
    if (!input.matches("input[type=file][data-limit]")) return;
    const size = [...input.files].reduce((sum, file) => sum + file.size, 0);
    input.setCustomValidity(size > Number(input.dataset.limit) ? input.dataset.limitText : "");
    input.reportValidity();
  });

  // Tick all rows of one table.
  document.addEventListener("change", (event) => {
    const all = event.target;
    if (!all.matches("[data-tick-all]")) return;
    for (const box of all.closest("table").querySelectorAll("tbody input[type=checkbox]")) {
      box.checked = all.checked;
    }
  });
})();
