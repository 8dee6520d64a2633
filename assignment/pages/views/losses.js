// Training and test loss over the steps, and where we are.

import { extent, logAxis, plotFrame, stepAxis } from "../axes.js";
import { COLOURS, lineMark } from "../svg.js";

const TEST_DASH = { "stroke-dasharray": "7 4" };

export const lossesView = {
  name: "losses",
  title: "Loss over steps",
  question: "q2e, q2h",
  share: 0.3, // of its width, in height
  keys: [
    ["training", lineMark([[0, 7], [28, 7]], COLOURS.grey, 2.5)],
    ["test", lineMark([[0, 7], [28, 7]], COLOURS.black, 1.8, TEST_DASH)],
  ],

  /** Limits for all that the runs have seen so far. */
  scale(moments) {
    const losses = moments.flatMap(({ run }) => (
      run.snapshots.flatMap(({ trainLoss, testLoss }) => [trainLoss, testLoss])));
    const [least, greatest] = extent(losses.filter((loss) => loss > 0));
    const last = Math.max(...moments.map(({ run }) => run.settings.steps));
    return {
      steps: stepAxis(last),
      losses: least <= greatest ? logAxis(Math.max(least, 1e-12), Math.min(greatest, 1e3)) : logAxis(0.1, 1),
    };
  },

  /** The step under a pointer. */
  seek: (frame, [x]) => frame.valueX(x),

  draw({ moment }, axes, width, height) {
    const frame = plotFrame(width, height, axes.steps, axes.losses, { x: "step" });
    const curve = (name) => moment.run.snapshots.map((snapshot) => (
      [frame.x(snapshot.step), frame.y(snapshot[name])]));
    const at = frame.x(moment.step);
    const dot = (name, colour) => ["circle", {
      cx: at.toFixed(2), cy: frame.y(moment.snapshot[name]).toFixed(2), r: 5, fill: colour,
      stroke: COLOURS.white, "stroke-width": 1.5,
    }];
    return {
      frame,
      marks: [
        ...frame.marks,
        lineMark([[at, frame.top], [at, frame.bottom]], COLOURS.ink, 1.5),
        lineMark(curve("trainLoss"), COLOURS.grey, 2.5, { "data-mark": "train" }),
        lineMark(curve("testLoss"), COLOURS.black, 1.8, { ...TEST_DASH, "data-mark": "test" }),
        dot("trainLoss", COLOURS.grey),
        dot("testLoss", COLOURS.black),
      ],
    };
  },
};
