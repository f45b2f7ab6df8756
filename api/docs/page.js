// Shows /openapi.json. Text is only ever set as text, never as markup.
"use strict";

function element(name, text = "", ...children) {
  const made = document.createElement(name);
  made.append(...(text ? [text] : []), ...children);
  return made;
}

function follow(spec, thing) {
  if (!thing || !thing.$ref) return thing;
  return thing.$ref.slice(2).split("/").reduce((place, key) => place[key], spec);
}

function method(name) {
  const made = element("span", name.toUpperCase());
  made.className = "method";
  return made;
}

function bounds(schema) {
  const words = {
    minimum: "≥", exclusiveMinimum: ">", maximum: "≤", exclusiveMaximum: "<", maxItems: "items ≤",
  };
  const known = Object.keys(words).filter((key) => key in schema);
  return known.map((key) => `${words[key]} ${schema[key]}`).join(", ");
}

function kind(spec, schema = {}) {
  const found = follow(spec, schema);
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (found.anyOf) return found.anyOf.map((choice) => kind(spec, choice)).join(" | ");
  if (found.type === "array") return `array of ${kind(spec, found.items)}`;
  const limits = bounds(found);
  return [found.format || found.type || found.title, limits && `(${limits})`].filter(Boolean).join(" ");
}

function table(headings, rows) {
  const head = element("tr", "", ...headings.map((heading) => element("th", heading)));
  const body = rows.map((row) => element("tr", "", ...row.map((cell) => element("td", cell))));
  return element("table", "", head, ...body);
}

function fields(spec, schema) {
  const found = follow(spec, schema);
  const required = new Set(found.required || []);
  if (found.type === "array") return fields(spec, found.items || {});
  const rows = Object.entries(found.properties || {}).map(([name, property]) => [
    name, kind(spec, property), required.has(name) ? "required" : "optional", property.description || "",
  ]);
  return rows.length ? table(["Field", "Type", "", ""], rows) : "";
}

function parameters(spec, path, operation) {
  const all = [...(path.parameters || []), ...(operation.parameters || [])];
  if (!all.length) return [];
  const rows = all.map((one) => [one.name, one.in, kind(spec, one.schema), one.description || ""]);
  return [element("h4", "Parameters"), table(["Name", "In", "Type", ""], rows)];
}

function body(spec, operation) {
  if (!operation.requestBody) return [];
  return [element("h4", "Request"), ...contents(spec, operation.requestBody.content)];
}

// What is sent or answered, for each media type: its example where there is one, and its fields.
function contents(spec, content = {}) {
  return Object.entries(content).flatMap(([mediaType, { schema = {}, example: shown, "x-line": line }]) => [
    element("p", line ? `${mediaType}, each line of it:` : mediaType),
    shown === undefined ? "" : example(shown),
    fields(spec, line ?? schema),
  ]);
}

// A long line is scrolled to, by keyboard as well.
function example(shown) {
  const made = element("pre", JSON.stringify(shown, null, 2));
  made.tabIndex = 0;
  return made;
}

function responses(spec, operation) {
  const answers = Object.entries(operation.responses).map(([status, response]) => [
    status, follow(spec, response),
  ]);
  const success = answers.filter(([status, { content }]) => status.startsWith("2") && content);
  return [
    element("h4", "Answer"),
    ...success.flatMap(([, { content }]) => contents(spec, content)),
    table(["Status", "Meaning"], answers.map(([status, response]) => [status, response.description])),
  ];
}

function section(spec, route, path, name, operation) {
  const made = element(
    "section", "",
    element("h3", "", method(name), route),
    element("p", operation.summary),
    ...parameters(spec, path, operation), ...body(spec, operation), ...responses(spec, operation),
  );
  made.id = operation.operationId;
  return made;
}

function link(route, name, operation) {
  const made = element("a", "", method(name), route);
  made.href = `#${operation.operationId}`;
  return made;
}

function show(spec) {
  const contents = document.getElementById("contents");
  const operations = document.getElementById("operations");
  document.getElementById("title").textContent = `${spec.info.title} ${spec.info.version}`;
  operations.replaceChildren();
  let tag = "";
  for (const [route, path] of Object.entries(spec.paths)) {
    for (const [name, operation] of Object.entries(path)) {
      if (name === "parameters") continue;
      if (operation.tags[0] !== tag) {
        tag = operation.tags[0];
        contents.append(element("h4", tag));
        operations.append(element("h2", tag));
      }
      contents.append(link(route, name, operation));
      operations.append(section(spec, route, path, name, operation));
    }
  }
}

fetch("/openapi.json")
  .then((answer) => answer.json())
  .then(show)
  .catch((error) => {
    document.getElementById("operations").textContent = `The document cannot be read: ${error}`;
  });
