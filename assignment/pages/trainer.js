/** Stochastic gradient descent on the network, with the homework's experiment as its default. */

import { NetworkGraph, initParams } from "./network.js";
import { Generator } from "./rng.js";

/** The settings of the shipped run with 20 units and all layers trained. */
export const DEFAULTS = Object.freeze({
  width: 20,
  layers: "all",
  stepSize: 0.02,
  batchSize: 40,
  steps: 150_000,
  points: 200,
  noise: 0.1,
  seeds: Object.freeze({ weights: 0, data: 1, minibatches: 0 }),
});

const LARGEST_SEED = 2 ** 32 - 1;

/** What each setting is called, its smallest and largest value; `above` excludes the smallest. */
export const LIMITS = Object.freeze({
  width: { label: "number of units", least: 1, most: 100, whole: true },
  stepSize: { label: "step size", least: 0, most: 10, whole: false, above: true },
  batchSize: { label: "number of points in a minibatch", least: 1, most: 1000, whole: true },
  steps: { label: "number of steps", least: 1, most: 10_000_000, whole: true },
  points: { label: "number of data points", least: 1, most: 1000, whole: true },
  noise: { label: "noise", least: 0, most: 2, whole: false },
  seeds: {
    weights: { label: "seed of the initial weights", least: 0, most: LARGEST_SEED, whole: true },
    data: { label: "seed of the data", least: 0, most: LARGEST_SEED, whole: true },
    minibatches: { label: "seed of the minibatches", least: 0, most: LARGEST_SEED, whole: true },
  },
});

// Eight snapshots where lab.history.snapshot_steps has one.
const SNAPSHOT_RATIO = 150_000 ** (1 / (58 * 8));

/** Return what is wrong with settings as plain sentences; none if all is well. */
export function checkSettings(settings) {
  const { seeds: seedLimits, ...limits } = LIMITS;
  const complaints = [
    ...outsideLimits(settings, limits),
    ...outsideLimits(settings.seeds ?? {}, seedLimits),
  ];
  if (settings.layers !== "all" && settings.layers !== "output") {
    complaints.push(`The layers to train must be "all" or "output", got "${settings.layers}".`);
  }
  if (settings.batchSize > settings.points) {
    complaints.push(
      `A minibatch must not have more points than there are data points, ${settings.points}, ` +
        `got ${settings.batchSize}.`,
    );
  }
  return complaints;
}

function outsideLimits(values, limits) {
  return Object.entries(limits).flatMap(([name, { label, least, most, whole, above }]) => {
    const value = values[name];
    const right = whole ? Number.isInteger(value) : Number.isFinite(value);
    if (right && (above ? value > least : value >= least) && value <= most) return [];
    const kind = whole ? "a whole number" : "a number";
    const range = above ? `above ${least} and at most ${most}` : `from ${least} to ${most}`;
    return [`The ${label} must be ${kind} ${range}, got ${value}.`];
  });
}

/** Return at most 640 increasing steps from 0 to `steps`, spaced by ratio: elbows move early. */
export function snapshotSteps(steps) {
  const spaced = new Set([0]);
  for (let k = 0, step = 1; step < steps; k++, step = Math.round(SNAPSHOT_RATIO ** k)) {
    spaced.add(step);
  }
  return [...spaced.add(steps)];
}

/** One training run: the same weights, minibatches and steps as `lab.training.train_torch`. */
export class Trainer {
  #graph; // over one minibatch
  #losses; // graphs over all training and all test points
  #generator;

  /**
   * @param settings as `DEFAULTS`
   * @param dataset as of `makeDataset`
   * @throws {RangeError} with the sentences of `checkSettings`, or about the data
   */
  constructor(settings, dataset) {
    const complaints = [...checkSettings(settings), ...checkDataset(dataset)];
    if (complaints.length) throw new RangeError(complaints.join(" "));
    const { width, batchSize, layers, seeds } = settings;
    this.settings = settings;
    this.dataset = dataset;
    this.step = 0;
    this.divergedAt = null;
    this.#graph = new NetworkGraph(width, batchSize, layers);
    this.#graph.load(initParams(width, seeds.weights));
    this.#generator = new Generator(seeds.minibatches);
    this.#losses = [[dataset.x, dataset.y], [dataset.testX, dataset.testY]].map(([x, y]) => {
      const graph = new NetworkGraph(width, x.length, "none");
      graph.place(x, y);
      return graph;
    });
  }

  /**
   * Take up to `count` steps and return how many were taken.
   *
   * They are fewer if a step finds a loss of its minibatch that is not finite: that step is then
   * in `divergedAt`, and the parameters are those before it. As in `lab.training`, a run has also
   * diverged if its last step leaves a loss over all points that is not finite.
   */
  advance(count) {
    const start = this.step;
    while (this.step < start + count && this.divergedAt === null) this.#takeStep();
    return this.step - start;
  }

  /** Return a copy of the parameters. */
  params() {
    return this.#graph.read();
  }

  /** Return step, parameters, and mean squared errors over all training and all test points. */
  snapshot() {
    const [trainLoss, testLoss] = this.#fullLosses();
    return { step: this.step, ...this.params(), trainLoss, testLoss };
  }

  /** Return all that changes during training as plain data, for `restore`. */
  state() {
    return {
      step: this.step,
      divergedAt: this.divergedAt,
      params: this.params(),
      generator: this.#generator.state(),
    };
  }

  /** Go back, or forward, to a state of a run with the same settings and data. */
  restore(state) {
    this.step = state.step;
    this.divergedAt = state.divergedAt;
    this.#graph.load(state.params);
    this.#generator.restore(state.generator);
  }

  #takeStep() {
    this.#drawMinibatch();
    if (!Number.isFinite(this.#graph.computeLoss())) {
      this.divergedAt = this.step + 1;
      return;
    }
    this.#graph.computeGradients();
    this.#graph.step(this.settings.stepSize);
    this.step += 1;
    if (this.step === this.settings.steps && !this.#fullLosses().every(Number.isFinite)) {
      this.divergedAt = this.step;
    }
  }

  #fullLosses() {
    const params = this.params();
    return this.#losses.map((graph) => {
      graph.load(params);
      return graph.computeLoss();
    });
  }

  #drawMinibatch() {
    const { x, y } = this.dataset;
    const batchX = this.#graph.x.value;
    const batchY = this.#graph.y.value;
    for (let i = 0; i < batchX.length; i++) {
      const point = this.#generator.integer(x.length);
      batchX[i] = x[point];
      batchY[i] = y[point];
    }
  }
}

function checkDataset({ x, y, testX, testY }) {
  if (!x.length || x.length !== y.length) {
    return [`The data need as many x as y, and at least one, got ${x.length} and ${y.length}.`];
  }
  const isFinite = [x, y, testX, testY].every((values) => values.every(Number.isFinite));
  return isFinite ? [] : ["The data must be finite numbers."];
}
