// Theta, or the loss, over the steps: one path, or a race of two.

import { clamped, extent, linearAxis, logAxis, padded, plotFrame } from "../axes.js";
import { clipMark, COLOURS, lineMark } from "../svg.js";
import { dotMark, groupMark, haloText, pathMarks } from "./marks.js";
import { countsLooks } from "./state.js";

/** `look`: the optimum if it is known. */
export function coursePlot(scene, { best }, width, height) {
  const { state, racers } = scene;
  const isLoss = state.height === "loss";
  const last = niceEnd(scene.reached);
  const frame = plotFrame(
    width, height, linearAxis(-0.012 * last, last, width < 420 ? 5 : 12),
    isLoss ? lossAxis(scene, best) : thetaAxis(scene, best), {
      x: countsLooks(state) ? "points looked at" : "steps",
      y: isLoss ? "loss (logarithmic)" : "θ",
    },
  );
  const level = isLoss ? scene.lowest : best;
  const places = racers.map(({ stride, thetas, losses }) => (isLoss ? losses : thetas)
    .map((value, k) => [frame.x(k * stride), frame.y(value)]));
  return {
    frame,
    marks: [
      groupMark(frame.marks),
      clipMark(frame, [
        ...(best === null ? [] : [lineMark(
          [[frame.left, frame.y(level)], [frame.right, frame.y(level)]], COLOURS.green, 2,
          { "stroke-dasharray": "9 5" })]),
        ...racers.flatMap(({ name }, i) => pathMarks(name, places[i])).reverse(),
        ...racers.map(({ name }, i) => dotMark(name, ...places[i].at(-1), 6)),
      ]),
      groupMark(best === null ? [] : [haloText(frame.right - 6, frame.y(level) - 6, "optimum", {
        "text-anchor": "end", "font-weight": 600,
      })]),
    ],
  };
}

/** The end of the axis of steps: it grows in jumps, so that the picture does not always move. */
function niceEnd(steps) {
  let end = 12;
  while (end <= steps) end = Math.round(end * 1.5);
  return end;
}

/** As near as the paths allow, but never so near that rounding errors look like steps. */
function thetaAxis({ racers, window: [least, greatest] }, best) {
  const thetas = racers.flatMap((racer) => racer.thetas)
    .map((theta) => clamped(least, theta, greatest));
  const [low, high] = extent(best === null ? thetas : [...thetas, best]);
  const room = Math.max(0, 1 - (high - low)) / 2;
  return linearAxis(...padded([low - room, high + room], 0.08), 5);
}

function lossAxis({ racers, lowest }, best) {
  const losses = racers.flatMap((racer) => racer.losses);
  const [low, high] = extent(best === null ? losses : [...losses, lowest]);
  const least = Math.max(low, high * 1e-12, 1e-12);
  return logAxis(...padded([least, Math.max(high, least * 10)], 0));
}
