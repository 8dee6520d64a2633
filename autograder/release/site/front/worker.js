// Keeps what a tab has loaded, so that the site works without a network, and as one release: files
// of two releases are never mixed. A new release waits until every tab of the old one is closed.
{
  const SCOPE = registration.scope;
  const MINE = `homework ${new URL(SCOPE).pathname} `; // other sites may share the host
  const RELEASE = "{{release}}";
  const CACHE = `${MINE}${RELEASE}`;
  const FILES = {{files}}; // digests, shortened
  const REPLACED = "There is a newer release of this homework, and this file belongs to it. Close " +
    "all tabs of the homework, then open it again. Your notebooks stay as they are.";
  const APPS = /^({{apps}})\//;
  // What JupyterLite calls a tab after a notebook was renamed; no host knows it.
  const RENAMED = /^(notebooks|edit)\/([^?#]+)/;
  // What JupyterLite's own worker answers: the files of a running notebook, and its input().
  const THEIRS = /\/api\/(drive|stdin|service-worker-heartbeat)/;

  // The front page must be there when the host has a newer one: it is where that is offered.
  self.addEventListener("install", (event) => {
    const front = Object.keys(FILES).filter((path) => /^(index\.html$|front\/)/.test(path));
    event.waitUntil(Promise.all(front.map((path) => keep(SCOPE + path))));
  });

  self.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));

  self.addEventListener("fetch", (event) => {
    const { pathname, origin } = new URL(event.request.url);
    if (origin !== location.origin) return;
    if (THEIRS.test(pathname)) {
      answerWhileThere(event);
    } else if (event.request.method === "GET") {
      event.respondWith(answer(event.request));
      event.stopImmediatePropagation();
    }
  });

  // A tab says what it had loaded before this worker was there, or that this release is wanted.
  self.addEventListener("message", (event) => {
    if (event.data?.keep) event.waitUntil(keepAll(event.data.keep));
    if (event.data?.takeOver) takeOver();
  });

  // JupyterLite's worker waits for what a tab says even when whoever asked is gone, and a worker that
  // waits cannot give way to the one of a new release.
  function answerWhileThere(event) {
    const respond = event.respondWith.bind(event);
    event.respondWith = (theirs) => respond(Promise.race([theirs, gone(event.clientId, theirs)]));
  }

  async function gone(asking, theirs) {
    let waits = true;
    const end = () => { waits = false; };
    Promise.resolve(theirs).then(end, end);
    do {
      await new Promise((go) => { setTimeout(go, 1000); });
    } while (waits && await isThere(asking));
    return Response.error();
  }

  // A kernel asks, whom a reload ends. Where a browser does not list workers, any tab may have it.
  async function isThere(asking) {
    const all = await clients.matchAll({ type: "all", includeUncontrolled: true });
    if (all.some(({ type }) => type === "worker")) return all.some(({ id }) => id === asking);
    return all.some(({ url }) => APPS.test(url.slice(SCOPE.length)));
  }

  async function forgetOthers() {
    for (const name of await caches.keys()) {
      if (name.startsWith(MINE) && name !== CACHE) await caches.delete(name);
    }
  }

  async function answer(request) {
    const cache = await caches.open(CACHE);
    const known = await cache.match(keyOf(request.url), { ignoreVary: true });
    if (known) return known;
    const response = await ask(request, cache);
    const renamed = response.status === 404 && RENAMED.exec(request.url.slice(SCOPE.length));
    if (!renamed) return response;
    return Response.redirect(`${SCOPE}${renamed[1]}/index.html?path=${renamed[2]}`);
  }

  // Asks the host, and keeps what it says if that is of this release.
  async function ask(request, cache) {
    // What the browser kept on its own may be of another release.
    const afresh = { cache: "no-cache" };
    // A page of which one file is missing looks whole and saves nothing: so it is asked for twice.
    const first = await fetch(request, afresh).catch(() => fetch(request.url, afresh));
    const response = await plain(first);
    if (response.status !== 200) return response;
    const key = keyOf(request.url);
    if (await isMine(key, response.clone())) {
      await cache.put(key, response.clone()).catch(() => null); // no room: it goes without
    } else if (await isReplaced()) {
      return new Response(REPLACED, { status: 503 });
    }
    return response;
  }

  // A page that came by a redirect, as of x.html to x, cannot be given out again as it is.
  async function plain(response) {
    if (!response.redirected) return response;
    const { status, headers } = response;
    return new Response(await response.blob(), { status, headers });
  }

  function keyOf(address) {
    const url = new URL(address);
    url.search = url.hash = "";
    if (url.pathname.endsWith("/")) url.pathname += "index.html";
    return url.href;
  }

  // Returns whether a response has the content that belongs to this release.
  async function isMine(key, response) {
    const expected = FILES[decodeURIComponent(key.slice(SCOPE.length))];
    if (!expected) return true; // lists of JupyterLite, which hold times
    const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
    const bytes = [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0"));
    return bytes.join("").startsWith(expected);
  }

  // Returns whether the host has another release; else it changes what it is given.
  async function isReplaced() {
    const response = await fetch(`${SCOPE}front/release.json`, { cache: "no-store" });
    return (await response.json()).release !== RELEASE;
  }

  function keep(address) {
    return answer(new Request(address)).catch(() => null);
  }

  // One by one: the tab itself may still be loading.
  async function keepAll(addresses) {
    for (const address of new Set(addresses.map(keyOf))) await keep(address);
  }

  // JupyterLite's worker would take over at once, in the middle of what a student does.
  const takeOver = self.skipWaiting.bind(self);
  self.skipWaiting = async () => {};
}
importScripts("jupyterlite-worker.js");
