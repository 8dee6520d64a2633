// Changing the data: buttons, and fields for the chosen point.

import {
  button, choiceList, element, fillChoices, numberField, showNumber,
} from "../controls.js";
import { FARTHEST_POINT, freePlace, MOST_POINTS, replacedPoint, SPRING } from "./spring.js";
import { allow, switchButton } from "./switches.js";

const ROOMY = 820; // pixels of width, from which these tools do not keep the plots apart
const NEW_POINT = [1.5, -2];
const FAR_POINT = [3.5, -6];

/**
 * `page` has `scene`, `chosen` (a place among the points), `choose(place)`, `setPoints(points,
 * chosen)` and `equalErrors()`.
 */
export function makeDataTools(page) {
  const points = () => page.scene.state.points;
  const add = (where) => page.setPoints([...points(), freePlace(points(), where)], points().length);
  const buttons = {
    add: switchButton("Add a point", () => add(NEW_POINT)),
    outlier: switchButton("Add an outlier", () => add(FAR_POINT)),
    remove: switchButton("Remove point", () => removePoint(page)),
    equal: switchButton("Same error everywhere", () => page.equalErrors()),
    back: button("The homework's data", () => page.setPoints(SPRING, 0)),
  };
  const list = choiceList("Point", [], "", (text) => page.choose(Number(text)));
  const [x, y] = ["x", "y"].map((name, side) => numberField(
    name, { min: -FARTHEST_POINT, max: FARTHEST_POINT, value: 0 },
    (value) => page.setPoints(replacedPoint(
      points(), page.chosen, points()[page.chosen].with(side, value)), page.chosen)));
  const root = element("details", { open: innerWidth >= ROOMY },
    element("summary", {}, "Change the data"),
    element("p", { class: "asked" },
      "Drag points, or move the chosen one with the arrow keys; double-click for a new one."),
    element("div", { class: "row" }, list, x, y, buttons.remove),
    element("div", { class: "row" }, buttons.add, buttons.outlier, buttons.equal, buttons.back));
  return { root, buttons, select: list.querySelector("select"), fields: [x, y] };
}

/** Show the state in the tools. */
export function paintDataTools({ buttons, select, fields }, { scene, chosen }) {
  const { points } = scene.state;
  if (select.options.length !== points.length) {
    fillChoices(select, points.map((_, place) => [place, String(place)]), chosen);
  }
  select.value = String(chosen);
  fields.forEach((field, side) => showNumber(field, points[chosen][side]));
  for (const kind of ["add", "outlier"]) allow(buttons[kind], points.length < MOST_POINTS);
  allow(buttons.remove, points.length > 1);
  allow(buttons.equal, scene.now.predictions.every((value) => Math.abs(value) < FARTHEST_POINT - 1));
}

export function removePoint(page) {
  const { points } = page.scene.state;
  if (points.length > 1) {
    page.setPoints(replacedPoint(points, page.chosen), Math.max(0, page.chosen - 1));
  }
}
