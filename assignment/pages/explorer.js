// The page of part 2: how slopes and elbows change in training, and how that shapes the function.

import {
  button, choiceList, copyText, element, fillChoices, keepKeys, saveFile, tickBox,
} from "./controls.js";
import { accountOf, numberTables, numbersOf } from "./explorer/account.js";
import { makeColumn, paintColumn } from "./explorer/column.js";
import { NO_EDITS, checkedEdits, datasetOf, isUnedited } from "./explorer/edits.js";
import { makeEditor } from "./explorer/editor.js";
import { TASKS } from "./explorer/lessons.js";
import { loudestUnit, momentOf, trailOf, votesAt } from "./explorer/moment.js";
import { LiveRun, RecordedRun, startTrainer } from "./explorer/run.js";
import { makeSeeds } from "./explorer/seeds.js";
import { flatSettings, homeworkSettings, nestedSettings } from "./explorer/settings.js";
import { makeTransport } from "./explorer/transport.js";
import { readLink, writeLink } from "./link.js";
import { makeTasks } from "./tasks.js";
import { checkSettings, snapshotSteps } from "./trainer.js";
import { alongView } from "./views/along.js";
import { contributionsView } from "./views/contributions.js";
import { functionView } from "./views/function.js";
import { lossesView } from "./views/losses.js";
import { planeView } from "./views/plane.js";
import { slopesView } from "./views/slopes.js";
import { votesView } from "./views/votes.js";
import { serveTraining } from "./worker.js";

const VIEWS = [
  functionView, planeView, slopesView, lossesView, contributionsView, alongView, votesView,
];
const PARAMETERS = ["w1", "b1", "w2", "b2"];
const FIRST_STEP = 8000; // elbows are on their way, and the function half learned
const QUIET = 400; // milliseconds that a picture stands still before it is told in words
const PATIENCE = 200; // milliseconds that an old picture stays while a new run catches up
const PAIR_WIDTH = 640; // pixels from which two runs stand side by side,
const WIDE = 860; // from which one run has two columns of views,
const WIDEST = 1500; // and three

/** Start the figures of this build that are not started yet; in a worker, serve training. */
export function start(scope, workerSource, build) {
  if (typeof document === "undefined") {
    serveTraining(scope);
    return;
  }
  const figures = `.lab-page[data-page="explorer"][data-build="${build}"]`;
  for (const root of document.querySelectorAll(figures)) {
    if (!root.started) {
      root.started = true;
      startExplorer(root, workerSource);
    }
  }
}

function startExplorer(root, workerSource) {
  const payload = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
  const recorded = new Map(payload.runs.map((run) => [run.label, recordedRun(run, payload)]));
  const defaults = defaultValues(payload);
  // A page of its own keeps what it shows in its address; a figure in a notebook has none.
  const alone = root.closest(".lab-document") !== null;
  const live = root.querySelector('[data-part="live"]');
  root.querySelector('[data-part="fallback"]').remove();

  const page = { edits: NO_EDITS, unit: null, hover: null, votesOn: "b1", shown: new Set(), slots: [] };
  let frame = 0;
  let quiet = 0;
  let lastId = 0;

  // ---- Runs -------------------------------------------------------------------------------

  /** A place for a run: what was asked for, and the run that is shown until that has begun. */
  function makeSlot(place) {
    const slot = { place, label: "", settings: null, run: null, next: null, post: null };
    slot.column = makeColumn([...recorded.keys()], VIEWS, {
      choose: (settings) => chooseSettings(slot, settings),
      record: (label) => chooseRecorded(slot, label),
      hover: (unit) => { if (unit !== page.hover) { page.hover = unit; redraw(); } },
      pin: (unit) => { page.unit = page.unit === unit ? null : unit; redraw(); },
      seek: (step) => transport.go(nearestStep(step)),
      take: editor.take,
      acts: editor.acts,
    });
    return slot;
  }

  function chooseRecorded(slot, label) {
    Object.assign(slot, { label, run: recorded.get(label), next: null });
    slot.settings = slot.run.settings;
    refresh(slot);
  }

  /** Train a run in a slot, up to the step that is shown. */
  function chooseSettings(slot, settings) {
    slot.post ??= startTrainer(workerSource, (message) => {
      const run = [slot.next, slot.run].find((one) => one?.id === message.id);
      run?.hear(message);
    });
    lastId += 1;
    const run = new LiveRun(lastId, settings, datasetOf(settings, page.edits), slot.post, changed);
    const begun = performance.now();
    function changed() {
      const ready = run.at(transport.step())?.step === transport.step() || run.ended;
      if (slot.next === run && (ready || performance.now() - begun > PATIENCE)) {
        Object.assign(slot, { run, next: null });
      }
      if (run.ended) transport.sync();
      redraw();
    }
    Object.assign(slot, { label: "", settings, next: run, run: slot.run ?? run });
    run.show(transport.step());
    if (transport.isPlaying()) run.train(true);
    refresh(slot);
  }

  function refresh(slot) {
    timelines.clear();
    slot.column.form.show(slot.next ?? slot.run, slot.label);
    transport.sync();
    redraw();
  }

  /** Train all live runs again: on other data. */
  function changeData(edits) {
    page.edits = edits;
    for (const slot of page.slots) chooseSettings(slot, slot.settings);
  }

  const timelines = new Map();

  /** The steps that there is something to see of, in any of the runs. */
  function timeline() {
    if (!timelines.size) {
      const steps = page.slots.flatMap(({ label, settings, run }) => (
        label ? run.snapshots.map(({ step }) => step) : snapshotSteps(settings.steps)));
      timelines.set("all", [...new Set(steps)].sort((a, b) => a - b));
    }
    return timelines.get("all");
  }

  const active = () => page.slots.map(({ next, run }) => next ?? run);
  const transport = makeTransport({
    timeline,
    seen: () => Math.min(...active().map((run) => (run.ended ? Infinity : run.seen))),
    end: () => Math.max(...active().map((run) => (run.ended ? run.seen : run.settings.steps))),
    anyStep: () => active().some((run) => run instanceof LiveRun),
    seek: (step) => { active().forEach((run) => run.show(step)); redraw(); },
    train: (on) => { active().forEach((run) => run.train(on)); redraw(); },
  });

  // ---- Drawing ----------------------------------------------------------------------------

  function redraw() {
    frame ||= requestAnimationFrame(draw);
  }

  function draw() {
    frame = 0;
    const space = live.clientWidth;
    const shown = page.slots.map((slot) => [slot, momentAt(slot)]).filter(([, moment]) => moment);
    if (!space || !shown.length) return;
    const pair = page.slots.length === 2 && space >= PAIR_WIDTH;
    const across = page.slots.length === 2 ? 1 : space >= WIDEST ? 3 : space >= WIDE ? 2 : 1;
    const beside = pair ? 2 : across;
    const width = Math.floor((space - 24 * (beside - 1)) / beside);
    columns.classList.toggle("pair", pair);
    const moments = shown.map(([, moment]) => moment);
    const scales = Object.fromEntries(VIEWS.filter(({ name }) => page.shown.has(name))
      .map((view) => [view.name, view.scale(moments)]));
    for (const [slot, moment] of shown) {
      slot.column.grid.classList.toggle("wide", across === 2);
      slot.column.grid.classList.toggle("widest", across === 3);
      paintColumn(slot.column, moment, lookAt(moment), scales, (view) => sizeOf(view, width),
        transport.isPlaying());
    }
    syncUnits(moments);
    editor.tools.hidden = !editor.editing && isUnedited(page.edits);
    window.clearTimeout(quiet);
    quiet = window.setTimeout(tell, QUIET);
  }

  /** What there is to see of a slot at the step that is shown; null before its first snapshot. */
  function momentAt({ run }) {
    const snapshot = run.at(transport.step());
    if (!snapshot) return null;
    const moment = momentOf(run, snapshot);
    if (page.shown.has("votes")) {
      const unit = Math.min(page.unit ?? loudestUnit(moment), moment.elbows.length - 1);
      Object.assign(moment, { votes: votesAt(moment, page.votesOn, unit), voter: unit });
    }
    return moment;
  }

  function lookAt(moment) {
    const unit = page.hover ?? page.unit;
    return {
      focus: unit !== null && unit < moment.elbows.length ? unit : null,
      optimum: optimumOf(moment.run.settings, page.edits, payload.optima),
      trail: page.shown.has("plane") ? trailOf(moment) : [],
      votesOn: page.votesOn,
      handles: editor.handles,
    };
  }

  /** Tell what is seen, once it stands still. */
  function tell() {
    if (transport.isPlaying()) return;
    const moments = page.slots.map(({ column }) => column.moment).filter(Boolean);
    const text = moments.map((moment) => accountOf(moment, page.unit)).join(" ");
    if (spoken.textContent !== text) spoken.textContent = text;
    if (numbers.open) numberList.replaceChildren(...moments.flatMap(numberTables));
    if (alone) keepAddress();
  }

  function nearestStep(wanted) {
    const distance = (step) => Math.abs(Math.log1p(step) - Math.log1p(Math.max(0, wanted)));
    return timeline().reduce((best, step) => (distance(step) < distance(best) ? step : best));
  }

  // ---- Controls ---------------------------------------------------------------------------

  const editor = makeEditor(() => ({ edits: page.edits, run: active()[0] }), changeData, draw);
  const units = choiceList("Unit", [["", "none"]], "", (value) => {
    page.unit = value === "" ? null : Number(value);
    redraw();
  });
  const votesOn = choiceList("Votes on", PARAMETERS.map((name) => [name, name]), "b1", (name) => {
    page.votesOn = name;
    redraw();
  });
  const two = tickBox("Two runs", false, (ticked) => showPair(ticked, homeworkSettings(
    active()[0].settings.width, active()[0].settings.layers === "all" ? "output" : "all")));
  const ticks = new Map(VIEWS.map(({ name, title }) => [name, tickBox(title, true, (ticked) => {
    if (ticked) page.shown.add(name);
    else page.shown.delete(name);
    redraw();
  })]));
  const columns = element("div", { class: "columns", "data-part": "columns" });
  const spoken = element("div", { class: "spoken", role: "status", "data-part": "spoken" });
  const numberList = element("div", { "data-part": "numbers" });
  const numbers = element("details", { toggle: tell },
    element("summary", {}, "All numbers"),
    button("Save as JSON", () => saveFile("numbers.json",
      JSON.stringify(page.slots.map(({ column }) => numbersOf(column.moment)), null, 1),
      "application/json")), numberList);
  const linkText = element("input", {
    type: "text", class: "link", readonly: true, hidden: true, "aria-label": "Link to what is shown",
  });
  const linkSaid = element("span", { role: "status" });
  const seeds = makeSeeds(workerSource, () => page.slots[0].settings,
    (settings) => datasetOf(settings, page.edits),
    (settings) => {
      chooseSettings(page.slots[0], settings);
      root.scrollIntoView();
    });

  function showPair(on, settings) {
    page.slots.splice(1);
    if (on) {
      page.slots.push(makeSlot(1));
      chooseSettings(page.slots[1], settings);
    }
    two.querySelector("input").checked = on;
    columns.replaceChildren(...page.slots.map(({ column }) => column.root));
    refresh(page.slots[0]);
  }

  function syncUnits(moments) {
    const count = Math.max(...moments.map(({ elbows }) => elbows.length));
    const select = units.querySelector("select");
    if (page.unit !== null && page.unit >= count) page.unit = null;
    if (select.length !== count + 1) {
      const all = Array.from({ length: count }, (_, unit) => [unit, String(unit)]);
      fillChoices(select, [["", "none"], ...all], page.unit ?? "");
    }
    select.value = page.unit ?? "";
  }

  // ---- Links ------------------------------------------------------------------------------

  function currentValues() {
    const [first, second] = page.slots;
    return {
      ...defaults,
      ...valuesOf(first),
      two: second !== undefined,
      ...(second ? other(valuesOf(second)) : {}),
      step: transport.step(),
      unit: page.unit ?? -1,
      votes_on: page.votesOn,
      views: VIEWS.filter(({ name }) => page.shown.has(name)).map(({ name }) => name).join(" "),
      ...page.edits,
    };
  }

  function valuesOf({ settings, label }) {
    return { ...flatSettings(settings), run: label };
  }

  /** Show what a link says; what makes no sense in it is as usual. */
  function showValues(values) {
    page.edits = checkedEdits(values);
    page.unit = values.unit >= 0 ? Math.floor(values.unit) : null;
    page.votesOn = PARAMETERS.includes(values.votes_on) ? values.votes_on : "b1";
    votesOn.querySelector("select").value = page.votesOn;
    const names = values.views.split(" ");
    page.shown = new Set(VIEWS.map(({ name }) => name).filter((name) => names.includes(name)));
    for (const [name, tick] of ticks) tick.querySelector("input").checked = page.shown.has(name);
    showRun(page.slots[0], values.run, values, defaults);
    showPair(values.two, nestedSettings(flatSettings(page.slots[0].settings)));
    if (values.two) showRun(page.slots[1], values.other_run, unprefixed(values), unprefixed(defaults));
    transport.go(Math.max(0, Math.floor(values.step)));
  }

  function showRun(slot, label, flat, usual) {
    if (recorded.has(label)) {
      chooseRecorded(slot, label);
      return;
    }
    const settings = nestedSettings(flat);
    chooseSettings(slot, checkSettings(settings).length ? nestedSettings(usual) : settings);
  }

  /** Make the address say what is shown, as far as the browser lets us. */
  function keepAddress() {
    try {
      window.history.replaceState(null, "", `#${writeLink(currentValues(), defaults)}`);
    } catch {
      // Some browsers refuse this for files. The button makes a link all the same.
    }
  }

  async function copyLink() {
    const place = alone ? window.location.href.split("#")[0] : "explorer.html";
    const copied = await copyText(`${place}#${writeLink(currentValues(), defaults)}`, linkText);
    linkSaid.textContent = copied ? "Copied." : "Copy it from here:";
  }

  function beginTask({ link, seeds: many }) {
    showValues({ ...readLink(link, defaults), step: 0 });
    if (many) {
      seeds.root.open = true;
      seeds.root.scrollIntoView();
      seeds.begin();
    } else {
      transport.start();
    }
  }

  // ---- Start ------------------------------------------------------------------------------

  live.append(
    makeTasks(TASKS, beginTask),
    transport.root,
    element("div", { class: "row" }, two, editor.tick, units, votesOn,
      button("Copy link", copyLink), linkSaid, linkText,
      element("details", {}, element("summary", {}, "Views"),
        element("div", { class: "row" }, ...ticks.values()))),
    editor.tools, columns, seeds.root, numbers, spoken,
  );
  page.slots.push(makeSlot(0));
  keepKeys(root);
  showValues(alone ? readLink(window.location.hash, defaults) : defaults);
  if (alone) {
    window.addEventListener("hashchange", () => showValues(readLink(window.location.hash, defaults)));
  }
  new ResizeObserver(redraw).observe(live);
  // What is shown, in numbers.
  root.explorer = {
    state: () => ({
      playing: transport.isPlaying(),
      working: page.slots.some(({ next }) => next !== null),
      step: transport.step(),
      unit: page.unit,
      columns: page.slots.map(({ column }) => column.moment && numbersOf(column.moment)),
    }),
  };
}

/** Everything that a link can say, as it is without one. */
function defaultValues({ begin, runs }) {
  const first = begin === "recorded" ? runs : [];
  const flat = flatSettings(homeworkSettings(20, "all"));
  return {
    ...flat,
    run: first[0]?.label ?? "",
    two: first.length === 2,
    ...other(flatSettings(homeworkSettings(20, "output"))),
    other_run: first[1]?.label ?? "",
    step: FIRST_STEP,
    unit: -1,
    votes_on: "b1",
    views: VIEWS.map(({ name }) => name).join(" "),
    ...NO_EDITS,
  };
}

function other(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [`other_${name}`, value]));
}

function unprefixed(values) {
  return Object.fromEntries(Object.entries(values)
    .filter(([name]) => name.startsWith("other_"))
    .map(([name, value]) => [name.slice("other_".length), value]));
}

/** A recorded run from what Python packed; a frozen hidden layer is packed once. */
function recordedRun({ label, title, width, layers, steps, w1, b1, w2, b2, train, test }, { data }) {
  const settings = { ...homeworkSettings(width, layers), steps: steps.at(-1) };
  const dataset = {
    x: Float64Array.from(data.x), y: Float64Array.from(data.y), heights: data.heights,
  };
  const snapshots = steps.map((step, t) => ({
    step,
    w1: Float64Array.from(w1[w1.length === 1 ? 0 : t]),
    b1: Float64Array.from(b1[b1.length === 1 ? 0 : t]),
    w2: Float64Array.from(w2[t]),
    b2: b2[t],
    trainLoss: train[t],
    testLoss: test[t],
  }));
  return new RecordedRun(title, settings, dataset, snapshots);
}

/** The curve of the best output layer, where it came with the page: for the homework's own runs. */
function optimumOf(settings, edits, optima) {
  const { width, layers, points, noise, seeds } = settings;
  const usual = homeworkSettings(width, layers);
  const same = layers === "output" && isUnedited(edits) && points === usual.points
    && noise === usual.noise && seeds.weights === usual.seeds.weights
    && seeds.data === usual.seeds.data;
  return same ? optima[width] ?? null : null;
}

/** The size of a view in pixels: all of a run should be in sight at once, if there is room. */
function sizeOf({ name }, width) {
  const share = { function: 0.46, plane: 0.46, slopes: 0.3, losses: 0.3, votes: 0.3 }[name] ?? 0.32;
  return [width, Math.round(Math.min(Math.max(170, width * share), 420))];
}
