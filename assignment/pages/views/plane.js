// The plane of elbow against slope jump: units travel to the kinks of the target, or miss them.

import { clamped, linearAxis, plotFrame, symmetricLogAxis } from "../axes.js";
import { KNOTS } from "../data.js";
import { COLOURS, crossMark, diamondData, lineMark, textMark } from "../svg.js";
import { targetStairs } from "./slopes.js";
import { nearest, unitStyle } from "./units.js";

const [LEFT, RIGHT] = [-0.2, 1.2]; // elbows further out stand at the edge
const LINEAR = 0.1; // jumps below this hardly show in the function
const LEAST_LIMIT = 30;
const MEETING = 0.02; // elbows this close bend the function as one

export const planeView = {
  name: "plane",
  title: "Elbow against slope jump",
  question: "q2g, q2h",
  share: 0.44, // of its width, in height
  lowest: 280,
  keys: [
    ["unit, slope jumps up", ["circle", { cx: 14, cy: 7, r: 5, fill: COLOURS.blue }]],
    ["down", ["circle", { cx: 14, cy: 7, r: 5, fill: COLOURS.vermillion }]],
    ["silent at every point",
      ["circle", { cx: 14, cy: 7, r: 4.5, fill: COLOURS.white, stroke: COLOURS.grey, "stroke-width": 2 }]],
    ["kink of the target", crossMark(14, 7, 5, COLOURS.black)],
    ["sum of several at one place", diamondMark(14, 7, 6)],
    ["way so far", lineMark([[0, 7], [28, 7]], COLOURS.blue, 1.2, { opacity: 0.6 })],
  ],

  scale(moments) {
    const sizes = moments.flatMap(({ run, jumps }) => [
      ...jumps, ...targetKinks(run.dataset.heights).map((kink) => kink[1]),
    ]).filter(Number.isFinite).map(Math.abs);
    return symmetricLogAxis(Math.min(1e4, Math.max(LEAST_LIMIT, ...sizes)), LINEAR);
  },

  draw({ moment, focus, trail }, axis, width, height) {
    const frame = plotFrame(width, height, linearAxis(LEFT, RIGHT, 7), axis, {
      x: "elbow", y: "jump of the slope at the elbow",
    });
    const place = (elbow, jump) => placeOf(frame, elbow, jump);
    const middle = frame.y(0);
    return {
      frame,
      marks: [
        ...frame.marks,
        lineMark([[frame.left, middle], [frame.right, middle]], COLOURS.grey, 1),
        ...trailMarks(trail, moment, focus, place),
        ...targetKinks(moment.run.dataset.heights).map(([x, jump]) => (
          crossMark(frame.x(x), frame.y(jump), 7, COLOURS.black, 2.2))),
        ...sumsOfNeighbours(moment).map(([x, jump]) => diamondMark(frame.x(x), frame.y(jump), 8)),
        ...unitMarks(moment, focus, place),
        ...beyondMarks(frame, moment.elbows),
      ],
    };
  },

  /** The unit whose dot is nearest to the pointer, or null. */
  pick({ moment }, frame, [x, y]) {
    return nearest(moment.elbows.map((elbow, unit) => {
      const [unitX, unitY] = placeOf(frame, elbow, moment.jumps[unit]);
      return elbow === null ? Infinity : Math.hypot(unitX - x, unitY - y);
    }));
  },
};

/** Where a unit stands, in pixels: at the edge, if it is further out. */
function placeOf(frame, elbow, jump) {
  if (elbow === null) return [NaN, NaN];
  const x = frame.x(clamped(LEFT, elbow, RIGHT));
  return [x, clamped(frame.top, frame.y(jump), frame.bottom)];
}

/** The sum of the jumps of units whose elbows nearly meet inside [0, 1], as [elbow, jump]. */
function sumsOfNeighbours({ elbows, inside, jumps }) {
  const units = elbows.map((elbow, unit) => [elbow, jumps[unit]]).filter((_, unit) => inside[unit])
    .sort((a, b) => a[0] - b[0]);
  const groups = [];
  for (const unit of units) {
    const last = groups.at(-1);
    if (last && unit[0] - last[0][0] <= MEETING) last.push(unit);
    else groups.push([unit]);
  }
  const sum = (group, part) => group.reduce((total, unit) => total + unit[part], 0);
  return groups.filter((group) => group.length > 1)
    .map((group) => [sum(group, 0) / group.length, sum(group, 1)]);
}

function diamondMark(x, y, size) {
  return ["path", {
    d: diamondData(x, y, size), fill: "none", stroke: COLOURS.ink, "stroke-width": 1.6, "data-mark": "sum",
  }];
}

/** How many units are further out than the plot shows. */
function beyondMarks(frame, elbows) {
  const left = elbows.filter((elbow) => elbow !== null && elbow < LEFT).length;
  const right = elbows.filter((elbow) => elbow > RIGHT).length;
  const high = { "font-weight": 600 };
  return [
    ...(left ? [textMark(frame.left + 4, frame.top + 14, `← ${left} beyond`, high)] : []),
    ...(right ? [textMark(frame.right - 4, frame.top + 14, `${right} beyond →`,
      { ...high, "text-anchor": "end" })] : []),
  ];
}

/** Where the target bends, and by how much its slope jumps there, as [x, jump]. */
export function targetKinks(heights) {
  const slopes = targetStairs(heights).filter((_, place) => place % 2 === 0).map((s) => s[1]);
  return slopes.slice(1).map((slope, k) => [KNOTS[k + 1], slope - slopes[k]]);
}

/** The way of each unit so far; `trail` is a list of {elbows, jumps}, the oldest first. */
function trailMarks(trail, moment, focus, place) {
  return moment.elbows.map((_, unit) => {
    const { colour } = unitStyle(moment.jumps[unit]);
    const points = trail.map(({ elbows, jumps }) => place(elbows[unit], jumps[unit]));
    const chosen = unit === focus;
    const opacity = focus === null ? 0.5 : chosen ? 1 : 0.15;
    return lineMark(points, colour, chosen ? 3 : 1.2, { opacity });
  });
}

function unitMarks(moment, focus, place) {
  return moment.elbows.flatMap((elbow, unit) => {
    if (elbow === null) return [];
    const [cx, cy] = place(elbow, moment.jumps[unit]).map((pixel) => pixel.toFixed(2));
    const { colour } = unitStyle(moment.jumps[unit]);
    const silent = moment.silent[unit];
    const dot = ["circle", {
      cx, cy, r: unit === focus ? 7 : 5, fill: silent ? COLOURS.white : colour,
      stroke: unit === focus ? COLOURS.ink : silent ? COLOURS.grey : COLOURS.white,
      "stroke-width": unit === focus ? 2.5 : 1.2, "data-unit": unit,
    }];
    return unit === focus
      ? [dot, textMark(Number(cx) + 10, Number(cy) - 8, `unit ${unit}`, {
        "font-weight": 600, stroke: COLOURS.white, "stroke-width": 3, "paint-order": "stroke",
      })]
      : [dot];
  });
}
