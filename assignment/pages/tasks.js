// Short tasks: first a prediction, then the experiment, then what there was to see.

import { button, element } from "./controls.js";

/**
 * A box with one task at a time.
 *
 * A task has `title`, `question` (the ids it belongs to), `ask`, `answers` (a list of texts),
 * `right` (the place of the one that is borne out) and `told` (what there is to see).
 * `begin(task)` shows its experiment. An address that ends in #task=3 opens the third.
 */
export function makeTasks(tasks, begin) {
  const body = element("div", { "data-part": "task" });
  const root = element("details", { class: "tasks", "data-part": "tasks" },
    element("summary", {}, "Tasks: predict first, then try"), body);

  function showList() {
    body.replaceChildren(element("ol", { class: "task-list" }, ...tasks.map((task) => (
      element("li", {}, button(`${task.title} (${task.question})`, () => showTask(task)))))));
  }

  function openLinked() {
    const task = tasks[Number(/^#task=(\d+)$/.exec(window.location.hash)?.[1]) - 1];
    if (!task) return;
    root.open = true;
    showTask(task);
  }

  /** Ask for a prediction. */
  function showTask(task) {
    let said = -1;
    const group = `task-${Math.random().toString(36).slice(2)}`; // ties its radio buttons together
    const go = button("Try it", () => showOutcome(task, said), { class: "main", disabled: true });
    const answers = task.answers.map((answer, place) => element("label", {},
      element("input", {
        type: "radio", name: group, change: () => { said = place; go.disabled = false; },
      }), answer));
    body.replaceChildren(
      heading(task),
      element("p", {}, task.ask),
      element("fieldset", {}, element("legend", {}, "Say first what you expect:"), ...answers),
      element("div", { class: "row" }, go, button("Other tasks", showList)),
    );
    body.firstElementChild.focus();
  }

  /** Begin the experiment, and tell what to look at. */
  function showOutcome(task, said) {
    const verdict = said === task.right ? "It comes as you said." : "It comes otherwise.";
    body.replaceChildren(
      heading(task),
      element("p", {}, `${task.ask} You said: “${task.answers[said]}”`),
      element("p", { role: "status" }, element("strong", {}, verdict), ` ${task.told}`),
      element("div", { class: "row" }, button("Again", () => begin(task)),
        button("Other tasks", showList)),
    );
    body.firstElementChild.focus();
    begin(task);
  }

  showList();
  openLinked();
  window.addEventListener("hashchange", openLinked);
  return root;
}

function heading({ title }) {
  return element("h3", { tabindex: "-1" }, title);
}
