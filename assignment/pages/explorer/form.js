// The controls of one run's settings.

import { choiceList, element, foldedRow, numberField, showNumber } from "../controls.js";
import { LIMITS } from "../trainer.js";
import { LAYERS, fittedSettings, flatSettings, nestedSettings, withLayers } from "./settings.js";

const FIELDS = [
  ["width", "Hidden units", LIMITS.width], ["step_size", "Step size", LIMITS.stepSize],
  ["batch_size", "Batch size", LIMITS.batchSize], ["steps", "Steps", LIMITS.steps],
  ["points", "Training points", LIMITS.points], ["noise", "Noise", LIMITS.noise],
  ["weights_seed", "Seed of the weights", LIMITS.seeds.weights],
  ["data_seed", "Seed of the data", LIMITS.seeds.data],
  ["minibatch_seed", "Seed of the minibatches", LIMITS.seeds.minibatches],
];
const NOW = "";

/**
 * A form for a run: `train(settings)` is called for a run to be trained here, `record(label)`
 * for one of the recorded ones.
 *
 * Returns its element, and `show(run, label)`, which makes the controls say what is shown.
 */
export function makeForm(labels, train, record) {
  let settings = null;
  const source = choiceList("Run", [[NOW, "trained here, now"], ...labels.map((l) => [l, l])], NOW,
    (label) => (label === NOW ? train(settings) : record(label)));
  const layers = choiceList("Trained", LAYERS, "all", (name) => train(withLayers(settings, name)));
  const fields = FIELDS.map(([name, label, { least, most, whole }]) => (
    numberField(label, { min: least, max: most, whole }, (value) => (
      train(fittedSettings(nestedSettings({ ...flatSettings(settings), [name]: value })))))));
  const root = foldedRow("Settings", "settings", ...(labels.length ? [source] : []),
    fields[0], layers, fields[1],
    element("details", {}, element("summary", {}, "More settings"),
      element("div", { class: "row" }, ...fields.slice(2))));

  function show(run, label) {
    settings = run.settings;
    source.querySelector("select").value = label;
    layers.querySelector("select").value = settings.layers;
    FIELDS.forEach(([name], place) => showNumber(fields[place], flatSettings(settings)[name]));
  }

  return { root, show };
}
