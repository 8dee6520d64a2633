// The page of part 2: how slopes and elbows change in training, and how that shapes the function.

import {
  button, choiceList, copyText, element, fillChoices, foldedRow, keepKeys, saveFile, tickBox,
} from "./controls.js";
import { accountOf, deeperAccount, numberTables, numbersOf } from "./explorer/account.js";
import { orderViews, paintAlarm, paintColumn } from "./explorer/column.js";
import { NO_EDITS, checkedEdits, datasetOf, isUnedited } from "./explorer/edits.js";
import { makeEditor } from "./explorer/editor.js";
import { TASKS } from "./explorer/lessons.js";
import { loudestUnit, trailOf, votesAt } from "./explorer/moment.js";
import { makeGuide } from "./explorer/guide.js";
import { LiveRun, RecordedRun } from "./explorer/run.js";
import { makeSeeds } from "./explorer/seeds.js";
import {
  fittedSettings, homeworkSettings, nestedSettings, optimumOf,
} from "./explorer/settings.js";
import { Slot } from "./explorer/slot.js";
import { makeTransport } from "./explorer/transport.js";
import { defaultValues, secondOf, valuesOfSlots } from "./explorer/values.js";
import { readLink, writeLink } from "./link.js";
import { makeTasks } from "./tasks.js";
import { checkSettings } from "./trainer.js";
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
const VIEW_NAMES = VIEWS.map(({ name }) => name);
const PARAMETERS = ["w1", "b1", "w2", "b2"];
const QUIET = 400; // milliseconds that a picture stands still before it is told in words
const GAP = 24; // pixels between what stands side by side
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
    if (root.explorer) continue;
    const live = root.querySelector('[data-part="live"]');
    let explorer = null;
    try {
      explorer = new Explorer(root, workerSource);
    } catch (error) {
      live.replaceChildren(); // the fallback speaks, in a browser that is too old
      throw error;
    }
    // For those who want what is shown in numbers.
    root.explorer = { state: () => explorer.state() };
  }
}

/** One figure: its controls, and what they have chosen. */
class Explorer {
  #root;
  #workerSource;
  #recorded;
  #optima;
  #defaults;
  #alone;
  #slots = [];
  #edits = NO_EDITS;
  #unit = null; // that was chosen
  #hovered = null; // that is pointed at
  #votesOn = "b1";
  #shown = VIEW_NAMES; // in the order in which they are shown
  #frame = 0;
  #quiet = 0;
  #steps = []; // to go through

  constructor(root, workerSource) {
    const payload = JSON.parse(root.querySelector('script[type="application/json"]').textContent);
    this.#root = root;
    this.#workerSource = workerSource;
    this.#recorded = new Map(payload.runs.map((run) => [run.label, new RecordedRun(run, payload.data)]));
    this.#optima = payload.optima;
    this.#defaults = defaultValues(payload, VIEW_NAMES);
    // A page of its own keeps what it shows in its address; a figure in a notebook has none.
    this.#alone = root.closest(".lab-document") !== null;
    this.live = root.querySelector('[data-part="live"]');
    this.#makeControls();
    this.#slots.push(this.#makeSlot());
    this.#openAddress();
    if (this.#alone) {
      window.addEventListener("hashchange", () => {
        if (!window.location.hash.startsWith("#task=")) this.#openAddress();
      });
    }
    keepKeys(root);
    if (this.#alone) document.addEventListener("keydown", (event) => this.#spaceBar(event));
    new ResizeObserver(() => this.redraw()).observe(this.live);
    root.querySelector('[data-part="fallback"]').remove(); // now that all of this has worked
  }

  /**
   * What is shown, in numbers: see `numbersOf`. `working` means that a run catches up, or that
   * something new is not drawn yet.
   */
  state() {
    return {
      playing: this.transport.isPlaying(),
      working: this.#frame !== 0 || this.#slots.some(({ next }) => next !== null),
      step: this.transport.step(),
      unit: this.#unit,
      columns: this.#slots.map(({ column }) => column.moment && numbersOf(column.moment)),
    };
  }

  // ---- Runs ---------------------------------------------------------------------------------

  #makeSlot() {
    return new Slot(this.#recorded, VIEWS, this.#workerSource, {
      step: () => this.transport.step(),
      changed: () => this.#runsChanged(),
      train: (slot, settings) => this.#train(slot, settings),
      hover: (unit) => this.#hover(unit),
      pin: (unit) => this.#choose(this.#unit === unit ? null : unit),
      seek: (step) => this.transport.go(this.#nearestStep(step)),
      take: this.editor.take,
      acts: this.editor.acts,
    });
  }

  #train(slot, settings) {
    slot.train(settings, this.#edits);
    if (this.transport.isPlaying()) slot.wanted.train(true);
  }

  #changeData(edits) {
    this.#edits = edits;
    for (const slot of this.#slots) this.#train(slot, slot.settings);
  }

  #runsChanged() {
    const steps = new Set(this.#slots.flatMap((slot) => slot.steps));
    this.#steps = [...steps].sort((a, b) => a - b);
    this.transport.sync();
    this.redraw();
  }

  get #wanted() {
    return this.#slots.map((slot) => slot.wanted);
  }

  #nearestStep(wanted) {
    const distance = (step) => Math.abs(Math.log1p(step) - Math.log1p(Math.max(0, wanted)));
    return this.#steps.reduce((best, step) => (distance(step) < distance(best) ? step : best));
  }

  /** Show two runs, the second one as `fill(slot)` says; or one run, without it. */
  #showPair(fill) {
    this.#slots.splice(1).forEach((slot) => slot.close());
    if (fill) {
      const slot = this.#makeSlot();
      fill(slot);
      this.#slots.push(slot);
    }
    this.two.querySelector("input").checked = Boolean(fill);
    this.columns.replaceChildren(...this.#slots.map(({ column }) => column.root));
    this.#showViews(this.#shown);
    this.#runsChanged();
  }

  #showViews(names) {
    this.#shown = names;
    for (const [name, tick] of this.ticks) tick.querySelector("input").checked = names.includes(name);
    for (const { column } of this.#slots) orderViews(column, names);
    this.redraw();
  }

  // ---- Drawing ------------------------------------------------------------------------------

  redraw() {
    this.#frame ||= requestAnimationFrame(() => this.draw());
  }

  draw() {
    this.#frame = 0;
    for (const slot of this.#slots) paintAlarm(slot.column, slot.failure);
    const space = this.live.clientWidth;
    const shown = this.#slots.map((slot) => [slot, this.#momentOf(slot)]).filter(([, it]) => it);
    if (!space || !shown.length) return;
    const moments = shown.map(([, moment]) => moment);
    const views = VIEWS.filter(({ name }) => this.#shown.includes(name));
    const scales = Object.fromEntries(views.map((view) => [view.name, view.scale(moments)]));
    const width = this.#layOut(space);
    for (const [{ column }, moment] of shown) {
      paintColumn(column, moment, this.#lookAt(moment), scales, width, this.transport.isPlaying());
    }
    this.#syncUnits(Math.max(...moments.map(({ elbows }) => elbows.length)));
    this.editor.tools.hidden = !this.editor.editing;
    this.editor.back.hidden = this.editor.editing || isUnedited(this.#edits);
    window.clearTimeout(this.#quiet);
    this.#quiet = window.setTimeout(() => this.#tell(), QUIET);
  }

  /** Arrange runs and views in the space there is; return the width of a view. */
  #layOut(space) {
    const two = this.#slots.length === 2;
    const pair = two && space >= PAIR_WIDTH;
    const across = two ? 1 : space >= WIDEST ? 3 : space >= WIDE ? 2 : 1;
    this.columns.classList.toggle("pair", pair);
    for (const { column } of this.#slots) {
      column.grid.classList.toggle("wide", across === 2);
      column.grid.classList.toggle("widest", across === 3);
    }
    const beside = pair ? 2 : across;
    return Math.floor((space - GAP * (beside - 1)) / beside);
  }

  /** What there is to see in a slot; null before its first snapshot. */
  #momentOf(slot) {
    const moment = slot.moment();
    if (moment && this.#shown.includes("votes")) {
      const unit = Math.min(this.#unit ?? loudestUnit(moment), moment.elbows.length - 1);
      Object.assign(moment, { votes: votesAt(moment, this.#votesOn, unit), voter: unit });
    }
    return moment;
  }

  #lookAt(moment) {
    const unit = this.#hovered ?? this.#unit;
    return {
      focus: unit !== null && unit < moment.elbows.length ? unit : null,
      optimum: isUnedited(this.#edits) ? optimumOf(moment.run.settings, this.#optima) : null,
      trail: this.#shown.includes("plane") ? trailOf(moment) : [],
      votesOn: this.#votesOn,
      handles: this.editor.handles,
    };
  }

  /** Tell what is seen, once it stands still. */
  #tell() {
    if (this.transport.isPlaying()) return;
    const moments = this.#slots.map(({ column }) => column.moment).filter(Boolean);
    const text = moments.map((moment) => [
      accountOf(moment, this.#unit), ...deeperAccount(moment, this.#shown, this.#votesOn),
    ].join(" ")).join(" ");
    if (this.spoken.textContent !== text) this.spoken.textContent = text;
    if (this.numbers.open) this.tables.replaceChildren(...moments.flatMap((moment) => (
      numberTables(moment, this.#votesOn))));
    if (this.#alone) this.#keepAddress();
  }

  #hover(unit) {
    if (unit === this.#hovered) return;
    this.#hovered = unit;
    this.redraw();
  }

  #choose(unit) {
    this.#unit = unit;
    this.redraw();
  }

  #syncUnits(count) {
    const select = this.units.querySelector("select");
    if (this.#unit !== null && this.#unit >= count) this.#unit = null;
    if (select.length !== count + 1) {
      const all = Array.from({ length: count }, (_, unit) => [unit, String(unit)]);
      fillChoices(select, [["", "none"], ...all], "");
    }
    select.value = this.#unit ?? "";
  }

  // ---- Controls -----------------------------------------------------------------------------

  #makeControls() {
    this.transport = makeTransport({
      timeline: () => this.#steps,
      seen: () => Math.min(...this.#wanted.map((run) => (run.ended ? Infinity : run.seen))),
      end: () => Math.max(...this.#wanted.map((run) => (
        run.ended && run.snapshots.length ? run.seen : run.settings.steps))),
      anyStep: () => this.#wanted.some((run) => run instanceof LiveRun),
      isThere: () => this.#slots.every((slot) => slot.isThere()),
      seek: (step) => { this.#wanted.forEach((run) => run.show(step)); this.redraw(); },
      train: (on) => {
        this.#wanted.forEach((run) => run.train(on));
        if (on) this.spoken.textContent = "Training.";
        this.redraw();
      },
    });
    this.editor = makeEditor(() => ({ edits: this.#edits, run: this.#wanted[0] }),
      (edits) => this.#changeData(edits), () => this.draw());
    this.two = tickBox("Two runs", false, (ticked) => {
      const { width, layers } = this.#slots[0].settings;
      const other = homeworkSettings(width, layers === "all" ? "output" : "all");
      this.#showPair(ticked && ((slot) => this.#train(slot, other)));
    });
    this.units = choiceList("Unit", [["", "none"]], "", (value) => (
      this.#choose(value === "" ? null : Number(value))));
    this.votesOn = choiceList("Votes on", PARAMETERS.map((name) => [name, name]), "b1", (name) => {
      this.#votesOn = name;
      this.redraw();
    });
    this.ticks = new Map(VIEWS.map(({ name, title }) => [name, tickBox(title, true, (ticked) => {
      const others = this.#shown.filter((other) => other !== name);
      this.#showViews(ticked ? [...others, name] : others);
    })]));
    this.columns = element("div", { class: "columns", "data-part": "columns" });
    this.spoken = element("div", { class: "spoken", role: "status", "data-part": "spoken" });
    this.seeds = makeSeeds(this.#workerSource, () => this.#slots[0].settings,
      (settings) => datasetOf(settings, this.#edits), (settings) => {
        if (!this.#shown.length) this.#showViews(VIEW_NAMES);
        this.#train(this.#slots[0], settings);
        this.transport.go(settings.steps);
        this.#slots[0].column.heading.focus();
      });
    this.#makeNumbers();
    this.live.append(
      makeTasks(TASKS, (task) => this.#beginTask(task), (task) => this.#prepareTask(task)),
      this.transport.root, this.#choices(),
      this.editor.tools, this.columns, this.seeds.root, this.numbers, this.spoken,
    );
  }

  #makeNumbers() {
    this.tables = element("div", { "data-part": "numbers" });
    const save = () => saveFile("numbers.json", JSON.stringify(this.state().columns, null, 1),
      "application/json");
    this.numbers = element("details", { toggle: () => this.#tell() },
      element("summary", {}, "All numbers"), button("Save as JSON", save), this.tables);
  }

  /** The row of what is chosen for all runs. */
  #choices() {
    const text = element("input", {
      type: "text", readonly: true, hidden: true, "aria-label": "Link to what is shown",
    });
    const said = element("span", { role: "status" });
    const copy = async () => {
      const copied = await copyText(this.#link(), text);
      said.textContent = copied ? "Copied." : "Copy it from here:";
    };
    return foldedRow("Controls", "choices",
      ...this.transport.more, this.two, this.editor.tick, this.editor.back, this.units, this.votesOn, button("Copy link", copy), said, text,
      element("details", {}, element("summary", {}, "Views"),
        element("div", { class: "row" }, ...this.ticks.values())),
      makeGuide());
  }

  /** Show where a task starts from. */
  #prepareTask({ link }) {
    this.#showValues({ ...readLink(link, this.#defaults), step: 0 });
  }

  #beginTask(task) {
    this.#prepareTask(task);
    if (task.seeds) {
      this.seeds.root.open = true;
      this.seeds.begin();
    } else {
      this.transport.start(task.slow);
    }
  }

  /** Outside all controls, the space bar trains and pauses. */
  #spaceBar(event) {
    if (event.key !== " " || event.target !== document.body) return;
    event.preventDefault();
    this.transport.toggle();
  }

  // ---- Links --------------------------------------------------------------------------------

  #address() {
    return writeLink({
      ...this.#defaults,
      ...valuesOfSlots(this.#slots),
      step: this.transport.step(),
      unit: this.#unit ?? -1,
      votes_on: this.#votesOn,
      views: this.#shown.join(" "),
      ...this.#edits,
    }, this.#defaults);
  }

  #link() {
    const isFile = this.#alone && window.location.protocol !== "about:";
    const place = isFile ? window.location.href.split("#")[0] : "explorer.html";
    return `${place}#${this.#address()}`;
  }

  #keepAddress() {
    try {
      window.history.replaceState(null, "", `#${this.#address()}`);
    } catch {
      // Some browsers refuse this for files. The button makes a link all the same.
    }
  }

  #openAddress() {
    this.#showValues(readLink(this.#alone ? window.location.hash : "", this.#defaults));
  }

  /** Show what a link says; what makes no sense in it is as usual. */
  #showValues(values) {
    this.#edits = checkedEdits(values);
    this.#unit = values.unit >= 0 ? Math.floor(values.unit) : null;
    this.#votesOn = PARAMETERS.includes(values.votes_on) ? values.votes_on : "b1";
    this.votesOn.querySelector("select").value = this.#votesOn;
    this.#shown = [...new Set(values.views.split(" "))].filter((name) => VIEW_NAMES.includes(name));
    this.#showRun(this.#slots[0], values, this.#defaults);
    this.#showPair(values.two
      && ((slot) => this.#showRun(slot, secondOf(values), secondOf(this.#defaults))));
    this.transport.go(Math.max(0, Math.floor(values.step)));
  }

  #showRun(slot, values, usual) {
    const settings = fittedSettings(nestedSettings(values));
    if (this.#recorded.has(values.run)) slot.record(values.run);
    else this.#train(slot, checkSettings(settings).length ? nestedSettings(usual) : settings);
  }
}
