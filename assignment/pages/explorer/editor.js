// Editing the data: controls, and handles in the plot of the function for pointer and keys.

import { KNOTS } from "../data.js";
import { short } from "../axes.js";
import { OWN_KEYS, button, element, tickBox } from "../controls.js";
import { COLOURS } from "../svg.js";
import { nearest } from "../views/units.js";
import { NO_EDITS, withKnot, withMoved, withPoint, withoutPoint } from "./edits.js";

const STEP_BY_KEY = 0.02;
const OUTLIER = [0.85, 2.5];
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/**
 * Make the editor: `tick` begins to edit, `tools` is a row of buttons for that time.
 *
 * `state()` returns {edits, run}: what is shown now; `change(edits)` trains on other data;
 * `redraw()` draws again.
 */
export function makeEditor(state, change, redraw) {
  const editor = { editing: false, chosen: 0 };
  const points = () => state().run.settings.points;
  const dataset = () => state().run.dataset;
  const set = (edits) => change(edits);

  const tools = element("div", { class: "row", hidden: true },
    button("Add a point", () => { set(withPoint(state().edits, 0.5, 0)); choose(-1); }),
    button("Add an outlier", () => { set(withPoint(state().edits, ...OUTLIER)); choose(-1); }),
    button("Remove the chosen point", () => set(
      withoutPoint(state().edits, points(), editor.chosen))),
    button("Back to the homework's data", () => set(NO_EDITS)),
    element("span", {}, "Drag diamonds (the target) and dots (training points), or move them with "
      + "the arrow keys; Page Up and Page Down choose another dot, Delete removes it."));
  const tick = tickBox("Change the data", false, (ticked) => {
    editor.editing = ticked;
    redraw();
  });
  Object.assign(editor, { tick, tools });

  function choose(place) {
    const count = dataset().x.length;
    editor.chosen = (place + count) % count;
    redraw();
  }

  /** The handles as marks: a diamond for each knot, a ring around the chosen point. */
  editor.handles = (frame, { x, y, heights }) => {
    if (!editor.editing) return [];
    const place = Math.min(editor.chosen, x.length - 1);
    const knots = KNOTS.map((knot, k) => handle(
      diamond(frame.x(knot), frame.y(heights[k])), `Target at x = ${short(knot)}`,
      heights[k], { "data-knot": k, fill: COLOURS.white, stroke: COLOURS.black }));
    const ring = handle(
      circle(frame.x(x[place]), frame.y(y[place])),
      `Training point ${place + 1} of ${x.length}, x = ${short(x[place])}`, y[place],
      { "data-point": place, fill: COLOURS.white, "fill-opacity": 0.01, stroke: COLOURS.ink });
    return [...knots, ring];
  };

  /** Take over a press of the pointer near a knot or a point: drag it. Returns whether it did. */
  editor.press = (frame, [x, y], drag) => {
    if (!editor.editing) return false;
    const data = dataset();
    const knot = nearest(KNOTS.map((at, k) => (
      Math.hypot(frame.x(at) - x, frame.y(data.heights[k]) - y))));
    const point = knot === null ? nearest(Array.from(data.x, (at, i) => (
      Math.hypot(frame.x(at) - x, frame.y(data.y[i]) - y)))) : null;
    if (knot === null && point === null) return false;
    if (point !== null) choose(point);
    drag(([toX, toY]) => set(knot !== null
      ? withKnot(state().edits, knot, frame.valueY(toY))
      : withMoved(state().edits, points(), point, frame.valueX(toX), frame.valueY(toY))));
    return true;
  };

  /** Move what has the focus by a key; returns whether the key meant something. */
  editor.key = ({ key, target }) => {
    const { heights, x, y } = dataset();
    const { knot, point } = target.dataset;
    const [right, up] = ARROWS[key] ?? [0, 0];
    if (knot !== undefined && up) {
      set(withKnot(state().edits, Number(knot), heights[knot] + up * STEP_BY_KEY));
    } else if (point !== undefined && ARROWS[key]) {
      set(withMoved(state().edits, points(), Number(point),
        x[point] + right * STEP_BY_KEY, y[point] + up * STEP_BY_KEY));
    } else if (point !== undefined && (key === "PageUp" || key === "PageDown")) {
      choose(Number(point) + (key === "PageUp" ? -1 : 1));
    } else if (point !== undefined && key === "Delete") {
      set(withoutPoint(state().edits, points(), Number(point)));
    } else {
      return false;
    }
    return true;
  };

  return editor;
}

/** A shape that can be dragged and moved by keys, and that says its value. */
function handle([tag, shape], name, value, more) {
  return [tag, {
    ...shape, ...more, ...OWN_KEYS, "stroke-width": 2, tabindex: 0, role: "slider", "aria-label": name,
    "aria-orientation": "vertical", "aria-valuemin": -3, "aria-valuemax": 3,
    "aria-valuenow": value, "aria-valuetext": `height ${short(value)}`,
  }];
}

function diamond(x, y) {
  const [l, r, t, b] = [x - 6, x + 6, y - 6, y + 6].map((pixel) => pixel.toFixed(1));
  return ["path", { d: `M${x.toFixed(1)},${t}L${r},${y.toFixed(1)}L${x.toFixed(1)},${b}L${l},${y.toFixed(1)}Z` }];
}

function circle(x, y) {
  return ["circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 8 }];
}
