// People's own data: knots of the target at other heights, training points moved, added, taken out.

import { HEIGHTS, editDataset, makeDataset } from "../data.js";
import { clamped } from "../axes.js";

/**
 * No change: the homework's data. All values are tables, as links need them: `knots` has rows
 * [knot, height], `moved` rows [point, x, y], `added` rows [x, y], `removed` rows [point].
 */
export const NO_EDITS = { knots: [], moved: [], added: [], removed: [] };

const HEIGHT_LIMIT = 3;
const MOST_EDITS = 1000; // as many as there can be points

/** Whether nothing was changed. */
export function isUnedited(edits) {
  return JSON.stringify(edits) === JSON.stringify(NO_EDITS);
}

/** The data of a run; with the heights of the target's knots, and how many points were added. */
export function datasetOf({ points, noise, seeds }, edits) {
  const heights = Array.from(HEIGHTS);
  for (const [knot, height] of edits.knots) heights[knot] = height;
  const drawn = makeDataset({ points, noise, seed: seeds.data, heights });
  const moved = edits.moved.filter(([point]) => point < points);
  const edited = editDataset(drawn, {
    moved: Object.fromEntries(moved.map(([point, x, y]) => [point, [x, y]])),
    added: edits.added,
    removed: removedBelow(points, edits),
  });
  return { ...edited, heights, own: edits.added.length };
}

/** Edits that a link brought, or none if they make no sense. */
export function checkedEdits({ knots, moved, added, removed }) {
  const shaped = (rows, length) => rows.length <= MOST_EDITS
    && rows.every((row) => row.length === length);
  const numbered = (rows, most) => rows.every(([number]) => (
    Number.isInteger(number) && number >= 0 && number < most));
  const inside = (rows) => rows.every((row) => (
    tidyY(row.at(-1)) === row.at(-1) && (row.length < 2 || tidyX(row.at(-2)) === row.at(-2))));
  const good = shaped(knots, 2) && shaped(moved, 3) && shaped(added, 2) && shaped(removed, 1)
    && numbered(knots, HEIGHTS.length) && numbered([...moved, ...removed], MOST_EDITS)
    && inside([...moved, ...added, ...knots.map(([, height]) => [height])]);
  return good ? { knots, moved, added, removed } : NO_EDITS;
}

/** The edits with a knot of the target at another height. */
export function withKnot(edits, knot, height) {
  const others = edits.knots.filter(([other]) => other !== knot);
  return { ...edits, knots: [...others, [knot, tidyY(height)]] };
}

/** The edits with one more training point. */
export function withPoint(edits, x, y) {
  if (edits.added.length === MOST_EDITS) return edits;
  return { ...edits, added: [...edits.added, [tidyX(x), tidyY(y)]] };
}

/** The edits with the training point at a place of the dataset moved to [x, y]. */
export function withMoved(edits, points, place, x, y) {
  const to = [tidyX(x), tidyY(y)];
  const drawn = drawnPoints(points, edits);
  if (place >= drawn.length) {
    const added = edits.added.map((old, i) => (i === place - drawn.length ? to : old));
    return { ...edits, added };
  }
  const others = edits.moved.filter(([point]) => point !== drawn[place]);
  return { ...edits, moved: [...others, [drawn[place], ...to]] };
}

/** The edits without the training point at a place of the dataset; the last point stays. */
export function withoutPoint(edits, points, place) {
  const drawn = drawnPoints(points, edits);
  if (drawn.length + edits.added.length === 1) return edits;
  if (place >= drawn.length) {
    return { ...edits, added: edits.added.filter((_, i) => i !== place - drawn.length) };
  }
  return { ...edits, removed: [...edits.removed, [drawn[place]]] };
}

function drawnPoints(points, edits) {
  const removed = new Set(removedBelow(points, edits));
  return Array.from({ length: points }, (_, point) => point).filter((point) => !removed.has(point));
}

/** The drawn points that are taken out. One point at least stays, whatever a link says. */
function removedBelow(points, { removed, added }) {
  const places = [...new Set(removed.map(([point]) => point))].filter((point) => point < points);
  return places.length === points && !added.length ? places.slice(1) : places;
}

/** Three digits are more than a hand can aim at, and keep links short. */
function tidyX(x) {
  return Math.round(clamped(0, x, 1) * 1000) / 1000;
}

function tidyY(y) {
  return Math.round(clamped(-HEIGHT_LIMIT, y, HEIGHT_LIMIT) * 1000) / 1000;
}
