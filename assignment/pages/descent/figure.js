// A plot with its name, its keys, and buttons that save it.

import { element } from "../controls.js";
import { legendKey, makePlot, saveButtons } from "../figure.js";
import { paint, resizeSvg } from "../svg.js";

/**
 * `below` are elements under the plot; `keys` are [text, mark, when]s: marks of 28 by 14 pixels, and
 * in which scenes, seen how (always, without `when`).
 */
export function makeDescentFigure(name, title, keys, ...below) {
  const svg = makePlot(name, title);
  const [saveSvg, savePng] = saveButtons(svg, name, title);
  const asked = element("span", { class: "asked" });
  const legend = keys.map(([text, mark, when = () => true]) => (
    { when, key: legendKey(text, mark) }));
  const root = element("figure", { class: "view" },
    element("figcaption", {},
      element("strong", {}, title),
      asked,
      ...legend.map(({ key }) => key),
      element("span", { class: "save" }, saveSvg, " ", savePng)),
    svg, ...below);
  return { root, svg, asked, legend, frame: null };
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
