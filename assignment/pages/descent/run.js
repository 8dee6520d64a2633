// Many steps, one after the other, slowly at first.

const STEP_RATES = [[10, 5], [40, 20], [Infinity, 90]]; // up to so many steps, so many a second

/**
 * A run that calls `advance(n)` to take n steps until that returns false, then `ended()`.
 *
 * Those who want no motion get all steps at once, a hundred at most.
 */
export function makeStepper(advance, ended) {
  let request = 0;
  const stop = () => {
    cancelAnimationFrame(request);
    request = 0;
    ended();
  };
  const start = () => {
    if (wantsNoMotion()) {
      advance(100);
      ended();
      return;
    }
    let [before, due, taken] = [null, 1, 0];
    const tick = (now) => {
      // After a pause of the browser (a hidden tab) it goes on as if there had been none.
      const seconds = Math.min(100, now - (before ?? now)) / 1000;
      due += seconds * STEP_RATES.find(([most]) => taken < most)[1];
      before = now;
      const steps = Math.floor(due);
      due -= steps;
      taken += steps;
      if (steps && !advance(steps)) stop();
      else request = requestAnimationFrame(tick);
    };
    request = requestAnimationFrame(tick);
  };
  return { start, stop, get running() { return request !== 0; } };
}

export function wantsNoMotion() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}
