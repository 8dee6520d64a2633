// What the figures of both pages have in common: legends, ways to keep a picture, tables.

import { button, element, saveFile } from "./controls.js";
import { makeSvg, paint, pngOf, svgText } from "./svg.js";

/** An entry of a legend: the mark as it is drawn, 28 by 14 pixels, and its name. */
export function legendKey(text, mark) {
  const svg = makeSvg(28, 14);
  svg.setAttribute("aria-hidden", "true");
  paint(svg, [mark]);
  return element("span", { class: "key" }, svg, text);
}

/** An empty plot, by the name of its view and its title. */
export function makePlot(name, title) {
  const svg = makeSvg(300, 150);
  svg.classList.add("plot");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", title);
  svg.dataset.view = name;
  return svg;
}

/** Two buttons, which save what a plot shows as SVG and as PNG. */
export function saveButtons(svg, name, title) {
  const save = (kind, act) => button(kind, act, { "aria-label": `Save ${title} as ${kind}` });
  return [
    save("SVG", () => saveFile(`${name}.svg`, svgText(svg, title), "image/svg+xml")),
    save("PNG", async () => saveFile(`${name}.png`, await pngOf(svg, title))),
  ];
}

/** A table that scrolls by itself where it is too wide; `rows` hold texts. */
export function numbersTable(caption, heads, rows, attributes = {}) {
  const row = (tag, cells, more = {}) => (
    element("tr", {}, ...cells.map((cell) => element(tag, more, cell))));
  return element("div", { class: "scroll", tabindex: "0", role: "group", "aria-label": caption },
    element("table", attributes,
      element("caption", {}, caption),
      element("thead", {}, row("th", heads, { scope: "col" })),
      element("tbody", {}, ...rows.map((cells) => row("td", cells)))));
}
