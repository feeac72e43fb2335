// The live page: it hears a snapshot a second and shows what has changed.
"use strict";

const $ = id => document.getElementById(id);

let before = null; // the last snapshot
let charts = null;
const tops = []; // of the last 10 s, the oldest first

// Loops are shown one by one, unless there are many.
const most = 8;

function makeCharts(snapshot) {
  const n = snapshot.loops.length;
  loopNames = n > most ? ["busiest", "mean", "idlest"] : snapshot.loops.map(l => "loop " + l.number);
  const add = (key, ...rest) => [key, new Chart($("charts"), ...rest)];
  const uring = snapshot.build.engine === "uring";
  charts = Object.fromEntries([
    add("classes", "Requests", "a second, by class of status", ["2xx", "3xx", "4xx", "5xx", "none"], short, { colours: [2, 0, 4, 6, 7] }),
    add("bytes", "Bytes", "a second", ["sent", "received"], bytes, { least: 1024, incrs: powers }),
    add("latency", "Latency", "of requests, until all is sent", ["p50", "p90", "p99", "p99.9"], milliseconds, { log: true }),
    add("connections", "Connections", "by state", ["sending", "idle", "accepted", "reading_head", "looking_up", "reading_body", "lingering", "closing"], short, { least: 4 }),
    add("loops", "Loops", "CPU time of their threads", loopNames, percent, { least: 10 }),
    add("batches", "Batches", "what one wait of a loop brings", ["completions per turn", ...uring ? ["SQEs per enter", "CQEs per enter"] : []], short),
    add("calls", "System calls", "per request", ["epoll_wait", "io_uring_enter", "accept", "recv", "send", "sendfile", "io_submit", "files"], short),
    add("memory", "Memory", "of clients, of Go, of the process", ["budget taken", "Go's heap", "resident"], bytes, { least: 1 << 20, incrs: powers }),
    add("reads", "Reads of files", "a second, into buffers", ["page cache", "disk", "other", "look-ups that miss"], short),
  ]);
}
let loopNames = [];

// byLoop names the utilisation of the loops, in percent.
function byLoop(loops) {
  if (loops.length <= most) return Object.fromEntries(loops.map((v, i) => [loopNames[i], v]));
  const known = loops.filter(v => v !== null);
  return { busiest: Math.max(...known), mean: ratio(known.reduce((a, b) => a + b, 0), known.length), idlest: Math.min(...known) };
}

function showTiles(r) {
  const errors = r.classes["5xx"] + r.classes["4xx"];
  for (const [name, value] of Object.entries({
    "requests a second": short(r.requests), "sent a second": bytes(r.bytes.sent), connections: short(r.open),
    "median latency": milliseconds(r.latency.p50), "99th percentile": milliseconds(r.latency.p99),
    "calls per request": short(r.callsPerRequest), "errors a second": short(errors),
  })) {
    let tile = $("tiles").querySelector(`[data-name="${name}"]`);
    if (!tile) {
      tile = $("tiles").appendChild(document.createElement("div"));
      tile.dataset.name = name;
      tile.appendChild(document.createElement("dt")).textContent = name;
      tile.appendChild(document.createElement("dd"));
    }
    tile.lastChild.textContent = value;
  }
}

// showRows fills a table with names and values.
function showRows(table, rows, nothing) {
  table.replaceChildren(...(rows.length ? rows : [[nothing, ""]]).map(cells => {
    const row = document.createElement("tr");
    for (const text of cells) {
      const cell = row.appendChild(document.createElement("td"));
      cell.textContent = cell.title = text;
      cell.classList.toggle("none", !rows.length);
    }
    return row;
  }));
}

// showTop shows what has grown most among the paths of a table in the last 10 s.
function showTop(id, name) {
  const [oldest, newest] = [tops[0], tops[tops.length - 1]];
  const seconds = Math.max(1, newest.time - oldest.time);
  const key = p => p.status + p.path;
  const then = new Map((oldest.top?.[name] ?? []).map(p => [key(p), p.count]));
  const rows = (newest.top?.[name] ?? []).map(p => ({ ...p, rate: (p.count - (then.get(key(p)) ?? p.excess)) / seconds }))
    .filter(p => p.rate > 0).sort((a, b) => b.rate - a.rate).slice(0, 10);
  showRows($(id), rows.map(p => [(p.status ? p.status + " " : "") + p.path, short(p.rate)]), "none");
}

function showTroubles({ total: t, logs }) {
  const rows = [...Object.entries(t.refusals).map(([why, n]) => ["refused: " + why.replaceAll("_", " "), n]),
    ...Object.entries(t.outcomes).filter(([how]) => how !== "whole").map(([how, n]) => [how.replaceAll("_", " "), n]),
    ["lost: lines of the access log", logs.access_dropped], ["lost: lines of the log", logs.dropped]];
  showRows($("troubles"), rows.filter(([, n]) => n > 0).sort((a, b) => b[1] - a[1]).slice(0, 10).map(([why, n]) => [why, short(n)]), "none");
}

function showState(state) {
  $("state").textContent = state;
  $("state").className = state.split(" ")[0];
  document.body.classList.toggle("disconnected", state.startsWith("disconnected"));
}

// take takes a snapshot. After a restart there is nothing to compare it with.
function take(now) {
  showState(now.state);
  $("version").textContent = now.build.version;
  const up = Math.max(0, Math.round((Date.parse(now.time) - Date.parse(now.started)) / 1000));
  $("engine").textContent = now.loops.length ? `${now.build.engine}, ${now.loops.length} ${now.loops.length > 1 ? "loops" : "loop"}, up ${Math.floor(up / 3600)}h ${Math.floor(up / 60) % 60}m ${up % 60}s` : "";
  $("process").textContent = `${bytes(now.process.resident)} of memory, ${now.process.descriptors} descriptors, ${now.process.goroutines} goroutines`;
  if (!now.loops.length) return;
  if (!charts) makeCharts(now);
  if (before?.started === now.started && before.loops.length === now.loops.length) {
    const r = rates(now, before);
    for (const key in charts) charts[key].add(r.time, key === "loops" ? byLoop(r.loops) : r[key]);
    showTiles(r);
    tops.push({ time: r.time, top: now.top });
    if (tops.length > 10) tops.shift();
    showTop("paths", "paths");
    showTop("errors", "errors");
  }
  showTroubles(now);
  before = now;
}

// lose notes that nothing comes any more. The lines have a gap from here on.
function lose() {
  if (!document.body.classList.contains("disconnected") && before) {
    for (const key in charts) charts[key].add(Date.now() / 1000, null);
  }
  before = null;
  tops.length = 0;
  showState("disconnected – trying again");
}

// Browsers connect anew by themselves, but not after every error; and a connection that
// is silent may be dead.
const silence = 5000;

function connect() {
  const events = new EventSource("/events");
  let heard = Date.now();
  const watch = setInterval(() => {
    if (Date.now() - heard < silence && events.readyState !== EventSource.CLOSED) return;
    clearInterval(watch);
    events.close();
    lose();
    connect();
  }, 1000);
  events.addEventListener("figures", e => {
    heard = Date.now();
    take(JSON.parse(e.data));
  });
  events.addEventListener("error", lose);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
  for (const key in charts) charts[key].u.redraw(false, true);
});
connect();
