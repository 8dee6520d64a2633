// The front page: what is saved here, downloads, and what a new release brings.
import {
  changed, channel, handedOut, isOld, keeper, KEEPS_NOTHING, release, root,
} from "./about.js";
import { forget, saveBeside, savedFile, savedPaths } from "./storage.js";

const PATIENCE = 5000; // milliseconds: to save takes a tenth of a second

function element(tag, text, set = {}) {
  return Object.assign(document.createElement(tag), { textContent: text }, set);
}

function button(text, action) {
  return element("button", text, { type: "button", onclick: action });
}

function when(time) {
  return new Date(time).toLocaleString(undefined, { dateStyle: "medium", timeStyle: "short" });
}

// Says of each notebook whether it was begun here, and when it was saved.
async function showNotebooks(about) {
  for (const notebook of about.notebooks) {
    const state = document.querySelector(`[data-notebook="${notebook.name}"] .state`);
    const saved = await savedFile(notebook.name);
    const text = saved ? `Saved here on ${when(saved.last_modified)}.` : "Not begun here.";
    state.replaceChildren(text);
    if (saved) state.append(" ", downloadButton(notebook.name));
    if (saved && isOld(saved, notebook)) state.append(offer(about, notebook));
  }
  await showOthers(about);
  document.getElementById("download").disabled = !(await savedNotebooks()).length;
}

// Lists notebooks that a student has renamed or made here.
async function showOthers(about) {
  const own = new Set(about.notebooks.map(({ name }) => name));
  const others = (await savedNotebooks()).filter((path) => !own.has(path));
  const place = document.getElementById("others");
  place.hidden = !others.length;
  place.replaceChildren("Also saved here: ");
  for (const path of others) {
    const address = new URL(`notebooks/index.html?path=${encodeURIComponent(path)}`, root);
    place.append(element("a", path, { href: address, target: "_blank" }), " ");
    place.append(downloadButton(path), " ");
  }
}

// A saved notebook stays as it is; the new one is put beside it when a student asks for it.
function offer(about, notebook) {
  const beside = notebook.name.replace(/\.ipynb$/, `, release ${about.version}.ipynb`);
  const get = button("Open the new one beside yours", async () => {
    if (!await savedFile(beside)) {
      await saveBeside(notebook.name, await handedOut(notebook.name), beside);
    }
    open(new URL(`notebooks/index.html?path=${encodeURIComponent(beside)}`, root), "_blank");
  });
  const text = "There is a newer release of this notebook. Yours, with your answers, stays as it " +
    "is and can be submitted; the checks are the new ones already. ";
  const paragraph = element("p", text, { className: "warning" });
  paragraph.append(get);
  return paragraph;
}

async function savedNotebooks() {
  return (await savedPaths()).filter((path) => path.endsWith(".ipynb"));
}

function downloadButton(path) {
  const made = button("Download", async () => {
    await saveOpenTabs();
    await download(path);
  });
  made.setAttribute("aria-label", `Download ${path}`);
  return made;
}

// Has the open tabs save, and waits until they have.
async function saveOpenTabs() {
  const { held = [] } = await navigator.locks?.query() ?? {};
  let open = held.filter(({ name }) => name.startsWith(`homework ${root} `)).length;
  if (!open) return;
  await new Promise((resolve) => {
    setTimeout(resolve, PATIENCE);
    channel.addEventListener("message", ({ data }) => data.saved && !--open && resolve());
    channel.postMessage({ save: true });
  });
}

async function download(name) {
  const { content } = await savedFile(name);
  const blob = new Blob([JSON.stringify(content, null, 1)], { type: "application/x-ipynb+json" });
  const file = name.slice(name.lastIndexOf("/") + 1);
  const link = element("a", "", { href: URL.createObjectURL(blob), download: file });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

async function downloadAll() {
  await saveOpenTabs();
  for (const path of await savedNotebooks()) await download(path);
}

// Files of the homework that were changed here can be put back; grading brings its own anyway.
async function showChanged(about) {
  const paths = changed(await savedPaths(), about);
  const place = document.getElementById("changed");
  place.hidden = !paths.length;
  place.replaceChildren(`You changed ${paths.join(", ")} in this browser. Grading brings its ` +
    "own, so what works here may fail there. ");
  place.append(button("Put back the original", async () => {
    for (const path of paths) await forget(path);
    await showChanged(about);
  }));
}

// Offers a release of the site that waits until the tabs of the old one are closed.
function watchForUpdate(registration) {
  const show = () => {
    document.getElementById("update").hidden = !(registration.waiting && registration.active);
  };
  // It may have been found before this page was here, and still be on its way.
  const watch = () => registration.installing?.addEventListener("statechange", show);
  registration.addEventListener("updatefound", watch);
  watch();
  const load = document.querySelector("#update button");
  load.addEventListener("click", () => {
    load.disabled = true;
    load.textContent = "loading: its other tabs must be closed";
    navigator.serviceWorker.addEventListener("controllerchange", () => location.reload());
    if (registration.waiting) registration.waiting.postMessage({ takeOver: true });
    else location.reload(); // it has taken over meanwhile
  });
  show();
}

// Loads what a notebook needs while the student still reads this page. What is fetched is read to
// its end: a worker that still answers cannot give way to the one of a new release.
async function loadAhead(about) {
  const { waiting } = await navigator.serviceWorker.ready;
  if (waiting || navigator.connection?.saveData) return;
  for (const address of [...about.small, ...about.large]) {
    await fetch(new URL(address, root)).then((response) => response.blob()).catch(() => null);
  }
}

function warn(text) {
  const warning = document.getElementById("warning");
  warning.textContent = text;
  warning.hidden = false;
}

async function start() {
  const about = await release();
  const refresh = () => Promise.all([showNotebooks(about), showChanged(about)]);
  document.getElementById("download").addEventListener("click", downloadAll);
  document.addEventListener("visibilitychange", refresh);
  await refresh();
  const registration = await keeper();
  if (!registration) {
    warn(KEEPS_NOTHING);
    return;
  }
  watchForUpdate(registration);
  await loadAhead(about);
}

start().catch(() => warn(KEEPS_NOTHING)); // no storage, or none that may be read
