// Every miner as a tile on a canvas: colour is its condition, and so is its shape, or its letter where there
// is room. Ten thousand elements would be too many; one canvas is not. Keyboards use the table.
import { CONDITIONS, conditionWords } from "../conditions.js";
import { h, write } from "../dom.js";
import { watts } from "../format.js";
import { color, onTheme } from "../theme.js";

const LARGEST = 88;
const SMALLEST = 5;
const LETTER_FROM = 15;
const NAME_FROM = 56;

export function tiles({ onOpen, describe }) {
  const canvas = h("canvas", { role: "img", "aria-label": "Miners by state" });
  const hint = h("div", { class: "tile-hint", "aria-hidden": true, hidden: true });
  const box = h("div", { class: "tiles" }, canvas, hint);
  let table = null;
  let shown = [];
  let grid = { size: LARGEST, across: 1 };
  let colors = palette();

  function draw() {
    const width = box.clientWidth;
    const height = box.clientHeight;
    if (!table || !width) return;
    grid = fit(shown.length, width, height);
    const scale = window.devicePixelRatio || 1;
    canvas.width = width * scale;
    canvas.height = height * scale;
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    for (const condition of CONDITIONS) paint(context, condition);
    outlineHeld(context);
    if (grid.size >= LETTER_FROM) letters(context);
  }

  function paint(context, condition) {
    context.fillStyle = colors[condition];
    context.beginPath();
    shown.forEach((place, turn) => {
      if (table.condition[place] === condition) shape(context, condition, ...corner(turn), grid.size - 1);
    });
    context.fill();
  }

  function outlineHeld(context) {
    context.strokeStyle = colors.held;
    context.lineWidth = grid.size >= LETTER_FROM ? 3 : 1;
    shown.forEach((place, turn) => {
      if (table.hold[place] === null) return;
      const [x, y] = corner(turn);
      context.strokeRect(x + 0.5, y + 0.5, grid.size - 2, grid.size - 2);
    });
  }

  function letters(context) {
    context.fillStyle = colors.text;
    context.font = font(Math.min(20, Math.round(grid.size * 0.42)), 650);
    context.textAlign = "center";
    context.textBaseline = "middle";
    const lift = grid.size >= NAME_FROM ? 0.26 : 0.5;
    shown.forEach((place, turn) => {
      const [x, y] = corner(turn);
      context.fillText(
        conditionWords(table.condition[place]).letter,
        x + grid.size / 2 - 0.5,
        y + grid.size * lift,
      );
    });
    if (grid.size >= NAME_FROM) names(context);
  }

  function names(context) {
    context.font = font(12, 500);
    shown.forEach((place, turn) => {
      const [x, y] = corner(turn);
      const room = grid.size - 8;
      context.fillText(table.name[place], x + grid.size / 2, y + grid.size * 0.56, room);
      context.fillText(watts(table.power_watts[place]), x + grid.size / 2, y + grid.size * 0.79, room);
    });
  }

  function corner(turn) {
    return [(turn % grid.across) * grid.size, Math.floor(turn / grid.across) * grid.size];
  }

  function under(event) {
    const across = Math.floor(event.offsetX / grid.size);
    const turn = Math.floor(event.offsetY / grid.size) * grid.across + across;
    return across < grid.across ? shown[turn] : undefined;
  }

  canvas.addEventListener("mousemove", (event) => {
    const place = under(event);
    hint.hidden = place === undefined;
    canvas.style.cursor = place === undefined ? "default" : "pointer";
    if (place === undefined) return;
    write(hint, describe(place));
    const left = Math.min(event.offsetX + 14, box.clientWidth - hint.offsetWidth - 4);
    hint.style.transform = `translate(${Math.max(0, left)}px, ${event.offsetY + 16}px)`;
  });
  canvas.addEventListener("mouseleave", () => {
    hint.hidden = true;
  });
  canvas.addEventListener("click", (event) => {
    const place = under(event);
    if (place !== undefined) onOpen(place);
  });
  const sizes = new ResizeObserver(draw);
  sizes.observe(box);
  const endTheme = onTheme(() => {
    colors = palette();
    draw();
  });
  return {
    box,
    show(newTable, places, words) {
      table = newTable;
      shown = places;
      canvas.setAttribute("aria-label", words);
      draw();
    },
    end() {
      sizes.disconnect();
      endTheme();
    },
  };
}

// The largest tile with which all fit; the smallest is still seen.
function fit(number, width, height) {
  let size = LARGEST;
  while (size > SMALLEST && Math.floor(width / size) * Math.floor(height / size) < number) size -= 1;
  return { size, across: Math.max(1, Math.floor(width / size)) };
}

// Full for what hashes, less for what does less, pointed for what is wrong.
function shape(context, condition, x, y, size) {
  const whole = size - 1;
  if (size + 1 >= LETTER_FROM || condition === "hashing") return context.rect(x, y, whole, whole);
  const middle = [x + whole / 2, y + whole / 2];
  if (condition === "unreachable") return polygon(context, [x, y], [x + whole, y], [middle[0], y + whole]);
  if (condition === "locked") {
    return polygon(context, [middle[0], y], [x + whole, middle[1]], [middle[0], y + whole], [x, middle[1]]);
  }
  if (condition === "starting")
    return polygon(context, [x, y + whole], [x + whole, y + whole], [middle[0], y]);
  const part = condition === "asleep" ? 0.62 : 0.34;
  const gap = (whole * (1 - part)) / 2;
  return context.rect(x + gap, y + gap, whole * part, whole * part);
}

function font(size, weight) {
  return `${weight} ${size}px system-ui, sans-serif`;
}

function polygon(context, first, ...others) {
  context.moveTo(...first);
  for (const point of others) context.lineTo(...point);
  context.closePath();
}

function palette() {
  const found = Object.fromEntries(CONDITIONS.map((condition) => [condition, color(`state-${condition}`)]));
  return { ...found, held: color("text"), text: color("on-state") };
}
