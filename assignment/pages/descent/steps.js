// Paths of descent: a start, and then step by step.

import { Generator } from "../rng.js";
import { OneParameterModel } from "./model.js";

export const MOST_DESCENT_STEPS = 2000;
// Nobody needs larger numbers to see that descent diverges.
export const DIVERGED_BEYOND = 1e6;

/** Theta and loss before the first step and after each one; steps are taken when asked for. */
export class DescentPath {
  /**
   * @param {number|null} seed of the generator that draws one point for each step; null where
   *   each step looks at all points
   */
  constructor(kind, points, { start, stepSize, seed = null }) {
    this.points = points;
    this.stepSize = stepSize;
    this.all = new OneParameterModel(kind, points.length).fill(points);
    this.one = seed === null ? null : new OneParameterModel(kind, 1);
    this.generator = seed === null ? null : new Generator(seed);
    this.thetas = [start];
    this.losses = [this.all.lossAt(start)];
    this.drawn = [null]; // the point that led to each theta
    this.diverged = null; // the step at which theta ran away
  }

  /** Take steps until there are n, or theta has run away. */
  until(n) {
    while (this.thetas.length <= n && this.diverged === null) this.#step();
    return this;
  }

  #step() {
    const seen = this.one ? this.#draw() : this.all;
    const next = seen.after(this.thetas.at(-1), this.stepSize);
    this.thetas.push(next);
    this.losses.push(this.all.lossAt(next));
    if (!(Math.abs(next) <= DIVERGED_BEYOND)) this.diverged = this.thetas.length - 1;
  }

  #draw() {
    const place = this.generator.integer(this.points.length);
    this.drawn.push(place);
    return this.one.fill([this.points[place]]);
  }
}
