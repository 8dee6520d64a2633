// What is seen, in words and numbers: for everybody, and for those who hear the page.

import { short, thousands } from "../axes.js";
import { numbersTable } from "../figure.js";
import { evaluate, lossAlong } from "../network.js";
import { targetKinks } from "../views/plane.js";
import { parameterName } from "../views/votes.js";

const NEAR = 0.02; // as in the homework: an elbow this close stands on a kink

/** One run at one moment, in two or three sentences. */
export function accountOf(moment, unit) {
  const { run, step, snapshot, inside, elbows, silent } = moment;
  const kinks = targetKinks(run.dataset.heights).map((kink) => kink[0]);
  const met = kinks.filter((kink) => elbows.some((elbow) => isNear(elbow, kink))).length;
  const near = elbows.filter((elbow) => kinks.some((kink) => isNear(elbow, kink))).length;
  return [
    `${run.title}, step ${thousands(step)}: training loss ${short(snapshot.trainLoss)}, `
    + `test loss ${short(snapshot.testLoss)}.`,
    `${inside.filter(Boolean).length} of ${elbows.length} elbows lie in 0 to 1; ${near} stand `
    + `within ${NEAR} of a kink of the target, and ${met} of its ${kinks.length} kinks have one.`,
    ...silentSentence(silent),
    ...(unit === null ? [] : [unitSentence(moment, unit)]),
  ].join(" ");
}

function isNear(elbow, kink) {
  return elbow !== null && Math.abs(elbow - kink) <= NEAR;
}

function silentSentence(silent) {
  const count = silent.filter(Boolean).length;
  if (!count) return [];
  return [count === 1
    ? "1 unit is silent at every training point and does not learn."
    : `${count} units are silent at every training point and do not learn.`];
}

function unitSentence({ snapshot, elbows, jumps }, unit) {
  const elbow = elbows[unit] === null ? "no elbow" : `elbow ${short(elbows[unit], 4)}`;
  return `Unit ${unit}: ${elbow}, slope jump ${short(jumps[unit], 4)}, `
    + `w1 ${short(snapshot.w1[unit], 4)}, b1 ${short(snapshot.b1[unit], 4)}, `
    + `w2 ${short(snapshot.w2[unit], 4)}.`;
}

/** What two of the views show, in words; a list of sentences. */
export function deeperAccount(moment, shown, votesOn) {
  return [
    ...(shown.includes("votes") ? [votesSentence(moment, votesOn)] : []),
    ...(shown.includes("along") ? [alongSentence(moment)] : []),
  ];
}

function votesSentence({ votes, voter, run }, votesOn) {
  const on = parameterName(votesOn, voter);
  const count = votes.filter((vote) => vote !== 0).length;
  if (!count) return `No point has a vote on ${on}.`;
  const loudest = votes.reduce((best, vote, i) => (Math.abs(vote) > Math.abs(votes[best]) ? i : best), 0);
  return `${count} of ${votes.length} points have a vote on ${on}; the loudest, at `
    + `x = ${short(run.dataset.x[loudest])}, pulls it ${votes[loudest] < 0 ? "up" : "down"}.`;
}

function alongSentence({ run, snapshot, gradients }) {
  const { stepSize, layers } = run.settings;
  const [now, then] = lossAlong(snapshot, gradients(), run.dataset, [0, stepSize], layers);
  return `One full step of size ${stepSize} from here leads from a loss of ${short(now, 4)} to `
    + `${short(then, 4)}.`;
}

/** All numbers of a moment as plain data, in full precision. */
export function numbersOf(moment) {
  const { run, step, snapshot, elbows, jumps, pieces } = moment;
  const gradients = moment.gradients();
  const list = (values) => Array.from(values);
  return {
    title: run.title,
    settings: run.settings,
    step,
    train_loss: snapshot.trainLoss,
    test_loss: snapshot.testLoss,
    params: { w1: list(snapshot.w1), b1: list(snapshot.b1), w2: list(snapshot.w2), b2: snapshot.b2 },
    gradient: {
      w1: list(gradients.w1), b1: list(gradients.b1), w2: list(gradients.w2), b2: gradients.b2,
    },
    elbows,
    slope_jumps: jumps,
    pieces,
  };
}

/** Tables of those numbers. */
export function numberTables(moment, votesOn) {
  const { snapshot, elbows, jumps, pieces } = moment;
  const gradients = moment.gradients();
  const units = elbows.map((elbow, unit) => [
    unit, elbow, jumps[unit], snapshot.w1[unit], snapshot.b1[unit], snapshot.w2[unit],
    gradients.w1[unit], gradients.b1[unit], gradients.w2[unit],
  ]);
  const names = ["unit", "elbow", "slope jump", "w1", "b1", "w2",
    "gradient of w1", "of b1", "of w2"];
  return [
    table(`${moment.run.title}, step ${thousands(moment.step)}: losses and output bias`,
      ["training loss", "test loss", "b2", "gradient of b2"],
      [[snapshot.trainLoss, snapshot.testLoss, snapshot.b2, gradients.b2]]),
    table("Units (gradient of the loss over all training points)", names, units),
    ...(moment.votes ? [pointTable(moment, votesOn)] : []),
    table("Pieces of the learned function", ["from x", "to x", "slope"],
      pieces.map(({ from, to, slope }) => [from, to, slope])),
  ];
}

function pointTable({ run, snapshot, votes, voter }, votesOn) {
  const outputs = evaluate(snapshot, run.dataset.x);
  const rows = Array.from(outputs, (output, i) => (
    [i, run.dataset.x[i], run.dataset.y[i], output, votes[i]]));
  return table("Training points", ["point", "x", "y", "output",
    `contribution to the gradient of ${parameterName(votesOn, voter)}`], rows);
}

function table(caption, names, rows) {
  return numbersTable(caption, names, rows.map((row) => row.map(shown)));
}

/** Ten digits, which is more than the six that recorded weights have. */
function shown(value) {
  if (value === null) return "none";
  return Number.isInteger(value) ? String(value) : short(value, 10);
}
