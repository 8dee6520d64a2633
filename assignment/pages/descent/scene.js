// All that the plots, the words and the tables show, computed from the state.

import { clamped, extent } from "../axes.js";
import { lowestPlace } from "./minimum.js";
import { OneParameterModel } from "./model.js";
import { countsLooks } from "./state.js";
import { DescentPath } from "./steps.js";

export const LONGEST_ARROW = 0.24; // of the height of the plane
const CURVE_SAMPLES = 160;
const LEAST_LOUDEST = 1e-6; // a vote; softer ones are rounding errors
// What one sees of theta at least, and of the plane: the homework's data, and room for arrows.
const LEAST_WINDOW = [-2, 5];
const LEAST_PLANE = { x: [-3, 5], y: [-8, 10] };

/**
 * A function from states to scenes; it keeps paths, so that one more step costs one step.
 * `limits` (window, plane and loudest vote of another scene) stay while something is dragged.
 */
export function makeScenes() {
  let known = { key: "", paths: {} };
  return (state, limits = {}) => {
    const key = JSON.stringify([
      state.model, state.points, state.theta, state.step_size, state.seed,
    ]);
    if (key !== known.key) known = { key, paths: {} };
    return sceneOf(state, limits, known.paths);
  };
}

function sceneOf(state, limits, paths) {
  const { model: kind, points } = state;
  const model = new OneParameterModel(kind, points.length).fill(points);
  const racers = racersOf(state, paths);
  const [lead] = racers;
  const optimum = lowestPlace((theta) => model.lossAt(theta), ...LEAST_WINDOW);
  const window = limits.window ?? thetaWindow(racers, optimum);
  const curve = sampled((theta) => model.lossAt(theta), window);
  return {
    state,
    racers,
    lead,
    reached: Math.max(...racers.map(({ taken, stride }) => taken * stride)),
    drawn: racers.find(({ name }) => name === "sgd")?.drawn.at(-1) ?? null,
    optimum,
    lowest: optimum === null ? null : model.lossAt(optimum),
    window,
    curve,
    tallest: Math.max(...curve.map(([, loss]) => loss)) * 1.04 || 1,
    plane: limits.plane ?? planeWindow(points),
    loudest: limits.loudest ?? loudestVote(model, racers),
    now: model.measure(lead.theta),
    next: model.after(lead.theta, state.step_size),
  };
}

/** The paths that are shown, with how far each has come; the first one is the model's theta. */
function racersOf(state, paths) {
  const { descent, steps, points, theta: start, step_size: stepSize, seed } = state;
  const slow = countsLooks(state) ? points.length : 1;
  const names = { full: ["full"], sgd: ["sgd"], race: ["full", "sgd"] }[descent];
  return names.map((name) => {
    const stride = name === "full" ? slow : 1;
    paths[name] ??= new DescentPath(state.model, points, {
      start, stepSize, seed: name === "sgd" ? seed : null,
    });
    const wanted = Math.floor(steps / stride);
    const path = paths[name].until(wanted);
    const taken = Math.min(wanted, path.thetas.length - 1);
    const diverged = path.diverged !== null && path.diverged <= wanted ? path.diverged : null;
    return {
      name, stride, taken, diverged, thetas: path.thetas.slice(0, taken + 1),
      losses: path.losses.slice(0, taken + 1), drawn: path.drawn.slice(0, taken + 1),
      theta: path.thetas[taken], loss: path.losses[taken],
    };
  });
}

/** Limits of theta in the plots: whole numbers, for the middle must not tell the optimum. */
function thetaWindow(racers, optimum) {
  const width = LEAST_WINDOW[1] - LEAST_WINDOW[0];
  const home = extent([racers[0].thetas[0], optimum ?? 0], LEAST_WINDOW);
  // A path that runs away is followed for a while, else all others would shrink to a dot.
  const [least, greatest] = [home[0] - 2 * width, home[1] + 2 * width];
  const seen = racers.flatMap(({ thetas }) => thetas).map((t) => clamped(least, t, greatest));
  const [low, high] = extent(seen, home);
  return [
    low < LEAST_WINDOW[0] ? Math.floor(low - 0.4) : low,
    high > LEAST_WINDOW[1] ? Math.ceil(high + 0.4) : high,
  ];
}

/** Limits of the plane: whole numbers, with room for the longest arrow above and below. */
function planeWindow(points) {
  const [x, y] = ["x", "y"].map((name, side) => {
    const [least, greatest] = LEAST_PLANE[name];
    const [low, high] = extent(points.map((point) => point[side]));
    const height = Math.max(greatest - least, (high - low) / (1 - 2 * LONGEST_ARROW));
    const room = name === "x" ? (greatest - least) / 8 : LONGEST_ARROW * height;
    return [
      low - room < least ? Math.floor(low - room) : least,
      high + room > greatest ? Math.ceil(high + room) : greatest,
    ];
  });
  return { x, y };
}

/** The loudest vote at the start or now, by which arrows are scaled: they shrink on the way. */
function loudestVote(model, [{ thetas, theta }]) {
  const votes = [thetas[0], theta].flatMap((at) => model.measure(at).votes);
  return Math.max(LEAST_LOUDEST, ...votes.map(Math.abs));
}

/** A function at many places of a range, as [place, value]. */
export function sampled(height, [low, high]) {
  return Array.from({ length: CURVE_SAMPLES + 1 }, (_, k) => {
    const place = low + ((high - low) * k) / CURVE_SAMPLES;
    return [place, height(place)];
  });
}

/** What one point alone makes of the loss. */
export function aloneCurve({ state, window }, place) {
  const model = new OneParameterModel(state.model, 1).fill([state.points[place]]);
  return sampled((theta) => model.lossAt(theta), window);
}

/** The lead path has come to rest: its steps no longer move theta. */
export function isAtRest({ lead, racers }) {
  if (racers.some(({ name }) => name === "sgd") || lead.taken < 1) return false;
  const [before, after] = lead.thetas.slice(-2);
  const change = after - before;
  return Math.abs(change) <= 1e-9 * Math.max(1, Math.abs(after));
}

/** All paths have run away. */
export function isOver({ racers }) {
  return racers.every(({ diverged }) => diverged !== null);
}
