// How units look in every view: by the sign of the jump that their elbow makes in the slope.

import { COLOURS, lineMark } from "../svg.js";

const REACH = 16; // pixels between a pointer and what it still hits

/** Blue and solid where the slope jumps up, vermillion and dashed where it jumps down. */
export function unitStyle(jump) {
  return jump >= 0
    ? { colour: COLOURS.blue, dash: {} }
    : { colour: COLOURS.vermillion, dash: { "stroke-dasharray": "7 4" } };
}

/** A triangle whose tip stands at [x, y] in pixels: filled where the slope jumps up. */
export function elbowMark(x, y, jump, chosen, more = {}) {
  const { colour } = unitStyle(jump);
  const [left, right, low] = [x - 5.5, x + 5.5, y + 10].map((place) => place.toFixed(2));
  return ["path", {
    d: `M${x.toFixed(2)},${y.toFixed(2)}L${right},${low}L${left},${low}Z`,
    fill: jump >= 0 ? colour : COLOURS.white,
    stroke: chosen ? COLOURS.ink : colour,
    "stroke-width": chosen ? 3 : 1.6,
    ...more,
  }];
}

/** The place of the least distance if a pointer there hits, else null. */
export function nearest(distances) {
  const least = Math.min(...distances);
  return least <= REACH ? distances.indexOf(least) : null;
}

/** The training points as round dots; those that somebody has put there are black. */
export function dotsMarks(frame, { x, y, own = 0 }) {
  const dots = Array.from(x, (value, i) => (
    `M${frame.x(value).toFixed(1)},${frame.y(y[i]).toFixed(1)}h0`));
  const look = { fill: "none", "stroke-linecap": "round" };
  return [
    ["path", {
      ...look, d: dots.join(""), stroke: COLOURS.grey, "stroke-width": 5, opacity: 0.45,
      "data-mark": "points",
    }],
    ["path", { ...look, d: dots.slice(dots.length - own).join(""), stroke: COLOURS.ink, "stroke-width": 8 }],
  ];
}

/** A dashed black line through points [x, y] of the data: what is to be learned. */
export function targetMark(frame, points) {
  const places = points.map(([x, y]) => [frame.x(x), frame.y(y)]);
  return lineMark(places, COLOURS.black, 1.8, { "stroke-dasharray": "7 4", "data-mark": "target" });
}
