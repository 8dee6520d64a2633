// Going through the steps of training: train, pause, one step, any step.

import { thousands } from "../axes.js";
import { button, choiceList, element, labelled, numberField, showNumber } from "../controls.js";

// In snapshots a second: their steps grow by ratio, so that early training is not over at once.
const SPEEDS = [["8", "slow"], ["40", "normal"], ["160", "fast"], ["1e9", "as fast as it trains"]];
const [SLOW, NORMAL] = SPEEDS.map(([pace]) => pace);
// Readers who asked for reduced motion get so many still pictures of a run, and one a second.
const STILL_PICTURES = 10;
const MOST_STEPS = 1e7;

/**
 * Make the bar, and `more`: controls that need not stay in sight.
 *
 * `timeline()` returns the steps to go through, `seen()` the last one that all runs have got to,
 * `end()` the last one that any of them will get to; `anyStep()` says whether there is something to
 * see between those of the timeline, `isThere()` whether all runs show the step that was sought.
 * `seek(step)` shows a step, and trains there if need be; `train(on)` lets the runs train on, or
 * stops them.
 */
export function makeTransport({ timeline, seen, end, anyStep, isThere, seek, train }) {
  let [step, playing, pace] = [0, false, NORMAL];
  let position = 0; // in the timeline, with a fraction
  let before = 0; // the time of the last picture
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  const play = button("Train", toggle, { class: "main", "data-part": "play" });
  const slider = element("input", {
    type: "range", min: 0, step: 1, value: 0, "data-part": "slider",
    input: () => go(timeline()[slider.valueAsNumber]),
  });
  const said = element("span", { class: "numbers", "data-part": "step" });
  const exact = numberField("Step", { min: 0, max: MOST_STEPS, whole: true, value: 0 }, go);
  const speed = choiceList("Speed", SPEEDS, pace, (value) => { pace = value; });
  const root = element("div", { class: "row transport", role: "group", "aria-label": "Go through training" },
    play,
    button("One step", () => go(anyStep() ? step + 1 : timeline()[placeOf(step) + 1] ?? step)),
    labelled("Training", slider, { class: "grow" }), said);
  const more = [exact, speed, button("Start over", () => go(0))];

  /** Train, or pause; on the way to a step that is far off, stay where we have got to. */
  function toggle() {
    if (playing) pause();
    else if (isThere()) start();
    else go(seen());
  }

  /** Stand at a step, or at the last one if there are not so many. */
  function go(wanted) {
    pause();
    step = anyStep() ? Math.min(wanted, timeline().at(-1)) : timeline()[placeOf(wanted)];
    seek(step);
    sync();
  }

  function start(slowly = false) {
    if (slowly) pace = speed.querySelector("select").value = SLOW;
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
    const seconds = Math.max(0, now - before) / 1000; // a frame may have begun before we did
    if (!calm.matches || seconds >= 1) {
      before = now;
      show(seconds * (calm.matches ? timeline().length / STILL_PICTURES : Number(pace)));
    }
    if (step >= end() || !root.isConnected) pause();
    else requestAnimationFrame(advance);
  }

  function show(ahead) {
    position = Math.min(position + ahead, placeOf(seen()) + 0.999);
    const next = Math.min(timeline()[Math.floor(position)], end());
    if (next <= step) return;
    step = next;
    seek(step);
    sync();
  }

  /** The place of the last step in the timeline that is not beyond `wanted`. */
  function placeOf(wanted) {
    const after = timeline().findIndex((other) => other > wanted);
    return Math.max(0, (after < 0 ? timeline().length : after) - 1);
  }

  /** Make the controls say where we are. */
  function sync() {
    if (step > end()) step = end();
    const words = `step ${thousands(step)} of ${thousands(timeline().at(-1))}`;
    const working = playing || !isThere();
    play.textContent = working ? "Pause" : step > 0 && step < end() ? "Continue" : "Train";
    slider.max = timeline().length - 1;
    slider.value = placeOf(step);
    slider.setAttribute("aria-valuetext", words);
    said.textContent = isThere() ? words : `${words}: training`;
    showNumber(exact, step);
  }

  return { root, more, go, start, toggle, sync, step: () => step, isPlaying: () => playing };
}
