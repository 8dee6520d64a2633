// The lowest place of any function of one number that has a single valley.

const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Where a function is lowest; null where it is flat.
 *
 * Golden section narrows a range down, then a parabola through three samples gives the digits:
 * near its lowest place a function changes too little for comparisons to find them.
 */
export function lowestPlace(sampled, low, high) {
  const [left, right] = surrounded(sampled, low, high);
  const [from, to] = narrowed(sampled, left, right, (high - low) / 100);
  const middle = (from + to) / 2;
  const reach = to - from;
  const [before, at, after] = [middle - reach, middle, middle + reach].map(sampled);
  const bend = before - 2 * at + after;
  return bend > 0 ? middle + (reach * (before - after)) / (2 * bend) : null;
}

/** A range, at least [low, high], at whose ends the function is higher than in its middle. */
function surrounded(sampled, low, high) {
  for (let round = 0; round < 60; round += 1) {
    const middle = sampled((low + high) / 2);
    const width = high - low;
    if (sampled(low) < middle) low -= width;
    else if (sampled(high) < middle) high += width;
    else break;
  }
  return [low, high];
}

function narrowed(sampled, low, high, width) {
  while (high - low > width) {
    const reach = GOLDEN * (high - low);
    if (sampled(high - reach) < sampled(low + reach)) high = low + reach;
    else low = high - reach;
  }
  return [low, high];
}
