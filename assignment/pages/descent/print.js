// The page on paper: what was chosen stands there in words, and nothing that waits for a hand.

import { element } from "../controls.js";

const PAGE = '.lab-page[data-page="descent"]';
const RULES = `
${PAGE} .on-paper { display: none; }
@media print {
  ${PAGE} .on-paper { display: block; }
  ${PAGE} :is(label, input, select, summary, .save, [data-waits]) { display: none; }
  ${PAGE} details:not([open]) { display: none; }
}`;

/** The rules for paper, as an element. */
export function printRules() {
  return element("style", {}, RULES);
}
