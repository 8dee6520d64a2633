// How to read the pictures, for those who see them first.

import { element } from "../controls.js";

const WORDS = [
  ["Elbow", "where a hidden unit switches on or off: there, and only there, the function can bend. "
    + "Triangles under the function show them."],
  ["Slope jump", "by how much the slope of the function changes at an elbow, from left to right. Up: "
    + "blue and filled; down: vermillion, dashed or hollow."],
  ["Plane of elbow against slope jump", "every unit is a dot, its way so far a line. Crosses are what "
    + "the target needs: its kinks, and how much the slope jumps there. Units at one place add up "
    + "(diamond). The axis of jumps is logarithmic beyond 0.1."],
  ["Silent", "a unit that passes on 0 at every training point. Nothing can pull at it any more."],
  ["Votes", "the contribution of each training point to the gradient for one number, turned downhill: "
    + "in which direction, and how strongly, the point wants it to move."],
  ["Loss along the gradient", "what one step of full gradient descent would lead to, for every step "
    + "size. Where the curve is above the dotted line, the step makes things worse."],
];

/** A folded list of words. */
export function makeGuide() {
  return element("details", {}, element("summary", {}, "Help"),
    element("dl", {}, ...WORDS.flatMap(([word, meaning]) => [
      element("dt", {}, word), element("dd", {}, meaning)])));
}
