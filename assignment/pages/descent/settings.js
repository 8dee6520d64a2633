// The controls above the plots: step, run, model, theta, step size, which kind of descent.

import {
  button, choiceList, element, labelled, numberField, showNumber, tickBox,
} from "../controls.js";
import { MODELS } from "./model.js";
import { isOver } from "./scene.js";
import { countsLooks, DESCENT_LIMITS, HEIGHTS_SHOWN, PACES, WAYS } from "./state.js";
import { allow, switchButton } from "./switches.js";

// The slider of the step size: from 0.001, a thousand places, up to about 3.
const SLIDER_PLACES = 1000;
const [LEAST_POWER, POWERS] = [-3, 3.5];
const THETA_BY_KEY = 0.1;

/** `page` has `change(values)`, `steps(n)` and `run()`. */
export function makeDescentControls(page) {
  const field = (name, limits, choose) => {
    const [min, max] = DESCENT_LIMITS[limits];
    return numberField(name, { min, max, whole: limits === "seed", value: 0 }, choose);
  };
  const parts = {
    one: switchButton("One step", () => page.steps(1), { class: "main" }),
    run: switchButton("Run", () => page.run(), { "data-part": "run" }),
    many: switchButton("25 steps", () => page.steps(25)),
    over: button("Start over", () => page.change({ steps: 0 })),
    walked: labelled("Steps taken", element("input", {
      type: "range", min: 0, max: 25, step: 1, value: 0,
      input: (event) => page.change({ steps: event.target.valueAsNumber }),
    })),
    model: choiceList("Model", MODELS, "", (model) => page.change({ model })),
    theta: nudgedField(field("θ", "theta", (theta) => page.change({ theta, steps: 0 })), THETA_BY_KEY),
    slider: labelled("Step size", element("input", {
      type: "range", min: 0, max: SLIDER_PLACES, step: 1, value: 0,
      input: (event) => page.change({ step_size: sliderStepSize(event.target.valueAsNumber) }),
    })),
    stepSize: field("Step size, typed", "step_size", (value) => page.change({ step_size: value })),
    way: choiceList("Descent", WAYS, "", (descent) => page.change({ descent })),
    seed: field("Seed of SGD", "seed", (seed) => page.change({ seed })),
    fog: tickBox("Fog: hide the curve", false, (fog) => page.change({ fog })),
    height: choiceList("Show", HEIGHTS_SHOWN, "", (height) => page.change({ height })),
    pace: choiceList("Race by", PACES, "", (pace) => page.change({ pace })),
  };
  parts.count = element("span", { class: "numbers" });
  parts.walked.classList.add("grow");
  parts.walked.append(parts.count);
  parts.stepSize.firstElementChild.className = "spoken";
  return parts;
}

/** A field whose arrow keys go by one amount, also below 0. */
function nudgedField(label, amount) {
  const input = label.querySelector("input");
  label.addEventListener("keydown", (event) => {
    const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    if (!sign) return;
    event.preventDefault();
    event.stopPropagation();
    input.value = Number((input.valueAsNumber + sign * amount).toPrecision(10));
    input.dispatchEvent(new Event("change"));
  }, true);
  return label;
}

function sliderStepSize(place) {
  return Number((10 ** (LEAST_POWER + (POWERS * place) / SLIDER_PLACES)).toPrecision(3));
}

function sliderPlace(stepSize) {
  const power = Math.log10(Math.max(stepSize, 10 ** LEAST_POWER));
  return Math.round(((power - LEAST_POWER) / POWERS) * SLIDER_PLACES);
}

/** Show the state in the controls. */
export function paintDescentControls(parts, scene, running) {
  const { state, lead, racers, reached } = scene;
  const put = (label, value, tag = "input") => {
    const control = label.querySelector(tag);
    control.value = value;
    return control;
  };
  for (const [name, value] of [
    ["model", state.model], ["way", state.descent], ["height", state.height], ["pace", state.pace],
  ]) put(parts[name], value, "select");
  showNumber(parts.theta, Number(lead.theta.toPrecision(6)));
  showNumber(parts.stepSize, state.step_size);
  showNumber(parts.seed, state.seed);
  put(parts.slider, sliderPlace(state.step_size)).setAttribute("aria-valuetext", state.step_size);
  parts.fog.querySelector("input").checked = state.fog;
  const walked = parts.walked.querySelector("input");
  walked.max = Math.max(walked.max, state.steps);
  walked.value = state.steps;
  parts.count.textContent = String(reached);
  nameSteps(parts, countsLooks(state));
  for (const name of ["one", "many", "run"]) allow(parts[name], !isOver(scene));
  parts.seed.hidden = state.descent === "full";
  parts.pace.hidden = racers.length < 2;
  parts.run.textContent = running ? "Pause" : "Run";
}

/** Name what is counted: a step of full descent is many points looked at. */
function nameSteps({ one, many, walked }, looks) {
  const name = looks ? "Points looked at" : "Steps taken";
  one.textContent = looks ? "One point" : "One step";
  many.textContent = looks ? "25 points" : "25 steps";
  walked.querySelector(".name").textContent = name;
  walked.querySelector("input").setAttribute("aria-label", name);
}
