// In a tab of JupyterLite: links to pages open the pages, and a bar says what a student must know.
import { changed, channel, isOld, keeper, KEEPS_NOTHING, release, root } from "./about.js";
import { savedFile, savedPaths } from "./storage.js";

const path = new URL(location).searchParams.get("path") ?? "";
const IN_TWO_TABS = "This notebook is open in two tabs. Work in one of them, and close the " +
  "other: what you save in one would be lost in the other.";

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
const home = anchor("Front page: download, submit");
home.className = "homework-home";
document.body.append(home);

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

// The last words typed may not be saved yet when a student leaves the tab, or downloads.
async function save() {
  const app = window.jupyterapp;
  if (app?.shell.currentWidget?.context?.model.dirty) await app.commands.execute("docmanager:save");
}

document.addEventListener("visibilitychange", () => document.hidden && save());
addEventListener("pagehide", save);
channel.addEventListener("message", async ({ data }) => {
  if (data.opened === path) say(IN_TWO_TABS);
  if (data.save) {
    await save().catch(() => null); // JupyterLab says why
    channel.postMessage({ saved: path });
  }
});

// The files that this tab loads from now on are those of another release.
if (navigator.serviceWorker?.controller) {
  navigator.serviceWorker.addEventListener("controllerchange", () => {
    say("A newer release of the homework was loaded from the front page. Reload this tab, too: " +
      "your notebook stays as it is.");
  });
}

// Says so if Python does not come: on a slow network it takes minutes, and some hosts garble files.
function watchKernel() {
  const { kernel } = window.jupyterapp?.shell.currentWidget?.sessionContext?.session ?? {};
  if (kernel && !["unknown", "starting"].includes(kernel.status)) return;
  say("Python has not started yet. On a slow network the first time takes minutes; else reload " +
    "this page, and if that does not help, tell your course.");
}

// Where a part of JupyterLab could not be loaded, a notebook looks whole and is never saved.
function watchSaving() {
  const app = window.jupyterapp;
  if (!app?.shell.currentWidget || app.commands.hasCommand("docmanager:save")) return;
  say("This page was not loaded in full, and what you type is not saved: reload it.");
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
    say(KEEPS_NOTHING);
    return;
  }
  navigator.storage?.persist?.();
  const about = await release();
  const notebook = about.notebooks.find(({ name }) => name === path);
  if (!notebook) return;
  if (!await alone()) {
    say(IN_TWO_TABS);
    channel.postMessage({ opened: path });
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
if (path.endsWith(".ipynb")) {
  setTimeout(watchSaving, 15000);
  setTimeout(watchKernel, 90000);
}
if (navigator.serviceWorker) setTimeout(keepLoaded, 5000);
