// Going through the steps of training: train, pause, one step, any step.

import { thousands } from "../axes.js";
import { button, choiceList, element, labelled, numberField } from "../controls.js";

// In snapshots a second: their steps grow by ratio, so that early training is not over at once.
const SPEEDS = [["8", "slow"], ["40", "normal"], ["160", "fast"], ["1e9", "as fast as it trains"]];
const CALM_SPEED = 1; // for readers who asked for reduced motion
const MOST_STEPS = 1e7;

/**
 * Make the bar.
 *
 * `timeline()` returns the steps to go through, `seen()` the last one that all runs have got to,
 * `end()` the last one that any of them will get to, and `anyStep()` whether there is something to
 * see between those of the timeline. `seek(step)` shows a step, and trains there if need be;
 * `train(on)` lets the runs train on, or stops them.
 */
export function makeTransport({ timeline, seen, end, anyStep, seek, train }) {
  let [step, playing, pace] = [0, false, SPEEDS[1][0]];
  let position = 0; // in the timeline, with a fraction
  let before = 0; // the time of the last frame
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const play = button("Train", () => (playing ? pause() : start()), {
    class: "main", "data-part": "play",
  });
  const slider = element("input", {
    type: "range", min: 0, step: 1, value: 0, "data-part": "slider",
    input: () => go(timeline()[slider.valueAsNumber]),
  });
  const exact = numberField("Step", { min: 0, max: MOST_STEPS, whole: true, value: 0 }, go);
  const root = element("div", { class: "row transport", role: "group", "aria-label": "Go through training" },
    play,
    button("One step", () => go(anyStep() ? step + 1 : timeline()[placeOf(step) + 1] ?? step)),
    labelled("Training", slider, { class: "grow" }),
    exact,
    choiceList("Speed", SPEEDS, pace, (value) => { pace = value; }),
    button("Start over", () => go(0)));

  /** Stand at a step, or at the last one if there are not so many. */
  function go(wanted) {
    pause();
    step = anyStep() ? Math.min(wanted, timeline().at(-1)) : timeline()[placeOf(wanted)];
    seek(step);
    sync();
  }

  function start() {
    if (step >= end()) go(0);
    [playing, position, before] = [true, placeOf(step), performance.now()];
    train(true);
    sync();
    requestAnimationFrame(advance);
  }

  function pause() {
    if (!playing) return;
    playing = false;
    train(false);
    sync();
  }

  /** Go on as far as the speed says and the runs have got. */
  function advance(now) {
    if (!playing) return;
    const ahead = ((now - before) / 1000) * (calm.matches ? CALM_SPEED : Number(pace));
    before = now;
    position = Math.min(position + ahead, placeOf(seen()) + 0.999);
    const next = timeline()[Math.floor(position)];
    if (next > step) {
      step = next;
      seek(step);
      sync();
    }
    if (step >= end() || !root.isConnected) pause();
    else requestAnimationFrame(advance);
  }

  /** The place of the last step in the timeline that is not beyond `wanted`. */
  function placeOf(wanted) {
    const after = timeline().findIndex((other) => other > wanted);
    return Math.max(0, (after < 0 ? timeline().length : after) - 1);
  }

  /** Make the controls say where we are. */
  function sync() {
    const last = timeline().at(-1);
    play.textContent = playing ? "Pause" : step > 0 && step < end() ? "Continue" : "Train";
    slider.max = timeline().length - 1;
    slider.value = placeOf(step);
    slider.setAttribute("aria-valuetext", `step ${thousands(step)} of ${thousands(last)}`);
    const field = exact.querySelector("input");
    if (field !== document.activeElement) field.value = step;
  }

  return { root, go, start, pause, sync, step: () => step, isPlaying: () => playing };
}
