// The learned function over target and training points, and the elbows under it.

import { extent, linearAxis, padded, plotFrame } from "../axes.js";
import { KNOTS } from "../data.js";
import { COLOURS, clipMark, lineMark } from "../svg.js";
import { dotsMarks, elbowMark, nearest, targetMark, unitStyle } from "./units.js";

const ELBOW_STRIP = 14; // pixels between the x axis and the tips of the triangles

export const functionView = {
  name: "function",
  title: "Function",
  question: "q2a, q2b",
  share: 0.44, // of its width, in height
  lowest: 230,
  handles: true, // the data can be changed here
  keys: [
    ["learned", lineMark([[0, 7], [28, 7]], COLOURS.blue, 3.2)],
    ["target", lineMark([[0, 7], [28, 7]], COLOURS.black, 1.8, { "stroke-dasharray": "7 4" })],
    ["elbow, slope jumps up", elbowMark(14, 2, 1, false)],
    ["down", elbowMark(14, 2, -1, false)],
    ["optimum of the output layer",
      lineMark([[0, 7], [28, 7]], COLOURS.green, 2.5, { "stroke-dasharray": "1 4", "stroke-linecap": "round" }),
      ({ optimum }) => optimum !== null],
  ],

  /** Limits for all moments: a run that goes astray must not squash the data. */
  scale(moments) {
    const data = moments.reduce((range, { run }) => (
      extent(run.dataset.heights, extent(run.dataset.y, range))), undefined);
    const room = (data[1] - data[0] || 1) / 2;
    const all = moments.reduce((range, { corners }) => (
      extent(corners.map((corner) => corner[1]), range)), data);
    const low = Math.max(all[0], data[0] - room);
    return linearAxis(...padded([low, Math.min(all[1], data[1] + room)], 0.09));
  },

  draw({ moment, optimum, focus }, axis, width, height) {
    const frame = plotFrame(width, height, linearAxis(0, 1, width < 420 ? 5 : 10), axis);
    const { dataset } = moment.run;
    const place = ([x, y]) => [frame.x(x), frame.y(y)];
    const learned = lineMark(moment.corners.map(place), COLOURS.blue, 3.2, { "data-mark": "learned" });
    const ghost = optimum
      ? [lineMark(optimum.map(place), COLOURS.green, 2.5, {
        "stroke-dasharray": "1 4", "stroke-linecap": "round", "data-mark": "optimum",
      })]
      : [];
    const target = targetMark(frame, KNOTS.map((knot, k) => [knot, dataset.heights[k]]));
    const guide = focus !== null && moment.inside[focus] ? [guideMark(frame, moment, focus)] : [];
    return {
      frame,
      marks: [
        ...frame.marks,
        clipMark(frame, [...dotsMarks(frame, dataset), target, ...ghost, ...guide, learned]),
        ...elbowMarks(frame, moment, focus),
      ],
    };
  },

  /** The unit whose triangle is under the pointer, or null. */
  pick({ moment }, frame, [x, y]) {
    if (y < frame.bottom - 2 * ELBOW_STRIP) return null;
    return nearest(moment.elbows.map((elbow, unit) => (
      moment.inside[unit] ? Math.abs(frame.x(elbow) - x) : Infinity)));
  },
};

function elbowMarks(frame, { elbows, inside, jumps }, focus) {
  return elbows.flatMap((elbow, unit) => (inside[unit]
    ? [elbowMark(frame.x(elbow), frame.bottom - ELBOW_STRIP + 3, jumps[unit], unit === focus, {
      "data-unit": unit,
    })]
    : []));
}

function guideMark(frame, { elbows, jumps }, unit) {
  const x = frame.x(elbows[unit]);
  const { colour } = unitStyle(jumps[unit]);
  return lineMark([[x, frame.top], [x, frame.bottom]], colour, 1.5, { "stroke-dasharray": "2 3" });
}
