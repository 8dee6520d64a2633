// The page of part 1: gradient descent with one parameter.

import { DescentPage } from "./descent/page.js";

/** Start the figures of this build that are not started yet. A worker has nothing to do here. */
export function start(scope, source, build) {
  if (typeof document === "undefined") return;
  const figures = `.lab-page[data-page="descent"][data-build="${build}"]`;
  for (const root of document.querySelectorAll(figures)) {
    if (root.started) continue;
    root.started = true;
    root.querySelector('[data-part="fallback"]').remove();
    new DescentPage(root.querySelector('[data-part="live"]'), root.closest(".lab-document") !== null);
  }
}
