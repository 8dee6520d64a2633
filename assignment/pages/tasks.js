// Short tasks: first a prediction, then the experiment, and at last what there was to see.

import { button, element } from "./controls.js";

/**
 * A box with one task at a time.
 *
 * A task has `title`, `question` (the ids it belongs to), `ask`, `answers` (a list of texts),
 * `right` (the place of the one that is borne out), `watch` (what to look at) and `told` (what
 * there was to see). `begin(task)` shows its experiment, `prepare(task)` where it starts from. An
 * address that ends in #task=3 opens the third.
 */
export function makeTasks(tasks, begin, prepare = () => {}) {
  const body = element("div", { "data-part": "task" });
  const root = element("details", { class: "tasks", "data-part": "tasks" },
    element("summary", {}, "Tasks: predict first, then try"), body);

  function showList() {
    body.replaceChildren(element("ol", { class: "task-list" }, ...tasks.map((task) => (
      element("li", {}, button(`${task.title} (${task.question})`, () => ask(task)))))));
  }

  function openLinked() {
    const task = tasks[Number(/^#task=(\d+)$/.exec(window.location.hash)?.[1]) - 1];
    if (!task) return;
    root.open = true;
    ask(task);
  }

  /** Show parts under the task's title, which gets the focus. */
  function show(task, ...parts) {
    const title = element("h3", { tabindex: "-1" }, task.title);
    body.replaceChildren(title, ...parts);
    title.focus({ preventScroll: true });
  }

  function ask(task) {
    let said = "";
    const group = `task-${Math.random().toString(36).slice(2)}`; // ties its radio buttons together
    const go = button("Try it", () => watch(task, said), { class: "main", disabled: true });
    const answers = task.answers.map((answer) => element("label", {},
      element("input", {
        type: "radio", name: group, change: () => { said = answer; go.disabled = false; },
      }), answer));
    show(task, element("p", {}, task.ask),
      element("fieldset", {}, element("legend", {}, "Say first what you expect:"), ...answers),
      element("div", { class: "row" }, go, button("Other tasks", showList)));
    prepare(task);
  }

  function watch(task, said) {
    show(task, element("p", {}, `You said: “${said}” `, element("strong", {}, task.watch)),
      element("div", { class: "row" },
        button("What happened?", () => tell(task, said), { class: "main" }),
        button("Again", () => begin(task)), button("Other tasks", showList)));
    begin(task);
  }

  function tell(task, said) {
    const right = task.answers[task.right];
    const verdict = said === right ? "As you said." : `Not what happened. It was: “${right}”`;
    show(task, element("p", {}, element("strong", {}, verdict), ` ${task.told}`),
      element("div", { class: "row" },
        button("Again", () => begin(task)), button("Other tasks", showList)));
  }

  showList();
  queueMicrotask(openLinked); // once the page around it is there
  window.addEventListener("hashchange", openLinked);
  return root;
}
