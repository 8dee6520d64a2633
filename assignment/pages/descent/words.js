// What is seen, in words.

import { short, thousands } from "../axes.js";
import { calm, settled } from "./marks.js";
import { isAtRest } from "./scene.js";
import { countsLooks } from "./state.js";
import { DIVERGED_BEYOND, MOST_DESCENT_STEPS } from "./steps.js";

/**
 * A whole account for a screen reader, and for everybody once things stand still. Nothing of what
 * comes next while a prediction is asked for.
 */
export function accountWords(scene, asking) {
  if (asking) return `${whereWords(scene)} ${slopeNow(scene)}.`;
  return [
    whereWords(scene), ...drawWords(scene), slopeWords(scene),
    votesWords(scene.now.votes.map(settled)), ...trendWords(scene), ...divergedWords(scene),
  ].join(" ");
}

/** What was chosen, for those who have it on paper. */
export function chosenWords({ state, racers }) {
  const ways = racers.map(({ name }) => (
    name === "sgd" ? `SGD (seed ${state.seed})` : spokenWay({ name })));
  const taken = new Set(racers.map((racer) => counted(racer.taken, "step")));
  return `Chosen: ${modelName(state).toLowerCase()}, ${state.points.length} points, `
    + `${ways.join(" and ")} from θ = ${short(state.theta, 6)}, step size `
    + `${short(state.step_size, 6)}, ${[...taken].join(" and ")} taken.`;
}

function modelName({ model }) {
  return model === "constant" ? "Constant model" : "Linear model";
}

function whereWords({ state, racers, lead }) {
  const taken = racers.map((racer) => {
    const looks = ` (${counted(racer.taken * racer.stride, "point")} looked at)`;
    return `θ = ${short(racer.theta, 4)} after ${counted(racer.taken, "step")} of `
      + `${spokenWay(racer)}${countsLooks(state) ? looks : ""}`;
  });
  return `${modelName(state)}, ${taken.join("; ")}, step size ${short(state.step_size, 4)}. Loss `
    + `${short(lead.loss, 4)}.`;
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

function slopeNow({ now }) {
  return `The slope of the loss at θ is ${calm(now.gradient, 4)}`;
}

function slopeWords(scene) {
  const { now, next, lead } = scene;
  const slope = slopeNow(scene);
  if (settled(now.gradient) === 0) return `${slope}: practically level.`;
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
  const { lead, reached, state } = scene;
  if (isAtRest(scene)) return ["Descent has come to rest."];
  if (lead.name === "full" && lead.taken > 0 && lead.diverged === null) {
    const [before, after] = lead.losses.slice(-2);
    if (after > before * (1 + 1e-9)) { // more than rounding
      return [`The last step made the loss larger (${short(before)} before): a step of this size is `
        + "too long here."];
    }
  }
  if (reached < MOST_DESCENT_STEPS) return [];
  return [`The page goes no further than ${thousands(MOST_DESCENT_STEPS)} ${
    countsLooks(state) ? "points looked at" : "steps"}.`];
}

/** A sentence for each path that ran away. */
export function divergedWords({ racers, state }) {
  return racers.filter(({ diverged }) => diverged !== null).map(({ name, diverged }) => (
    `${name === "sgd" ? "SGD" : "Full gradient descent"} diverged at step `
    + `${thousands(diverged)} with step size ${state.step_size}: θ is beyond `
    + `${thousands(DIVERGED_BEYOND)}. A smaller step size may save it.`));
}

/** One point: where it lies, what the model says there, and, once it may be told, how it votes. */
export function pointWords({ state, now }, place, asking) {
  const [x, y] = state.points[place];
  const said = now.predictions[place];
  const model = `Point ${place}: x = ${short(x)}, y = ${short(y)}. The model says ${short(said)}, `
    + amiss(said - y);
  if (asking) return `${model}.`;
  const vote = settled(now.votes[place]);
  const total = now.votes.reduce((sum, value) => sum + Math.abs(value), 0);
  const percent = Math.round((100 * Math.abs(vote)) / total);
  const push = vote === 0 ? "it does not push θ" : `it pushes θ ${vote > 0 ? "up" : "down"} by `
    + `${short(Math.abs(vote))} (${percent}% of all pushes)`;
  return `${model}; ${push}.`;
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
  const rival = racers.slice(1).flatMap(({ taken, theta, loss }) => [
    ["SGD: step", thousands(taken)], ["θ", short(theta, 4)], ["loss", short(loss, 4)],
  ]);
  return [
    [rival.length ? "full gradient: step" : "step", thousands(lead.taken)],
    ["θ", short(now.theta, 4)], ["loss", short(now.loss, 4)],
    ["slope (gradient)", calm(now.gradient, 4)], ...rival,
  ];
}
