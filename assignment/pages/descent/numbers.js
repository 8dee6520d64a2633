// All numbers of the page in full precision, to be checked against NumPy.

import { numbersTable } from "../figure.js";

const MOST_ROWS = 300;

/** The tables of a scene; `optimum` is null until somebody has guessed. */
export function descentTables(scene, optimum) {
  return [stateTable(scene, optimum), pointsTable(scene), ...scene.racers.map(pathTable)];
}

function stateTable({ state, now, lead }, optimum) {
  const rows = [
    ["model", state.model], ["theta", now.theta], ["loss", now.loss], ["gradient", now.gradient],
    ["step size", state.step_size], ["steps taken", lead.taken],
    ...(optimum === null ? [] : [["optimum (found numerically)", optimum]]),
  ];
  return tableOf("Now", ["what", "value"], rows, "now");
}

function pointsTable({ state, now }) {
  const rows = state.points.map(([x, y], i) => [i, x, y, now.predictions[i], now.votes[i]]);
  return tableOf(
    "The points, counted from 0 as in NumPy; a vote is the push that a point gives θ, its share of "
    + "the gradient with the sign turned",
    ["i", "x", "y", "prediction", "vote"], rows, "points",
  );
}

function pathTable({ name, thetas, losses, drawn }) {
  const rows = thetas.map((theta, k) => (name === "sgd"
    ? [k, drawn[k] ?? "", theta, losses[k]] : [k, theta, losses[k]]));
  const title = name === "sgd" ? "Path of SGD" : "Path of full gradient descent";
  const cut = rows.length > MOST_ROWS ? `, its last ${MOST_ROWS} steps` : "";
  const heads = name === "sgd" ? ["step", "drawn point", "theta", "loss"] : ["step", "theta", "loss"];
  return tableOf(title + cut, heads, rows.slice(-MOST_ROWS), name);
}

function tableOf(caption, heads, rows, part) {
  return numbersTable(caption, heads, rows.map((row) => row.map(String)), { "data-table": part });
}
