// What JupyterLite keeps in this browser: the files that were saved here, by path.

const NAME = `JupyterLite Storage - ${new URL("..", import.meta.url).pathname}`;
const FILES = "files";

// Returns the database, or null if nothing was saved here yet; opening it would make an empty one,
// which JupyterLite could not use.
async function database() {
  const known = await indexedDB.databases();
  if (!known.some(({ name }) => name === NAME)) return null;
  const opened = await done(indexedDB.open(NAME));
  if (opened.objectStoreNames.contains(FILES)) return opened;
  opened.close();
  return null;
}

function done(request) {
  return new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
}

async function withFiles(mode, use, otherwise) {
  const opened = await database();
  if (!opened) return otherwise;
  try {
    return await use(opened.transaction(FILES, mode).objectStore(FILES));
  } finally {
    opened.close();
  }
}

// Returns the paths of all saved files.
export function savedPaths() {
  return withFiles("readonly", (files) => done(files.getAllKeys()), []);
}

// Returns a saved file as JupyterLite keeps it: its content, and when it was saved; else undefined.
export function savedFile(path) {
  return withFiles("readonly", (files) => done(files.get(path)), undefined);
}

// Forgets a saved file; the one that came with the site, if there is one, is there again.
export function forget(path) {
  return withFiles("readwrite", (files) => done(files.delete(path)), undefined);
}

// Saves a copy of a saved file, with other content, under another path.
export async function saveBeside(path, content, newPath) {
  const model = await savedFile(path);
  const name = newPath.slice(newPath.lastIndexOf("/") + 1);
  const now = new Date().toISOString();
  const copy = { ...model, name, path: newPath, content, created: now, last_modified: now };
  return withFiles("readwrite", (files) => done(files.put(copy, newPath)), undefined);
}
