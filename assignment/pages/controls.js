// Controls with labels, and the elements around them.

// JupyterLab leaves its keys alone where the focused element says so.
export const OWN_KEYS = { "data-lm-suppress-shortcuts": "true" };
const CONTROLS = new Set(["input", "select", "button", "summary", "textarea"]);

/** An element with attributes (functions listen to events) and children (elements or texts). */
export function element(tag, given = {}, ...children) {
  const made = document.createElement(tag);
  const attributes = CONTROLS.has(tag) ? { ...OWN_KEYS, ...given } : given;
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") made.addEventListener(name, value);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value !== undefined) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** A button; `press` is called when it is pressed. */
export function button(text, press, attributes = {}) {
  return element("button", { type: "button", click: press, ...attributes }, text);
}

/** A label with its control. */
export function labelled(text, control, attributes = {}) {
  control.setAttribute("aria-label", text); // without the options that a list has inside
  return element("label", attributes, element("span", { class: "name" }, text), control);
}

/**
 * A field for a number. `choose` is called with it once it is typed and lies within the limits.
 *
 * Until then the field says why not. The arrow keys go to the next round number.
 */
export function numberField(text, { min, max, whole = false, value }, choose) {
  const fault = element("span", { class: "fault", role: "alert" });
  const input = element("input", {
    type: "number", inputmode: "decimal", min, max, step: "any", value,
    input: () => { input.dataset.typing = "true"; },
    change: () => {
      delete input.dataset.typing;
      const number = input.valueAsNumber;
      const fits = number >= min && number <= max && (!whole || Number.isInteger(number));
      input.setAttribute("aria-invalid", !fits);
      fault.textContent = fits ? "" : `${whole ? "a whole number" : "a number"} from ${min} to ${max}`;
      if (fits) choose(number);
    },
    keydown: (event) => {
      const sign = { ArrowUp: 1, ArrowDown: -1 }[event.key];
      if (!sign) return;
      event.preventDefault();
      input.value = stepped(input.valueAsNumber, sign, whole, min, max);
      input.dispatchEvent(new Event("change"));
    },
  });
  const label = labelled(text, input);
  label.append(fault);
  return label;
}

/** Show a number in a field of `numberField`, unless somebody is typing there. */
export function showNumber(field, number) {
  const input = field.querySelector("input");
  const isWrong = input.getAttribute("aria-invalid") === "true";
  if (input.dataset.typing || (isWrong && input === document.activeElement)) return;
  input.value = number;
  input.setAttribute("aria-invalid", "false");
  field.querySelector(".fault").textContent = "";
}

/** The next number in a direction: small whole ones by 1, all others by 1, 2, 5 times 10 to a power. */
function stepped(value, sign, whole, min, max) {
  if (!Number.isFinite(value)) return min;
  const next = whole && value + sign <= 100 ? value + sign : nextRound(value, sign);
  return Math.min(max, Math.max(min, next));
}

function nextRound(value, sign) {
  if (value <= 0) return sign > 0 ? 0.01 : 0;
  const power = Math.floor(Math.log10(value) + 1e-9);
  const rounds = [power - 1, power, power + 1].flatMap((exponent) => (
    [1, 2, 5].map((factor) => Number(`${factor}e${exponent}`))));
  return sign > 0
    ? rounds.find((round) => round > value * (1 + 1e-9))
    : rounds.findLast((round) => round < value * (1 - 1e-9));
}

/** A drop-down list of [value, text]; `choose` gets the value as a text. */
export function choiceList(text, options, value, choose) {
  const select = element("select", { change: () => choose(select.value) });
  fillChoices(select, options, value);
  return labelled(text, select);
}

/** Give a drop-down list other options. */
export function fillChoices(select, options, value) {
  select.replaceChildren(...options.map(([key, shown]) => new Option(shown, key)));
  select.value = String(value);
}

const NARROW = 640; // pixels

/** A row that is folded on narrow screens alone, where pictures would be out of sight. */
export function foldedRow(name, kind, ...children) {
  return element("details", { class: `folded ${kind}`, open: window.innerWidth >= NARROW },
    element("summary", {}, name), element("div", { class: "row" }, ...children));
}

/** A box to tick. */
export function tickBox(text, checked, choose) {
  const input = element("input", {
    type: "checkbox", checked, change: () => choose(input.checked),
  });
  return element("label", {}, input, text);
}

/** Offer a text or a Blob as a file to keep. */
export function saveFile(name, content, kind) {
  const blob = content instanceof Blob ? content : new Blob([content], { type: kind });
  const address = URL.createObjectURL(blob);
  element("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 1000);
}

/** Copy a text; where the browser forbids it, show it to be copied by hand. */
export async function copyText(text, shown) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    shown.hidden = false;
    shown.value = text;
    shown.focus();
    shown.select();
    return false;
  }
}

/** See to it that keys belong to a figure while it has the focus, and to the notebook after that. */
export function keepKeys(root) {
  root.addEventListener("keydown", (event) => {
    if (/^(Arrow|Page|Home|End|Delete| |Enter)/.test(event.key)) event.stopPropagation();
  });
  // JupyterLab leaves the focus where it is when somebody clicks on a cell.
  const leave = (event) => {
    if (root.contains(event.target)) return;
    document.removeEventListener("pointerdown", leave, true);
    if (root.contains(document.activeElement)) document.activeElement.blur();
  };
  root.addEventListener("focusin", () => document.addEventListener("pointerdown", leave, true));
}
