/**
 * A network with one hidden layer of ReLU units on a scalar input, and what can be seen of it.
 *
 * Parameters are objects {w1, b1, w2, b2}: three arrays of shape (H,) and a number, as
 * `lab.network.Params`. Nothing here knows a formula for gradients, elbows or slopes: gradients
 * come from the tape, the rest is measured on values of the function.
 */

import { Tape, addScaled } from "./autodiff.js";
import { Generator } from "./rng.js";

/** The parameters that are trained, by the setting `layers`. */
export const TRAINED = Object.freeze({
  all: Object.freeze(["w1", "b1", "w2", "b2"]),
  output: Object.freeze(["w2", "b2"]),
  none: Object.freeze([]),
});

// Corners nearer to each other than this part of the interval are one: a difference of values over
// so short a piece would be all rounding.
const NEAREST = 1e-9;

/** The network and its mean squared error as a graph of layers over N points. */
export class NetworkGraph {
  /**
   * @param {number} width number H of hidden units
   * @param {number} points number N of points
   * @param {string} layers which parameters get gradients, a key of `TRAINED`
   */
  constructor(width, points, layers = "all") {
    const tape = new Tape();
    const parameter = (name, rows, columns) =>
      tape.leaf(rows, columns, TRAINED[layers].includes(name));
    this.tape = tape;
    this.x = tape.leaf(1, points, false);
    this.y = tape.leaf(1, points, false);
    this.parameters = {
      w1: parameter("w1", width, 1),
      b1: parameter("b1", width, 1),
      w2: parameter("w2", 1, width),
      b2: parameter("b2", 1, 1),
    };
    const { w1, b1, w2, b2 } = this.parameters;
    const hidden = tape.relu(tape.linear(w1, this.x, b1));
    this.output = tape.linear(w2, hidden, b2);
    this.loss = tape.mean(tape.square(tape.subtract(this.output, this.y)));
  }

  /** Copy parameters into the leaves; with "gradient", into their gradients. */
  load(values, what = "value") {
    for (const name of TRAINED.all) {
      this.parameters[name][what]?.set(name === "b2" ? [values.b2] : values[name]);
    }
  }

  /** Return copies of the parameters; with "gradient", of their gradients. */
  read(what = "value") {
    const { w1, b1, w2, b2 } = this.parameters;
    return {
      w1: w1[what].slice(), b1: b1[what].slice(), w2: w2[what].slice(), b2: b2[what][0],
    };
  }

  /** Take N points as the data. */
  place(x, y) {
    this.x.value.set(x);
    this.y.value.set(y);
  }

  /** Return the mean squared error over the points. */
  computeLoss() {
    this.tape.forward();
    return this.loss.value[0];
  }

  /** Fill in the gradients of `computeLoss`. */
  computeGradients() {
    this.tape.backward(this.loss);
  }

  /** Move the trained parameters along their gradients. */
  step(stepSize) {
    for (const { value, gradient } of Object.values(this.parameters)) {
      if (gradient) addScaled(value, -stepSize, gradient);
    }
  }
}

/** Draw initial parameters in the order of `lab.network.init_params`. */
export function initParams(width, seed) {
  const generator = new Generator(seed);
  const draw = (low, high) => new Float64Array(width).map(() => generator.uniform(low, high));
  const w1 = draw(-1, 1);
  const b1 = draw(0, 1).map((part, unit) => -w1[unit] * part);
  const bound = 1 / Math.sqrt(width);
  return { w1, b1, w2: draw(-bound, bound), b2: generator.uniform(-bound, bound) };
}

/** Return the output at each x, shape (N,). */
export function evaluate(params, x) {
  const graph = new NetworkGraph(params.w1.length, x.length, "none");
  graph.load(params);
  graph.x.value.set(x);
  graph.tape.forward();
  return graph.output.value;
}

/** Return what one unit's relu gets at x. */
export function preactivation(params, unit, x) {
  return params.w1[unit] * x + params.b1[unit];
}

/** Return what one unit adds to the output at x. */
export function contribution(params, unit, x) {
  return params.w2[unit] * Math.max(0, preactivation(params, unit, x));
}

/** Return where the straight line through (x0, f0) and (x1, f1) is 0, or null where it never is. */
export function crossing(x0, f0, x1, f1) {
  const x = x0 - (f0 * (x1 - x0)) / (f1 - f0);
  return Number.isFinite(x) ? x : null;
}

/** Return for each unit where its pre-activation changes sign, or null. */
export function elbows(params) {
  return Array.from(params.w1, (_, unit) => {
    const [left, right] = [0, 1].map((x) => preactivation(params, unit, x));
    return crossing(0, left, 1, right);
  });
}

/**
 * Return the points between which the learned function is straight, both ends included.
 * @returns {[number, number][]} empty where the network has values that are not finite
 */
export function corners(params, from, to) {
  const inner = elbows(params).filter((x) => x !== null && from < x && x < to);
  const nearest = NEAREST * (to - from);
  const xs = [from];
  for (const x of inner.sort((a, b) => a - b)) {
    if (x - xs[xs.length - 1] > nearest && to - x > nearest) xs.push(x);
  }
  const ys = evaluate(params, [...xs, to]);
  return ys.every(Number.isFinite) ? [...xs, to].map((x, i) => [x, ys[i]]) : [];
}

/** Return the straight pieces of the learned function as [{from, to, slope}]. */
export function pieces(params, from, to) {
  const points = corners(params, from, to);
  return points.slice(1).map(([x1, y1], i) => {
    const [x0, y0] = points[i];
    return { from: x0, to: x1, slope: (y1 - y0) / (x1 - x0) };
  });
}

/** Return by how much each unit changes the slope at its elbow, from left to right, or null. */
export function slopeJumps(params) {
  return elbows(params).map((elbow, unit) => {
    if (elbow === null) return null;
    // Far from 0 a short way would drown in rounding; the function is straight on both sides.
    const way = Math.max(1, Math.abs(elbow));
    const [left, middle, right] = [elbow - way, elbow, elbow + way].map((x) =>
      contribution(params, unit, x));
    const jump = (left - 2 * middle + right) / way;
    return Number.isFinite(jump) ? jump : null;
  });
}

/** Return the gradient of the mean squared error over all points, shaped as the parameters. */
export function gradients(params, { x, y }) {
  const graph = loadedGraph(params, x, y);
  graph.computeLoss();
  graph.computeGradients();
  return graph.read("gradient");
}

/**
 * Return what each point alone contributes to one entry of the gradient, shape (N,).
 * @param {string} name "w1", "b1", "w2" or "b2"
 * @param {number} unit which entry; 0 for "b2"
 */
export function votes(params, { x, y }, name, unit = 0) {
  const graph = loadedGraph(params, [0], [0]);
  return Float64Array.from(x, (at, i) => {
    graph.place([at], [y[i]]);
    graph.computeLoss();
    graph.computeGradients();
    return graph.parameters[name].gradient[unit] / x.length;
  });
}

/**
 * Return the loss over all points after one step of each size, shape of `stepSizes`.
 * @param gradient as of `gradients`
 * @param {string} layers which parameters take the step: "all" or "output"
 */
export function lossAlong(params, gradient, { x, y }, stepSizes, layers = "all") {
  const graph = loadedGraph(params, x, y, layers);
  graph.load(gradient, "gradient");
  return Float64Array.from(stepSizes, (stepSize) => {
    graph.load(params);
    graph.step(stepSize);
    return graph.computeLoss();
  });
}

function loadedGraph(params, x, y, layers) {
  const graph = new NetworkGraph(params.w1.length, x.length, layers);
  graph.load(params);
  graph.place(x, y);
  return graph;
}
