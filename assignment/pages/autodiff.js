/**
 * Reverse-mode automatic differentiation over arrays of two dimensions.
 *
 * A graph is built once, on a `Tape`; then `forward` and `backward` run as often as wanted, on new
 * numbers in the leaves, and allocate nothing. Each operation knows the derivative of itself only;
 * the chain rule does the rest (as in A. Karpathy's micrograd, with arrays for numbers).
 */

/** An array of the graph, row by row in `value`; `gradient` is null where none is needed. */
class TapeNode {
  constructor(rows, columns, needsGradient) {
    this.rows = rows;
    this.columns = columns;
    this.value = new Float64Array(rows * columns);
    this.gradient = needsGradient ? new Float64Array(rows * columns) : null;
  }
}

/** The operations of a graph in the order in which they were called. */
export class Tape {
  #nodes = [];
  #steps = []; // of each operation: its node, how to compute it, and how to pass its gradient on

  /**
   * Return an array to be filled by the caller.
   * @param {boolean} needsGradient false for data and for parameters that are not trained
   */
  leaf(rows, columns, needsGradient = true) {
    const node = new TapeNode(rows, columns, needsGradient);
    this.#nodes.push(node);
    return node;
  }

  /** Return the matrix product of a, shape (m, k), and b, shape (k, n): shape (m, n). */
  matmul(a, b) {
    if (a.columns !== b.rows) {
      throw new RangeError(
        `matmul needs as many columns on the left as rows on the right, got ${shapesText(a, b)}`,
      );
    }
    return this.#operation(
      a.rows, b.columns, [a, b],
      (out) => multiplyMatrices(a, b, out),
      (out) => {
        if (a.gradient) passToLeftFactor(a, b, out);
        if (b.gradient) passToRightFactor(a, b, out);
      },
    );
  }

  /** Return a + b; a dimension that is 1 in one of them is repeated to fit, as in NumPy. */
  add(a, b) {
    return this.#sum(a, b, 1, "add");
  }

  /** Return a - b, repeated to fit as in `add`. */
  subtract(a, b) {
    return this.#sum(a, b, -1, "subtract");
  }

  /** Return a * b, entry by entry, repeated to fit as in `add`. */
  multiply(a, b) {
    const [rows, columns] = commonShape(a, b, "multiply");
    return this.#operation(
      rows, columns, [a, b],
      (out) => multiplyEntries(a, b, out),
      (out) => {
        if (a.gradient) passProduct(a, b, out);
        if (b.gradient) passProduct(b, a, out);
      },
    );
  }

  /** Return the entries, negative ones as 0; the derivative at 0 is 0, as in PyTorch. */
  relu(a) {
    return this.#operation(
      a.rows, a.columns, [a],
      (out) => rectify(a.value, out.value),
      (out) => passRectified(a, out.gradient),
    );
  }

  /** Return the square of each entry. */
  square(a) {
    return this.#operation(
      a.rows, a.columns, [a],
      (out) => squareEntries(a.value, out.value),
      (out) => passSquared(a, out.gradient),
    );
  }

  /** Return the sum of all entries, shape (1, 1). */
  sum(a) {
    return this.#total(a, 1);
  }

  /** Return the mean of all entries, shape (1, 1). */
  mean(a) {
    return this.#total(a, a.value.length);
  }

  /** Compute all nodes from the numbers in the leaves. */
  forward() {
    for (const { node, compute } of this.#steps) compute(node);
  }

  /** Fill `gradient` of all nodes with the derivatives of the sum of a node's entries. */
  backward(node) {
    if (!node.gradient) {
      throw new RangeError("backward needs a node that depends on a leaf with a gradient");
    }
    for (const { gradient } of this.#nodes) gradient?.fill(0);
    node.gradient.fill(1);
    for (let i = this.#steps.length - 1; i >= 0; i--) {
      const step = this.#steps[i];
      if (step.node.gradient) step.pass(step.node);
    }
  }

  #operation(rows, columns, operands, compute, pass) {
    const node = this.leaf(rows, columns, operands.some((operand) => operand.gradient));
    this.#steps.push({ node, compute, pass });
    return node;
  }

  #sum(a, b, sign, name) {
    const [rows, columns] = commonShape(a, b, name);
    return this.#operation(
      rows, columns, [a, b],
      (out) => addEntries(a, b, sign, out),
      (out) => {
        if (a.gradient) passSum(a, 1, out);
        if (b.gradient) passSum(b, sign, out);
      },
    );
  }

  #total(a, divisor) {
    return this.#operation(
      1, 1, [a],
      (out) => { out.value[0] = totalOf(a.value) / divisor; },
      (out) => addToEach(a.gradient, out.gradient[0] / divisor),
    );
  }
}

/** Add `factor` times the source to the target, two arrays of one length. */
export function addScaled(target, factor, source) {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

function shapesText(a, b) {
  return `(${a.rows}, ${a.columns}) and (${b.rows}, ${b.columns})`;
}

function commonShape(a, b, name) {
  const fits = (m, n) => m === n || m === 1 || n === 1;
  if (!fits(a.rows, b.rows) || !fits(a.columns, b.columns)) {
    throw new RangeError(
      `${name} needs rows and columns that are equal, or 1 in one of the two, got ${shapesText(a, b)}`,
    );
  }
  return [Math.max(a.rows, b.rows), Math.max(a.columns, b.columns)];
}

// How far an operand's index moves from one row, or column, of the result to the next.
const rowStride = (node) => (node.rows === 1 ? 0 : node.columns);
const columnStride = (node) => (node.columns === 1 ? 0 : 1);

// In the three loops of matrices the innermost runs along rows, which lie together in memory.

function multiplyMatrices(a, b, out) {
  const { value } = out;
  const n = out.columns;
  value.fill(0);
  for (let i = 0; i < a.rows; i++) {
    for (let l = 0; l < a.columns; l++) {
      const factor = a.value[i * a.columns + l];
      for (let j = 0; j < n; j++) value[i * n + j] += factor * b.value[l * n + j];
    }
  }
}

function passToLeftFactor(a, b, out) {
  const n = out.columns;
  for (let i = 0; i < a.rows; i++) {
    for (let l = 0; l < a.columns; l++) {
      let sum = 0;
      for (let j = 0; j < n; j++) sum += out.gradient[i * n + j] * b.value[l * n + j];
      a.gradient[i * a.columns + l] += sum;
    }
  }
}

function passToRightFactor(a, b, out) {
  const n = out.columns;
  for (let i = 0; i < a.rows; i++) {
    for (let l = 0; l < a.columns; l++) {
      const factor = a.value[i * a.columns + l];
      for (let j = 0; j < n; j++) b.gradient[l * n + j] += factor * out.gradient[i * n + j];
    }
  }
}

function addEntries(a, b, sign, out) {
  const aStride = columnStride(a);
  const bStride = columnStride(b);
  for (let i = 0, k = 0; i < out.rows; i++) {
    let p = i * rowStride(a);
    let q = i * rowStride(b);
    for (let j = 0; j < out.columns; j++, k++, p += aStride, q += bStride) {
      out.value[k] = a.value[p] + sign * b.value[q];
    }
  }
}

/** Pass the gradient of a sum on to one of its terms; a repeated entry collects all its places. */
function passSum(term, sign, out) {
  const stride = columnStride(term);
  for (let i = 0, k = 0; i < out.rows; i++) {
    let p = i * rowStride(term);
    for (let j = 0; j < out.columns; j++, k++, p += stride) {
      term.gradient[p] += sign * out.gradient[k];
    }
  }
}

function multiplyEntries(a, b, out) {
  const aStride = columnStride(a);
  const bStride = columnStride(b);
  for (let i = 0, k = 0; i < out.rows; i++) {
    let p = i * rowStride(a);
    let q = i * rowStride(b);
    for (let j = 0; j < out.columns; j++, k++, p += aStride, q += bStride) {
      out.value[k] = a.value[p] * b.value[q];
    }
  }
}

/** Pass the gradient of a product on to one factor; a repeated entry collects all its places. */
function passProduct(factor, other, out) {
  const stride = columnStride(factor);
  const otherStride = columnStride(other);
  for (let i = 0, k = 0; i < out.rows; i++) {
    let p = i * rowStride(factor);
    let q = i * rowStride(other);
    for (let j = 0; j < out.columns; j++, k++, p += stride, q += otherStride) {
      factor.gradient[p] += other.value[q] * out.gradient[k];
    }
  }
}

function rectify(from, to) {
  // NaN is passed on: a network that diverged must not look like one with dead units.
  for (let i = 0; i < from.length; i++) to[i] = from[i] <= 0 ? 0 : from[i];
}

function passRectified(a, gradient) {
  for (let i = 0; i < gradient.length; i++) {
    if (a.value[i] > 0) a.gradient[i] += gradient[i];
  }
}

function squareEntries(from, to) {
  for (let i = 0; i < from.length; i++) to[i] = from[i] * from[i];
}

function passSquared(a, gradient) {
  for (let i = 0; i < gradient.length; i++) a.gradient[i] += 2 * a.value[i] * gradient[i];
}

function totalOf(values) {
  let sum = 0;
  for (let i = 0; i < values.length; i++) sum += values[i];
  return sum;
}

function addToEach(values, number) {
  for (let i = 0; i < values.length; i++) values[i] += number;
}
