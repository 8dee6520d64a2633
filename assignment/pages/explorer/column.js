// One run on the page: its form, its views, what is seen in words.

import { clamped, short, thousands } from "../axes.js";
import { element } from "../controls.js";
import { listenToHandles, pixelsAt } from "../drag.js";
import { legendKey, makePlot, saveButtons } from "../figure.js";
import { paint, resizeSvg } from "../svg.js";
import { accountOf } from "./account.js";
import { makeForm } from "./form.js";

const [LOWEST, HIGHEST] = [170, 420]; // a view, in pixels

/**
 * The elements of a run. `views` are those that can be shown; `hooks` has what controls lead to:
 * `train`, `record` (see form.js), `hover(unit)`, `pin(unit)`, `seek(step)`, and for handles
 * `take(frame, pixels)` and `acts` (see editor.js).
 */
export function makeColumn(labels, views, hooks) {
  const form = makeForm(labels, hooks.train, hooks.record);
  const heading = element("h2", { "data-part": "title", tabindex: "-1" });
  const alarm = element("p", { class: "alarm", role: "alert", "data-part": "alarm", hidden: true });
  const numbers = element("p", { class: "numbers row", "data-part": "losses" });
  const account = element("p", { class: "account", "data-part": "account" });
  const figures = new Map(views.map((view) => [view.name, makeFigure(view, hooks)]));
  const grid = element("div", { class: "views" }, ...[...figures.values()].map(({ root }) => root));
  const root = element("section", { class: "column" },
    element("div", { class: "row" }, heading, numbers), form.root, alarm, grid, account);
  return { root, form, heading, alarm, numbers, account, figures, grid, moment: null };
}

/**
 * Show a run in a column, at `moment`; `look` is what views need besides, `scales` their axes.
 *
 * Views have `width` pixels. `hurried` leaves out those that are out of sight.
 */
export function paintColumn(column, moment, look, scales, width, hurried) {
  column.moment = moment;
  setText(column.heading, moment.run.title);
  paintNumbers(column.numbers, moment.snapshot);
  setText(column.account, accountOf(moment, look.focus));
  for (const [name, figure] of column.figures) {
    if (name in scales && !(hurried && figure.away)) paintFigure(figure, { ...look, moment }, scales[name], width);
  }
}

/** Say in a column why its run has ended, if not well. */
export function paintAlarm({ alarm }, failure) {
  alarm.hidden = !failure;
  setText(alarm, failure);
}

/** Show those of a column's views that have one of these names, in this order. */
export function orderViews({ grid, figures }, names) {
  for (const [name, { root }] of figures) root.hidden = !names.includes(name);
  grid.append(...names.map((name) => figures.get(name).root));
}

function paintNumbers(place, { step, trainLoss, testLoss }) {
  const said = [["step", thousands(step)], ["training loss", short(trainLoss)],
    ["test loss", short(testLoss)]];
  place.replaceChildren(...said.map(([name, value]) => (
    element("span", {}, `${name} `, element("b", {}, value)))));
}

function paintFigure(figure, look, scale, width) {
  const { share, lowest = LOWEST } = figure.view;
  const height = Math.round(clamped(lowest, width * share, HIGHEST));
  if (figure.width !== width || figure.height !== height) {
    Object.assign(figure, { width, height });
    resizeSvg(figure.svg, width, height);
  }
  for (const [key, when] of figure.keys) key.hidden = !when(look);
  const { frame, marks } = figure.view.draw(look, scale, width, height);
  Object.assign(figure, { frame, look });
  const handles = figure.view.handles ? look.handles(frame, look.moment.run.dataset) : [];
  paint(figure.svg, [...marks, ...handles]);
}

function makeFigure(view, hooks) {
  const svg = makePlot(view.name, view.title);
  const keys = view.keys.map(([text, mark, when]) => [legendKey(text, mark), when]);
  const figure = {
    view, svg, width: 0, height: 0, frame: null, look: null, away: false,
    keys: keys.filter(([, when]) => when),
  };
  const caption = element("figcaption", {},
    element("strong", {}, view.title),
    element("span", { class: "asked" }, view.question),
    ...keys.map(([key]) => key),
    element("details", { class: "save" },
      element("summary", { "aria-label": `Save the picture: ${view.title}` }, "Save"),
      ...saveButtons(svg, view.name, view.title)));
  new IntersectionObserver((entries) => { figure.away = !entries.at(-1).isIntersecting; })
    .observe(svg);
  figure.root = element("figure", { class: "view", "aria-label": view.title }, caption, svg);
  listen(figure, hooks);
  return figure;
}

function listen(figure, hooks) {
  const { svg, view } = figure;
  const pixels = (event) => pixelsAt(svg, figure.frame, event);
  const unitUnder = (event) => (
    view.pick && figure.frame ? view.pick(figure.look, figure.frame, pixels(event)) : null);
  svg.addEventListener("pointermove", (event) => {
    if (event.pointerType !== "touch") hooks.hover(unitUnder(event));
  });
  svg.addEventListener("pointerleave", () => hooks.hover(null));
  svg.addEventListener("click", (event) => {
    const unit = unitUnder(event);
    if (unit !== null) hooks.pin(unit);
  });
  if (view.seek) {
    svg.addEventListener("pointerdown", (event) => svg.setPointerCapture(event.pointerId));
    for (const name of ["pointerdown", "pointermove"]) {
      svg.addEventListener(name, (event) => {
        if (svg.hasPointerCapture(event.pointerId)) {
          hooks.seek(view.seek(figure.frame, pixels(event)));
        }
      });
    }
  }
  if (view.handles) {
    svg.addEventListener("pointerdown", (event) => hooks.take(figure.frame, pixels(event)), true);
    listenToHandles(svg, () => figure.frame, hooks.acts);
  }
}

function setText(node, text) {
  if (node.textContent !== text) node.textContent = text;
}
