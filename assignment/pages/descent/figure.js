// A plot with its name, its keys, and buttons that save it.

import { button, element, saveFile } from "../controls.js";
import { makeSvg, paint, pngOf, resizeSvg, svgText } from "../svg.js";

/**
 * `below` are elements under the plot; `keys` are [text, mark, when]s: marks of 28 by 14 pixels, and
 * in which scenes, seen how (always, without `when`).
 */
export function makeDescentFigure(name, title, keys, ...below) {
  const svg = makeSvg(300, 200);
  svg.classList.add("plot");
  svg.setAttribute("role", "group");
  svg.setAttribute("aria-label", title);
  svg.dataset.view = name;
  const save = (kind, act) => button(kind, act, { "aria-label": `Save ${title} as ${kind}` });
  const asked = element("span", { class: "asked" });
  const legend = keys.map(([text, mark, when = () => true]) => (
    { when, key: element("span", { class: "key" }, keyPicture(mark), text) }));
  const root = element("figure", { class: "view" },
    element("figcaption", {},
      element("strong", {}, title),
      asked,
      ...legend.map(({ key }) => key),
      element("span", { class: "save" },
        save("SVG", () => saveFile(`${name}.svg`, svgText(svg, title), "image/svg+xml")), " ",
        save("PNG", async () => saveFile(`${name}.png`, await pngOf(svg, title))))),
    svg, ...below);
  return { root, svg, asked, legend, frame: null };
}

function keyPicture(mark) {
  const svg = makeSvg(28, 14);
  svg.setAttribute("aria-hidden", "true");
  paint(svg, [mark]);
  return svg;
}

/** Show a view's plot of a scene in its figure. */
export function paintDescentFigure(figure, view, scene, look, width, height) {
  const { frame, marks } = view(scene, look, width, height);
  if (figure.frame?.width !== width || figure.frame?.height !== height) {
    resizeSvg(figure.svg, width, height);
  }
  figure.frame = frame;
  for (const { key, when } of figure.legend) key.hidden = !when(scene, look);
  paint(figure.svg, marks);
}
