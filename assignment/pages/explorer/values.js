// Everything that a link to the explorer can say, as flat values.

import { NO_EDITS } from "./edits.js";
import { flatSettings, homeworkSettings } from "./settings.js";

const FIRST_STEP = 8000; // elbows are on their way, and the function half learned
const SECOND = "other_"; // before the names of what belongs to the second run

/**
 * What is shown without a link: of a page of its own, a run that it trains; of a figure in a
 * notebook, the runs that it got.
 */
export function defaultValues({ begin, runs }, views) {
  const labels = begin === "recorded" ? runs.map(({ label }) => label) : [];
  return {
    ...flatSettings(homeworkSettings(20, "all")),
    run: labels[0] ?? "",
    two: labels.length === 2,
    ...ofSecond({ ...flatSettings(homeworkSettings(20, "output")), run: labels[1] ?? "" }),
    step: FIRST_STEP,
    unit: -1,
    votes_on: "b1",
    views: views.join(" "),
    ...NO_EDITS,
  };
}

/** The values of one or two slots. */
export function valuesOfSlots([first, second]) {
  const values = ({ settings, label }) => ({ ...flatSettings(settings), run: label });
  return {
    ...values(first),
    two: second !== undefined,
    ...(second ? ofSecond(values(second)) : {}),
  };
}

function ofSecond(values) {
  return Object.fromEntries(Object.entries(values).map(([name, value]) => [SECOND + name, value]));
}

/** The values of the second run, by the names of the first. */
export function secondOf(values) {
  return Object.fromEntries(Object.entries(values)
    .filter(([name]) => name.startsWith(SECOND))
    .map(([name, value]) => [name.slice(SECOND.length), value]));
}
