// What a page shows, as a text that fits behind the # of an address, and back.

/**
 * Write flat values as "name=value&name=value", those alone that differ from their defaults.
 *
 * Values are numbers, texts, true or false, or tables: lists of rows of numbers.
 */
export function writeLink(values, defaults) {
  return Object.entries(values)
    .map(([name, value]) => [name, written(value)])
    .filter(([name, text]) => text !== written(defaults[name]))
    .map(([name, text]) => `${name}=${encodeURIComponent(text).replace(/%2C/g, ",").replace(/%3B/g, ";")}`)
    .join("&");
}

function written(value) {
  return Array.isArray(value) ? value.map((row) => row.join(",")).join(";") : String(value);
}

/**
 * Read such a text: all defaults, with what the text says instead.
 *
 * What no default names, or is of another kind than the default, is left out: links come from
 * anybody, and old ones from older pages.
 */
export function readLink(text, defaults) {
  const values = { ...defaults };
  for (const part of text.replace(/^#/, "").split("&")) {
    const [name, ...rest] = part.split("=");
    const value = Object.hasOwn(defaults, name)
      ? readValue(rest.join("="), defaults[name]) : undefined;
    if (value !== undefined) values[name] = value;
  }
  return values;
}

function readValue(text, like) {
  let plain;
  try {
    plain = decodeURIComponent(text);
  } catch {
    return undefined;
  }
  if (typeof like === "string") return plain;
  if (typeof like === "boolean") return { true: true, false: false }[plain];
  if (Array.isArray(like)) {
    const rows = plain ? plain.split(";").map((row) => row.split(",").map(readNumber)) : [];
    return rows.flat().every(Number.isFinite) ? rows : undefined;
  }
  return readNumber(plain);
}

function readNumber(text) {
  return text.trim() !== "" && Number.isFinite(Number(text)) ? Number(text) : undefined;
}
