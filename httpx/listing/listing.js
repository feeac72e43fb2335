// What a listing can do beyond links: filter while typing, the reader's time zone,
// moving by keys, and pictures on hover. The page works without it. Nothing here
// makes markup from text.
"use strict";

const table = document.querySelector("main table");
const form = document.querySelector("header form");
const field = form.elements.filter;
const count = form.querySelector("output");
const grid = table.classList.contains("grid");

// The links of the rows, and the names that a filter looks at.
const links = [...table.querySelectorAll("tbody td:first-child a")];
const entries = links.filter(link => !link.classList.contains("up"));
let names;

// Filter. The first time it is used it takes all names.
function filter() {
  names ??= entries.map(link => link.textContent.toLowerCase());
  const wanted = field.value === field.defaultValue ? "" : field.value.toLowerCase();
  let shown = 0;
  entries.forEach((link, i) => {
    const fits = names[i].includes(wanted);
    link.closest("tr").hidden = !fits;
    shown += fits;
  });
  count.textContent = wanted === "" ? "" : shown + " of " + entries.length +
    ("partial" in form.dataset ? " on this page: Enter looks further" : "");
}

field.addEventListener("input", filter);
form.addEventListener("submit", event => {
  if (!("partial" in form.dataset)) {
    event.preventDefault();
    move(entries.find(visible));
  }
});

// Times, in the zone that the footer names.
const two = n => String(n).padStart(2, "0");
for (const time of table.querySelectorAll("time")) {
  const at = new Date(time.dateTime);
  time.title = time.dateTime;
  time.firstChild.data = String(at.getFullYear()).padStart(4, "0") + "-" + two(at.getMonth() + 1) + "-" + two(at.getDate()) + " ";
  time.lastChild.textContent = two(at.getHours()) + ":" + two(at.getMinutes());
}
const zone = document.querySelector("footer .zone");
zone.textContent = Intl.DateTimeFormat().resolvedOptions().timeZone ?? "local";

// Keys.
const visible = link => !link.closest("tr").hidden;

function move(link) {
  link?.focus();
  link?.scrollIntoView({ block: "nearest" });
}

// step moves by n visible rows from the one with the focus, or to the first.
function step(n) {
  const rows = links.filter(visible);
  const at = rows.indexOf(document.activeElement);
  move(rows[at < 0 ? 0 : Math.min(Math.max(at + n, 0), rows.length - 1)]);
}

// across is how many tiles of a grid lie side by side.
function across() {
  if (!grid) return 1;
  const rows = links.filter(visible).map(link => link.closest("tr").offsetTop);
  const next = rows.findIndex(top => top !== rows[0]);
  return next < 0 ? 1 : next;
}

function clear() {
  const whole = form.querySelector("a");
  if (field.value === field.defaultValue && whole) whole.click();
  field.value = field.defaultValue;
  filter();
  field.blur();
}

function pressed(key) {
  switch (key) {
    case "/": field.focus(); field.select(); return true;
    case "Escape": clear(); return true;
    case "j": case "ArrowDown": step(across()); return true;
    case "k": case "ArrowUp": step(-across()); return true;
    case "ArrowRight": if (grid) step(1); return grid;
    case "ArrowLeft": if (grid) step(-1); return grid;
    case "u": case "Backspace": table.querySelector("a.up")?.click(); return true;
  }
  return false;
}

document.addEventListener("keydown", event => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target === field && event.key !== "Escape" && event.key !== "ArrowDown") return;
  if (pressed(event.key)) event.preventDefault();
});
document.querySelector("footer .keys").hidden = false;

// Pictures, beside the row that the pointer is on or that has the focus.
const peek = document.createElement("img");
peek.className = "peek";
peek.alt = "";
peek.hidden = true;
let soon;

function conceal() {
  clearTimeout(soon);
  peek.hidden = true;
  peek.removeAttribute("src");
}

function reveal(link) {
  conceal();
  soon = setTimeout(() => {
    const row = link.getBoundingClientRect();
    peek.onload = () => {
      const box = peek.getBoundingClientRect();
      const top = Math.max(8, Math.min(row.bottom + 8, innerHeight - peek.offsetHeight - 8));
      peek.style.top = (top < row.bottom && row.top > box.height + 16 ? row.top - box.height - 8 : top) + "px";
      peek.style.left = Math.max(8, Math.min(row.left + 28, innerWidth - box.width - 8)) + "px";
      peek.classList.add("there");
    };
    peek.classList.remove("there");
    peek.src = link.href;
    peek.hidden = false;
  }, 200);
}

if (grid) { // a picture that cannot be shown leaves the icon of its kind
  table.addEventListener("error", event => event.target.remove(), true);
} else {
  document.body.append(peek);
  peek.addEventListener("error", conceal);
  for (const [come, go] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    table.addEventListener(come, event => {
      const link = event.target.closest?.("a.preview");
      if (link) reveal(link);
    });
    table.addEventListener(go, conceal);
  }
  addEventListener("scroll", conceal, { passive: true });
}
