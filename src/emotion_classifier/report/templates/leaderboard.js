"use strict";
const body = document.querySelector(".figures tbody");
const heads = [...document.querySelectorAll(".figures thead th")];
const compare = (a, b) => (a !== "" && b !== "" && !isNaN(a) && !isNaN(b) ? a - b : (a === "") - (b === "") || a.localeCompare(b));
heads.forEach((head, column) => {
  if (!head.dataset.first) return;
  const button = document.createElement("button");
  button.type = "button";
  button.textContent = head.textContent;
  head.replaceChildren(button);
  button.addEventListener("click", () => {
    const now = head.getAttribute("aria-sort");
    const next = now ? (now === "ascending" ? "descending" : "ascending") : head.dataset.first;
    heads.forEach(each => each.removeAttribute("aria-sort"));
    head.setAttribute("aria-sort", next);
    const key = row => row.children[column].dataset.sort;
    const sign = next === "ascending" ? 1 : -1;
    body.append(...[...body.rows].sort((a, b) => sign * compare(key(a), key(b))));
  });
});
