// The settings of a run: their names and limits, as controls and links need them.

import { thousands } from "../axes.js";
import { DEFAULTS } from "../trainer.js";

export const LAYERS = [["all", "all layers"], ["output", "output layer only"]];
// What the homework uses for each; the output layer alone stands larger steps.
const HOMEWORK_STEP_SIZES = { all: 0.02, output: 0.2 };

/** Settings as flat values by the names that links use. */
export function flatSettings({ width, layers, stepSize, batchSize, steps, points, noise, seeds }) {
  return {
    width, layers, step_size: stepSize, batch_size: batchSize, steps, points, noise,
    weights_seed: seeds.weights, data_seed: seeds.data, minibatch_seed: seeds.minibatches,
  };
}

/** Settings from flat values; the inverse of `flatSettings`. */
export function nestedSettings(flat) {
  return {
    width: flat.width,
    layers: flat.layers,
    stepSize: flat.step_size,
    batchSize: flat.batch_size,
    steps: flat.steps,
    points: flat.points,
    noise: flat.noise,
    seeds: { weights: flat.weights_seed, data: flat.data_seed, minibatches: flat.minibatch_seed },
  };
}

/** The settings with a minibatch that is not larger than the data, as training wants it. */
export function fittedSettings(settings) {
  return { ...settings, batchSize: Math.min(settings.batchSize, settings.points) };
}

/** The settings with other layers trained, and with the step size that the homework takes then. */
export function withLayers(settings, layers) {
  const usual = settings.stepSize === HOMEWORK_STEP_SIZES[settings.layers];
  return { ...settings, layers, stepSize: usual ? HOMEWORK_STEP_SIZES[layers] : settings.stepSize };
}

/** The homework's own settings for a width and layers. */
export function homeworkSettings(width, layers) {
  return withLayers({ ...DEFAULTS, width }, layers);
}

/**
 * The curve of the best output layer, where it came with the page (`optima`, by width): for the
 * hidden layers and the data of the homework. Null for all others.
 */
export function optimumOf(settings, optima) {
  const { width, layers, points, noise, seeds } = settings;
  const usual = homeworkSettings(width, layers);
  const same = layers === "output" && points === usual.points && noise === usual.noise
    && seeds.weights === usual.seeds.weights && seeds.data === usual.seeds.data;
  return same ? optima[width] ?? null : null;
}

/** What tells a run from others, as "20 units, all layers, step size 0.5". */
export function describeSettings(settings) {
  const usual = flatSettings(homeworkSettings(settings.width, settings.layers));
  const others = Object.entries(flatSettings(settings))
    .filter(([name, value]) => value !== usual[name])
    .map(([name, value]) => (name === "steps" ? `${thousands(value)} steps`
      : `${name.replaceAll("_", " ")} ${thousands(value)}`));
  const units = settings.width === 1 ? "1 unit" : `${settings.width} units`;
  return [units, new Map(LAYERS).get(settings.layers), ...others].join(", ");
}
