// What stands where on the page.

import { button, copyText, element } from "../controls.js";
import { COLOURS, lineMark } from "../svg.js";
import { makeTasks } from "../tasks.js";
import { DESCENT_TASKS } from "./lessons.js";
import { makeDataTools } from "./data_tools.js";
import { makeDescentFigure } from "./figure.js";
import { makeGuessTools } from "./guess_tools.js";
import { arrowMarks, dotMark, PATH_STYLES } from "./marks.js";
import { listenToPlots } from "./moves.js";
import { DOWN, UP } from "./plane.js";
import { makeDescentControls } from "./settings.js";
import { stateLink } from "./state.js";
import { chosenWords, nowWords, pointWords } from "./words.js";

const LEAD = "Twelve measurements of a spring, one number θ to learn. Which way is downhill, how far "
  + "may a step go, and which points have a say in it?";

/** Make the elements of the page and put them into its root; returns those that change. */
export function buildDescent(page) {
  const controls = makeDescentControls(page);
  const data = makeDataTools(page);
  const guessing = makeGuessTools(page);
  const pointLine = element("p", { class: "numbers", "data-part": "point" });
  const figures = makeFigures(controls, [pointLine, data.root], guessing.root);
  listenToPlots(page, ...figures);
  const parts = {
    controls, data, guessing, pointLine, figures,
    chosenLine: element("p", { class: "on-paper", "data-part": "chosen" }),
    now: element("div", { class: "row numbers", "data-part": "now" }),
    alarm: element("p", { class: "alarm", role: "alert", "data-part": "alarm", hidden: true }),
    account: element("p", { class: "account", role: "status", "data-part": "account" }),
    tables: element("div", {}),
  };
  const [plane, parabola, course] = figures.map(({ root }) => root);
  parts.views = element("div", { class: "views" },
    plane, element("div", {}, parabola, course, parts.account));
  parts.details = element("details", { "data-part": "numbers", toggle: () => page.draw() },
    element("summary", {}, "All numbers"), parts.tables);
  guessing.row.append(controls.fog);
  page.root.replaceChildren(
    element("h1", {}, "Gradient descent, one parameter at a time"),
    element("p", { class: "lead" }, LEAD),
    makeTasks(DESCENT_TASKS, (task) => page.replay(task), (task) => page.prepare(task)),
    ...controlRows(controls),
    element("div", { class: "row" }, parts.now, linkTools(page)),
    parts.chosenLine, parts.alarm, parts.views, parts.details,
  );
  return parts;
}

function controlRows(controls) {
  const { one, run, many, over, walked, model, theta, slider, stepSize } = controls;
  return [
    element("div", { class: "row settings" }, model, theta,
      element("span", { class: "row" }, slider, stepSize),
      controls.way, controls.seed, controls.pace),
    element("div", { class: "row transport" }, one, run, many, over, walked),
  ];
}

function makeFigures({ height }, belowPlane, belowParabola) {
  height.classList.add("settings"); // not printed
  const isTold = (scene, { asking }) => !asking;
  const plane = makeDescentFigure("spring", "Data and model", [
    ["error", lineMark([[14, 0], [14, 14]], COLOURS.grey, 1.6)],
    ["vote: θ up", ["g", {}, arrowMarks([14, 14], [14, 0], UP.colour, UP)], isTold],
    ["θ down", ["g", {}, arrowMarks([14, 0], [14, 14], DOWN.colour, DOWN)], isTold],
  ], ...belowPlane);
  const parabola = makeDescentFigure("parabola", "Loss over θ", [
    ["slope at θ", lineMark([[4, 1], [24, 13]], COLOURS.ink, 2.5)],
    ["next step", ["g", {}, arrowMarks([0, 7], [27, 7], COLOURS.blue)],
      ({ lead }, { asking }) => lead.name === "full" && !asking],
    ["your guess", ["path", {
      d: "M14,1L7,13L21,13Z", fill: COLOURS.white, stroke: COLOURS.green, "stroke-width": 2,
    }]],
    ["drawn point alone", lineMark([[0, 7], [28, 7]], COLOURS.vermillion, 1.6, {
      "stroke-dasharray": "2 4",
    }), ({ drawn }) => drawn !== null],
  ], belowParabola);
  const course = makeDescentFigure("course", "Step by step", ["full", "sgd"].map((name) => [
    PATH_STYLES[name].name, pathKey(name), ({ racers }) => racers.some((racer) => racer.name === name),
  ]));
  course.asked.append(height);
  return [plane, parabola, course];
}

function pathKey(name) {
  const { colour, dashes } = PATH_STYLES[name];
  return ["g", {}, [lineMark([[0, 7], [28, 7]], colour, 2, dashes), dotMark(name, 14, 7, 4)]];
}

function linkTools(page) {
  const shown = element("input", {
    type: "text", readonly: true, hidden: true, "aria-label": "Link to this experiment",
  });
  const told = element("span", { role: "status" });
  const copy = button("Copy a link to this experiment", async () => {
    const address = `${location.href.replace(/#.*$/, "")}#${stateLink(page.state)}`;
    const done = await copyText(address, shown);
    told.textContent = done ? "Copied." : "Copy the link from the field.";
  });
  return element("div", { class: "row settings", style: "margin-left: auto" }, told, copy, shown);
}

/** The lines of words and numbers around the plots. */
export function fillLines({ now, chosenLine, pointLine, figures }, scene, { chosen, asking }) {
  figures[0].asked.textContent = asking ? "votes: after your prediction" : "";
  chosenLine.textContent = chosenWords(scene);
  now.replaceChildren(...nowWords(scene).map(([name, value]) => (
    element("span", {}, `${name} `, element("b", {}, value)))));
  pointLine.textContent = pointWords(scene, chosen, asking);
}
