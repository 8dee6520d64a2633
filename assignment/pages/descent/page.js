// The page: what it shows now, what can be done with it, and how all of it is drawn.

import { clamped } from "../axes.js";
import { keepKeys } from "../controls.js";
import { coursePlot } from "./course.js";
import { paintDataTools } from "./data_tools.js";
import { paintDescentFigure } from "./figure.js";
import { paintGuessTools } from "./guess_tools.js";
import { buildDescent, fillLines } from "./layout.js";
import { OneParameterModel, withEqualErrors } from "./model.js";
import { descentTables } from "./numbers.js";
import { parabolaPlot } from "./parabola.js";
import { springPlot } from "./plane.js";
import { makeStepper, wantsNoMotion } from "./run.js";
import { isAtRest, isOver, makeScenes } from "./scene.js";
import { paintDescentControls } from "./settings.js";
import { FIRST_SIGHT, linkedState, startNear, stateLink } from "./state.js";
import { MOST_DESCENT_STEPS } from "./steps.js";
import { accountWords, divergedWords, guessWords } from "./words.js";

const STILL = 500; // milliseconds without a change, after which the account is given
const AROUND_PLOTS = 480; // pixels of height that controls and words take
const PLOTS_SIDE_BY_SIDE = 820; // pixels of width

/** One page inside an element; the address is its own unless it stands in a notebook. */
export class DescentPage {
  constructor(root, ownsAddress) {
    this.root = root;
    this.ownsAddress = ownsAddress;
    this.scenes = makeScenes();
    this.state = ownsAddress ? linkedState(location.hash) : FIRST_SIGHT;
    this.limits = {}; // of the plots, while something is dragged
    this.chosen = 2; // of the points; at first the one that says most
    this.guess = null;
    this.revealed = false;
    this.asking = false; // for a prediction, until anything is changed
    this.goal = MOST_DESCENT_STEPS; // of a run
    this.runner = makeStepper((n) => this.#advance(n), () => this.draw());
    this.scene = this.scenes(this.state);
    this.parts = buildDescent(this);
    this.draw();
    keepKeys(root);
    new ResizeObserver(() => this.draw()).observe(root);
    if (ownsAddress) addEventListener("hashchange", () => this.#followAddress());
  }

  // ---- What can be done -----------------------------------------------------------------------

  /** Take other values into the state. Another model wants another guess. */
  change(values) {
    if ("steps" in values && this.runner.running) this.runner.stop();
    if (values.model && values.model !== this.state.model) this.#forgetGuess();
    this.asking = false;
    this.state = { ...this.state, ...values };
    this.draw();
  }

  /** Show the state of a link. */
  open(link, chosen = 0) {
    this.#forgetGuess();
    this.chosen = chosen;
    this.change(linkedState(link));
  }

  /** Show where a task starts, and nothing that tells how it ends. */
  prepare({ link, start = link, point }) {
    this.open(start, point);
    this.change({ steps: 0 });
    this.asking = true;
    this.draw();
  }

  /** Show the experiment of a task as it comes about, from its first step on. */
  replay({ link, point, changesData }) {
    if (changesData) this.parts.data.root.open = true;
    this.open(link, point);
    if (wantsNoMotion()) return;
    this.goal = this.state.steps;
    this.change({ steps: 0 });
    if (this.goal) this.runner.start();
  }

  steps(n) {
    this.change({ steps: Math.min(MOST_DESCENT_STEPS, this.state.steps + n) });
  }

  run() {
    this.goal = MOST_DESCENT_STEPS;
    this.asking = false;
    if (this.runner.running) this.runner.stop();
    else this.runner.start();
    this.draw();
  }

  /** Begin a new path near a theta. */
  startAt(theta) {
    this.change({ theta: startNear(theta), steps: 0 });
  }

  /** Begin where descent is now, and move the points until the model is off equally at each. */
  equalErrors() {
    this.startAt(this.scene.lead.theta);
    this.setPoints(withEqualErrors(this.state.points, this.scene.now.predictions));
  }

  choose(place) {
    const { length } = this.state.points;
    this.chosen = (place + length) % length;
    this.draw();
  }

  setPoints(points, chosen = this.chosen) {
    this.chosen = chosen;
    this.change({ points });
  }

  setGuess(guess) {
    this.guess = guess;
    this.draw();
  }

  reveal(revealed) {
    this.revealed = revealed;
    if (!revealed) this.guess = null;
    this.draw();
  }

  /** Let the plots keep their limits, so that what is dragged stays under the pointer. */
  hold(held) {
    const { window, plane, loudest } = this.scene;
    this.limits = held ? { window, plane, loudest } : {};
    if (!held) this.draw();
  }

  #forgetGuess() {
    this.guess = null;
    this.revealed = false;
  }

  /** Take n steps of a run; returns whether there is more to come. */
  #advance(n) {
    this.state = { ...this.state, steps: Math.min(this.goal, this.state.steps + n) };
    this.draw();
    return this.state.steps < this.goal && !isOver(this.scene) && !isAtRest(this.scene);
  }

  #followAddress() {
    if (location.hash.startsWith("#task=")) return; // the tasks see to it
    if (location.hash.slice(1) !== stateLink(this.state)) this.open(location.hash);
  }

  // ---- How it is drawn ------------------------------------------------------------------------

  draw() {
    const { parts } = this;
    if (!parts) return; // a task that the address asks for, while the page is made
    this.scene = this.scenes(this.state, this.limits);
    this.chosen = Math.min(this.chosen, this.state.points.length - 1);
    const best = this.revealed ? this.scene.optimum : null;
    paintDescentControls(parts.controls, this.scene, this.runner.running);
    paintDataTools(parts.data, this);
    paintGuessTools(parts.guessing, this, this.#guessWords());
    this.#drawPlots({ chosen: this.chosen, guess: this.guess, asking: this.asking, best });
    fillLines(parts, this.scene, this);
    const alarm = divergedWords(this.scene).join(" ");
    parts.alarm.hidden = !alarm;
    if (parts.alarm.textContent !== alarm) parts.alarm.textContent = alarm;
    if (parts.details.open) parts.tables.replaceChildren(...descentTables(this.scene, best));
    this.#awaitStill();
  }

  #guessWords() {
    if (!this.revealed) return "";
    const { model, points } = this.state;
    const lossThere = new OneParameterModel(model, points.length).fill(points).lossAt(this.guess);
    return guessWords(this.scene, this.guess, lossThere);
  }

  #drawPlots(look) {
    const isWide = this.root.clientWidth >= PLOTS_SIDE_BY_SIDE;
    this.parts.views.classList.toggle("wide", isWide);
    const tall = clamped(300, innerHeight - AROUND_PLOTS, 700);
    const heights = isWide ? [tall, 0.66 * tall, 0.45 * tall].map(Math.round) : [300, 300, 200];
    [springPlot, parabolaPlot, coursePlot].forEach((view, i) => {
      const figure = this.parts.figures[i];
      const width = Math.max(260, figure.root.clientWidth);
      paintDescentFigure(figure, view, this.scene, look, width, heights[i]);
    });
  }

  /**
   * Once nothing changes any more: say what is seen, and keep it in the address. Until then there
   * is an empty place: what was said is no longer so.
   */
  #awaitStill() {
    const { account } = this.parts;
    if (account.textContent && account.textContent !== accountWords(this.scene, this.asking)) {
      account.style.minHeight = `${account.offsetHeight}px`; // so that nothing below it jumps
      account.textContent = "";
    }
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.#tell(), STILL);
  }

  #tell() {
    const { account } = this.parts;
    const words = accountWords(this.scene, this.asking);
    account.style.minHeight = "";
    if (account.textContent !== words) account.textContent = words;
    const link = stateLink(this.state);
    if (this.ownsAddress && location.hash.slice(1) !== link) {
      history.replaceState(null, "", link ? `#${link}` : location.pathname + location.search);
    }
  }
}
