// The page: its state, and what shows it.

import { clamped } from "../axes.js";
import { button, copyText, element, keepKeys } from "../controls.js";
import { COLOURS, lineMark } from "../svg.js";
import { makeTasks } from "../tasks.js";
import { DESCENT_TASKS } from "../descent_tasks.js";
import { coursePlot } from "./course.js";
import { makeDataTools, paintDataTools, removePoint } from "./data_tools.js";
import { listenToHandles, nearestHandle, valuesAt } from "./drag.js";
import { makeDescentFigure, paintDescentFigure } from "./figure.js";
import { makeGuessTools, paintGuessTools } from "./guess_tools.js";
import { arrowMarks, dotMark, PATH_STYLES } from "./marks.js";
import { OneParameterModel } from "./model.js";
import { descentTables } from "./numbers.js";
import { parabolaPlot } from "./parabola.js";
import { DOWN, springPlot, UP } from "./plane.js";
import { makeStepper, wantsNoMotion } from "./run.js";
import { isAtRest, isOver, makeScenes } from "./scene.js";
import { makeDescentControls, paintDescentControls } from "./settings.js";
import { FIRST_SIGHT, DESCENT_LIMITS, linkedState, stateLink } from "./state.js";
import { MOST_POINTS, replacedPoint, roundPoint } from "./spring.js";
import { MOST_DESCENT_STEPS } from "./steps.js";
import { accountWords, divergedWords, guessWords, nowWords, pointWords } from "./words.js";

const STILL = 500; // milliseconds without a change, after which the account is given
const PLOTS_SIDE_BY_SIDE = 820; // pixels, for two plots side by side
const AROUND_PLOTS = 480; // pixels
const THETA_STEP = 0.05; // by an arrow key
const POINT_STEP = 0.1;

/** One page inside an element; the address is its own unless it stands in a notebook. */
export class DescentPage {
  constructor(root, ownsAddress) {
    Object.assign(this, {
      root, ownsAddress, scenes: makeScenes(), limits: {}, chosen: 2, guess: null, revealed: false,
      state: ownsAddress ? linkedState(location.hash) : FIRST_SIGHT,
    });
    this.runner = makeStepper((n) => this.#advance(n), () => this.draw());
    this.#build();
    keepKeys(root);
    new ResizeObserver(() => this.draw()).observe(root);
    if (ownsAddress) {
      addEventListener("hashchange", () => {
        if (location.hash.slice(1) !== stateLink(this.state)) this.open(location.hash);
      });
    }
  }

  // ---- What controls do -----------------------------------------------------------------------

  /** Take other values into the state. Another model wants another guess. */
  change(values) {
    if ("steps" in values && this.runner.running) this.runner.stop();
    if (values.model && values.model !== this.state.model) this.#forgetGuess();
    this.state = { ...this.state, ...values };
    this.draw();
  }

  /** Show the state of a link. */
  open(link) {
    this.#forgetGuess();
    this.chosen = 0;
    this.change(linkedState(link));
  }

  steps(n) {
    this.change({ steps: Math.min(MOST_DESCENT_STEPS, this.scene.state.steps + n) });
  }

  run() {
    if (this.runner.running) {
      this.runner.stop();
    } else {
      this.goal = MOST_DESCENT_STEPS;
      this.runner.start();
    }
    this.draw();
  }

  startOver() {
    this.change({ steps: 0 });
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

  #forgetGuess() {
    Object.assign(this, { guess: null, revealed: false });
  }

  /** Take n steps of a run; returns whether there is more to come. */
  #advance(n) {
    this.state = { ...this.state, steps: Math.min(this.goal, this.state.steps + n) };
    this.draw();
    return this.state.steps < this.goal && !isOver(this.scene) && !isAtRest(this.scene);
  }

  #setTheta(theta) {
    const [least, greatest] = DESCENT_LIMITS.theta;
    const rounded = Math.round(clamped(least, theta, greatest) * 100) / 100;
    this.change({ theta: rounded || 0, steps: 0 });
  }

  #movePoint(place, point) {
    this.setPoints(replacedPoint(this.state.points, place, roundPoint(point)), place);
  }

  // ---- What there is --------------------------------------------------------------------------

  #build() {
    this.controls = makeDescentControls(this);
    this.data = makeDataTools(this);
    this.data.root.open = this.root.clientWidth >= PLOTS_SIDE_BY_SIDE;
    this.guessing = makeGuessTools(this);
    this.now = element("div", { class: "row numbers", "data-part": "now" });
    this.pointLine = element("p", { class: "numbers", "data-part": "point" });
    this.alarm = element("p", { class: "alarm", role: "alert", "data-part": "alarm", hidden: true });
    this.account = element("p", { class: "account", role: "status", "data-part": "account" });
    this.figures = this.#makeFigures();
    this.tables = element("div", {});
    this.details = element("details", { "data-part": "numbers", toggle: () => this.draw() },
      element("summary", {}, "All numbers"), this.tables);
    const [plane, parabola, course] = this.figures.map(({ root }) => root);
    this.views = element("div", { class: "views" }, plane, element("div", {}, parabola, course, this.account));
    this.root.replaceChildren(
      element("h1", {}, "Gradient descent, one parameter at a time"),
      element("p", { class: "lead" }, "Twelve measurements of a spring, one number θ to learn. Which way is downhill, how far may a step go, and which points have a say in it?"),
      makeTasks(DESCENT_TASKS, (task) => this.#begin(task)),
      ...this.#controlRows(),
      this.now, this.alarm, this.views, this.#linkRow(), this.details,
    );
    this.draw();
  }

  #controlRows() {
    const { one, run, many, over, walked, model, theta, slider, stepSize, way, seed, pace } = this.controls;
    return [
      element("div", { class: "row settings" }, model, theta, element("span", { class: "row" }, slider, stepSize), way, seed, pace),
      element("div", { class: "row transport" }, one, run, many, over, walked),
    ];
  }

  #makeFigures() {
    const { height, fog } = this.controls;
    this.guessing.row.append(fog);
    const arrow = (up) => ["g", {}, up
      ? arrowMarks([14, 14], [14, 0], UP.colour) : arrowMarks([14, 0], [14, 14], DOWN.colour, DOWN)];
    const path = (name) => ["g", {}, [
      lineMark([[0, 7], [28, 7]], PATH_STYLES[name].colour, 2, PATH_STYLES[name].dashes), dotMark(name, 14, 7, 4)]];
    const plane = makeDescentFigure("spring", "Data and model", [
      ["error", lineMark([[14, 0], [14, 14]], COLOURS.grey, 1.6)],
      ["vote: pushes θ up", arrow(true)],
      ["pushes θ down", arrow(false)],
    ], this.pointLine, this.data.root);
    const parabola = makeDescentFigure("parabola", "Loss over θ", [
      ["slope at θ", lineMark([[4, 1], [24, 13]], COLOURS.ink, 2.5)],
      ["next step", ["g", {}, arrowMarks([0, 7], [27, 7], COLOURS.blue)]],
      ["your guess: drag it", ["path", {
        d: "M14,1L7,13L21,13Z", fill: COLOURS.white, stroke: COLOURS.green, "stroke-width": 2,
      }]],
      ["drawn point alone", lineMark([[0, 7], [28, 7]], COLOURS.vermillion, 1.6, {
        "stroke-dasharray": "2 4",
      }), ({ drawn }) => drawn !== null],
    ], this.guessing.root);
    const course = makeDescentFigure("course", "Step by step", [
      ["full gradient", path("full"), ({ state }) => state.descent !== "sgd"],
      ["SGD", path("sgd"), ({ state }) => state.descent !== "full"],
    ]);
    height.classList.add("settings"); // not printed
    course.asked.append(height);
    this.#listen(plane, parabola);
    return [plane, parabola, course];
  }

  #listen(plane, parabola) {
    const hold = (held) => {
      const { window, plane: limits, loudest } = this.scene;
      this.limits = held ? { window, plane: limits, loudest } : {};
      if (!held) this.draw();
    };
    const theta = () => this.scene.lead.theta;
    listenToHandles(plane.svg, () => plane.frame, {
      point: {
        take: (place) => this.choose(place),
        drag: (place, x, y) => this.#movePoint(place, [x, y]),
        nudge: (place, [right, up]) => {
          const [x, y] = this.state.points[place];
          this.#movePoint(place, [x + right * POINT_STEP, y + up * POINT_STEP]);
        },
        key: (place, key) => this.#pointKey(plane.svg, place, key),
      },
      line: {
        drag: (place, x, y, lever) => this.#setTheta(y / lever),
        nudge: (place, [right, up]) => this.#setTheta(theta() + (right + up) * THETA_STEP),
      },
    }, hold);
    listenToHandles(parabola.svg, () => parabola.frame, {
      theta: {
        drag: (place, x) => this.#setTheta(x),
        nudge: (place, [right, up]) => this.#setTheta(theta() + (right + up) * THETA_STEP),
      },
      guess: {
        drag: (place, x) => this.setGuess(Math.round(x * 100) / 100),
        nudge: (place, [right, up]) => this.setGuess(
          Math.round(((this.guess ?? 0) + (right + up) * THETA_STEP) * 100) / 100),
      },
    }, hold);
    plane.svg.addEventListener("dblclick", (event) => this.#addAt(plane, event));
  }

  #addAt({ svg, frame }, event) {
    const { points } = this.state;
    if (nearestHandle(svg, event) || points.length >= MOST_POINTS) return;
    this.setPoints([...points, roundPoint(valuesAt(svg, frame, event))], points.length);
  }

  /** Another key on a point; the focus stays with the chosen point. */
  #pointKey(svg, place, key) {
    const turn = { PageUp: -1, PageDown: 1 }[key];
    if (turn) this.choose(place + turn);
    else if (key === "Delete" || key === "Backspace") removePoint(this);
    else return false;
    svg.querySelector(`[data-handle="point"][data-place="${this.chosen}"]`).focus();
    return true;
  }

  #linkRow() {
    const shown = element("input", { type: "text", readonly: true, hidden: true, "aria-label": "Link to this experiment" });
    const told = element("span", { role: "status" });
    return element("div", { class: "row settings" },
      button("Copy a link to this experiment", async () => {
        const address = `${location.href.replace(/#.*$/, "")}#${stateLink(this.state)}`;
        const done = await copyText(address, shown);
        told.textContent = done ? "Copied." : "Copy the link from the field.";
      }), shown, told);
  }

  /** Show the experiment of a task, from its first step on. */
  #begin({ link }) {
    this.open(link);
    if (wantsNoMotion()) return;
    this.goal = this.state.steps;
    this.change({ steps: 0 });
    if (this.goal) this.runner.start();
  }

  // ---- What is shown --------------------------------------------------------------------------

  draw() {
    this.scene = this.scenes(this.state, this.limits);
    this.chosen = Math.min(this.chosen, this.state.points.length - 1);
    const { scene } = this;
    const best = this.revealed ? scene.optimum : null;
    this.look = { chosen: this.chosen, guess: this.guess, best };
    paintDescentControls(this.controls, scene, this.runner.running);
    paintDataTools(this.data, this);
    paintGuessTools(this.guessing, this, this.#guessWords());
    this.#drawPlots();
    this.now.replaceChildren(...nowWords(scene).map(([name, value]) => (
      element("span", {}, `${name} `, element("b", {}, value)))));
    this.pointLine.textContent = pointWords(scene, this.chosen);
    const alarm = divergedWords(scene).join(" ");
    this.alarm.hidden = !alarm;
    if (this.alarm.textContent !== alarm) this.alarm.textContent = alarm;
    if (this.details.open) this.tables.replaceChildren(...descentTables(scene, best));
    this.#awaitStill();
  }

  #guessWords() {
    if (!this.revealed) return "";
    const { model, points } = this.state;
    const lossThere = new OneParameterModel(model, points.length).fill(points).lossAt(this.guess);
    return guessWords(this.scene, this.guess, lossThere);
  }

  #drawPlots() {
    const isWide = this.root.clientWidth >= PLOTS_SIDE_BY_SIDE;
    this.views.classList.toggle("wide", isWide);
    // What is left of the window's height beside controls and words.
    const tall = clamped(300, innerHeight - AROUND_PLOTS, 700);
    const heights = isWide ? [tall, 0.66 * tall, 0.45 * tall].map(Math.round) : [300, 300, 200];
    [springPlot, parabolaPlot, coursePlot].forEach((view, i) => {
      const figure = this.figures[i];
      const width = Math.max(260, figure.root.clientWidth);
      paintDescentFigure(figure, view, this.scene, this.look, width, heights[i]);
    });
  }

  /** Once nothing changes any more: say what is seen, and keep it in the address. */
  #awaitStill() {
    clearTimeout(this.timer);
    if (this.runner.running) return;
    this.timer = setTimeout(() => {
      this.account.textContent = accountWords(this.scene, this.#guessWords());
      for (const { svg, title } of this.figures) {
        svg.setAttribute("aria-label", `${title}. ${this.account.textContent}`);
      }
      const link = stateLink(this.state);
      if (this.ownsAddress && location.hash.slice(1) !== link) {
        history.replaceState(null, "", link ? `#${link}` : location.pathname + location.search);
      }
    }, STILL);
  }
}
