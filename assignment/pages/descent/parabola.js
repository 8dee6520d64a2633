// The loss over theta: the slope where descent stands, the way it came, and what one guesses.

import { clamped, linearAxis, plotFrame, short } from "../axes.js";
import { clipMark, COLOURS, lineMark, pathData, textMark } from "../svg.js";
import {
  arrowMarks, calm, dotMark, groupMark, haloText, handleMark, hundredth, pathMarks, PATH_STYLES,
} from "./marks.js";
import { aloneCurve } from "./scene.js";
import { DESCENT_LIMITS } from "./state.js";

const TANGENT_REACH = 85; // pixels, on both sides
const STRIP = 26; // room below the curve, for what happens on the axis of theta
const LABEL_WIDTH = 96; // pixels, of the slope in words

/** `look`: the guess, the optimum if it is known, `asking` while the next step is to be predicted. */
export function parabolaPlot(scene, look, width, height) {
  const { window, tallest, state } = scene;
  const under = (tallest * STRIP) / (height - 66 - STRIP);
  const heights = linearAxis(-under, tallest, 6);
  heights.ticks = heights.ticks.filter(([value]) => value >= 0);
  const frame = plotFrame(width, height, linearAxis(...window, width < 420 ? 6 : 9), heights, {
    x: "θ", y: "loss L(θ)",
  });
  return {
    frame,
    marks: [
      groupMark(frame.marks),
      clipMark(frame, [
        lineMark([[frame.left, frame.y(0)], [frame.right, frame.y(0)]], COLOURS.grey, 1),
        ...(state.fog ? [] : [curveMark(frame, scene.curve, COLOURS.grey, 2.5)]),
        ...drawnCurve(frame, scene),
        ...optimumMarks(frame, look.best),
        ...walkedMarks(frame, scene),
        ...tangentMarks(frame, scene),
      ]),
      groupMark(look.asking ? [] : stepMarks(frame, scene)),
      groupMark(labels(frame, scene, look)),
      guessHandle(frame, look),
      thetaHandle(frame, scene),
    ],
  };
}

function curveMark({ x, y }, curve, colour, width, more = {}) {
  return lineMark(curve.map(([theta, loss]) => [x(theta), y(loss)]), colour, width, more);
}

/** What the point that led here makes of the loss, alone: SGD took its step on this curve. */
function drawnCurve(frame, scene) {
  const { drawn } = scene;
  if (drawn === null) return [];
  return [curveMark(frame, aloneCurve(scene, drawn), COLOURS.vermillion, 1.6, {
    "stroke-dasharray": "2 4", "data-alone": drawn,
  })];
}

function walkedMarks({ x, y }, { racers }) {
  return racers.toReversed().flatMap(({ name, thetas, losses }) => [
    ...pathMarks(name, thetas.map((theta, k) => [x(theta), y(losses[k])])),
    ["circle", {
      cx: hundredth(x(thetas[0])), cy: hundredth(y(losses[0])), r: 6, fill: COLOURS.white,
      stroke: PATH_STYLES[name].colour, "stroke-width": 2,
    }],
    dotMark(name, x(thetas.at(-1)), y(losses.at(-1)), 6),
  ]);
}

/** The line that touches the curve at theta: as steep as the gradient says. */
function tangentMarks({ x, y }, { now }) {
  const [dx, dy] = [x(1) - x(0), y(now.gradient) - y(0)];
  const share = TANGENT_REACH / Math.hypot(dx, dy);
  const [cx, cy] = [x(now.theta), y(now.loss)];
  const ends = [-share, share].map((part) => [cx + part * dx, cy + part * dy]);
  return [lineMark(ends, COLOURS.ink, 2.5, { "data-part": "tangent" })];
}

/** On the axis: from theta to where the next step leads. */
function stepMarks(frame, { now, next, lead }) {
  const here = frame.x(now.theta);
  if (lead.name === "sgd" || here < frame.left || here > frame.right) return [];
  const low = frame.y(0) + 9;
  const to = clamped(frame.left, frame.x(next), frame.right);
  return [
    lineMark([[here, frame.y(now.loss)], [here, low]], COLOURS.blue, 1.2, {
      "stroke-dasharray": "2 3",
    }),
    ...arrowMarks([here, low], [to, low], COLOURS.blue, { width: 3.2 }),
  ];
}

function optimumMarks({ x, top, bottom }, best) {
  if (best === null) return [];
  return [lineMark([[x(best), top], [x(best), bottom]], COLOURS.green, 2.2, {
    "stroke-dasharray": "9 5", "data-part": "optimum",
  })];
}

/** The slope stands outside the bowl: no path of full descent comes there, nor the next step. */
function slopeLabel({ x, y, left, right, top }, now) {
  const [cx, cy] = [x(now.theta), y(now.loss)];
  const side = now.gradient < 0 ? -1 : 1;
  const far = cx + side * (14 + LABEL_WIDTH);
  const isRoomy = far > left && far < right;
  const [toward, down] = isRoomy ? [side, 26] : [-side, -10];
  return haloText(
    cx + 14 * toward, clamped(top + 16, cy + down, y(0) + 21), `slope ${calm(now.gradient)}`, {
      "text-anchor": toward > 0 ? "start" : "end", "font-weight": 600, "font-size": 16,
      "data-part": "slope",
    });
}

function labels(frame, { now, lead }, { best, guess }) {
  const x = frame.x(now.theta);
  const inside = x >= frame.left && x <= frame.right;
  const away = haloText(
    x < frame.left ? frame.left + 6 : frame.right - 6, frame.top + 18,
    `θ = ${short(lead.theta, 4)} is out of the picture`,
    { "text-anchor": x < frame.left ? "start" : "end", "font-weight": 600 },
  );
  const optimum = best === null ? [] : [haloText(frame.x(best) + 7, frame.top + 16,
    `optimum ${short(best, 4)}`, { "font-weight": 600 })];
  const hint = guess === null
    ? [textMark(2, frame.height - 5, "drag me", { "data-waits": "" })] : [];
  return [...optimum, inside ? slopeLabel(frame, now) : away, ...hint];
}

function thetaHandle({ x, y, left, right, top }, { lead }) {
  const [cx, cy] = [clamped(left, x(lead.theta), right), Math.max(top, y(lead.loss))];
  const { colour } = PATH_STYLES[lead.name];
  return handleMark("theta", 0, {
    x: cx, y: cy, reach: 18, label: "Theta. Arrow keys move it, a new path starts there",
    value: lead.theta, limits: DESCENT_LIMITS.theta, says: `theta ${short(lead.theta, 4)}`,
  }, [["rect", {
    x: hundredth(cx - 7), y: hundredth(cy - 7), width: 14, height: 14, fill: colour,
    stroke: COLOURS.white, "stroke-width": 2,
  }]]);
}

/** A triangle on the axis; it waits in the corner below the axes until somebody guesses. */
function guessHandle({ x, left, right, bottom: axis }, { guess }) {
  const waits = guess === null;
  const [cx, bottom] = waits ? [left / 2, axis + 21] : [clamped(left, x(guess), right), axis];
  const corners = [[cx, bottom - 15], [cx - 9, bottom], [cx + 9, bottom]];
  return handleMark("guess", 0, {
    x: cx, y: bottom - 6, label: "Marker of the guess, on the axis of theta",
    value: guess ?? 0, limits: DESCENT_LIMITS.theta,
    says: waits ? "no guess yet" : `guess ${short(guess, 4)}`,
    more: waits ? { "data-waits": "" } : {},
  }, [["path", {
    d: `${pathData(corners)}Z`, fill: waits ? COLOURS.white : COLOURS.green, stroke: COLOURS.green,
    "stroke-width": waits ? 1.5 : 2, "stroke-dasharray": waits ? "3 2" : "none",
  }]]);
}
