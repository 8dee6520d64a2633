// A place for a run on the page: what was asked for, and what is shown until that has begun.

import { snapshotSteps } from "../trainer.js";
import { makeColumn } from "./column.js";
import { datasetOf } from "./edits.js";
import { momentOf } from "./moment.js";
import { LiveRun, startTrainer } from "./run.js";

const PATIENCE = 200; // milliseconds that an old picture stays while a new run catches up

export class Slot {
  #recorded;
  #workerSource;
  #step;
  #changed;
  #trainer = null;
  #lastId = 0;

  /**
   * @param {Map} recorded runs by label
   * @param {string} workerSource see `startTrainer`
   * @param hooks what controls lead to, see column.js; besides `step()`, the step that is shown,
   *   and `changed(slot)`, called when there is more to see or something else was asked for
   */
  constructor(recorded, views, workerSource, { step, changed, ...hooks }) {
    this.#recorded = recorded;
    this.#workerSource = workerSource;
    this.#step = step;
    this.#changed = changed;
    this.label = ""; // of a recorded run
    this.settings = null;
    this.steps = []; // that there is something to see of
    this.run = null; // what is shown
    this.next = null; // what was asked for, until it has got to the step that is shown
    this.column = makeColumn([...recorded.keys()], views, {
      ...hooks,
      record: (label) => this.record(label),
      train: (settings) => hooks.train(this, settings),
    });
  }

  /** The run that was asked for. */
  get wanted() {
    return this.next ?? this.run;
  }

  /** Show a recorded run. */
  record(label) {
    this.#trainer?.post({ kind: "stop" });
    const run = this.#recorded.get(label);
    const steps = run.snapshots.map(({ step }) => step);
    Object.assign(this, { label, settings: run.settings, steps, run, next: null });
    this.#show();
  }

  /** Train a run up to the step that is shown. */
  train(settings, edits) {
    this.#trainer ??= startTrainer(this.#workerSource, (message) => {
      [this.next, this.run].find((run) => run?.id === message.id)?.hear(message);
    });
    this.#lastId += 1;
    const begun = performance.now();
    const changed = (run) => {
      const late = performance.now() - begun > PATIENCE;
      if (run === this.next && run.snapshots.length && (this.isThere() || late)) {
        Object.assign(this, { run, next: null });
      }
      this.#changed(this);
    };
    const { post } = this.#trainer;
    const run = new LiveRun(this.#lastId, settings, datasetOf(settings, edits), post, changed);
    const steps = snapshotSteps(settings.steps);
    Object.assign(this, { label: "", settings, steps, run: this.run ?? run, next: run });
    run.show(this.#step());
    this.#show();
  }

  /** What there is to see at the step that is shown; null before the first snapshot. */
  moment() {
    const snapshot = this.run.at(this.#step());
    return snapshot && momentOf(this.run, snapshot);
  }

  /** End the training that nobody can see any more. */
  close() {
    this.#trainer?.close();
  }

  /** Whether the run that was asked for shows the step that is shown, or has ended before it. */
  isThere() {
    return this.wanted.ended || this.wanted.at(this.#step())?.step === this.#step();
  }

  /** Why the run that was asked for has ended, if not well, once that is what is shown. */
  get failure() {
    return this.#step() >= this.wanted.seen ? this.wanted.failure : "";
  }

  #show() {
    this.column.form.show(this.wanted, this.label);
    this.#changed(this);
  }
}
