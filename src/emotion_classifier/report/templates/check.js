"use strict";
// Sorting, filtering and copying; without this script everything is still there to read.
(() => {
  document.documentElement.classList.add("js");
  const AT_ONCE = 60;

  const explain = (link) => {
    const about = document.getElementById(link.hash.slice(1))?.querySelector("details");
    if (about) about.open = true;
  };

  const say = (button, word) => {
    button.textContent = word;
    button.setAttribute("aria-label", word || "Copy the file name");
  };

  const copy = async (button) => {
    const code = button.previousElementSibling;
    try {
      await navigator.clipboard.writeText(code.textContent);
      say(button, "Copied");
    } catch {
      getSelection().selectAllChildren(code);
      say(button, "Selected");
    }
    setTimeout(() => say(button, ""), 1500);
  };

  document.addEventListener("click", (event) => {
    const link = event.target.closest("a.code");
    if (link) explain(link);
    const button = event.target.closest("button.copy");
    if (button) copy(button);
  });

  const table = document.querySelector("table.findings");
  if (!table) return;
  const body = table.tBodies[0];
  const form = document.querySelector("form.tools");
  const empty = document.querySelector(".empty");
  const further = document.querySelector(".further");
  const heads = [...table.querySelectorAll("th[aria-sort]")];
  const plain = (text) => text.normalize("NFC").toLowerCase();
  const figure = (count) => count.toLocaleString("en");

  // The first rows are in the page. The others wait as text where a browser without scripts reads them, and become
  // elements when they are shown: five thousand rows at once would take seconds to open and to sort.
  const waiting = (document.querySelector("#findings noscript")?.textContent ?? "").split("<!--row-->").slice(1, -1);
  const items = JSON.parse(document.getElementById("index").textContent).map((entry, place) => ({
    ...entry,
    names: plain(entry.files.join("\n")),
    row: body.rows[place] ?? null,
    html: waiting[place - body.rows.length],
  }));
  const element = (item) => {
    if (!item.row) {
      const holder = document.createElement("template");
      holder.innerHTML = item.html;
      item.row = holder.content.firstElementChild;
      item.html = null;
    }
    return item.row;
  };

  let ordered = items;
  let fitting = items;
  let shown = 0;

  const extend = () => {
    body.append(...fitting.slice(shown, shown + AT_ONCE).map(element));
    shown = Math.min(shown + AT_ONCE, fitting.length);
    further.hidden = shown === fitting.length;
  };

  const filter = () => {
    const [text, severity, code, label] = ["search", "severity", "code", "class"].map((name) => form.elements[name].value);
    const part = plain(text);
    fitting = ordered.filter(
      (item) =>
        (!severity || item.severity === severity) &&
        (!code || item.code === code) &&
        (!label || item.labels.includes(label)) &&
        item.names.includes(part),
    );
    const all = `${figure(items.length)} finding${items.length === 1 ? "" : "s"}`;
    form.querySelector("output").value =
      fitting.length === items.length ? all : `${figure(fitting.length)} of ${all}`;
    form.querySelector("[type=reset]").disabled = !(text || severity || code || label);
    empty.hidden = fitting.length > 0;
    body.replaceChildren();
    shown = 0;
    extend();
  };

  const sort = (column) => {
    const down = heads[column].getAttribute("aria-sort") === "ascending";
    heads.forEach((head, place) =>
      head.setAttribute("aria-sort", place !== column ? "none" : down ? "descending" : "ascending"),
    );
    const sign = down ? -1 : 1;
    ordered = [...items].sort((one, other) => sign * (one.ranks[column] - other.ranks[column]));
    filter();
  };

  const showCode = (link) => {
    form.reset();
    form.elements.code.value = link.dataset.code;
    form.elements.severity.value = link.dataset.severity;
    filter();
    const title = document.getElementById("findings-title");
    title.scrollIntoView();
    title.focus({ preventScroll: true });
  };

  heads.forEach((head, column) => {
    const button = head.querySelector("button");
    button.disabled = false;
    button.addEventListener("click", () => sort(column));
  });
  form.hidden = false;
  form.addEventListener("input", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  further.querySelector("button").addEventListener("click", extend);
  new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && extend(), {
    rootMargin: "0px 0px 1200px",
  }).observe(further);
  for (const link of document.querySelectorAll("a.show")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      showCode(link);
    });
  }
  filter();
})();
