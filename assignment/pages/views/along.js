// The loss along the gradient: what one full step of any size would lead to, from here.

import { extent, linearAxis, padded, plotFrame, roundLimits, short } from "../axes.js";
import { lossAlong } from "../network.js";
import { COLOURS, clipMark, lineMark, textMark } from "../svg.js";

const POINTS = 32;
const WIDTHS = [1.5, 2.5, 4, 6, 10, 16, 25, 40]; // that the plot may have, in own step sizes

export const alongView = {
  name: "along",
  title: "Loss along the gradient",
  question: "q1b_iii",
  share: 0.32, // of its width, in height
  keys: [
    ["loss after one step of full gradient descent", lineMark([[0, 7], [28, 7]], COLOURS.blue, 2.5)],
    ["your step size", lineMark([[14, 0], [14, 14]], COLOURS.vermillion, 2.5)],
    ["loss now", lineMark([[0, 7], [28, 7]], COLOURS.grey, 1.5, { "stroke-dasharray": "2 3" })],
  ],

  /** Every run has limits of its own here: its step size and its loss. */
  scale: () => null,

  draw({ moment }, _, width, height) {
    const { stepSize } = moment.run.settings;
    const limit = widest(moment, stepSize);
    const sizes = Array.from({ length: POINTS + 1 }, (__, i) => (i / POINTS) * limit);
    const losses = Array.from(lossesAt(moment, sizes));
    const now = losses[0];
    const shown = losses.map((loss) => Math.min(loss, 2.5 * now));
    const frame = plotFrame(width, height, linearAxis(0, limit, 5),
      linearAxis(...padded(extent([...shown, 0.98 * now]))), { x: "step size", y: "loss" });
    const own = frame.x(stepSize);
    return {
      frame,
      marks: [
        ...frame.marks,
        clipMark(frame, [
          lineMark([[frame.left, frame.y(now)], [frame.right, frame.y(now)]], COLOURS.grey, 1.5, { "stroke-dasharray": "2 3" }),
          lineMark(sizes.map((size, i) => [frame.x(size), frame.y(losses[i])]), COLOURS.blue, 2.5, {
            "data-mark": "loss",
          }),
          lineMark([[own, frame.top], [own, frame.bottom]], COLOURS.vermillion, 2.5, { "data-mark": "own" }),
        ]),
        textMark(own + 5, frame.top + 14, short(stepSize)),
      ],
    };
  },
};

function lossesAt({ run, snapshot, gradients }, sizes) {
  return lossAlong(snapshot, gradients(), run.dataset, sizes, run.settings.layers);
}

/** A round step size so large that the loss rises again, or many times the own one. */
function widest(moment, stepSize) {
  const sizes = [0, ...WIDTHS.map((width) => width * stepSize)];
  const [now, ...losses] = lossesAt(moment, sizes);
  const rises = losses.findIndex((loss) => !(loss < 1.1 * now));
  return roundLimits([0, sizes[1 + (rises < 0 ? losses.length - 1 : rises)]], 4)[1];
}
