// Marks that several plots of this page have in common.

import { short } from "../axes.js";
import { COLOURS, lineMark, textMark } from "../svg.js";

/** How the two kinds of path look: never by colour alone. */
export const PATH_STYLES = {
  full: { colour: COLOURS.blue, name: "full gradient", dashes: {} },
  sgd: { colour: COLOURS.vermillion, name: "SGD", dashes: { "stroke-dasharray": "5 3" } },
};
const MOST_DOTS = 60;

export function groupMark(marks, more = {}) {
  return ["g", more, marks];
}

/** Words that stay readable on lines. */
export function haloText(x, y, text, more = {}) {
  return textMark(x, y, text, {
    "paint-order": "stroke", stroke: COLOURS.white, "stroke-width": 4, "stroke-linejoin": "round",
    ...more,
  });
}

/** A path through places in pixels, dots at the newest ones; SGD has squares. */
export function pathMarks(name, places) {
  const { colour, dashes } = PATH_STYLES[name];
  const width = places.length > 150 ? 1 : 1.8;
  return [
    lineMark(places, colour, width, dashes),
    ...places.slice(-MOST_DOTS).map(([x, y]) => dotMark(name, x, y, 3.6)),
  ];
}

/** A small dot, or square for SGD. */
export function dotMark(name, x, y, size) {
  const { colour } = PATH_STYLES[name];
  const look = { fill: colour, stroke: COLOURS.white, "stroke-width": 1 };
  const [cx, cy] = [x, y].map(hundredth);
  return name === "full"
    ? ["circle", { cx, cy, r: size, ...look }]
    : ["rect", {
      x: hundredth(x - size), y: hundredth(y - size), width: 2 * size, height: 2 * size, ...look,
    }];
}

/** An arrow from one place to another, in pixels; hollow ones are dashed, for another direction. */
export function arrowMarks([x1, y1], [x2, y2], colour, { hollow = false, width = 3 } = {}) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 0.5) return [];
  const head = Math.min(4 + 2 * width, length);
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const [bx, by] = [x2 - head * ux, y2 - head * uy];
  const half = head * 0.55;
  const corners = [
    [x2, y2], [bx - half * uy, by + half * ux], [bx + half * uy, by - half * ux], [x2, y2],
  ];
  return [
    lineMark([[x1, y1], [bx, by]], colour, width, hollow ? { "stroke-dasharray": "4 2.5" } : {}),
    lineMark(corners, colour, 1.6, { fill: hollow ? COLOURS.white : colour }),
  ];
}

/**
 * A shape that can be dragged, and moved by keys; what is around it can be touched as well.
 * `value` is its number now, `limits` are the least and the greatest one, `says` is all in words.
 */
export function handleMark(name, place, facts, shapes) {
  const { x, y, reach = 16, label, value, limits, says, more = {} } = facts;
  const around = ["circle", {
    cx: hundredth(x), cy: hundredth(y), r: reach, fill: COLOURS.white, "fill-opacity": 0,
  }]; // without a stroke of its own: it gets one from the style while it has the focus
  return groupMark([around, ...shapes], {
    "data-handle": name, "data-place": place, tabindex: 0, role: "slider", "aria-label": label,
    "aria-valuenow": value, "aria-valuemin": limits[0], "aria-valuemax": limits[1],
    "aria-valuetext": says, ...more,
  });
}

export function hundredth(pixels) {
  return Math.round(pixels * 100) / 100;
}

/** A number for people; what only rounding keeps from 0 is 0. */
export function calm(value, digits = 3) {
  return Math.abs(value) < 5e-7 ? "0" : short(value, digits);
}
