'use strict';
// Times are in nanoseconds since the first thing that is known. A row is a worker, or what runs within a worker's tasks.
const began = performance.now();
const $ = (id) => document.getElementById(id);
const data = JSON.parse($('data').textContent);
const OUTCOMES = ['made', 'failed', 'panicked', 'skipped'];
const GUTTER = 96, HEAD = 38, COLORS = 10;

// Tasks as flat arrays, in order of their start.
const count = data.start.length;
const start = new Float64Array(count), end = new Float64Array(count);
for (let i = 0, at = 0; i < count; i++) {
  at += data.start[i];
  start[i] = at;
  end[i] = at + data.time[i];
}
const rows = data.rows.map(([worker, level]) => ({ worker, level, tasks: [], top: 0, height: 0 }));
for (let i = 0; i < count; i++) rows[data.row[i]].tasks.push(i);
let total = 1;
for (const at of end) total = Math.max(total, at);
for (const [, from, to] of data.runs) total = Math.max(total, from, to);

const view = { from: 0, to: total };
let pointed = -1;        // the task under the pointer
let selected = -1;       // the task chosen by keys or a click
let chosen = null;       // the name that is highlighted
let matches = null;      // for each name whether it is looked for; null: all
let theme = {};
let drawing = 0;

// ---- numbers as text

function digits(x) { return x < 9.995 ? x.toFixed(2) : x < 99.95 ? x.toFixed(1) : x.toFixed(0); }
function timeText(ns) {
  for (const [unit, name] of [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs']]) if (ns >= unit * 0.9995) return `${digits(ns / unit)} ${name}`;
  return `${Math.round(ns)} ns`;
}
function bytesText(n) {
  for (const [power, name] of [[30, 'GiB'], [20, 'MiB'], [10, 'KiB']]) if (n >= 2 ** power * 0.9995) return `${digits(n / 2 ** power)} ${name}`;
  return `${Math.round(n)} B`;
}
function countText(n) { return n.toLocaleString('en-US'); }
function plural(n, what) { return `${countText(n)} ${what}${n === 1 ? '' : 's'}`; }
function niceStep(least, bases = [1, 2, 5, 10]) {
  const power = 10 ** Math.floor(Math.log10(least));
  return bases.map((base) => base * power).find((step) => step >= least);
}
function percent(part) { return `${(part * 100).toFixed(part < 0.1 ? 1 : 0)} %`; }

// ---- what the tables and charts show

const byName = data.names.map((name, index) => ({ index, name, count: 0, failed: 0, total: 0, max: 0, wait: 0, bytes: 0, known: true }));
for (let i = 0; i < count; i++) {
  const of = byName[data.name[i]];
  of.count++;
  if (data.outcome[i] > 0) of.failed++;
  of.total += data.time[i];
  of.max = Math.max(of.max, data.time[i]);
  of.wait += data.wait[i];
  if (data.bytes[i] >= 0) of.bytes += data.bytes[i]; else if (data.outcome[i] === 0) of.known = false;
}
const allTime = byName.reduce((sum, of) => sum + of.total, 0);
const workers = rows.filter((row) => row.level === 0).map((row) => {
  const busy = row.tasks.reduce((sum, task) => sum + data.time[task], 0);
  return { worker: row.worker, count: row.tasks.length, busy, idle: total - busy };
});

// Bytes over time: [times, values, label]; held where it was counted, else made.
const bytesOverTime = (() => {
  const held = data.held.some((n) => n >= 0);
  if (!held && !data.bytes.some((n) => n > 0)) return null;
  const order = Uint32Array.from({ length: count }, (_, i) => i).sort((a, b) => end[a] - end[b]);
  const times = [0], values = [0];
  let sum = 0;
  for (const i of order) {
    const n = held ? data.held[i] : data.bytes[i];
    if (n < 0) continue;
    sum = held ? n : sum + n;
    times.push(end[i]);
    values.push(sum);
  }
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return { times, values, most, label: held ? 'bytes held' : 'bytes made' };
})();
const CHART = bytesOverTime ? 84 : 0;
const events = [
  ...data.cache.map(([at, name, what]) => ({ at, name, what, bytes: -1 })),
  ...data.spills.map(([at, name, what, bytes]) => ({ at, name, what, bytes })),
].sort((a, b) => a.at - b.at);

// ---- drawing

function readTheme() {
  const style = getComputedStyle(document.documentElement);
  const value = (name) => style.getPropertyValue(name).trim();
  theme = {};
  for (const name of ['page', 'panel', 'ink', 'soft', 'line', 'grid', 'accent', 'failed', 'area']) theme[name] = value(`--${name}`);
  theme.areaLine = value('--area-line');
  theme.fill = data.colors.map((color) => value(`--c${color}`));
  theme.text = data.colors.map((color) => value(`--i${color}`));
  theme.font = '12px system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", "DejaVu Sans", sans-serif';
}

function layOut() {
  const outer = rows.filter((row) => row.level === 0).length, inner = rows.length - outer;
  const scale = Math.min(1, 620 / (outer * 30 + inner * 17 || 1));
  let top = HEAD;
  for (const row of rows) {
    row.top = top;
    row.height = Math.max(3, (row.level === 0 ? 30 : 17) * scale);
    top += row.height;
  }
  layOut.bottom = top;
  layOut.height = top + (CHART ? CHART + 16 : 6);
}

/// A canvas as large as it is shown, in pixels of the screen.
function prepare(canvas, height) {
  const ratio = devicePixelRatio || 1, width = canvas.parentElement.clientWidth;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext('2d');
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = theme.font;
  return { context, width, height };
}

function plotWidth() { return Math.max(50, $('timeline').parentElement.clientWidth - GUTTER - 10); }
function toX(time) { return GUTTER + (time - view.from) / (view.to - view.from) * plotWidth(); }
function toTime(x) { return view.from + (x - GUTTER) / plotWidth() * (view.to - view.from); }

/// The first task of a row that ends after this time: tasks of a row do not overlap.
function firstAfter(tasks, time) {
  let low = 0, high = tasks.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (end[tasks[middle]] > time) high = middle; else low = middle + 1;
  }
  return low;
}

function isShown(task) { return matches === null || matches[data.name[task]]; }

function drawAxis(context, width, bottom) {
  const span = view.to - view.from, step = niceStep(span / Math.max(2, plotWidth() / 120));
  context.textAlign = 'center';
  for (let at = Math.ceil(view.from / step) * step; at <= view.to; at += step) {
    const x = Math.round(toX(at)) + 0.5;
    context.fillStyle = theme.grid;
    context.fillRect(x - 0.5, HEAD - 6, 1, bottom - HEAD + 6);
    context.fillStyle = theme.soft;
    const label = axisText(at, step), half = context.measureText(label).width / 2;
    context.fillText(label, Math.min(x, width - half - 4), 14);
  }
}

/// A time on the axis, with as many decimals as the step needs.
function axisText(at, step) {
  if (at === 0) return '0';
  const [unit, name] = [[1e9, 's'], [1e6, 'ms'], [1e3, 'µs'], [1, 'ns']].find(([unit]) => at >= unit) || [1, 'ns'];
  const decimals = Math.max(0, Math.ceil(-Math.log10(step / unit) - 1e-9));
  return `${(at / unit).toFixed(Math.min(6, decimals))} ${name}`;
}

/// Where runs begin and end: lines through all rows, numbers where there is room.
function drawRuns(context) {
  let free = -Infinity;
  context.textAlign = 'left';
  let lastX = -10;
  for (const [number, from, to] of data.runs) {
    const last = to < 0 ? total : to;
    if (last < view.from || from > view.to) continue;
    const x0 = Math.max(GUTTER, toX(from)), x1 = Math.min(GUTTER + plotWidth(), toX(last));
    context.fillStyle = theme.line;
    context.fillRect(x0, HEAD - 9, Math.max(1, x1 - x0 - 1), 3);
    if (data.runs.length > 1 && x0 - lastX > 3) {
      context.fillStyle = theme.soft;
      context.globalAlpha = 0.55;
      context.fillRect(Math.round(x0), HEAD - 9, 1, layOut.bottom - HEAD + 9);
      context.globalAlpha = 1;
      lastX = x0;
    }
    const label = `run ${number}`, needed = context.measureText(label).width + 8;
    if (x0 > free && x1 - x0 > needed) {
      context.fillStyle = theme.soft;
      context.fillText(label, x0 + 3, HEAD - 12);
      free = x0 + needed;
    }
  }
}

function drawRow(context, row) {
  const tasks = row.tasks, height = row.height - (row.height > 8 ? 4 : 1);
  const left = GUTTER, right = GUTTER + plotWidth(), scale = plotWidth() / (view.to - view.from);
  // Tasks narrower than a pixel share one, in the colour of the longest.
  let pixel = -1, longest = 0, busy = 0, name = -1, shown = false, bad = false;
  const flush = () => {
    if (pixel < 0) return;
    context.globalAlpha = shown ? Math.min(1, 0.35 + 0.65 * busy * scale) : 0.12;
    context.fillStyle = bad ? theme.failed : theme.fill[name];
    context.fillRect(pixel, row.top, 1, height);
    context.globalAlpha = 1;
    pixel = -1;
  };
  for (let at = firstAfter(tasks, view.from); at < tasks.length; at++) {
    const task = tasks[at];
    if (start[task] > view.to) break;
    const x0 = left + (start[task] - view.from) * scale, x1 = left + (end[task] - view.from) * scale;
    if (x1 - x0 < 1.2) {
      const here = Math.max(left, Math.floor(x0));
      if (here !== pixel) {
        flush();
        pixel = here; longest = -1; busy = 0; shown = false; bad = false;
      }
      const is = isShown(task);
      busy += data.time[task];
      if (is && !shown || is === shown && data.time[task] > longest) {
        longest = data.time[task];
        name = data.name[task];
      }
      shown = shown || is;
      bad = bad || is && data.outcome[task] > 0;
      continue;
    }
    flush();
    drawTask(context, task, row, Math.max(left, x0), Math.min(right, x1), height);
  }
  flush();
}

function drawTask(context, task, row, x0, x1, height) {
  const width = x1 - x0, drawn = width > 4 ? width - 1 : width;
  context.globalAlpha = isShown(task) ? 1 : 0.15;
  context.fillStyle = theme.fill[data.name[task]];
  if (drawn > 8 && height > 8) {
    context.beginPath();
    context.roundRect(x0, row.top, drawn, height, 2.5);
    context.fill();
  } else {
    context.fillRect(x0, row.top, drawn, height);
  }
  if (data.outcome[task] > 0) {
    context.fillStyle = theme.failed;
    context.fillRect(x0, row.top + height - 4, Math.max(2, drawn), 4);
  }
  if (height >= 13 && drawn > 26) {
    const label = fitted(context, data.names[data.name[task]], drawn - 8);
    context.fillStyle = theme.text[data.name[task]];
    context.textAlign = 'left';
    if (label) context.fillText(label, x0 + 4, row.top + height / 2 + 4);
  }
  context.globalAlpha = 1;
}

/// As much of a text as fits; texts of one letter are better left out.
function fitted(context, text, width) {
  const line = text.replace(/\s+/g, ' ');
  if (context.measureText(line).width <= width) return line;
  let low = 0, high = line.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (context.measureText(`${line.slice(0, middle)}…`).width <= width) low = middle; else high = middle - 1;
  }
  return low > 1 ? `${line.slice(0, low)}…` : '';
}

function outlineTask(context, task, color) {
  const row = rows[data.row[task]], height = row.height - (row.height > 8 ? 4 : 1);
  const x0 = Math.max(GUTTER, toX(start[task])), x1 = Math.min(GUTTER + plotWidth(), toX(end[task]));
  if (x1 < GUTTER || x0 > GUTTER + plotWidth()) return;
  context.strokeStyle = color;
  context.lineWidth = 2;
  context.strokeRect(x0 - 1, row.top - 1, Math.max(3, x1 - x0) + 1, height + 2);
}

function drawLabels(context) {
  context.textAlign = 'right';
  let free = -Infinity;
  for (const row of rows) {
    if (row.level > 0 || row.top < free) continue;
    const worker = workers.find((of) => of.worker === row.worker);
    const text = `worker ${row.worker}`, middle = row.top + Math.min(row.height, 30) / 2;
    context.fillStyle = theme.ink;
    if (row.height >= 26) {
      context.fillText(text, GUTTER - 10, middle - 3);
      context.fillStyle = theme.soft;
      context.fillText(`${percent(worker.busy / total)} busy`, GUTTER - 10, middle + 11);
      free = row.top + 26;
    } else {
      context.fillText(text, GUTTER - 10, middle + 4);
      free = row.top + 15;
    }
  }
}

function drawEvents(context) {
  const y = layOut.bottom;
  let last = -10;
  for (const event of events) {
    if (event.at < view.from || event.at > view.to) continue;
    const x = Math.round(toX(event.at));
    if (x - last < 2) continue;
    last = x;
    context.fillStyle = theme.accent;
    context.beginPath();
    context.moveTo(x, y - 6);
    context.lineTo(x + 4, y + 1);
    context.lineTo(x - 4, y + 1);
    context.fill();
  }
}

function drawBytes(context) {
  if (!bytesOverTime) return;
  const { times, values, most, label } = bytesOverTime;
  const top = layOut.bottom + 14, bottom = top + CHART - 8, left = GUTTER, right = GUTTER + plotWidth();
  const toY = (n) => bottom - n / (most || 1) * (bottom - top);
  context.textAlign = 'right';
  for (const n of [0, most / 2, most]) {
    context.fillStyle = theme.grid;
    context.fillRect(left, Math.round(toY(n)), right - left, 1);
    context.fillStyle = theme.soft;
    context.fillText(bytesText(n), GUTTER - 10, toY(n) + 4);
  }
  // One step a pixel, at its highest.
  const scale = plotWidth() / (view.to - view.from);
  let at = 0;
  while (at + 1 < times.length && times[at + 1] <= view.from) at++;
  context.beginPath();
  context.moveTo(left, bottom);
  let value = values[at];
  for (let x = left; x <= right; x++) {
    const until = view.from + (x - left + 1) / scale;
    let peak = value;
    while (at + 1 < times.length && times[at + 1] <= until) {
      at++;
      value = values[at];
      peak = Math.max(peak, value);
    }
    context.lineTo(x, toY(peak));
  }
  context.strokeStyle = theme.areaLine;
  context.lineTo(right, bottom);
  context.fillStyle = theme.area;
  context.globalAlpha = 0.75;
  context.fill();
  context.globalAlpha = 1;
  context.lineWidth = 1.2;
  context.stroke();
  context.textAlign = 'left';
  context.fillStyle = theme.soft;
  context.fillText(label, left + 4, top + 11);
}

/// How many workers are busy over the whole time, and which part is shown below.
function drawOverview() {
  const { context, width, height } = prepare($('overview'), 46);
  context.fillStyle = theme.panel;
  context.fillRect(0, 0, width, height);
  const left = GUTTER, size = plotWidth();
  if (drawOverview.size !== size) {
    drawOverview.size = size;
    drawOverview.busy = busyness(Math.floor(size));
  }
  const most = Math.max(1, workers.length);
  context.fillStyle = theme.areaLine;
  drawOverview.busy.forEach((busy, x) => {
    const tall = Math.min(1, busy / most) * (height - 8);
    context.fillRect(left + x, height - 2 - tall, 1, tall);
  });
  context.textAlign = 'right';
  context.fillStyle = theme.soft;
  context.fillText('busy', GUTTER - 10, height / 2 + 4);
  const x0 = left + view.from / total * size, x1 = left + view.to / total * size;
  context.fillStyle = theme.page;
  context.globalAlpha = 0.65;
  context.fillRect(left, 0, x0 - left, height);
  context.fillRect(x1, 0, left + size - x1, height);
  context.globalAlpha = 1;
  context.strokeStyle = theme.accent;
  context.lineWidth = 1.5;
  context.strokeRect(x0, 1, Math.max(2, x1 - x0), height - 2);
}

/// The mean number of busy workers in each of so many equal parts of the whole time.
function busyness(parts) {
  const busy = new Float64Array(parts + 1), scale = parts / total;
  for (const row of rows) {
    if (row.level > 0) continue;
    for (const task of row.tasks) {
      const a = start[task] * scale, b = end[task] * scale, first = Math.floor(a), last = Math.min(parts, Math.floor(b));
      if (first === last) {
        busy[first] += b - a;
        continue;
      }
      busy[first] += first + 1 - a;
      for (let part = first + 1; part < last; part++) busy[part] += 1;
      busy[last] += b - last;
    }
  }
  return busy.subarray(0, parts);
}

function draw() {
  drawing = 0;
  const { context, width, height } = prepare($('timeline'), layOut.height);
  context.fillStyle = theme.page;
  context.fillRect(0, 0, width, height);
  drawAxis(context, width, layOut.height - 4);
  drawRuns(context);
  context.save();
  context.beginPath();
  context.rect(GUTTER, 0, plotWidth(), height);
  context.clip();
  for (const row of rows) drawRow(context, row);
  drawEvents(context);
  if (pointed >= 0 && pointed !== selected) outlineTask(context, pointed, theme.ink);
  if (selected >= 0) outlineTask(context, selected, theme.accent);
  context.restore();
  drawLabels(context);
  drawBytes(context);
  drawOverview();
}
function redraw() { if (!drawing) drawing = requestAnimationFrame(draw); }

// ---- moving about

function show(from, to) {
  const least = Math.min(total, 50), span = Math.min(total, Math.max(least, to - from));
  const middle = (from + to) / 2;
  view.from = Math.min(Math.max(0, middle - span / 2), total - span);
  view.to = view.from + span;
  redraw();
}
function zoom(factor, around = (view.from + view.to) / 2) {
  show(around - (around - view.from) * factor, around + (view.to - around) * factor);
}
function move(part) {
  const by = (view.to - view.from) * part, span = view.to - view.from;
  const from = Math.min(Math.max(0, view.from + by), total - span);
  show(from, from + span);
}

function rowAt(y) { return rows.find((row) => y >= row.top && y < row.top + row.height); }
function taskAt(x, y) {
  const row = rowAt(y);
  if (!row || x < GUTTER - 3) return -1;
  const time = toTime(x), near = (view.to - view.from) / plotWidth() * 3;
  let at = firstAfter(row.tasks, time - near), best = -1, distance = near;
  for (; at < row.tasks.length && start[row.tasks[at]] <= time + near; at++) {
    const task = row.tasks[at];
    const away = Math.max(0, start[task] - time, time - end[task]);
    if (away < distance || best < 0) { best = task; distance = away; }
    if (away === 0) break;
  }
  return best;
}

function facts(task) {
  const place = rows[data.row[task]], run = data.runs[data.run[task]];
  return [
    ['key', `${data.names[data.name[task]]}-${data.keys.slice(task * 8, task * 8 + 8)}…`],
    ['made at', data.places[data.place[task]]],
    ['took', timeText(data.time[task])],
    ['began at', timeText(start[task])],
    ['waited', timeText(data.wait[task])],
    ['ran on', `worker ${place.worker}${place.level ? ', within a task' : ''}, run ${run[0]}`],
    ...(data.bytes[task] >= 0 ? [['result', bytesText(data.bytes[task])]] : []),
    ...(data.outcome[task] > 0 ? [['outcome', OUTCOMES[data.outcome[task]]]] : []),
  ];
}

function element(tag, text, ...children) {
  const made = document.createElement(tag);
  if (text !== null) made.textContent = text;
  made.append(...children);
  return made;
}

function showTip(task, x, y) {
  const tip = $('tip');
  const event = task < 0 && Math.abs(y - layOut.bottom) < 7 ? nearestEvent(x) : null;
  tip.hidden = task < 0 && !event;
  if (tip.hidden) return;
  const lines = event
    ? [['at', timeText(event.at)], ...(event.bytes >= 0 ? [['size', bytesText(event.bytes)]] : [])]
    : facts(task);
  const title = event ? `${event.name}: ${event.what}` : data.names[data.name[task]];
  const list = element('dl', null, ...lines.flatMap(([name, value]) => [element('dt', name), element('dd', value)]));
  tip.replaceChildren(element('b', title), list);
  const box = $('timeline-box').getBoundingClientRect(), left = x + 14;
  tip.style.left = `${Math.max(4, left + tip.offsetWidth > box.width ? x - tip.offsetWidth - 12 : left)}px`;
  tip.style.top = `${y + 16}px`;
}

function nearestEvent(x) {
  let best = null, distance = 6;
  for (const event of events) {
    const away = Math.abs(toX(event.at) - x);
    if (away < distance) { best = event; distance = away; }
  }
  return best;
}

function select(task) {
  selected = task;
  $('detail').textContent = task < 0 ? '' : [data.names[data.name[task]], ...facts(task).slice(1).map(([name, value]) => `${name} ${value}`)].join(' · ');
  if (task >= 0 && (end[task] < view.from || start[task] > view.to)) {
    const span = view.to - view.from, middle = (start[task] + end[task]) / 2;
    show(middle - span / 2, middle + span / 2);
  }
  redraw();
}

/// The next or previous task of the row that is looked for.
function step(by) {
  const row = selected < 0 ? rows.find((row) => row.tasks.length) : rows[data.row[selected]];
  if (!row) return;
  let at = selected < 0 ? firstAfter(row.tasks, view.from) - (by > 0 ? 1 : 0) : row.tasks.indexOf(selected);
  do at += by; while (at >= 0 && at < row.tasks.length && !isShown(row.tasks[at]));
  if (at >= 0 && at < row.tasks.length) select(row.tasks[at]);
}

/// The task at about the same time in another row.
function stepRow(by) {
  if (selected < 0) return step(1);
  for (let at = data.row[selected] + by; at >= 0 && at < rows.length; at += by) {
    const tasks = rows[at].tasks;
    if (!tasks.length) continue;
    return select(tasks[Math.min(tasks.length - 1, firstAfter(tasks, start[selected]))]);
  }
}

// ---- highlighting

function highlight() {
  const text = $('search').value.trim().toLowerCase();
  const is = (name, index) => (chosen === null || chosen === index) && name.toLowerCase().includes(text);
  matches = chosen === null && !text ? null : data.names.map(is);
  fillNames();
  redraw();
}
function choose(index) {
  chosen = chosen === index ? null : index;
  $('search').value = '';
  highlight();
}

// ---- tables

/// A table whose columns are [title, value to sort by, cells or text of a row].
function table(id, columns, items, state, dress) {
  const head = columns.map(([title, value], index) => {
    const button = element('button', title), cell = element('th', null, button);
    cell.scope = 'col';
    if (state.by === index) cell.ariaSort = state.up ? 'ascending' : 'descending';
    button.onclick = () => {
      state.up = state.by === index ? !state.up : index === 0;
      state.by = index;
      state.fill();
      $(id).querySelectorAll('thead button')[index].focus();
    };
    return cell;
  });
  const value = columns[state.by][1], sign = state.up ? 1 : -1;
  const sorted = [...items].sort((a, b) => sign * (value(a) < value(b) ? -1 : value(a) > value(b) ? 1 : 0));
  const body = sorted.map((item) => {
    const line = element('tr', null, ...columns.map(([, , cell]) => {
      const shown = cell(item);
      return typeof shown === 'string' ? element('td', shown) : element('td', null, ...shown);
    }));
    if (dress) dress(line, item);
    return line;
  });
  $(id).replaceChildren(element('thead', null, element('tr', null, ...head)), element('tbody', null, ...body));
}

function swatch(index) {
  const made = element('span', null);
  made.className = 'swatch';
  made.style.background = `var(--c${data.colors[index]})`;
  return made;
}
function part(of, color) {
  const inner = element('i', null), outer = element('span', null, inner);
  outer.className = 'part';
  inner.style.width = `${of * 100}%`;
  inner.style.background = color;
  return outer;
}

const nameState = { by: 2, up: false, fill: () => fillNames() };
function fillNames() {
  const share = (of) => allTime ? of.total / allTime : 0;
  table('names', [
    ['name', (of) => of.name, (of) => {
      const button = element('button', of.name);
      button.ariaPressed = String(chosen === of.index);
      button.title = 'Highlight';
      button.onclick = () => {
        choose(of.index);
        [...$('names').querySelectorAll('td button')].find((made) => made.textContent === of.name)?.focus();
      };
      return [swatch(of.index), button];
    }],
    ['tasks', (of) => of.count, (of) => countText(of.count) + (of.failed ? ` (${countText(of.failed)} failed)` : '')],
    ['total', (of) => of.total, (of) => timeText(of.total)],
    ['mean', (of) => of.total / (of.count || 1), (of) => timeText(of.total / (of.count || 1))],
    ['max', (of) => of.max, (of) => timeText(of.max)],
    ['mean wait', (of) => of.wait / (of.count || 1), (of) => timeText(of.wait / (of.count || 1))],
    ['bytes', (of) => of.known ? of.bytes : -1, (of) => of.known ? bytesText(of.bytes) : '–'],
    ['share of time', share, (of) => [percent(share(of)), part(share(of), `var(--c${data.colors[of.index]})`)]],
  ], byName.filter((of) => of.count), nameState, (line, of) => {
    line.className = matches && !matches[of.index] ? 'faded' : chosen === of.index ? 'chosen' : '';
  });
}

const workerState = { by: 0, up: true, fill: () => fillWorkers() };
function fillWorkers() {
  table('workers', [
    ['worker', (of) => of.worker, (of) => String(of.worker)],
    ['tasks', (of) => of.count, (of) => countText(of.count)],
    ['in tasks', (of) => of.busy, (of) => timeText(of.busy)],
    ['idle', (of) => of.idle, (of) => timeText(of.idle)],
    ['busy', (of) => of.busy, (of) => [percent(of.busy / total), part(of.busy / total, 'var(--area-line)')]],
  ], workers, workerState);
}

const eventState = { by: 1, up: false, fill: () => fillEvents() };
function fillEvents() {
  const groups = new Map();
  for (const { name, what, bytes } of events) {
    const key = `${what}\n${name}`, of = groups.get(key) || { name, what, count: 0, bytes: 0 };
    of.count++;
    of.bytes += Math.max(0, bytes);
    groups.set(key, of);
  }
  $('events-section').hidden = groups.size === 0;
  table('events', [
    ['what', (of) => `${of.what}: ${of.name}`, (of) => `${of.what}: ${of.name}`],
    ['times', (of) => of.count, (of) => countText(of.count)],
    ['bytes', (of) => of.bytes, (of) => of.bytes ? bytesText(of.bytes) : '–'],
  ], groups.values(), eventState);
}

function summarise() {
  const busy = workers.reduce((sum, of) => sum + of.busy, 0), failed = byName.reduce((sum, of) => sum + of.failed, 0);
  const parts = [timeText(total), plural(count, 'task'), plural(data.runs.length, 'run'), plural(workers.length, 'worker')];
  if (workers.length) parts.push(`${percent(busy / (total * workers.length))} busy`);
  if (failed) parts.push(`${plural(failed, 'task')} failed`);
  if (bytesOverTime) parts.push(`${bytesText(bytesOverTime.most)} ${bytesOverTime.label === 'bytes held' ? 'held at most' : 'made'}`);
  $('summary').textContent = parts.join(' · ');
  $('timeline').ariaLabel = `Tasks of each worker over time: ${parts.join(', ')}`;
}

// ---- what the user does

function listen() {
  const box = $('timeline-box'), canvas = $('timeline');
  const place = (event) => {
    const at = canvas.getBoundingClientRect();
    return [event.clientX - at.left, event.clientY - at.top];
  };
  canvas.addEventListener('wheel', (event) => {
    event.preventDefault();
    const sideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
    if (sideways) move((event.deltaX || event.deltaY) / 1000);
    else zoom(Math.exp(Math.max(-200, Math.min(200, event.deltaY)) / 400), toTime(place(event)[0]));
  }, { passive: false });
  let held = null;
  canvas.addEventListener('pointerdown', (event) => {
    held = { x: event.clientX, from: view.from, to: view.to, moved: false };
    canvas.setPointerCapture(event.pointerId);
  });
  canvas.addEventListener('pointermove', (event) => {
    const [x, y] = place(event);
    if (held) {
      const by = (held.x - event.clientX) / plotWidth() * (held.to - held.from);
      held.moved = held.moved || Math.abs(held.x - event.clientX) > 3;
      box.classList.toggle('moving', held.moved);
      if (held.moved) {
        const from = Math.min(Math.max(0, held.from + by), total - (held.to - held.from));
        show(from, from + held.to - held.from);
      }
    }
    const task = held?.moved ? -1 : taskAt(x, y);
    showTip(task, x, y);
    if (task !== pointed) { pointed = task; redraw(); }
  });
  const release = () => {
    held = null;
    box.classList.remove('moving');
  };
  canvas.addEventListener('pointerup', (event) => {
    if (held && !held.moved) select(taskAt(...place(event)));
    release();
  });
  canvas.addEventListener('pointercancel', release);
  canvas.addEventListener('pointerleave', () => {
    pointed = -1;
    $('tip').hidden = true;
    redraw();
  });
  canvas.addEventListener('dblclick', () => show(0, total));
  canvas.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const act = {
      ArrowLeft: () => move(-0.2), ArrowRight: () => move(0.2), ArrowUp: () => stepRow(-1), ArrowDown: () => stepRow(1),
      '+': () => zoom(0.6), '=': () => zoom(0.6), '-': () => zoom(1 / 0.6), 0: () => show(0, total), Home: () => show(0, total),
      n: () => step(1), p: () => step(-1), Escape: () => select(-1),
    }[event.key];
    if (act) { event.preventDefault(); act(); }
  });
  listenOverview();
  $('closer').onclick = () => zoom(0.6);
  $('farther').onclick = () => zoom(1 / 0.6);
  $('all').onclick = () => show(0, total);
  $('search').addEventListener('input', () => { chosen = null; highlight(); });
  $('search').addEventListener('keydown', (event) => {
    if (event.key === 'Escape') { $('search').value = ''; highlight(); }
  });
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && event.target.tagName !== 'INPUT') { event.preventDefault(); $('search').focus(); }
  });
  addEventListener('resize', redraw);
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { readTheme(); redraw(); });
}

/// A drag on the strip chooses a part of the whole; a click moves there.
function listenOverview() {
  const strip = $('overview');
  const time = (event) => {
    const x = event.clientX - strip.getBoundingClientRect().left - GUTTER;
    return Math.min(total, Math.max(0, x / plotWidth() * total));
  };
  let first = null;
  strip.addEventListener('pointerdown', (event) => {
    first = { time: time(event), x: event.clientX };
    strip.setPointerCapture(event.pointerId);
  });
  strip.addEventListener('pointermove', (event) => {
    if (first && Math.abs(event.clientX - first.x) > 3) show(Math.min(first.time, time(event)), Math.max(first.time, time(event)));
  });
  strip.addEventListener('pointerup', (event) => {
    if (first && Math.abs(event.clientX - first.x) <= 3) {
      const span = view.to - view.from, from = Math.min(Math.max(0, first.time - span / 2), total - span);
      show(from, from + span);
    }
    first = null;
  });
  strip.addEventListener('dblclick', () => show(0, total));
}

readTheme();
layOut();
summarise();
fillNames();
fillWorkers();
fillEvents();
listen();
draw();
document.documentElement.dataset.loaded = Math.round(performance.now() - began);
