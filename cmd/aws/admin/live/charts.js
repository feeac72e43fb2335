// Moving charts, drawn by uPlot: each has one line per series, and a legend that tells
// the values at the cursor, or the last ones.
"use strict";

const kept = 300; // samples: five minutes
const least = 60; // seconds that a chart shows

const colour = name => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// short is a number with at most three digits and a unit: 12.3k.
function short(n, units = ["", "k", "M", "G", "T"], step = 1000) {
  if (n === null || n === undefined) return "–";
  let u = 0;
  while (Math.abs(n) >= step && u < units.length - 1) { n /= step; u++; }
  return (n === 0 || Math.abs(n) >= 100 ? n.toFixed(0) : n.toPrecision(n >= 10 ? 3 : 2)).replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, "") + units[u];
}
const bytes = n => n === null || n === undefined ? "–" : short(n, [" B", " KiB", " MiB", " GiB", " TiB"], 1024);
const percent = n => n === null || n === undefined ? "–" : n.toFixed(n > 0 && n < 10 ? 1 : 0) + "%";
const milliseconds = n => n === null || n === undefined ? "–" : n < 1 ? short(n * 1000) + " µs" : n < 1000 ? short(n) + " ms" : short(n / 1000) + " s";

// powers are steps of an axis in bytes.
const powers = Array.from({ length: 50 }, (_, i) => 2 ** i);

// Chart is one chart: names are its series, which show writes. The options: log for a
// logarithmic scale, least for the least upper end of a linear one, incrs for its steps,
// colours for the numbers of the series' colours.
class Chart {
  constructor(parent, title, about, names, show, options = {}) {
    this.names = names;
    this.show = show;
    this.data = [[], ...names.map(() => [])];
    const colours = options.colours ?? names.map((_, i) => i % 8);
    const section = parent.appendChild(document.createElement("section"));
    const head = section.appendChild(document.createElement("h2"));
    head.textContent = title + " ";
    head.appendChild(document.createElement("small")).textContent = about;
    this.plot = section.appendChild(document.createElement("div"));
    this.plot.className = "plot";
    this.plot.setAttribute("role", "img");
    this.plot.setAttribute("aria-label", title);
    const legend = section.appendChild(document.createElement("ul"));
    legend.className = "legend";
    this.values = names.map((name, i) => {
      const item = legend.appendChild(document.createElement("li"));
      item.appendChild(document.createElement("i")).style.background = `var(--c${colours[i]})`;
      item.append(name + " ");
      return item.appendChild(document.createElement("b"));
    });
    this.items = [...legend.children];
    const axis = { stroke: () => colour("--faint"), grid: { stroke: () => colour("--line"), width: 1 }, ticks: { show: false }, font: "11px system-ui" };
    const grid = options.log ? { ...axis.grid, filter: (u, at) => at.map(v => isPower(v) ? v : null) } : axis.grid;
    this.u = new uPlot({
      ...this.size(), legend: { show: false }, cursor: { drag: { setScale: false }, points: { size: 5 } },
      scales: {
        x: { range: (u, min, max) => [Math.min(min, max - least), max] },
        y: options.log ? { distr: 3, range: (u, min, max) => [10 ** Math.floor(Math.log10(min || .01)), 10 ** Math.ceil(Math.log10((max || 10) * 1.01))] } : { range: (u, min, max) => [0, Math.max(options.least ?? 1, (max ?? 0) * 1.1)] },
      },
      axes: [{ ...axis, size: 22, space: 70, values: (u, at) => at.map(clock) }, { ...axis, grid, incrs: options.incrs, size: 58, values: (u, at) => at.map(v => v === null ? "" : show(v)) }],
      series: [{}, ...names.map((name, i) => ({ label: name, stroke: () => colour(`--c${colours[i]}`), width: 1.5, points: { show: false }, spanGaps: false }))],
      hooks: { setCursor: [() => this.tell()] },
    }, this.data, this.plot);
    new ResizeObserver(() => this.u.setSize(this.size())).observe(this.plot);
  }

  size() { return { width: this.plot.clientWidth, height: this.plot.clientHeight }; }

  // add adds the values of a moment: null for a gap.
  add(time, values) {
    this.data[0].push(time);
    this.names.forEach((name, i) => this.data[i + 1].push(values?.[name] ?? null));
    if (this.data[0].length > kept) this.data.forEach(d => d.shift());
    this.u.setData(this.data);
    this.tell();
  }

  // tell shows the values in the legend. Series that are always 0 are left out.
  tell() {
    const at = this.u?.cursor.idx ?? this.data[0].length - 1;
    this.values.forEach((b, i) => {
      b.textContent = this.show(this.data[i + 1][at]);
      this.items[i].hidden = this.names.length > 4 && !this.data[i + 1].some(v => v);
    });
  }
}

const isPower = n => Math.abs(Math.log10(n) - Math.round(Math.log10(n))) < 1e-9; // of ten
const clock = seconds => new Date(seconds * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
