// In a tab of JupyterLite: links to pages open the pages, and a bar says what a student must know.
import { changed, isOld, keeper, release, root } from "./about.js";
import { savedFile, savedPaths } from "./storage.js";

const path = new URL(location).searchParams.get("path") ?? "";

// JupyterLite opens files beside the notebook in its editor, pages too.
addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  const { pathname } = new URL(link?.href ?? location);
  if (!pathname.startsWith(`${root.pathname}files/`) || !pathname.endsWith(".html")) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  open(link.href, "_blank", "noopener");
}, { capture: true });

const bars = document.createElement("div");
bars.className = "homework-bars";
bars.setAttribute("role", "status");
document.body.append(bars);

function say(text, link = "") {
  const bar = document.createElement("p");
  bar.append(text, " ");
  if (link) bar.append(anchor(link));
  const close = document.createElement("button");
  close.textContent = "Close";
  close.addEventListener("click", () => bar.remove());
  bar.append(close);
  bars.append(bar);
}

function anchor(text) {
  const link = document.createElement("a");
  link.href = root;
  link.target = "_blank";
  link.textContent = text;
  return link;
}

// Holds a lock for as long as the tab is open.
function alone() {
  return new Promise((resolve) => {
    navigator.locks?.request(`homework ${root} ${path}`, { ifAvailable: true }, (lock) => {
      resolve(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined;
    }) ?? resolve(true);
  });
}

async function start() {
  const registration = await keeper();
  if (!registration) {
    say("This browser window keeps no work, and checks cannot run: a private window, or an " +
      "address without https? Open the homework in a normal window.");
    return;
  }
  navigator.storage?.persist?.();
  const about = await release();
  const notebook = about.notebooks.find(({ name }) => name === path);
  if (!notebook) return;
  if (!await alone()) {
    say("This notebook is open in another tab as well. Work in one of them, and close the other: " +
      "what you save in one would be lost in the other.");
  }
  const saved = await savedFile(path);
  if (saved && isOld(saved, notebook)) {
    say("There is a newer release of this notebook. Yours and your answers stay as they are.",
      "See the front page.");
  }
  const edited = changed(await savedPaths(), about);
  if (edited.length) {
    say(`You changed ${edited.join(", ")} in this browser; grading brings its own.`,
      "Put it back on the front page.");
  }
}

// What was loaded before the worker was there is kept as well, and what is small and may be opened
// later; but not before all of JupyterLite is there.
async function keepLoaded() {
  const { active } = await navigator.serviceWorker.ready;
  const { small } = await release();
  const loaded = performance.getEntriesByType("resource").map(({ name }) => name);
  const later = small.map((address) => new URL(address, root).href);
  const own = [location.href, ...loaded, ...later].filter((name) => name.startsWith(root.href));
  active.postMessage({ keep: own });
}

performance.setResourceTimingBufferSize(2000); // 250 is the default, and not enough
start();
if (navigator.serviceWorker) setTimeout(keepLoaded, 5000);
