// Marks that several plots of this page have in common.

import { short } from "../axes.js";
import { COLOURS, lineMark, textMark } from "../svg.js";

/** How the two kinds of path look: never by colour alone. */
export const PATH_STYLES = {
  full: { colour: COLOURS.blue, name: "full gradient", dashes: {} },
  sgd: { colour: COLOURS.vermillion, name: "SGD", dashes: { "stroke-dasharray": "5 3" } },
};
const MOST_DOTS = 60; // on a path; with more of them, its line says it better
const FAR = 1e5; // pixels; svg.js bends lines that go ten times as far

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

/** A path through places in pixels, with a dot at each of them unless there are many. */
export function pathMarks(name, places) {
  const { colour, dashes } = PATH_STYLES[name];
  const width = places.length > 150 ? 1 : 1.8;
  const dots = places.length > MOST_DOTS ? [] : places;
  return [
    lineMark(cutFarAway(places), colour, width, dashes),
    ...dots.map(([x, y]) => dotMark(name, x, y, 3.6)),
  ];
}

/** The same path in the picture; pieces that lead far out of it end on their way. */
function cutFarAway(places) {
  const isFar = (place) => place.some((pixels) => Math.abs(pixels) > FAR);
  if (!places.some(isFar)) return places;
  const cut = (end, other) => {
    if (!isFar(end) || isFar(other)) return end;
    const way = end.map((pixels, side) => pixels - other[side]);
    const share = (3 * FAR) / Math.max(3 * FAR, ...way.map(Math.abs)); // beyond the picture
    return other.map((pixels, side) => pixels + share * way[side]);
  };
  return places.slice(1).flatMap((to, k) => [cut(places[k], to), cut(to, places[k]), [NaN, NaN]]);
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

/**
 * An arrow from one place to another, in pixels; hollow ones are dashed, for another direction.
 * Where there is no room for a head there is a stroke alone, thin instead of hollow.
 */
export function arrowMarks([x1, y1], [x2, y2], colour, { hollow = false, width = 3 } = {}) {
  const length = Math.hypot(x2 - x1, y2 - y1);
  if (length < 0.5) return [];
  const head = 4 + 2 * width;
  if (length < head) return [lineMark([[x1, y1], [x2, y2]], colour, hollow ? width / 2 : width)];
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

/** What only rounding keeps from 0 is 0. */
export function settled(value) {
  return Math.abs(value) < 5e-7 ? 0 : value;
}

/** A settled number for people. */
export function calm(value, digits = 3) {
  return short(settled(value), digits);
}
