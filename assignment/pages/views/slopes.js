// The slope staircase: the slope of the learned function, one step for each piece.

import { extent, linearAxis, padded, plotFrame } from "../axes.js";
import { KNOTS } from "../data.js";
import { COLOURS, clipMark, lineMark } from "../svg.js";
import { targetMark } from "./units.js";

export const slopesView = {
  name: "slopes",
  title: "Slope staircase",
  question: "q2c",
  share: 0.3, // of its width, in height
  keys: [
    ["slope of the learned function", lineMark([[0, 11], [14, 11], [14, 3], [28, 3]], COLOURS.blue, 2.5)],
    ["of the target", lineMark([[0, 7], [28, 7]], COLOURS.black, 1.8, { "stroke-dasharray": "7 4" })],
  ],

  /** Limits of the targets, with room: slopes of very short pieces may be cut off. */
  scale(moments) {
    const range = moments.reduce((wider, { run }) => (
      extent(targetStairs(run.dataset.heights).map((stair) => stair[1]), wider)), undefined);
    return linearAxis(...padded(range, 0.3));
  },

  draw({ moment }, axis, width, height) {
    const frame = plotFrame(width, height, linearAxis(0, 1, width < 420 ? 5 : 10), axis);
    const stairs = moment.pieces.flatMap(({ from, to, slope }) => [[from, slope], [to, slope]]);
    const zero = lineMark([[frame.left, frame.y(0)], [frame.right, frame.y(0)]], COLOURS.grey, 1);
    return {
      frame,
      marks: [
        ...frame.marks,
        clipMark(frame, [
          zero,
          targetMark(frame, targetStairs(moment.run.dataset.heights)),
          lineMark(stairs.map(([x, slope]) => [frame.x(x), frame.y(slope)]), COLOURS.blue, 2.5, {
            "data-mark": "learned",
          }),
        ]),
      ],
    };
  },
};

/** The slopes of a function that is linear between knots, as corners [x, slope]. */
export function targetStairs(heights) {
  return KNOTS.slice(1).flatMap((knot, k) => {
    const slope = (heights[k + 1] - heights[k]) / (knot - KNOTS[k]);
    return [[KNOTS[k], slope], [knot, slope]];
  });
}
