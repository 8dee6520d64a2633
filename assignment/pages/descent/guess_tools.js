// Guess where the loss is lowest; only then it is told.

import { button, element, numberField, showNumber } from "../controls.js";
import { DESCENT_LIMITS } from "./state.js";
import { allow, switchButton } from "./switches.js";

/** `page` has `guess` (a number or null), `revealed`, `setGuess(guess)`, `reveal(whether)`. */
export function makeGuessTools(page) {
  const [min, max] = DESCENT_LIMITS.theta;
  const field = numberField("Your guess of the best θ", { min, max, value: "" },
    (guess) => page.setGuess(guess));
  const input = field.querySelector("input");
  const told = element("p", { "data-part": "guess", tabindex: -1 });
  // Each of the two buttons goes when it is pressed: the focus goes on to what comes instead.
  const show = switchButton("Reveal", () => {
    page.reveal(true);
    told.focus();
  }, { class: "main" });
  const again = button("Guess again", () => {
    page.reveal(false);
    input.focus();
  });
  const row = element("div", { class: "row" }, field, show, again);
  const root = element("div", { class: "settings" }, row, told);
  return { root, row, show, again, told, field };
}

export function paintGuessTools({ show, again, told, field }, { guess, revealed }, words) {
  showNumber(field, guess ?? "");
  show.hidden = revealed;
  allow(show, guess !== null);
  again.hidden = !revealed;
  if (told.textContent !== words) told.textContent = words;
}
