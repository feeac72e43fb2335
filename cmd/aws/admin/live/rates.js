// What happened between two snapshots of /events: counters become rates, histograms
// percentiles. Package stats has what they count.
"use strict";

// bound is the largest value of bucket i of a histogram: see stats.Bound.
function bound(i) {
  if (i < 4) return i + 1;
  const e = Math.floor(i / 4) - 1;
  return (i - 4 * e + 1) * 2 ** e;
}

// quantiles are the values that these parts of what two histograms have counted apart do
// not exceed, null without any.
function quantiles(now, before, parts) {
  const counts = now.buckets.map((n, i) => n - before.buckets[i]);
  const all = counts.reduce((a, b) => a + b, 0);
  return parts.map(part => {
    let rank = part * all;
    for (let i = 0; all > 0 && i < counts.length; i++) {
      rank -= counts[i];
      if (counts[i] > 0 && rank <= 0) return bound(i);
    }
    return null;
  });
}

const ratio = (a, b) => b > 0 ? a / b : null;

const sum = values => Object.values(values ?? {}).reduce((a, b) => a + b, 0);

// classes are the requests that have ended, by class of status.
function classes(figures) {
  const all = { "2xx": 0, "3xx": 0, "4xx": 0, "5xx": 0, none: 0 };
  for (const r of figures.requests ?? []) all[r.class] = (all[r.class] ?? 0) + r.count;
  return all;
}

// calls are system calls by kind. Those about files count together.
function calls(figures) {
  const e = figures.engine, f = figures.files;
  return {
    epoll_wait: e.waits, io_uring_enter: e.enters, accept: e.accepts, recv: e.recvs, send: e.sends, sendfile: e.sendfiles,
    io_submit: e.submits, files: f.statx + f.openat2 + f.cachestat + f.preadv2,
  };
}

const minus = (now, before) => Object.fromEntries(Object.keys(now).map(key => [key, now[key] - (before[key] ?? 0)]));

// rates are what the charts show of two snapshots of one server.
function rates(now, before) {
  const seconds = (Date.parse(now.time) - Date.parse(before.time)) / 1000;
  const t = now.total, b = before.total;
  const perSecond = values => Object.fromEntries(Object.entries(values).map(([key, n]) => [key, n / seconds]));
  const ended = minus(classes(t), classes(b)), requests = sum(ended);
  const engine = minus(t.engine, b.engine);
  const [p50, p90, p99, p999] = quantiles(t.duration, b.duration, [.5, .9, .99, .999]).map(ns => ns === null ? null : ns / 1e6);
  const made = minus(calls(t), calls(b));
  return {
    time: Date.parse(now.time) / 1000,
    requests: requests / seconds,
    classes: perSecond(ended),
    bytes: { sent: (t.sent - b.sent) / seconds, received: (t.received - b.received) / seconds },
    connections: t.connections,
    open: sum(t.connections),
    latency: { p50, p90, p99, "p99.9": p999 },
    loops: now.loops.map((l, i) => l.late ? null : (l.cpu - before.loops[i].cpu) / seconds / 1e7),
    batches: {
      "completions per turn": ratio(t.completions - b.completions, t.turns - b.turns),
      "SQEs per enter": ratio(engine.sqes, engine.enters),
      "CQEs per enter": ratio(engine.cqes, engine.enters),
    },
    calls: Object.fromEntries(Object.entries(made).map(([kind, n]) => [kind, ratio(n, requests)])),
    callsPerRequest: ratio(sum(made), requests),
    memory: { "budget taken": now.memory.used, "Go's heap": now.process.heap, resident: now.process.resident },
    reads: {
      "page cache": (engine.cached_reads) / seconds, disk: engine.direct_reads / seconds, other: engine.other_reads / seconds,
      "look-ups that miss": (t.files.misses - b.files.misses) / seconds,
    },
  };
}
