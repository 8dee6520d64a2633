// What this release of the site consists of, and whether a saved notebook belongs to it.
import { savedFile } from "./storage.js";

export const root = new URL("..", import.meta.url);

// Between the tabs of this site: {opened: path}, {save: true}, and {saved: path} as an answer.
export const channel = new BroadcastChannel(`homework ${root.pathname}`);

export const KEEPS_NOTHING = "This browser window keeps no work, and checks cannot run in it: a " +
  "private window, or an address without https? Open the homework in a normal window.";

// Returns the site's description: release and version, notebooks, the files of the homework, and
// the addresses of what is small (those files, their lists, pages) and large (Python and its packages).
export async function release() {
  return (await fetch(new URL("front/release.json", root))).json();
}

// Returns whether a notebook that was saved here began as one of another release. One that a
// student has brought from elsewhere does not say.
export function isOld(model, notebook) {
  const began = model.content.metadata.homework?.release;
  return began !== undefined && began !== notebook.release;
}

// Returns the content of a notebook as it came with the site.
export async function handedOut(name) {
  return (await fetch(new URL(`files/${name}`, root))).json();
}

// Returns the files of the homework, notebooks apart, that were changed in this browser.
export function changed(paths, about) {
  const own = new Set(about.notebooks.map(({ name }) => name));
  return paths.filter((path) => about.files.includes(path) && !own.has(path));
}

// Registers the worker that keeps the site in this browser, at the address at which JupyterLite
// does so, too. Returns null where a browser allows none: in private windows, or without https.
export async function keeper() {
  if (!navigator.serviceWorker) return null;
  const address = new URL("service-worker.js?enableCache=false", root);
  return navigator.serviceWorker.register(address).catch(() => null);
}
