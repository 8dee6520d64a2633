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
      (out) => {
        out.value.fill(0);
        addMatrixProduct(a, b, out);
      },
      (out) => passMatrixProduct(a, b, out),
    );
  }

  /**
   * Return weights @ input + bias, in fewer passes than matmul and add.
   *
   * Shapes: weights (m, k), input (k, n), bias (m, 1), result (m, n).
   */
  linear(weights, input, bias) {
    if (weights.columns !== input.rows || bias.rows !== weights.rows || bias.columns !== 1) {
      throw new RangeError(
        `linear needs shapes (m, k), (k, n) and (m, 1), got ${shapesText(weights, input, bias)}`,
      );
    }
    return this.#operation(
      weights.rows, input.columns, [weights, input, bias],
      (out) => {
        repeatColumn(bias, out);
        addMatrixProduct(weights, input, out);
      },
      (out) => {
        passMatrixProduct(weights, input, out);
        if (bias.gradient) passSum(bias, 1, out);
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
      (out) => rectify(a, out),
      (out) => passRectified(a, out),
    );
  }

  /** Return the square of each entry. */
  square(a) {
    return this.#operation(
      a.rows, a.columns, [a],
      (out) => squareEntries(a, out),
      (out) => passSquared(a, out),
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
      (out) => { out.value[0] = sumOfRow(a.value, 0, a.value.length) / divisor; },
      (out) => addToEach(a.gradient, out.gradient[0] / divisor),
    );
  }
}

/** Add `factor` times the source to the target, two arrays of one length. */
export function addScaled(target, factor, source) {
  for (let i = 0; i < target.length; i++) target[i] += factor * source[i];
}

function shapesText(...nodes) {
  return nodes.map(({ rows, columns }) => `(${rows}, ${columns})`).join(" and ");
}

function commonShape(a, b, name) {
  const fits = (m, n) => m === n || m === 1 || n === 1;
  if (!fits(a.rows, b.rows) || !fits(a.columns, b.columns)) {
    throw new RangeError(
      `${name} needs rows and columns that are equal, or 1 in one of the two, ` +
        `got ${shapesText(a, b)}`,
    );
  }
  return [Math.max(a.rows, b.rows), Math.max(a.columns, b.columns)];
}

// How far an operand's index moves from one row, or column, of the result to the next.
const rowStride = (node) => (node.rows === 1 ? 0 : node.columns);
const columnStride = (node) => (node.columns === 1 ? 0 : 1);

// The loops below are most of the time of a run: arrays are read from their nodes before a loop,
// and the innermost loop runs along rows, which lie together in memory.

function repeatColumn({ value: column }, { value, rows, columns }) {
  for (let i = 0; i < rows; i++) value.fill(column[i], i * columns, (i + 1) * columns);
}

function addMatrixProduct(a, b, out) {
  const { value: left, rows, columns: inner } = a;
  const { value: right } = b;
  const { value, columns } = out;
  for (let i = 0; i < rows; i++) {
    for (let l = 0; l < inner; l++) {
      addScaledRow(value, i * columns, left[i * inner + l], right, l * columns, columns);
    }
  }
}

function passMatrixProduct(a, b, out) {
  if (a.gradient) passToLeftFactor(a, b, out);
  if (b.gradient) passToRightFactor(a, b, out);
}

function passToLeftFactor(a, b, out) {
  const { gradient: left, rows, columns: inner } = a;
  const { value: right } = b;
  const { gradient, columns } = out;
  for (let i = 0; i < rows; i++) {
    for (let l = 0; l < inner; l++) {
      let sum = 0;
      for (let j = 0, p = i * columns, q = l * columns; j < columns; j++) {
        sum += gradient[p + j] * right[q + j];
      }
      left[i * inner + l] += sum;
    }
  }
}

function passToRightFactor(a, b, out) {
  const { value: left, rows, columns: inner } = a;
  const { gradient: right } = b;
  const { gradient, columns } = out;
  for (let i = 0; i < rows; i++) {
    for (let l = 0; l < inner; l++) {
      addScaledRow(right, l * columns, left[i * inner + l], gradient, i * columns, columns);
    }
  }
}

/** Add `factor` times a row to another, each given by its array and its first index. */
function addScaledRow(target, p, factor, source, q, length) {
  for (let j = 0; j < length; j++) target[p + j] += factor * source[q + j];
}

function addEntries(a, b, sign, out) {
  const { value: left } = a;
  const { value: right } = b;
  const { value, rows, columns } = out;
  const [leftStride, rightStride] = [columnStride(a), columnStride(b)];
  for (let i = 0, k = 0; i < rows; i++) {
    let p = i * rowStride(a);
    let q = i * rowStride(b);
    for (let j = 0; j < columns; j++, k++, p += leftStride, q += rightStride) {
      value[k] = left[p] + sign * right[q];
    }
  }
}

/** Pass the gradient of a sum on to one of its terms; a repeated entry collects all its places. */
function passSum(term, sign, out) {
  const { gradient: collected } = term;
  const { gradient, rows, columns } = out;
  const isRepeated = columnStride(term) === 0;
  for (let i = 0; i < rows; i++) {
    const p = i * rowStride(term);
    if (isRepeated) collected[p] += sign * sumOfRow(gradient, i * columns, columns);
    else addScaledRow(collected, p, sign, gradient, i * columns, columns);
  }
}

function multiplyEntries(a, b, out) {
  const { value: left } = a;
  const { value: right } = b;
  const { value, rows, columns } = out;
  const [leftStride, rightStride] = [columnStride(a), columnStride(b)];
  for (let i = 0, k = 0; i < rows; i++) {
    let p = i * rowStride(a);
    let q = i * rowStride(b);
    for (let j = 0; j < columns; j++, k++, p += leftStride, q += rightStride) {
      value[k] = left[p] * right[q];
    }
  }
}

/** Pass the gradient of a product on to one factor; a repeated entry collects all its places. */
function passProduct(factor, other, out) {
  const { gradient: collected } = factor;
  const { value: others } = other;
  const { gradient, rows, columns } = out;
  const [stride, otherStride] = [columnStride(factor), columnStride(other)];
  for (let i = 0, k = 0; i < rows; i++) {
    let p = i * rowStride(factor);
    let q = i * rowStride(other);
    for (let j = 0; j < columns; j++, k++, p += stride, q += otherStride) {
      collected[p] += others[q] * gradient[k];
    }
  }
}

// Without branches: they cost several times as much where their outcome is as good as random.

function rectify({ value: input }, { value }) {
  for (let i = 0; i < input.length; i++) value[i] = (input[i] + Math.abs(input[i])) / 2;
}

function passRectified({ value: input, gradient: collected }, { gradient }) {
  for (let i = 0; i < input.length; i++) collected[i] += gradient[i] * Number(input[i] > 0);
}

function squareEntries({ value: input }, { value }) {
  for (let i = 0; i < input.length; i++) value[i] = input[i] * input[i];
}

function passSquared({ value: input, gradient: collected }, { gradient }) {
  for (let i = 0; i < input.length; i++) collected[i] += 2 * input[i] * gradient[i];
}

function sumOfRow(values, p, length) {
  let sum = 0;
  for (let j = 0; j < length; j++) sum += values[p + j];
  return sum;
}

function addToEach(values, number) {
  for (let i = 0; i < values.length; i++) values[i] += number;
}
