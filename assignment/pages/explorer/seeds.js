// Many seeds at once, as small multiples: a single run is an anecdote.

import { short, thousands } from "../axes.js";
import { button, element } from "../controls.js";
import { makeSvg, paint, resizeSvg } from "../svg.js";
import { functionView } from "../views/function.js";
import { momentOf } from "./moment.js";
import { LiveRun, startTrainer } from "./run.js";

const SEEDS = 8;
const SIZE = [270, 150];

/**
 * Make the section. `state()` returns the settings of the run above, `datasetFor(settings)` its
 * data with other settings; `choose(settings)` shows one of the runs above. Returns the element,
 * and `begin()`, which trains.
 */
export function makeSeeds(workerSource, state, datasetFor, choose) {
  const cards = element("div", { class: "multiples" });
  const summary = element("p", { role: "status", "data-part": "seeds-summary" });
  let runs = [];
  let trainer = null;

  function begin() {
    stop();
    const round = [];
    runs = round;
    // What an earlier round still has to say does not count.
    trainer = startTrainer(workerSource, (message) => { if (runs === round) hear(message); });
    const settings = state();
    const places = Array.from({ length: SEEDS }, (_, seed) => {
      const seeds = { ...settings.seeds, weights: seed, minibatches: seed };
      const other = { ...settings, seeds };
      return { settings: other, card: makeCard(seed, () => choose(other)) };
    });
    cards.replaceChildren(...places.map(({ card }) => card.root));
    summary.textContent = "Training.";
    next(places);
  }

  function stop() {
    trainer?.close();
    trainer = null;
  }

  /** Pass an answer on; a figure that was taken away, as when its cell runs again, trains no more. */
  function hear(message) {
    if (cards.isConnected) runs[message.id].hear(message);
    else stop();
  }

  /** Train one seed after the other: side by side they would only wait for each other. */
  function next(places) {
    const seed = runs.length;
    const { settings, card } = places[seed];
    let frame = 0;
    const run = new LiveRun(seed, settings, datasetFor(settings), trainer.post, () => {
      frame ||= requestAnimationFrame(() => { frame = 0; card.show(run); });
      if (!run.ended || runs.length > seed + 1) return;
      summary.textContent = summaryOf(runs);
      if (seed + 1 < SEEDS) next(places);
      else stop();
    });
    runs.push(run);
    run.train(true);
  }

  const root = element("details", { "data-part": "seeds" },
    element("summary", {}, `The same experiment with ${SEEDS} seeds`),
    element("p", {}, "Other initial weights and other minibatches, all else as in the first run "
      + "above. Is what you saw typical?"),
    element("div", { class: "row" },
      button(`Train ${SEEDS} seeds`, begin, { class: "main" }), button("Stop", () => {
        if (trainer) summary.textContent = "Stopped.";
        stop();
      })),
    summary, cards);
  return { root, begin };
}

function makeCard(seed, choose) {
  const svg = makeSvg(...SIZE);
  svg.classList.add("plot");
  svg.setAttribute("role", "img");
  const text = element("p", { class: "numbers" }, `Seed ${seed}`);
  const root = element("div", {}, text, svg, button("Show above", choose, {
    "aria-label": `Show seed ${seed} above`,
  }));

  function show(run) {
    const snapshot = run.at(Infinity);
    if (!snapshot) return;
    const moment = momentOf(run, snapshot);
    const { marks } = functionView.draw({ moment, optimum: null, focus: null },
      functionView.scale([moment]), ...SIZE);
    resizeSvg(svg, ...SIZE);
    paint(svg, marks);
    text.textContent = run.failure ? `Seed ${seed}: ${run.failure}`
      : `Seed ${seed}, step ${thousands(snapshot.step)}: training loss `
        + `${short(snapshot.trainLoss)}, test loss ${short(snapshot.testLoss)}`;
    svg.setAttribute("aria-label", text.textContent);
  }

  return { root, show };
}

function summaryOf(runs) {
  const ended = runs.filter((run) => run.ended && !run.failure);
  if (!ended.length) return "";
  const losses = ended.map((run) => run.at(Infinity).trainLoss).sort((a, b) => a - b);
  const failed = runs.filter((run) => run.failure).length;
  return `${ended.length} of ${SEEDS} done: training losses from ${short(losses[0])} to `
    + `${short(losses.at(-1))}, median ${short(losses[Math.floor((losses.length - 1) / 2)])}`
    + `${failed ? `; ${failed} diverged` : ""}.`;
}
