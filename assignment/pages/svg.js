// Drawing: a view says what there is to see as a list of marks, and `paint` makes an SVG show it.

const SVG_NAMESPACE = "http://www.w3.org/2000/svg";

// Okabe and Ito's colours, which colour-blind readers can tell apart.
export const COLOURS = {
  black: "#000000", grey: "#6e6e6e", light: "#e2e2e2", blue: "#0072b2", vermillion: "#d55e00",
  green: "#009e73", purple: "#cc79a7", white: "#ffffff", ink: "#111111",
};
const FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Liberation Sans', sans-serif";

/**
 * Make the children of an SVG element show a list of marks.
 *
 * A mark is [tag, attributes], and then a text or a list of marks inside, if any. Elements stay as
 * long as the marks at their place keep their tag, so that the focus stays too, and only what has
 * changed is touched.
 */
export function paint(svg, marks) {
  marks.forEach(([tag, attributes, inside = ""], place) => {
    let shape = svg.children[place];
    if (shape?.tagName !== tag) {
      const made = document.createElementNS(SVG_NAMESPACE, tag);
      if (shape) shape.replaceWith(made);
      else svg.append(made);
      shape = made;
    }
    const before = shape.shown ?? {};
    for (const name of Object.keys(before)) {
      if (!(name in attributes)) shape.removeAttribute(name);
    }
    for (const [name, value] of Object.entries(attributes)) {
      if (before[name] !== value) shape.setAttribute(name, value);
    }
    shape.shown = attributes;
    if (Array.isArray(inside)) paint(shape, inside);
    else if (shape.textContent !== inside) shape.textContent = inside;
  });
  while (svg.children.length > marks.length) svg.lastElementChild.remove();
}

/** An empty SVG element of a size in pixels; the style makes it fit narrower places. */
export function makeSvg(width, height) {
  const svg = document.createElementNS(SVG_NAMESPACE, "svg");
  resizeSvg(svg, width, height);
  svg.setAttribute("font-family", FONT);
  svg.setAttribute("font-size", "14");
  return svg;
}

/** Give an SVG element another size in pixels. */
export function resizeSvg(svg, width, height) {
  svg.setAttribute("width", width);
  svg.setAttribute("height", height);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
}

/** The data of a path through points [x, y] in pixels; a gap where a point is not finite. */
export function pathData(points) {
  let pen = "M";
  let text = "";
  for (const [x, y] of points) {
    if (Number.isFinite(x) && Number.isFinite(y)) {
      text += `${pen}${rounded(x)},${rounded(y)}`;
      pen = "L";
    } else {
      pen = "M";
    }
  }
  return text;
}

/** A hundredth of a pixel is more than anybody sees, and nobody sees further than that. */
function rounded(pixels) {
  return Math.round(Math.max(-1e6, Math.min(1e6, pixels)) * 100) / 100;
}

/** A line through points [x, y] in pixels, as a mark. */
export function lineMark(points, colour, width, more = {}) {
  return ["path", {
    d: pathData(points), fill: "none", stroke: colour, "stroke-width": width,
    "stroke-linejoin": "round", ...more,
  }];
}

/** Words at a place in pixels, as a mark. */
export function textMark(x, y, text, more = {}) {
  return ["text", { x: rounded(x), y: rounded(y), fill: COLOURS.ink, ...more }, text];
}

/** A cross at a place in pixels, as a mark. */
export function crossMark(x, y, size, colour, width = 2) {
  const [l, r, t, b] = [x - size, x + size, y - size, y + size].map(rounded);
  return ["path", {
    d: `M${l},${t}L${r},${b}M${r},${t}L${l},${b}`, fill: "none", stroke: colour,
    "stroke-width": width,
  }];
}

/** Marks of which no more shows than lies within a plot, as one mark. */
export function clipMark({ left, right, top, bottom }, marks) {
  const [width, height] = [right - left, bottom - top].map(rounded);
  return ["svg", {
    x: left, y: top, width, height, viewBox: `${left} ${top} ${width} ${height}`,
    "aria-hidden": "true",
  }, marks];
}

/** The data of a path: a diamond around a place in pixels. */
export function diamondData(x, y, size) {
  return `${pathData([[x, y - size], [x + size, y], [x, y + size], [x - size, y]])}Z`;
}

/** The text of an SVG file that shows what an SVG element shows, on white; without what waits. */
export function svgText(svg, title) {
  const copy = svg.cloneNode(true);
  for (const mark of copy.querySelectorAll("[data-waits]")) mark.remove();
  copy.setAttribute("xmlns", SVG_NAMESPACE);
  copy.removeAttribute("class");
  const [name, background] = ["title", "rect"].map((tag) => (
    document.createElementNS(SVG_NAMESPACE, tag)));
  name.textContent = title;
  for (const [side, value] of [["width", "100%"], ["height", "100%"], ["fill", "#fff"]]) {
    background.setAttribute(side, value);
  }
  copy.prepend(name, background);
  return new XMLSerializer().serializeToString(copy);
}

/** A PNG (a promise of a Blob) of what an SVG element shows, `scale` pixels for each of its own. */
export async function pngOf(svg, title, scale = 2) {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svgText(svg, title))}`;
  await image.decode();
  const canvas = document.createElement("canvas");
  canvas.width = svg.getAttribute("width") * scale;
  canvas.height = svg.getAttribute("height") * scale;
  canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
  return new Promise((resolve) => { canvas.toBlob(resolve, "image/png"); });
}
