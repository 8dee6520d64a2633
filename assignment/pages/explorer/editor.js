// Editing the data: controls, and handles in the plot of the function for pointer and keys.

import { KNOTS } from "../data.js";
import { short } from "../axes.js";
import { OWN_KEYS, button, element, tickBox } from "../controls.js";
import { COLOURS, diamondData } from "../svg.js";
import { nearest } from "../views/units.js";
import { NO_EDITS, withKnot, withMoved, withPoint, withoutPoint } from "./edits.js";

const STEP_BY_KEY = 0.02;
const [MIDDLE, OUTLIER] = [[0.5, 0], [0.85, 2.5]];

/**
 * Make the editor: `tick` begins to edit, `tools` is a row of buttons for that time, and `back`
 * a button for later, that undoes all of it.
 *
 * `state()` returns {edits, run}: what is shown now; `change(edits)` trains on other data;
 * `draw()` draws at once.
 */
export function makeEditor(state, change, draw) {
  const editor = { editing: false, chosen: 0, knot: 0 }; // a training point, and a knot
  const points = () => state().run.settings.points;
  const dataset = () => state().run.dataset;
  const move = (point, x, y) => change(withMoved(state().edits, points(), point, x, y));
  const remove = () => change(withoutPoint(state().edits, points(), editor.chosen));
  const add = (x, y) => { change(withPoint(state().edits, x, y)); choose(-1); };

  const tools = element("div", { class: "row", hidden: true },
    button("Add a point", () => add(...MIDDLE)),
    button("Add an outlier", () => add(...OUTLIER)),
    button("Remove the chosen point", remove),
    button("Back to the homework's data", () => change(NO_EDITS)),
    element("span", {}, "Drag diamonds (the target) and dots (training points), or move them with "
      + "arrow keys. Left and right go to the next diamond, Page Up and Page Down to another dot; "
      + "Delete removes it."));
  const tick = tickBox("Change the data", false, (ticked) => {
    editor.editing = ticked;
    draw();
  });
  const back = button("Back to the homework's data", () => change(NO_EDITS), { hidden: true });
  Object.assign(editor, { tick, tools, back });

  function choose(place) {
    const count = dataset().x.length;
    editor.chosen = (place + count) % count;
    draw();
  }

  /** Give the focus to another knot; one of them alone is reached by the tabulator key. */
  function chooseKnot(knot) {
    editor.knot = (knot + KNOTS.length) % KNOTS.length;
    draw();
    document.activeElement.closest("svg")
      .querySelector(`[data-handle="knot"][data-place="${editor.knot}"]`).focus();
  }

  /** The handles as marks: a diamond for each knot, a ring around the chosen point. */
  editor.handles = (frame, { x, y, heights }) => {
    if (!editor.editing) return [];
    const place = Math.min(editor.chosen, x.length - 1);
    const knots = KNOTS.map((knot, k) => handle(
      diamond(frame.x(knot), frame.y(heights[k])), `Target at x = ${short(knot)}`,
      heights[k], {
        tabindex: k === editor.knot ? 0 : -1, "data-handle": "knot", "data-place": k,
        fill: COLOURS.white, stroke: COLOURS.black,
      }));
    const ring = handle(
      circle(frame.x(x[place]), frame.y(y[place])),
      `Training point ${place + 1} of ${x.length}, x = ${short(x[place])}`, y[place],
      {
        tabindex: 0, "data-handle": "point", "data-place": place, fill: COLOURS.white,
        "fill-opacity": 0.01, stroke: COLOURS.ink,
      });
    return [...knots, ring];
  };

  /** Choose the training point under a pointer, unless it is at a handle already. */
  editor.take = (frame, [x, y]) => {
    const data = dataset();
    const distances = (xs, ys) => Array.from(xs, (at, i) => (
      Math.hypot(frame.x(at) - x, frame.y(ys[i]) - y)));
    const point = nearest(distances(data.x, data.y));
    if (!editor.editing || point === null || nearest(distances(KNOTS, data.heights)) !== null) return;
    choose(point);
  };

  /** What can be done with the handles, see drag.js. */
  editor.acts = {
    knot: {
      drag: (knot, _, height) => change(withKnot(state().edits, knot, height)),
      take: (knot) => { editor.knot = knot; draw(); },
      nudge: (knot, [right, up]) => {
        if (right) chooseKnot(knot + Math.sign(right));
        else change(withKnot(state().edits, knot, dataset().heights[knot] + up * STEP_BY_KEY));
      },
    },
    point: {
      drag: move,
      nudge: (point, [right, up]) => move(point, dataset().x[point] + right * STEP_BY_KEY,
        dataset().y[point] + up * STEP_BY_KEY),
      key: (point, key) => {
        if (key === "PageUp" || key === "PageDown") choose(point + (key === "PageUp" ? -1 : 1));
        else if (key === "Delete") remove();
        else return false;
        return true;
      },
    },
  };

  return editor;
}

/** A shape that can be dragged and moved by keys, and that says its value. */
function handle([tag, shape], name, value, more) {
  return [tag, {
    ...shape, ...more, ...OWN_KEYS, "stroke-width": 2, role: "slider", "aria-label": name,
    "aria-orientation": "vertical", "aria-valuemin": -3, "aria-valuemax": 3,
    "aria-valuenow": value, "aria-valuetext": `height ${short(value)}`,
  }];
}

function diamond(x, y) {
  return ["path", { d: diamondData(x, y, 6) }];
}

function circle(x, y) {
  return ["circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 8 }];
}
