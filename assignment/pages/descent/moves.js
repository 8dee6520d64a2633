// What can be taken in the plots, and what happens then.

import { removePoint } from "./data_tools.js";
import { listenToHandles, nearestHandle, valuesAt } from "../drag.js";
import { MOST_POINTS, replacedPoint, roundPoint } from "./spring.js";
import { toHundredth } from "./state.js";

const THETA_NUDGE = 0.05; // by an arrow key
const POINT_NUDGE = 0.1;

/** Let points, line, theta and guess be moved. `page` is a DescentPage. */
export function listenToPlots(page, plane, parabola) {
  const hold = (held) => page.hold(held);
  const nudgeTheta = (place, [right, up]) => (
    page.startAt(page.scene.lead.theta + (right + up) * THETA_NUDGE));
  listenToHandles(plane.svg, () => plane.frame, {
    point: pointActs(page, plane.svg),
    line: { drag: (place, x, y, lever) => page.startAt(y / lever), nudge: nudgeTheta },
  }, hold);
  listenToHandles(parabola.svg, () => parabola.frame, {
    theta: { drag: (place, x) => page.startAt(x), nudge: nudgeTheta },
    guess: {
      drag: (place, x) => page.setGuess(toHundredth(x)),
      nudge: (place, [right, up]) => (
        page.setGuess(toHundredth((page.guess ?? 0) + (right + up) * THETA_NUDGE))),
    },
  }, hold);
  plane.svg.addEventListener("dblclick", (event) => addPointAt(page, plane, event));
}

function pointActs(page, svg) {
  const move = (place, point) => (
    page.setPoints(replacedPoint(page.state.points, place, roundPoint(point)), place));
  return {
    take: (place) => page.choose(place),
    drag: (place, x, y) => move(place, [x, y]),
    nudge: (place, [right, up]) => {
      const [x, y] = page.state.points[place];
      move(place, [x + right * POINT_NUDGE, y + up * POINT_NUDGE]);
    },
    key: (place, key) => {
      const turn = { PageUp: -1, PageDown: 1 }[key];
      if (turn) page.choose(place + turn);
      else if (key === "Delete" || key === "Backspace") removePoint(page);
      else return false;
      // The focus goes where the choice goes.
      svg.querySelector(`[data-handle="point"][data-place="${page.chosen}"]`).focus();
      return true;
    },
  };
}

function addPointAt(page, { svg, frame }, event) {
  const { points } = page.state;
  if (nearestHandle(svg, event) || points.length >= MOST_POINTS) return;
  page.setPoints([...points, roundPoint(valuesAt(svg, frame, event))], points.length);
}
