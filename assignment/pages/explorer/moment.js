// One moment of a run: a network, and what all views and words draw from it.

import {
  contribution, corners, elbows, gradients, pieces, preactivation, slopeJumps, votes,
} from "../network.js";

const TRAIL_POINTS = 60; // more of them look the same, and take time

/** The network of a snapshot as views see it; the same snapshot is worked out once. */
export function momentOf(run, snapshot) {
  const shape = shapeOf(snapshot);
  return {
    run,
    snapshot,
    step: snapshot.step,
    ...shape,
    inside: shape.elbows.map((elbow) => elbow !== null && elbow >= 0 && elbow <= 1),
    corners: corners(snapshot, 0, 1),
    pieces: pieces(snapshot, 0, 1),
    lines: shape.elbows.map((elbow, unit) => unitLine(snapshot, unit, elbow)),
    silent: shape.elbows.map((_, unit) => isSilent(snapshot, unit, run.dataset.x)),
    gradients: once(() => gradients(snapshot, run.dataset)),
  };
}

/** A function that works its result out when it is called first. */
function once(work) {
  let result = null;
  return () => {
    result ??= work();
    return result;
  };
}

/** The votes of all data points on a parameter of a unit, see `votes` in network.js. */
export function votesAt({ run, snapshot }, name, unit) {
  return votes(snapshot, run.dataset, name, unit);
}

/** The unit whose elbow bends the function most inside [0, 1], or 0. */
export function loudestUnit({ jumps, inside }) {
  const sizes = jumps.map((jump, unit) => (inside[unit] ? Math.abs(jump) : -1));
  return Math.max(0, sizes.indexOf(Math.max(...sizes)));
}

/** Elbows and jumps of some snapshots up to a moment, the oldest first. */
export function trailOf({ run, snapshot }) {
  const seen = run.snapshots.slice(0, run.placeOf(snapshot.step) + 1);
  const every = Math.max(1, Math.ceil(seen.length / TRAIL_POINTS));
  return [...seen.filter((_, place) => place % every === 0), snapshot].map(shapeOf);
}

const SHAPES = new WeakMap();

function shapeOf(snapshot) {
  if (!SHAPES.has(snapshot)) {
    SHAPES.set(snapshot, { elbows: elbows(snapshot), jumps: Array.from(slopeJumps(snapshot)) });
  }
  return SHAPES.get(snapshot);
}

/** What a unit adds to the function, as corners [x, y] of a line over [0, 1]. */
function unitLine(snapshot, unit, elbow) {
  const bends = elbow !== null && elbow > 0 && elbow < 1;
  return (bends ? [0, elbow, 1] : [0, 1]).map((x) => [x, contribution(snapshot, unit, x)]);
}

/** Whether a unit passes nothing on at any training point: such a unit does not learn. */
function isSilent(snapshot, unit, x) {
  return x.every((value) => !(preactivation(snapshot, unit, value) > 0));
}
