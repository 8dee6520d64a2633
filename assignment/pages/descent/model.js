// A model of one parameter theta, its loss on some points, and what each point says to theta.

import { addScaled, Tape } from "../autodiff.js";

export const MODELS = [["linear", "linear: ŷ = θ x"], ["constant", "constant: ŷ = θ"]];

export class OneParameterModel {
  /** @param {string} kind "constant" or "linear"; @param {number} count how many points */
  constructor(kind, count) {
    const tape = new Tape();
    this.tape = tape;
    this.theta = tape.leaf(1, 1);
    this.x = tape.leaf(count, 1, false);
    this.y = tape.leaf(count, 1, false);
    // Every point gets a copy of theta. The derivative of the loss by one point's copy alone is
    // what this point has to say in the gradient.
    this.copies = tape.add(tape.leaf(count, 1, false), this.theta);
    this.predictions = kind === "constant" ? this.copies : tape.multiply(this.copies, this.x);
    this.loss = tape.mean(tape.square(tape.subtract(this.predictions, this.y)));
  }

  /** Take other points [x, y], as many as before. */
  fill(points) {
    points.forEach(([x, y], i) => {
      this.x.value[i] = x;
      this.y.value[i] = y;
    });
    return this;
  }

  lossAt(theta) {
    this.theta.value[0] = theta;
    this.tape.forward();
    return this.loss.value[0];
  }

  /** Where one step leads from a theta. */
  after(theta, stepSize) {
    this.measure(theta);
    stepAgainstGradient([this.theta], stepSize);
    return this.theta.value[0];
  }

  /** All there is to know at a theta; a vote is a push on theta: a step follows it. */
  measure(theta) {
    const loss = this.lossAt(theta);
    this.tape.backward(this.loss);
    return {
      theta,
      loss,
      gradient: this.theta.gradient[0],
      predictions: [...this.predictions.value],
      votes: Array.from(this.copies.gradient, (share) => -share || 0),
    };
  }
}

/** A step of an optimiser: every leaf goes against its gradient. */
function stepAgainstGradient(leaves, stepSize) {
  for (const leaf of leaves) addScaled(leaf.value, -stepSize, leaf.gradient);
}

/**
 * The points, moved up or down so that the model is off by the same error at each of them; to
 * three decimals, which is what a theta in hundredths makes of an x in tenths.
 */
export function withEqualErrors(points, predictions, error = -1) {
  return points.map(([x], i) => [x, Math.round((predictions[i] + error) * 1000) / 1000]);
}
