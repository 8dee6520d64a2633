// The vote of every data point on one parameter of one unit: its share of the gradient.

import { extent, linearAxis, plotFrame, roundLimits } from "../axes.js";
import { COLOURS, lineMark, pathData, textMark } from "../svg.js";

export const votesView = {
  name: "votes",
  title: "Votes of the data points",
  question: "q1a_iv, q1b_iv",
  share: 0.3, // of its width, in height
  keys: [
    ["contribution of a point to the gradient, turned downhill: it pulls up", lineMark([[14, 13], [14, 1]], COLOURS.blue, 3)],
    ["down", lineMark([[14, 13], [14, 1]], COLOURS.vermillion, 3, { "stroke-dasharray": "3 2" })],
  ],

  scale(moments) {
    const pulls = moments.flatMap(({ votes }) => Array.from(votes, (vote) => -vote));
    return linearAxis(...roundLimits(extent(pulls, [0, 0]), 4), 4);
  },

  draw({ moment, votesOn }, axis, width, height) {
    const frozen = moment.run.settings.layers === "output" && /1/.test(votesOn);
    const on = parameterName(votesOn, moment.voter)
      + (frozen ? ", which is not trained here" : "");
    const frame = plotFrame(width, height, linearAxis(0, 1, width < 420 ? 5 : 10), axis, {
      y: `votes on ${on}`,
    });
    const { x } = moment.run.dataset;
    // A step goes against the gradient, so a negative share pulls the parameter up.
    const bars = (sign) => pathData(Array.from(x).flatMap((value, i) => (
      Math.sign(-moment.votes[i]) === sign
        ? [[NaN, NaN], [frame.x(value), frame.y(0)], [frame.x(value), frame.y(-moment.votes[i])]]
        : [])));
    return {
      frame,
      marks: [
        ...frame.marks,
        ["path", {
          d: bars(1), fill: "none", stroke: COLOURS.blue, "stroke-width": 2, "data-mark": "up",
        }],
        ["path", {
          d: bars(-1), fill: "none", stroke: COLOURS.vermillion, "stroke-width": 2,
          "stroke-dasharray": "3 2", "data-mark": "down",
        }],
        lineMark([[frame.left, frame.y(0)], [frame.right, frame.y(0)]], COLOURS.grey, 1),
        ...(moment.votes.some((vote) => vote !== 0) ? [] : [textMark(
          (frame.left + frame.right) / 2, frame.y(0) - 10, "no point has a vote here",
          { "text-anchor": "middle" })]),
      ],
    };
  },
};

/** What is voted on, in words; the output bias belongs to no unit. */
export function parameterName(name, unit) {
  return name === "b2" ? name : `${name} of unit ${unit}`;
}
