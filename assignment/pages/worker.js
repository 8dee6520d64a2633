/**
 * A training run behind messages, in a web worker or on the page's own thread.
 *
 * In: {kind: "start", id, settings, dataset, paused = false}, {kind: "pause"}, {kind: "continue"},
 * {kind: "step", count}, {kind: "seek", step}, {kind: "stop"}. "step" pauses; "seek" does not, and
 * trains on where that step was not reached yet.
 * Out: {kind: "snapshots", id, snapshots, step}, {kind: "at", id, snapshot}, {kind: "done", id},
 * {kind: "diverged", id, step, stepSize}, {kind: "failed", id, reason}.
 */

import { Trainer, snapshotSteps } from "./trainer.js";

// Milliseconds. Between two slices there is room for messages; on a page's own thread, for input
// and drawing as well. A browser waits 4 before the next one.
const SLICE = typeof document === "undefined" ? 40 : 12;
const POST_EVERY = 16;
// About half a millisecond of training, counted in units times points; each step costs as much as
// some hundreds of them besides.
const PORTION = 50_000;
const PER_STEP = 500;

/**
 * Answer messages to `scope.onmessage` with `scope.postMessage`.
 * @param scope `self` in a worker; on the page's own thread any object with `postMessage`
 */
export function serveTraining(scope) {
  const post = (message) => scope.postMessage(message);
  let run = null;
  let timer = null;
  const slice = () => {
    timer = null;
    run?.workFor(SLICE);
    schedule();
  };
  const schedule = () => {
    if (timer === null && run?.hasWork()) timer = setTimeout(slice, 0);
  };
  scope.onmessage = ({ data }) => {
    if (data.kind === "start") run = startedRun(data, post);
    else if (data.kind === "stop") run = null;
    else run?.receive(data);
    schedule();
  };
}

/** Return a new run, or null after a message that says why there is none. */
function startedRun(message, post) {
  try {
    return new TrainingRun(message, post);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error; // a fault in the code, not in the settings
    post({ kind: "failed", id: message.id, reason: error.message });
    return null;
  }
}

/**
 * A run that is trained in slices and keeps a state at each snapshot, to go back to.
 *
 * `head` is the run itself. `visitor` goes to earlier steps, without any change to the head.
 */
class TrainingRun {
  #post;
  #settings;
  #head;
  #visitor = null; // made when it is needed: eight runs side by side are seldom visited
  #keyframes = [];
  #stops; // the steps of the snapshots to come
  #portion; // steps between two looks at the clock
  #running;
  #here = 0; // where "step" starts: the head while it trains, or what was asked for last
  #goal = null; // the step that is asked for and not answered yet
  #news = []; // snapshots not posted yet
  #postedStep = -1;
  #postedAt = -Infinity;

  constructor({ id, settings, dataset, paused = false }, post) {
    this.#post = (message) => post({ id, ...message });
    this.#settings = settings;
    this.#head = new Trainer(settings, dataset);
    this.#stops = snapshotSteps(settings.steps).slice(1);
    this.#portion = Math.ceil(PORTION / (settings.width * settings.batchSize + PER_STEP));
    this.#running = !paused;
    this.#keep();
    this.#postNews();
  }

  /** Take in a message about this run. */
  receive({ kind, step, count }) {
    if (kind === "seek") this.#goal = Math.max(0, Math.min(step, this.#settings.steps));
    if (kind === "step") {
      const from = this.#goal ?? this.#here;
      this.#goal = Math.max(0, Math.min(from + count, this.#settings.steps));
    }
    // A pause does not wait for a far step that is yet to be trained; it answers with the head.
    if (kind === "pause" && this.#goal > this.#head.step) this.#goal = this.#head.step;
    if (kind === "pause" || kind === "step") this.#running = false;
    if (kind === "continue") this.#running = true;
    if (!this.#running) this.#postNews();
  }

  /** Say whether there is anything to do before the next message. */
  hasWork() {
    return this.#goal !== null || (this.#running && !this.#isOver());
  }

  /** Work for so many milliseconds, or until all is done. */
  workFor(milliseconds) {
    const end = performance.now() + milliseconds;
    while (this.hasWork() && performance.now() < end) {
      if (this.#goal === null) this.#train(Infinity);
      else if (this.#goal > this.#head.step && !this.#isOver()) this.#train(this.#goal);
      else this.#visit();
    }
    if (performance.now() - this.#postedAt >= POST_EVERY) this.#postNews();
  }

  #isOver() {
    return this.#stops.length === 0 || this.#head.divergedAt !== null;
  }

  /** Train the head on by one portion, not beyond the next snapshot or `limit`. */
  #train(limit) {
    const end = Math.min(this.#stops[0], limit);
    this.#head.advance(Math.min(end - this.#head.step, this.#portion));
    this.#here = this.#head.step;
    if (this.#head.step === this.#stops[0]) {
      this.#stops.shift();
      this.#keep();
    }
    if (this.#isOver()) this.#postEnd();
  }

  #postEnd() {
    const step = this.#head.divergedAt;
    this.#postNews();
    if (step === null) this.#post({ kind: "done" });
    else this.#post({ kind: "diverged", step, stepSize: this.#settings.stepSize });
  }

  /** Bring the visitor nearer to the goal by one portion; answer if it is there. */
  #visit() {
    const goal = Math.min(this.#goal, this.#head.step); // a run that diverged ends before the goal
    const visitor = (this.#visitor ??= new Trainer(this.#settings, this.#head.dataset));
    const nearest = this.#keyframes.findLast(({ step }) => step <= goal);
    if (visitor.step > goal || visitor.step < nearest.step) visitor.restore(nearest);
    visitor.advance(Math.min(goal - visitor.step, this.#portion));
    if (visitor.step < goal) return;
    this.#here = goal;
    this.#goal = null;
    this.#postNews();
    this.#post({ kind: "at", snapshot: visitor.snapshot() });
  }

  #keep() {
    this.#keyframes.push(this.#head.state());
    this.#news.push(this.#head.snapshot());
  }

  /** Post new snapshots; without any, the step that is reached. */
  #postNews() {
    const { step } = this.#head;
    if (step === this.#postedStep) return;
    this.#post({ kind: "snapshots", snapshots: this.#news, step });
    this.#news = [];
    this.#postedStep = step;
    this.#postedAt = performance.now();
  }
}
