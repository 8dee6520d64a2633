// The data of part 1, and other data made from them.

import { clamped } from "../axes.js";

/** The homework's points [x, y]: how far the spring is stretched (cm), the force it takes (N). */
export const SPRING = [
  [1.7, 2.9], [-0.3, -0.2], [4.0, 5.6], [0.6, 1.4], [-2.0, -3.4], [2.9, 4.5],
  [0.2, -0.3], [-1.5, -1.7], [3.4, 5.6], [1.0, 1.3], [-0.8, -1.5], [2.3, 2.9],
];
export const MOST_POINTS = 40;
export const FARTHEST_POINT = 100;

/** A point within the limits, to a tenth, as on the scale that measured the spring. */
export function roundPoint([x, y]) {
  return [x, y].map((value) => {
    const tenth = Math.round(clamped(-FARTHEST_POINT, value, FARTHEST_POINT) * 10) / 10;
    return tenth || 0; // no minus zero
  });
}

/** The first of the places, one after the other to the left of the first, that no point is at. */
export function freePlace(points, [x, y]) {
  let place = [x, y];
  while (points.some((point) => point[0] === place[0] && point[1] === place[1])) {
    place = roundPoint([place[0] - 0.5, y]);
  }
  return place;
}

/** The points, one of them replaced; without it where there is nothing to replace it. */
export function replacedPoint(points, place, ...instead) {
  return points.toSpliced(place, 1, ...instead);
}
