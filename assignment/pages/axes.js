// Axes: from values to places, with round numbers at their ticks.
//
// An axis has `at(value)`, a share of the way from its low end (0) to its high end (1), `value`,
// its inverse, and `ticks`, a list of [value, text].

import { COLOURS, lineMark, textMark } from "./svg.js";

const MARGIN = { left: 56, right: 14, top: 8, bottom: 24 };

/** The least and the greatest finite number among many. */
export function extent(values, [low, high] = [Infinity, -Infinity]) {
  for (const value of values) {
    if (Number.isFinite(value)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  }
  return [low, high];
}

/** Limits a little wider than [low, high]; some limits where there are none. */
export function padded([low, high], share = 0.06) {
  if (!(low <= high)) return [-1, 1];
  const pad = share * (high - low || Math.abs(high) || 1);
  return [low - pad, high + pad];
}

/** Round steps (1, 2 or 5 times a power of ten) that cut a range into about n parts. */
export function roundStep(range, n) {
  const power = 10 ** Math.floor(Math.log10(range / n));
  return power * [1, 2, 5, 10].find((factor) => factor * power * n >= range * 0.999);
}

/** Round limits around [low, high], with n parts or so between them. */
export function roundLimits([low, high], n) {
  if (low === high) return [low - 1, high + 1];
  const step = roundStep(high - low, n);
  return [Math.floor(low / step + 1e-9) * step, Math.ceil(high / step - 1e-9) * step];
}

/** A number for a tick, or for people: at most `digits` significant digits, a real minus sign. */
export function short(value, digits = 3) {
  if (value === null || !Number.isFinite(value)) return "none";
  const number = Number(value.toPrecision(digits));
  const size = Math.abs(number);
  const text = size !== 0 && (size < 1e-4 || size >= 1e6)
    ? number.toExponential() : String(number);
  return text.replace("e+", "e").replaceAll("-", "−");
}

/** A number with commas between thousands, if it is a whole one. */
export function thousands(number) {
  return Number.isInteger(number) ? String(number).replace(/\B(?=(\d{3})+$)/g, ",") : String(number);
}

/** Limits that are further apart than rounding, so that ticks can stand between them. */
function apart(low, high) {
  const least = 1e-9 * Math.max(Math.abs(low), Math.abs(high), Number.MIN_VALUE / 1e-9);
  return high - low > least ? [low, high] : [low - least, high + least];
}

export function linearAxis(from, to, n = 6) {
  const [low, high] = apart(from, to);
  const step = roundStep(high - low, n);
  const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
  const first = Math.ceil(low / step - 1e-9);
  const count = Math.max(0, Math.floor(high / step + 1e-9) - first + 1);
  const ticks = Array.from({ length: count }, (_, i) => {
    const value = (first + i) * step;
    const text = digits > 4 || step >= 1e5 ? short(value) : value.toFixed(digits);
    return [value, text.replace("-", "−")];
  });
  return {
    ticks,
    at: (value) => (value - low) / (high - low),
    value: (share) => low + share * (high - low),
  };
}

/** A logarithmic axis; what is not positive is drawn at its low end. */
export function logAxis(least, greatest) {
  const [low, high] = padded([Math.log10(least), Math.log10(greatest)]);
  const factors = high - low < 2.6 ? [1, 2, 5] : [1];
  let ticks = [];
  for (let power = Math.floor(low); power <= high; power += 1) {
    for (const factor of factors) {
      const value = Number(`${factor}e${power}`);
      const at = Math.log10(value);
      if (at >= low && at <= high) ticks.push([value, short(value)]);
    }
  }
  // Where there is hardly a factor between the ends, evenly spaced numbers do.
  if (ticks.length < 3) ticks = linearAxis(10 ** low, 10 ** high, 4).ticks;
  return {
    ticks,
    at: (value) => (value > 0 ? Math.max(0, (Math.log10(value) - low) / (high - low)) : 0),
    value: (share) => 10 ** (low + share * (high - low)),
  };
}

/** An axis that is linear up to `linear` on both sides of 0, and logarithmic beyond. */
export function symmetricLogAxis(greatest, linear) {
  const bend = (value) => Math.sign(value) * Math.log1p(Math.abs(value) / linear);
  const limit = bend(greatest) * 1.06;
  const positive = [];
  for (let value = linear; value <= greatest * 1.001; value *= 10) positive.push(value);
  const values = [...positive.map((value) => -value).reverse(), 0, ...positive];
  return {
    ticks: values.map((value) => [value, short(value)]),
    at: (value) => (bend(value) / limit + 1) / 2,
    value: (share) => {
      const bent = (2 * share - 1) * limit;
      return Math.sign(bent) * linear * Math.expm1(Math.abs(bent));
    },
  };
}

/** An axis of training steps: logarithmic from 1, and step 0 in a place of its own left of it. */
export function stepAxis(last) {
  const gap = 0.1;
  const top = Math.log10(Math.max(10, last));
  const ticks = [[0, "0"]];
  for (let power = 0; power <= top; power += 1) {
    const group = Math.floor(power / 3);
    ticks.push([10 ** power, `${10 ** (power - 3 * group)}${["", "k", "M", "G"][group]}`]);
  }
  const at = (step) => (step < 1 ? 0 : gap + (1 - gap) * (Math.log10(step) / top));
  return {
    ticks,
    at,
    value: (share) => (share < gap / 2 ? 0 : 10 ** (Math.max(0, (share - gap) / (1 - gap)) * top)),
  };
}

/**
 * The place of a plot in an SVG: `x` and `y` map values to pixels, `valueX` and `valueY` back.
 *
 * `marks` are grid, axes, numbers and the two names. Numbers that would touch are left out.
 */
export function plotFrame(width, height, xAxis, yAxis, names = {}) {
  const bottomMargin = MARGIN.bottom + (names.x ? 18 : 0);
  const [left, right] = [MARGIN.left, width - MARGIN.right];
  const [top, bottom] = [MARGIN.top + (names.y ? 16 : 0), height - bottomMargin];
  const x = (value) => left + xAxis.at(value) * (right - left);
  const y = (value) => bottom - yAxis.at(value) * (bottom - top);
  return {
    width, height, left, right, top, bottom, x, y,
    valueX: (pixel) => xAxis.value((pixel - left) / (right - left)),
    valueY: (pixel) => yAxis.value((bottom - pixel) / (bottom - top)),
    marks: [
      ...gridMarks(xAxis, yAxis, x, y, { left, right, top, bottom }),
      ...(names.x ? [textMark((left + right) / 2, height - 5, names.x, { "text-anchor": "middle" })] : []),
      ...(names.y ? [textMark(4, 13, names.y)] : []),
    ],
  };
}

function gridMarks(xAxis, yAxis, x, y, { left, right, top, bottom }) {
  const marks = [];
  let free = -Infinity;
  for (const [value, text] of xAxis.ticks) {
    const place = x(value);
    marks.push(lineMark([[place, top], [place, bottom]], COLOURS.light, 1));
    const half = 4 * text.length + 3;
    if (place - half > free) {
      marks.push(textMark(place, bottom + 17, text, { "text-anchor": "middle", "data-tick": "x", "aria-hidden": "true" }));
      free = place + half;
    }
  }
  free = Infinity;
  for (const [value, text] of yAxis.ticks) {
    const place = y(value);
    marks.push(lineMark([[left, place], [right, place]], COLOURS.light, 1));
    if (place + 8 < free) {
      marks.push(textMark(left - 6, place + 5, text, { "text-anchor": "end", "data-tick": "y", "aria-hidden": "true" }));
      free = place - 8;
    }
  }
  marks.push(lineMark([[left, top], [left, bottom], [right, bottom]], COLOURS.grey, 1));
  return marks;
}

/** A value, or the nearest one that the plot has room for, in pixels. */
export function clamped(low, value, high) {
  return Math.min(high, Math.max(low, value));
}
