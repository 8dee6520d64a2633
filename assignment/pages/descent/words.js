// What is seen, in words.

import { short, thousands } from "../axes.js";
import { calm } from "./marks.js";
import { isAtRest } from "./scene.js";
import { DIVERGED_BEYOND, MOST_DESCENT_STEPS } from "./steps.js";

/** A whole account for a screen reader, and for everybody once things stand still. */
export function accountWords(scene, revealed) {
  return [
    whereWords(scene), ...drawWords(scene), slopeWords(scene), votesWords(scene.now.votes),
    ...trendWords(scene), ...divergedWords(scene), ...(revealed ? [revealed] : []),
  ].join(" ");
}

function whereWords({ state, racers, lead }) {
  const taken = racers.map((racer) => (
    `θ = ${short(racer.theta, 4)} after ${counted(racer.taken, "step")} of ${spokenWay(racer)}`));
  return `${state.model === "constant" ? "Constant" : "Linear"} model, ${taken.join("; ")}, step size `
    + `${short(state.step_size, 4)}. Loss ${short(lead.loss, 4)}.`;
}

function spokenWay({ name }) {
  return name === "sgd" ? "SGD" : "full gradient descent";
}

function counted(n, thing) {
  return `${thousands(n)} ${thing}${n === 1 ? "" : "s"}`;
}

function drawWords({ drawn, state }) {
  if (drawn === null) return [];
  const [x, y] = state.points[drawn];
  return [`The last SGD step drew point ${drawn} (x = ${short(x)}, y = ${short(y)}) and looked at `
    + "it alone."];
}

function slopeWords({ now, next, lead }) {
  const slope = `The slope of the loss at θ is ${calm(now.gradient, 4)}`;
  if (Math.abs(now.gradient) < 1e-7) return `${slope}: practically level.`;
  const side = now.gradient > 0 ? "larger" : "smaller";
  if (lead.name === "sgd") return `${slope}: uphill is towards ${side} θ.`;
  return `${slope}: uphill is towards ${side} θ, and the next step goes the other way, to `
    + `${short(next, 4)}.`;
}

/** Who pushes theta where, and who is loudest. */
function votesWords(votes) {
  const up = votes.filter((vote) => vote > 0).length;
  const down = votes.filter((vote) => vote < 0).length;
  const still = votes.length - up - down;
  const loud = votes.map(Math.abs);
  const total = loud.reduce((sum, size) => sum + size, 0);
  const loudest = loud.indexOf(Math.max(...loud));
  const percent = Math.round((100 * loud[loudest]) / total);
  const share = total > 0
    ? ` The loudest is point ${loudest}, with ${percent}% of all that is pushed.` : "";
  const silent = still ? `, ${still} ${still === 1 ? "does" : "do"} not push` : "";
  return `Votes: ${up} push${up === 1 ? "es" : ""} θ up, ${down} down${silent}.${share}`;
}

/** Whether full descent has arrived, or goes the wrong way. */
function trendWords(scene) {
  const { lead, reached } = scene;
  if (isAtRest(scene)) return ["Descent has come to rest."];
  if (lead.name === "full" && lead.taken > 0 && lead.diverged === null) {
    const [before, after] = lead.losses.slice(-2);
    if (after > before * (1 + 1e-9)) { // more than rounding
      return [`The last step made the loss larger (${short(before)} before): a step of this size is `
        + "too long here."];
    }
  }
  if (reached < MOST_DESCENT_STEPS) return [];
  return [`The page takes no more than ${thousands(MOST_DESCENT_STEPS)} steps.`];
}

/** A sentence for each path that ran away. */
export function divergedWords({ racers, state }) {
  return racers.filter(({ diverged }) => diverged !== null).map(({ name, diverged }) => (
    `${name === "sgd" ? "SGD" : "Full gradient descent"} diverged at step `
    + `${thousands(diverged)} with step size ${state.step_size}: θ is beyond `
    + `${thousands(DIVERGED_BEYOND)}. A smaller step size may save it.`));
}

/** One point: where it lies, what the model says there, and how it votes. */
export function pointWords({ state, now }, place) {
  const [x, y] = state.points[place];
  const said = now.predictions[place];
  const vote = now.votes[place];
  const total = now.votes.reduce((sum, value) => sum + Math.abs(value), 0);
  const percent = Math.round((100 * Math.abs(vote)) / total);
  const push = vote === 0 ? "it does not push θ" : `it pushes θ ${vote > 0 ? "up" : "down"} by `
    + `${short(Math.abs(vote))} (${percent}% of all pushes)`;
  return `Point ${place}: x = ${short(x)}, y = ${short(y)}. The model says ${short(said)}, `
    + `${amiss(said - y)}; ${push}.`;
}

function amiss(error) {
  if (Math.abs(error) < 1e-9) return "which is right";
  return `${short(Math.abs(error))} too ${error > 0 ? "much" : "little"}`;
}

/** How far a guess lies from the optimum; only for those who have guessed. */
export function guessWords({ optimum, lowest }, guess, lossThere) {
  if (optimum === null) return "There is no best θ: the loss is the same everywhere.";
  const off = Math.abs(guess - optimum);
  const praise = off < 0.05 ? " Well guessed." : "";
  return `The loss is lowest at θ = ${calm(optimum, 5)}, where it is ${calm(lowest, 4)}. Your guess `
    + `${short(guess, 4)} is off by ${short(off)}, with a loss of ${short(lossThere, 4)}.${praise}`;
}

/** What changes with every step, as [name, value]. */
export function nowWords({ now, lead, racers }) {
  const rival = racers.slice(1).flatMap(({ theta, loss }) => (
    [["SGD θ", short(theta, 4)], ["SGD loss", short(loss, 4)]]));
  return [
    ["step", thousands(lead.taken)], ["θ", short(now.theta, 4)], ["loss", short(now.loss, 4)],
    ["slope (gradient)", calm(now.gradient, 4)], ...rival,
  ];
}
