/** The data of part 2: a jagged target on [0, 1], noisy samples of it, and a reader's own edits. */

import { Generator } from "./rng.js";

/** Where the target's straight pieces meet. */
export const KNOTS = Object.freeze(Array.from({ length: 11 }, (_, k) => k * 0.1));

/** The target's values there, sin(12345 k), with the digits of lab/data.py. */
export const HEIGHTS = Object.freeze([
  0.0,
  -0.9937716364556811,
  -0.22148344838437697,
  0.9444092717949318,
  0.4319654288817627,
  -0.8481364569329675,
  -0.6209909356390173,
  0.709735229935477,
  0.7791707431515639,
  -0.5360802203309418,
  -0.8986477854155375,
]);

const TEST_POINTS = 1000;

/** Return the target at one x: linear between knots, constant beyond them, as numpy.interp. */
export function target(x, heights = HEIGHTS) {
  const last = KNOTS.length - 1;
  if (x >= KNOTS[last]) return heights[last];
  if (x <= KNOTS[0]) return heights[0];
  const k = KNOTS.findLastIndex((knot) => knot <= x);
  const slope = (heights[k + 1] - heights[k]) / (KNOTS[k + 1] - KNOTS[k]);
  return slope * (x - KNOTS[k]) + heights[k];
}

/**
 * Draw training data around the target as `lab.data.make_dataset`; test data are the target itself.
 *
 * @param {{points?: number, noise?: number, seed?: number, heights?: number[]}} options
 *   noise is the standard deviation of what is added to y
 * @returns {{x: Float64Array, y: Float64Array, testX: Float64Array, testY: Float64Array}}
 */
export function makeDataset({ points = 200, noise = 0.1, seed = 1, heights = HEIGHTS } = {}) {
  const generator = new Generator(seed);
  const x = new Float64Array(points).map(() => generator.uniform(0, 1));
  const y = x.map((at) => target(at, heights) + noise * generator.normal());
  const testX = new Float64Array(TEST_POINTS).map((_, i) => i * (1 / (TEST_POINTS - 1)));
  testX[TEST_POINTS - 1] = 1;
  return { x, y, testX, testY: testX.map((at) => target(at, heights)) };
}

/**
 * Return a dataset with some training points moved, removed and added; the test data stay.
 *
 * @param dataset as of `makeDataset`
 * @param {{moved?: Object<number, [number, number]>, added?: [number, number][],
 *   removed?: number[]}} edits indices count the points of `dataset`
 */
export function editDataset(dataset, { moved = {}, added = [], removed = [] } = {}) {
  for (const index of [...Object.keys(moved), ...removed]) {
    if (!(index in dataset.x)) {
      throw new RangeError(`a point's index must be below ${dataset.x.length}, got ${index}`);
    }
  }
  const gone = new Set(removed);
  const kept = Array.from(dataset.x, (x, i) => moved[i] ?? [x, dataset.y[i]]);
  const points = [...kept.filter((_, i) => !gone.has(i)), ...added];
  return {
    ...dataset,
    x: Float64Array.from(points, ([x]) => x),
    y: Float64Array.from(points, ([, y]) => y),
  };
}
