// Keeps what a tab has loaded, so that the site works without a network, and as one release: files
// of two releases are never mixed. A new release waits until every tab of the old one is closed.
{
  const SCOPE = registration.scope;
  const MINE = `homework ${new URL(SCOPE).pathname} `; // other sites may share the host
  const CACHE = `${MINE}{{release}}`;
  // What JupyterLite calls a tab after a notebook was renamed; no host knows it.
  const RENAMED = /^(notebooks|edit)\/([^?#]+)/;
  // What JupyterLite's own worker answers: the files of a running notebook, and its input().
  const THEIRS = /\/api\/(drive|stdin|service-worker-heartbeat)/;

  self.addEventListener("activate", (event) => event.waitUntil(forgetOthers()));

  self.addEventListener("fetch", (event) => {
    const { pathname, origin } = new URL(event.request.url);
    const isTheirs = origin !== location.origin || THEIRS.test(pathname);
    if (event.request.method !== "GET" || isTheirs) return;
    event.respondWith(answer(event.request));
    event.stopImmediatePropagation();
  });

  // A tab says what it had loaded before this worker was there, or that this release is wanted.
  self.addEventListener("message", (event) => {
    if (event.data?.keep) event.waitUntil(keepAll(event.data.keep));
    if (event.data?.takeOver) takeOver();
  });

  async function forgetOthers() {
    for (const name of await caches.keys()) {
      if (name.startsWith(MINE) && name !== CACHE) await caches.delete(name);
    }
  }

  async function answer(request) {
    const cache = await caches.open(CACHE);
    const known = await cache.match(request, { ignoreSearch: true });
    if (known) return known;
    // What the browser kept on its own may be of another release: the host is asked.
    const response = await plain(await fetch(request, { cache: "no-cache" }));
    if (response.status === 200) await cache.put(withoutSearch(request.url), response.clone());
    const renamed = response.status === 404 && RENAMED.exec(request.url.slice(SCOPE.length));
    if (!renamed) return response;
    return Response.redirect(`${SCOPE}${renamed[1]}/index.html?path=${renamed[2]}`);
  }

  // A page that came by a redirect, as of x.html to x, cannot be given out again as it is.
  async function plain(response) {
    if (!response.redirected) return response;
    const { status, headers } = response;
    return new Response(await response.blob(), { status, headers });
  }

  function withoutSearch(address) {
    const url = new URL(address);
    url.search = "";
    return url.href;
  }

  async function keepAll(addresses) {
    const cache = await caches.open(CACHE);
    for (const address of new Set(addresses.map(withoutSearch))) {
      if (await cache.match(address)) continue;
      const response = await fetch(address, { cache: "no-cache" }).catch(() => null);
      if (response?.status === 200) await cache.put(address, await plain(response));
    }
  }

  // JupyterLite's worker would take over at once, in the middle of what a student does.
  const takeOver = self.skipWaiting.bind(self);
  self.skipWaiting = async () => {};
}
importScripts("jupyterlite-worker.js");
