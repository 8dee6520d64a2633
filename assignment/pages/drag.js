// Taking things in a plot by pointer (mouse, pen, finger) and by keys.

const DIRECTIONS = {
  ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1],
};

const GRAB_REACH = 22; // pixels, about half a fingertip

/**
 * Let the handles in a plot be taken. `acts` are, by the name of a handle:
 * - `drag(place, x, y, lever)`: it was drawn to these values,
 * - `nudge(place, [right, up], lever)`: an arrow key was pressed; with Shift, ten times as far,
 * - `key(place, key)`: another key was pressed; returns whether it meant something.
 * `frame()` is the plot's frame now; `hold(true)` is called when a drag begins, false at its end.
 */
export function listenToHandles(svg, frame, acts, hold = () => {}) {
  let held = null;
  // Browsers scroll, whatever the style of a shape inside an SVG says, unless they are told here.
  svg.addEventListener("touchstart", (event) => {
    if (nearestHandle(svg, event.touches[0])) event.preventDefault();
  }, { passive: false });
  svg.addEventListener("pointerdown", (event) => {
    const handle = nearestHandle(svg, event);
    if (!handle || event.button > 0) return;
    event.preventDefault();
    held = handleFacts(handle);
    svg.setPointerCapture(event.pointerId);
    hold(true);
    acts[held.name].take?.(held.place);
    svg.querySelector(`[data-handle="${held.name}"][data-place="${held.place}"]`).focus();
  });
  svg.addEventListener("pointermove", (event) => {
    if (!held) return;
    acts[held.name].drag(held.place, ...valuesAt(svg, frame(), event), held.lever);
  });
  for (const end of ["pointerup", "pointercancel"]) {
    svg.addEventListener(end, () => {
      if (held) hold(false);
      held = null;
    });
  }
  svg.addEventListener("keydown", (event) => {
    const handle = event.target.closest("[data-handle]");
    if (!handle || event.ctrlKey || event.metaKey || event.altKey) return;
    const { name, place, lever } = handleFacts(handle);
    const way = DIRECTIONS[event.key];
    const far = event.shiftKey ? 10 : 1;
    if (way) acts[name].nudge(place, way.map((part) => part * far), lever);
    if (way || acts[name].key?.(place, event.key)) event.preventDefault();
  });
}

/** The handle nearest to a pointer, where several lie under it; null where none does. */
export function nearestHandle(svg, { clientX, clientY }) {
  let [found, least] = [null, GRAB_REACH];
  for (const handle of svg.querySelectorAll("[data-handle]")) {
    const { left, right, top, bottom } = handle.getBoundingClientRect();
    const distance = Math.hypot((left + right) / 2 - clientX, (top + bottom) / 2 - clientY);
    if (distance < least) [found, least] = [handle, distance];
  }
  return found;
}

function handleFacts({ dataset }) {
  return { name: dataset.handle, place: Number(dataset.place), lever: Number(dataset.lever) };
}

/** The values [x, y] of a plot under a pointer. */
export function valuesAt(svg, frame, event) {
  const [x, y] = pixelsAt(svg, frame, event);
  return [frame.valueX(x), frame.valueY(y)];
}

/** The pixels [x, y] of a plot under a pointer; on narrow screens a plot may be drawn smaller. */
export function pixelsAt(svg, { width }, event) {
  const box = svg.getBoundingClientRect();
  const scale = width / box.width;
  return [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
}
