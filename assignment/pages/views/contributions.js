// What every unit adds to the learned function.

import { extent, linearAxis, plotFrame, roundLimits } from "../axes.js";
import { COLOURS, clipMark, lineMark } from "../svg.js";
import { nearest, unitStyle } from "./units.js";

export const contributionsView = {
  name: "contributions",
  title: "Every unit's contribution",
  question: "q2b",
  share: 0.32, // of its width, in height
  keys: [
    ["slope jumps up", lineMark([[0, 7], [28, 7]], COLOURS.blue, 1.8)],
    ["down", lineMark([[0, 7], [28, 7]], COLOURS.vermillion, 1.8, { "stroke-dasharray": "7 4" })],
  ],

  /** Round limits around what there is, so that small contributions are seen from the start. */
  scale(moments) {
    const heights = moments.flatMap(({ lines }) => lines.flat().map((corner) => corner[1]));
    return linearAxis(...roundLimits(extent(heights, [0, 0]), 4), 4);
  },

  draw({ moment, focus }, axis, width, height) {
    const frame = plotFrame(width, height, linearAxis(0, 1, width < 420 ? 5 : 10), axis);
    const units = moment.lines.map((line, unit) => {
      const { colour, dash } = unitStyle(moment.jumps[unit]);
      const opacity = focus === null || unit === focus ? 1 : 0.3;
      const places = line.map(([x, y]) => [frame.x(x), frame.y(y)]);
      return lineMark(places, colour, unit === focus ? 4.5 : 1.8, {
        ...dash, opacity, "data-unit": unit,
      });
    });
    return { frame, marks: [...frame.marks, clipMark(frame, units)] };
  },

  /** The unit whose line is nearest to the pointer, or null; units that are off lie all at 0. */
  pick({ moment }, frame, [x, y]) {
    const at = Math.min(1, Math.max(0, frame.valueX(x)));
    return nearest(moment.lines.map((line) => {
      const height = heightAt(line, at);
      return height === 0 ? Infinity : Math.abs(frame.y(height) - y);
    }));
  },
};

/** The height at x of a line through corners [x, y]. */
function heightAt(line, x) {
  const found = line.findIndex(([cornerX]) => cornerX >= x);
  const right = found < 0 ? line.length - 1 : Math.max(1, found);
  const [[x0, y0], [x1, y1]] = [line[right - 1], line[right]];
  return x1 === x0 ? y1 : y0 + ((y1 - y0) * (x - x0)) / (x1 - x0);
}
