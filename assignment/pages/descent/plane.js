// The points in the plane, the model among them, its errors, and the vote of each point.

import { clamped, linearAxis, plotFrame, short } from "../axes.js";
import { clipMark, COLOURS, lineMark } from "../svg.js";
import { arrowMarks, groupMark, haloText, handleMark, hundredth, PATH_STYLES } from "./marks.js";
import { LONGEST_ARROW } from "./scene.js";
import { FARTHEST_POINT } from "./spring.js";
import { DESCENT_LIMITS } from "./state.js";

const LEAST_LEVER = 0.2; // where the line can be taken: nearer to x = 0, a pixel would be too much
const BESIDE = 11; // pixels; an arrow stands beside its point, and beside the ring around it
export const UP = { colour: COLOURS.blue, hollow: false };
export const DOWN = { colour: COLOURS.vermillion, hollow: true };

/**
 * `look`: the chosen point, the optimum, null where nobody has guessed yet, and `asking`, whether
 * a prediction is asked for, so that votes would tell too much.
 */
export function springPlot(scene, look, width, height) {
  const { plane, state } = scene;
  const frame = plotFrame(
    width, height, linearAxis(...plane.x, width < 420 ? 5 : 8), linearAxis(...plane.y, 10),
    { x: "x: stretch of the spring (cm)", y: "y: force (N)" },
  );
  return {
    frame,
    marks: [
      groupMark(frame.marks),
      clipMark(frame, [
        ...zeroLines(frame), ...stickMarks(frame, scene), ...modelLines(frame, scene, look),
      ]),
      groupMark(lineHandle(frame, scene)),
      groupMark(look.asking ? [] : voteMarks(frame, scene)),
      groupMark(state.points.map((point, i) => pointHandle(frame, scene, look, point, i))),
      groupMark(labelMarks(frame, scene, look)),
    ],
  };
}

function zeroLines({ left, right, top, bottom, x, y }) {
  return [
    lineMark([[x(0), top], [x(0), bottom]], COLOURS.grey, 1),
    lineMark([[left, y(0)], [right, y(0)]], COLOURS.grey, 1),
  ];
}

/** What a model with one parameter predicts at x. */
function predictionAt(kind, theta, x) {
  return kind === "constant" ? theta : theta * x;
}

function modelLine({ x, y }, { plane, state }, theta, colour, width, more) {
  const ends = visibleStretch(state.model, theta, plane).map((value) => (
    [x(value), y(predictionAt(state.model, theta, value))]));
  return lineMark(ends, colour, width, { "data-part": "model", ...more });
}

/** From which x to which the model lies in the plane; nowhere, perhaps, for a constant. */
function visibleStretch(kind, theta, { x: [left, right], y: [low, high] }) {
  if (kind === "constant") return theta < low || theta > high ? [] : [left, right];
  const edges = [low / theta, high / theta]; // 0 lies in every plane, so they are on both sides
  return [Math.max(left, Math.min(...edges)), Math.min(right, Math.max(...edges))];
}

function modelLines(frame, scene, { best }) {
  const lines = scene.racers.map(({ name, theta }, place) => {
    const { colour, dashes } = PATH_STYLES[name];
    return place
      ? modelLine(frame, scene, theta, colour, 2, dashes)
      : modelLine(frame, scene, theta, colour, 3, {});
  });
  if (best !== null) {
    lines.unshift(modelLine(frame, scene, best, COLOURS.green, 3, { "stroke-dasharray": "9 5" }));
  }
  return lines.reverse();
}

function stickMarks({ x, y }, { state, now }) {
  return state.points.map(([px, py], i) => (
    lineMark([[x(px), y(py)], [x(px), y(now.predictions[i])]], COLOURS.grey, 1.6)));
}

/** An arrow at each point: up where the point wants a larger theta, down for a smaller one. */
function voteMarks({ x, y, top, bottom }, { state, now, loudest }) {
  return state.points.map(([px, py], i) => {
    const vote = now.votes[i];
    const { colour, hollow } = vote > 0 ? UP : DOWN;
    const from = [x(px) + BESIDE, y(py)];
    const length = (vote / loudest) * LONGEST_ARROW * (bottom - top);
    const to = clamped(top, from[1] - length, bottom);
    return groupMark(arrowMarks(from, [from[0], to], colour, { hollow }), {
      "data-vote": i,
    });
  });
}

function pointHandle({ x, y }, { state, drawn }, { chosen }, [px, py], i) {
  const [cx, cy] = [x(px), y(py)].map(hundredth);
  const isChosen = i === chosen;
  const dot = ["circle", {
    cx, cy, r: 5.5, fill: COLOURS.black, stroke: COLOURS.white, "stroke-width": 1.2,
  }];
  const ring = (r, colour, dashes) => ["circle", {
    cx, cy, r, fill: "none", stroke: colour, "stroke-width": 2.2, "stroke-dasharray": dashes,
  }];
  return handleMark("point", i, {
    x: cx, y: cy,
    label: `Point ${i} of 0 to ${state.points.length - 1}. Arrow keys move it, Page Up and Page `
      + "Down choose another one, Delete removes it",
    value: py, limits: [-FARTHEST_POINT, FARTHEST_POINT], says: `x ${short(px)}, y ${short(py)}`,
    more: { tabindex: isChosen ? 0 : -1 },
  }, [
    dot,
    ...(isChosen ? [ring(9, COLOURS.ink, "none")] : []),
    ...(drawn === i ? [ring(12.5, COLOURS.vermillion, "5 3")] : []),
  ]);
}

/** Where the line of the model can be taken by the hand: near the right edge, or where it leaves. */
function lineHandle(frame, { plane, state, lead }) {
  const { x, y } = handlePlace(state.model, lead.theta, plane);
  const [cx, cy] = [frame.x(x), frame.y(y)];
  const { colour } = PATH_STYLES[lead.name];
  const square = ["rect", {
    x: hundredth(cx - 6), y: hundredth(cy - 6), width: 12, height: 12, fill: COLOURS.white,
    stroke: colour, "stroke-width": 2.5,
  }];
  return [handleMark("line", 0, {
    x: cx, y: cy, label: "Theta, at the line of the model",
    value: lead.theta, limits: DESCENT_LIMITS.theta, says: `theta ${short(lead.theta, 4)}`,
    more: { "data-lever": state.model === "constant" ? 1 : Math.max(LEAST_LEVER, x) },
  }, [square])];
}

function handlePlace(kind, theta, { x: [, right], y: [low, high] }) {
  const [least, greatest] = [low + 0.4, high - 0.4];
  const far = right - 0.35;
  const y = predictionAt(kind, theta, far);
  if (kind === "constant" || (y >= least && y <= greatest)) {
    return { x: far, y: clamped(least, y, greatest) };
  }
  const edge = y > greatest ? greatest : least;
  return { x: edge / theta, y: edge };
}

function labelMarks(frame, scene, { chosen, best }) {
  const { state, drawn, plane, racers } = scene;
  const named = (i, text, below) => {
    const [px, py] = state.points[i];
    return haloText(frame.x(px) - 12, frame.y(py) + (below ? 22 : -12), text, {
      "text-anchor": "end", "font-weight": 600,
    });
  };
  const unit = state.model === "constant" ? "" : " x";
  const equations = racers.map(({ name, theta }, i) => {
    const racer = racers.length > 1 ? ` (${PATH_STYLES[name].name})` : "";
    const text = `ŷ = ${short(theta)}${unit}${racer}`;
    return haloText(frame.left + 10, frame.top + 22 + 24 * i, text, {
      "font-size": 19, "font-weight": 700, fill: PATH_STYLES[name].colour,
    });
  });
  return [
    ...equations,
    ...(chosen === drawn ? [] : [named(chosen, String(chosen), false)]),
    ...(drawn === null ? [] : [named(drawn, `drawn: ${drawn}`, true)]),
    ...(best === null ? [] : [haloText(frame.left + 10, frame.y(clamped(
      plane.y[0] + 0.5, predictionAt(state.model, best, plane.x[0]), plane.y[1] - 1)) - 8,
    "optimum", { "font-weight": 600 })]),
  ];
}
