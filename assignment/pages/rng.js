/**
 * NumPy's random numbers: `new Generator(seed)` draws what `numpy.random.default_rng(seed)` draws.
 *
 * Sources: M. O'Neill's PCG64 (XSL-RR 128/64, pcg-random.org), seeded as by NumPy's SeedSequence;
 * D. Lemire, "Fast random integer generation in an interval" (2019); G. Marsaglia and W. Tsang,
 * "The ziggurat method for generating random variables" (2000), with 256 layers.
 */

const TWO_32 = 2 ** 32;
const PCG_MULTIPLIER = pcgLimbs(0x2360ed051fc65da44385df649fccf645n);
const ZIGGURAT_EDGE = 3.6541528853610088;
// NumPy's tables carry the rounding errors of whoever made them. This area, in two parts, gives
// them to 1e-15; with the true area, some normals differ by 1e-14.
const ZIGGURAT_AREA = 0.004928673233974655;
const ZIGGURAT_AREA_REST = 3.7e-19;
const ZIGGURAT = zigguratTables();

/** A stream of random numbers. */
export class Generator {
  /** @param {number} seed an integer from 0 to 2**53 - 1 */
  constructor(seed) {
    if (!Number.isSafeInteger(seed) || seed < 0) {
      throw new RangeError(`seed must be an integer from 0 to 2**53 - 1, got ${seed}`);
    }
    const [start, stream] = seedNumbers(seed);
    const increment = (stream << 1n) | 1n;
    this.increment = pcgLimbs(increment);
    this.limbs = pcgLimbs(increment + start);
    this.low = 0; // the newest 64 bits, as two unsigned halves
    this.high = 0;
    this.spare = -1; // half a draw that `integer` has not used yet, or -1
    this.#step();
  }

  /** Return a number from the uniform distribution on [low, high). */
  uniform(low, high) {
    return low + (high - low) * this.#unit();
  }

  /** Return a number from the standard normal distribution. */
  normal() {
    for (;;) {
      this.#step();
      const bits = this.low;
      const layer = bits & 0xff;
      const part = ((this.high & 0x1fffffff) * 2 ** 23 + (bits >>> 9)) * 2 ** -52;
      const size = part * ZIGGURAT.edges[layer];
      if (part < ZIGGURAT.inside[layer] || (layer > 0 && this.#isUnderCurve(layer, size))) {
        return bits & 0x100 ? -size : size;
      }
      if (layer === 0) return bits & 0x20000 ? -this.#tail() : this.#tail();
    }
  }

  /**
   * Return one of 0, ..., n - 1, each as likely.
   * @param {number} n an integer from 1 to 2**32 - 1
   */
  integer(n) {
    if (n === 1) return 0; // as NumPy, without a draw
    for (;;) {
      // bits * n has up to 64 binary digits, a double holds 53: the product is made of two halves.
      const bits = this.#bits32();
      const lower = (bits & 0xffff) * n;
      const carry = Math.floor(lower / 65536);
      const upper = (bits >>> 16) * n + carry;
      const result = Math.floor(upper / 65536);
      const rest = (upper - result * 65536) * 65536 + (lower - carry * 65536);
      if (rest >= n || rest >= (TWO_32 - n) % n) return result;
    }
  }

  /** Return the state as plain data, for `restore`. */
  state() {
    return { increment: [...this.increment], limbs: [...this.limbs], spare: this.spare };
  }

  /** Go back to a state that `state` returned, also of another generator. */
  restore(state) {
    this.increment.set(state.increment);
    this.limbs.set(state.limbs);
    this.spare = state.spare;
  }

  /** Return a uniform number on [0, 1), a multiple of 2**-53. */
  #unit() {
    this.#step();
    return (this.high * 2 ** 21 + (this.low >>> 11)) * 2 ** -53;
  }

  #bits32() {
    const { spare } = this;
    this.spare = -1;
    if (spare >= 0) return spare;
    this.#step();
    this.spare = this.high;
    return this.low;
  }

  /** Say whether a point of random height in the layer lies under the bell curve. */
  #isUnderCurve(layer, size) {
    const { heights } = ZIGGURAT;
    const height = heights[layer] + (heights[layer - 1] - heights[layer]) * this.#unit();
    return height < Math.exp(-0.5 * size * size);
  }

  /** Return a number beyond the last edge: Marsaglia's method of 1964. */
  #tail() {
    for (;;) {
      const beyond = -Math.log1p(-this.#unit()) * (1 / ZIGGURAT_EDGE);
      const other = -Math.log1p(-this.#unit());
      if (other + other > beyond * beyond) return ZIGGURAT_EDGE + beyond;
    }
  }

  /** Draw the next 64 bits: state = state * multiplier + increment, modulo 2**128. */
  #step() {
    const { limbs, increment } = this;
    // From the highest limb down, so that each sum finds the old limbs below it.
    for (let k = 7; k >= 0; k--) {
      let sum = increment[k];
      for (let i = 0; i <= k; i++) sum += limbs[i] * PCG_MULTIPLIER[k - i];
      limbs[k] = sum; // below 2**36, exact
    }
    for (let k = 0; k < 7; k++) {
      const carry = Math.floor(limbs[k] / 65536);
      limbs[k] -= carry * 65536;
      limbs[k + 1] += carry;
    }
    limbs[7] %= 65536;
    this.#rotate();
  }

  /** XSL-RR: both halves of the state xor each other, rotated by the state's top 6 bits. */
  #rotate() {
    const { limbs } = this;
    let low = limbs[0] ^ limbs[4] ^ ((limbs[1] ^ limbs[5]) << 16);
    let high = limbs[2] ^ limbs[6] ^ ((limbs[3] ^ limbs[7]) << 16);
    const turns = limbs[7] >>> 10;
    if (turns >= 32) [low, high] = [high, low];
    const by = turns % 32;
    // A shift by 32 is a shift by 0 in JavaScript, therefore in two parts.
    this.low = ((low >>> by) | ((high << 1) << (31 - by))) >>> 0;
    this.high = ((high >>> by) | ((low << 1) << (31 - by))) >>> 0;
  }
}

/** Return the 128 bits of a number as eight limbs of 16 bits, the lowest first. */
function pcgLimbs(number) {
  return Float64Array.from({ length: 8 }, (_, k) => Number((number >> BigInt(16 * k)) & 0xffffn));
}

/** Return the two 128-bit numbers, start and stream, that NumPy's SeedSequence makes of a seed. */
function seedNumbers(seed) {
  const absorb = wordHash(0x43b0d7e5, 0x931e8875);
  const pool = [seed % TWO_32, Math.floor(seed / TWO_32), 0, 0].map((word) => absorb(word));
  for (let from = 0; from < 4; from++) {
    for (let to = 0; to < 4; to++) {
      if (from !== to) pool[to] = mixWords(pool[to], absorb(pool[from]));
    }
  }
  const release = wordHash(0x8b51f9dd, 0x58f38ded);
  const words = [...pool, ...pool].map((word) => BigInt(release(word) >>> 0));
  const join = ([a, b, c, d]) => (b << 96n) | (a << 64n) | (d << 32n) | c;
  return [join(words.slice(0, 4)), join(words.slice(4))];
}

/** Return a hash of 32-bit words that gives another value each time it is called. */
function wordHash(constant, multiplier) {
  return (word) => {
    const mixed = word ^ constant;
    constant = Math.imul(constant, multiplier);
    const product = Math.imul(mixed, constant);
    return product ^ (product >>> 16);
  };
}

function mixWords(a, b) {
  const mixed = Math.imul(a, 0xca01f9dd) - Math.imul(b, 0x4973f715);
  return mixed ^ (mixed >>> 16);
}

/**
 * Return the layers of the ziggurat, all of one area under the curve exp(-x**2 / 2).
 *
 * Layer i reaches from heights[i] up to heights[i - 1] and from 0 to edges[i]; the part inside[i]
 * of it lies under the curve whatever the height. Layer 0 is the lowest, with the tail.
 */
function zigguratTables() {
  const edges = new Float64Array(256);
  const heights = new Float64Array(256);
  const inside = new Float64Array(256);
  edges[255] = ZIGGURAT_EDGE;
  heights[255] = Math.exp(-0.5 * ZIGGURAT_EDGE ** 2);
  heights[0] = 1;
  edges[0] = ZIGGURAT_AREA / heights[255];
  inside[0] = ZIGGURAT_EDGE / edges[0];
  let rest = 0; // what rounding takes from the sum: near the top, the edge depends on 1 - height
  for (let i = 254, sum = heights[255]; i > 0; i--) {
    const height = ZIGGURAT_AREA / edges[i + 1];
    const next = sum + height;
    rest += (sum - next) + height + ZIGGURAT_AREA_REST / edges[i + 1];
    sum = next;
    heights[i] = sum + rest;
    edges[i] = Math.sqrt(-2 * (sum > 0.5 ? Math.log1p(sum - 1 + rest) : Math.log(heights[i])));
    inside[i + 1] = edges[i] / edges[i + 1];
  }
  return { edges, heights, inside };
}
