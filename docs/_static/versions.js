// Where the site holds the guides of several releases, the sidebar's line with the version opens a list of them.
// `tools/add_guide.py` writes versions.json, newest first, beside their folders.
const place = document.querySelector(".versions");
const root = new URL(`${place.dataset.root}../`, location.href);

const listed = (version, newest) => {
  const link = document.createElement("a");
  link.href = new URL(`${version}/${place.dataset.page}`, root);
  link.textContent = version === newest ? `${version} (newest)` : version;
  if (version === place.dataset.version) link.setAttribute("aria-current", "true");
  const item = document.createElement("li");
  item.append(link);
  return item;
};

// Not every release has every page.
const leadSomewhere = links => links.forEach(async link => {
  const answer = await fetch(link.href, { method: "HEAD" });
  if (!answer.ok) link.href = new URL(`${link.pathname.slice(root.pathname.length).split("/")[0]}/index.html`, root);
});

fetch(new URL("versions.json", root)).then(answer => answer.ok ? answer.json() : []).then(versions => {
  if (!versions.length) return;
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = `Version ${place.dataset.version}`;
  const list = document.createElement("ul");
  list.append(...versions.map(version => listed(version, versions[0])));
  details.append(summary, list);
  details.addEventListener("toggle", () => leadSomewhere(list.querySelectorAll("a")), { once: true });
  place.replaceChildren(details);
}).catch(() => {}); // A guide on disk cannot ask what lies beside it.
