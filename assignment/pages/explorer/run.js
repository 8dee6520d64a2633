// A run: snapshots of a network in training, recorded before or made now by a worker.

import { thousands } from "../axes.js";
import { serveTraining } from "../worker.js";
import { describeSettings, homeworkSettings } from "./settings.js";

/** What all runs have: title, settings, dataset, and snapshots in the order of their steps. */
class Run {
  constructor(title, settings, dataset, snapshots) {
    Object.assign(this, { title, settings, dataset, snapshots });
    this.exact = null; // a snapshot between those
    this.ended = true; // whether there will be no more of them
    this.failure = ""; // a sentence, if training did not come to its end
  }

  /** The last step that there is a snapshot of, -1 before the first. */
  get seen() {
    return this.snapshots.length ? this.snapshots.at(-1).step : -1;
  }

  /** The snapshot at a step, or the last one before it; null if there is none yet. */
  at(step) {
    return this.exact?.step === step ? this.exact : this.snapshots[this.placeOf(step)] ?? null;
  }

  /** The place of the last snapshot up to a step, -1 if there is none. */
  placeOf(step) {
    let [low, high] = [0, this.snapshots.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.snapshots[middle].step <= step) low = middle + 1;
      else high = middle;
    }
    return low - 1;
  }

  /** Train on, or stop. Recorded runs have all that there is. */
  train() {}

  /** Get the snapshot of a step that lies between those of a recorded run: there is none. */
  show() {}
}

/** A run that was recorded, from what Python packed; a frozen hidden layer is packed once. */
export class RecordedRun extends Run {
  constructor({ title, width, layers, steps, w1, b1, w2, b2, train, test }, data) {
    const settings = { ...homeworkSettings(width, layers), steps: steps.at(-1) };
    const dataset = {
      x: Float64Array.from(data.x), y: Float64Array.from(data.y), heights: data.heights,
    };
    const hidden = (weights, t) => Float64Array.from(weights[weights.length === 1 ? 0 : t]);
    super(title, settings, dataset, steps.map((step, t) => ({
      step,
      w1: hidden(w1, t),
      b1: hidden(b1, t),
      w2: Float64Array.from(w2[t]),
      b2: b2[t],
      trainLoss: train[t],
      testLoss: test[t],
    })));
  }
}

/**
 * A run that a trainer makes, as far as it is asked to: `post` sends it messages, see worker.js,
 * and `hear` takes its answers. `changed(run)` is called when there is more to see.
 */
export class LiveRun extends Run {
  constructor(id, settings, dataset, post, changed) {
    super(describeSettings(settings), settings, dataset, []);
    Object.assign(this, { id, post, changed, ended: false });
    const { x, y, testX, testY } = dataset;
    post({ kind: "start", id, settings, dataset: { x, y, testX, testY }, paused: true });
  }

  train(on) {
    if (!this.ended) this.post({ kind: on ? "continue" : "pause" });
  }

  /** Get the snapshot of any step; the trainer goes there from the nearest one that it has. */
  show(step) {
    if (this.at(step)?.step !== step) this.post({ kind: "seek", step });
  }

  hear(message) {
    if (message.kind === "snapshots") this.snapshots.push(...message.snapshots);
    if (message.kind === "at") this.exact = message.snapshot;
    if (message.kind === "done") this.ended = true;
    if (message.kind === "diverged") {
      this.end(`Diverged at step ${thousands(message.step)} with step size `
        + `${this.settings.stepSize}: the loss left the finite numbers. Try a smaller step size.`);
    }
    if (message.kind === "failed") this.end(`Training stopped: ${message.reason}`);
    this.changed(this);
  }

  end(failure) {
    Object.assign(this, { ended: true, failure });
  }
}

/**
 * Start a trainer in a worker: `post` sends it messages, `hear` gets its answers, `close` ends it.
 *
 * Where workers are forbidden (in some notebook front ends), training runs on this thread instead,
 * in slices.
 */
export function startTrainer(workerSource, hear) {
  const sent = [];
  let post = null;
  let close = () => post({ kind: "stop" });
  const trainHere = () => {
    post = serveHere(hear);
    sent.forEach(post);
  };
  try {
    const address = URL.createObjectURL(new Blob([workerSource], { type: "text/javascript" }));
    const worker = new Worker(address);
    worker.onerror = () => { worker.terminate(); trainHere(); };
    worker.onmessage = ({ data }) => {
      worker.onerror = null;
      post = (message) => worker.postMessage(message);
      hear(data);
    };
    post = (message) => {
      sent.push(message);
      worker.postMessage(message);
    };
    close = () => {
      worker.onmessage = null;
      worker.terminate();
    };
  } catch {
    trainHere();
  }
  return { post: (message) => post(message), close: () => close() };
}

/** Serve training on this thread; return a function that sends messages to it. */
function serveHere(hear) {
  const scope = { postMessage: (message) => setTimeout(hear, 0, message) };
  serveTraining(scope);
  return (message) => scope.onmessage({ data: message });
}
