// Short tasks: first a prediction, then the experiment, then what there was to see.

import { button, element } from "./controls.js";

/**
 * A box with one task at a time.
 *
 * A task has `title`, `question` (the ids it belongs to), `ask`, `answers` (a list of texts),
 * `right` (the place of the one that is borne out), `link` (the experiment, as in an address) and
 * `told` (what there is to see, and why). `begin(task)` shows its experiment.
 */
export function makeTasks(tasks, begin) {
  const body = element("div", { class: "task", "data-part": "task" });
  const list = element("ol", { class: "task-list" }, ...tasks.map((task) => (
    element("li", {}, button(`${task.title} (${task.question})`, () => show(task))))));
  let chosen = -1;

  function show(task) {
    chosen = -1;
    const group = `task-${Math.random().toString(36).slice(2)}`;
    const told = element("div", { role: "status" });
    const go = button("Try it", () => {
      begin(task);
      const verdict = chosen === task.right ? "As you said." : "Not as you said. Look again:";
      told.replaceChildren(element("p", {}, element("strong", {}, `${verdict} `), task.told));
    }, { class: "main", disabled: true });
    const answers = task.answers.map((answer, place) => {
      const input = element("input", {
        type: "radio", name: group, change: () => { chosen = place; go.disabled = false; },
      });
      return element("label", {}, input, answer);
    });
    body.replaceChildren(
      element("h3", { tabindex: "-1" }, task.title),
      element("p", {}, task.ask),
      element("fieldset", {}, element("legend", {}, "Say first what you expect:"), ...answers),
      go,
      told,
    );
    body.firstElementChild.focus();
  }

  return element("details", { class: "tasks", "data-part": "tasks" },
    element("summary", {}, "Tasks: predict first, then try"), list, body);
}
