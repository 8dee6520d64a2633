// What the page shows, as flat values that fit into a link.

import { clamped } from "../axes.js";
import { readLink, writeLink } from "../link.js";
import { MODELS } from "./model.js";
import { FARTHEST_POINT, MOST_POINTS, SPRING } from "./spring.js";
import { MOST_DESCENT_STEPS } from "./steps.js";

export const WAYS = [
  ["full", "full gradient"], ["sgd", "SGD: one point"], ["race", "race of both"],
];
export const PACES = [["steps", "steps"], ["looks", "points looked at"]];
export const HEIGHTS_SHOWN = [["theta", "θ"], ["loss", "loss"]];

/** Limits [least, greatest] of the numbers. */
export const DESCENT_LIMITS = {
  theta: [-1000, 1000], step_size: [0, 10], seed: [0, 4294967295], steps: [0, MOST_DESCENT_STEPS],
};

/**
 * First sight, and what a link leaves out. `theta` is where the path starts; all else, the theta
 * of now as well, follows from these values.
 */
export const FIRST_SIGHT = {
  model: "linear", theta: -1, step_size: 0.025, descent: "full", seed: 0, steps: 3,
  pace: "steps", height: "theta", fog: false, points: SPRING,
};

/** The nearest theta at which a path can start by hand: within the limits, in hundredths. */
export function startNear(theta) {
  return toHundredth(clamped(DESCENT_LIMITS.theta[0], theta, DESCENT_LIMITS.theta[1]));
}

export function toHundredth(value) {
  return Math.round(value * 100) / 100 || 0; // no minus zero
}

/** Whether a race is run by points looked at, of which a step of full descent needs many. */
export function countsLooks({ descent, pace }) {
  return descent === "race" && pace === "looks";
}

export function stateLink(state) {
  return writeLink(state, FIRST_SIGHT);
}

/** The state of a link; what is out of bounds is as at first sight. */
export function linkedState(text) {
  const state = readLink(text, FIRST_SIGHT);
  const choices = { model: MODELS, descent: WAYS, pace: PACES, height: HEIGHTS_SHOWN };
  for (const [name, options] of Object.entries(choices)) {
    if (!options.some(([key]) => key === state[name])) state[name] = FIRST_SIGHT[name];
  }
  for (const [name, [least, greatest]] of Object.entries(DESCENT_LIMITS)) {
    state[name] = clamped(least, state[name], greatest);
  }
  state.seed = Math.floor(state.seed);
  state.steps = Math.floor(state.steps);
  if (!arePoints(state.points)) state.points = SPRING;
  return state;
}

function arePoints(rows) {
  return rows.length > 0 && rows.length <= MOST_POINTS && rows.every((row) => (
    row.length === 2 && row.every((value) => Math.abs(value) <= FARTHEST_POINT)));
}
