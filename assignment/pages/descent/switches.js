// Buttons that can be off and keep the focus all the same: a disabled one would lose it.

import { button } from "../controls.js";

export function switchButton(text, press, attributes = {}) {
  const made = button(text, () => {
    if (made.getAttribute("aria-disabled") !== "true") press();
  }, attributes);
  return made;
}

/** Switch such a button on or off. */
export function allow(made, isAllowed) {
  made.setAttribute("aria-disabled", String(!isAllowed));
}
