"use strict";
(() => {
  const element = (id) => document.getElementById(id);
  const data = JSON.parse(element("data").textContent);
  const NOTHING = "–", MINUS = "−";

  /* Words and figures */
  const grouped = new Intl.NumberFormat("en-IN", { minimumFractionDigits: 2, maximumFractionDigits: 3 });
  const wholes = new Intl.NumberFormat("en-IN", { maximumFractionDigits: 0 });
  const money = (paise, plus) => paise === null || paise === undefined ? NOTHING
    : (paise < 0 ? MINUS : plus && paise > 0 ? "+" : "") + "₹" + grouped.format(Math.abs(paise) / 100);
  const short = (paise) => {
    const rupees = Math.abs(paise) / 100, sign = paise < 0 ? MINUS : "";
    const scaled = (by) => String(Number((rupees / by).toPrecision(3)));
    return sign + "₹" + (rupees >= 1e7 ? scaled(1e7) + " cr" : rupees >= 1e5 ? scaled(1e5) + " lakh" : wholes.format(rupees));
  };
  const price = (paise) => paise === null ? NOTHING : (paise / 100).toFixed(2);
  const two = (number) => String(number).padStart(2, "0");
  const clock = (second) => second === null ? NOTHING
    : two(Math.floor(second / 3600)) + ":" + two(Math.floor(second / 60) % 60) + ":" + two(second % 60);
  const months = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
  const shortDay = (day) => Number(day.slice(8)) + " " + months[Number(day.slice(5, 7)) - 1];
  const longDay = (day) => shortDay(day) + " " + day.slice(0, 4);
  const plain = (text) => String(text).replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
  const make = (tag, attributes = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
    made.append(...children);
    return made;
  };
  const painted = (paise, text) => make("span", { class: paise < 0 ? "loss" : paise > 0 ? "gain" : "" }, text ?? money(paise));

  /* Packed data: base64 of deflated JSON */
  const opened = new Map();
  const unpack = (id) => {
    if (!opened.has(id)) opened.set(id, (async () => {
      const bytes = Uint8Array.from(atob(element(id).textContent), (letter) => letter.charCodeAt(0));
      const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("deflate"));
      return JSON.parse(await new Response(stream).text());
    })());
    return opened.get(id);
  };
  const summed = (steps) => {
    let last = 0;
    return steps.map((step) => step === null ? null : (last += step));
  };

  /* Charts */
  const drawn = new Map();
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue("--" + name).trim();
  const narrow = () => window.innerWidth < 640;
  const base = (extra) => {
    const axis = { gridcolor: colour("rule"), linecolor: colour("rule"), zerolinecolor: colour("faint"), tickfont: { size: 11.5, color: colour("soft") }, fixedrange: true, automargin: true };
    const layout = {
      paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)", margin: { l: 8, r: 12, t: 14, b: 8 }, showlegend: false, dragmode: false,
      font: { family: getComputedStyle(document.body).fontFamily, size: 12, color: colour("ink") },
      hoverlabel: { bgcolor: colour("raised"), bordercolor: colour("rule"), font: { color: colour("ink"), size: 12 } },
      annotations: [], shapes: [], ...extra,
    };
    for (const name of Object.keys(layout)) if (/^[xy]axis/.test(name)) layout[name] = { ...axis, ...layout[name] };
    if (data.synthetic) layout.annotations.push({
      text: "SYNTHETIC", xref: "paper", yref: "paper", x: .5, y: .5, showarrow: false, textangle: -14, opacity: dark() ? .24 : .15,
      font: { size: narrow() ? 40 : 72, color: colour("accent"), weight: 700 },
    });
    return layout;
  };
  const draw = (id, build, config = {}) => {
    const place = typeof id === "string" ? element(id) : id;
    if (!place) return Promise.resolve();
    drawn.set(place, [build, config]);
    const { traces, layout } = build();
    return Plotly.react(place, traces, layout, { displayModeBar: false, responsive: true, ...config });
  };
  const redraw = () => { for (const [place, [build, config]] of drawn) if (place.isConnected) draw(place, build, config); };
  const ticks = (low, high, most) => {
    const span = Math.max(high - low, 100), rough = Math.max(span / most, 100), power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((times) => times * power).find((width) => width >= rough);
    const values = [];
    for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) values.push(Math.round(value));
    return { tickvals: values, ticktext: values.map(short) };
  };
  const spread = (lists) => {
    let low = 0, high = 0;
    for (const list of lists) for (const value of list) if (value !== null) { low = Math.min(low, value); high = Math.max(high, value); }
    const room = (high - low) * .06 || 100;
    return [low - (low < 0 ? room : room / 6), high + room];
  };

  const waterfall = () => {
    const lines = data.costs.filter((line) => line.total || line.paise !== 0), names = lines.map((line) => narrow() ? line.brief : line.label);
    const room = narrow() ? .5 : .24;
    let level = 0;
    const bars = lines.map((line) => {
      const from = line.total ? 0 : level;
      level = line.total ? line.paise : level + line.paise;
      return [from, level];
    });
    const [low, high] = spread(bars), reach = high - low, least = Math.min(...bars.flat()), most = Math.max(...bars.flat());
    return {
      traces: [{
        type: "bar", orientation: "h", y: names, base: bars.map(([from]) => from), x: bars.map(([from, to]) => to - from),
        marker: { color: lines.map((line) => line.total ? colour("total") : line.paise < 0 ? colour("loss") : colour("gain")) }, width: .62,
        customdata: lines.map((line) => money(line.paise, !line.total)), hovertemplate: "%{y}: %{customdata}<extra></extra>",
      }],
      layout: base({
        height: 34 * lines.length + 50,
        xaxis: { range: [least < 0 ? low - reach * room : 0, most > 0 ? high + reach * room : high], ...ticks(least < 0 ? low : 0, high, narrow() ? 3 : 6), zeroline: true },
        yaxis: { autorange: "reversed", showgrid: false, ticksuffix: "  " },
        annotations: lines.map((line, place) => {
          const [from, to] = bars[place], right = Math.max(from, to) > 0 || Math.min(from, to) >= 0;
          return { x: right ? Math.max(from, to) : Math.min(from, to), y: names[place], text: money(line.paise, !line.total), showarrow: false,
            xanchor: right ? "left" : "right", xshift: right ? 6 : -6, font: { size: 11.5, color: line.total ? colour("ink") : colour("soft") } };
        }),
      }),
    };
  };

  const running = (steps) => { let total = 0; return steps.map((step) => (total += step)); };
  const equity = (lines) => () => {
    const chosen = lines[Number(element("equity-variant")?.value ?? 0)];
    const days = data.days.map(longDay), labels = data.days.map(shortDay);
    const [net, worst, best] = [chosen.net, chosen.worst, chosen.best].map(running);
    let peak = 0;
    const below = net.map((value) => value - (peak = Math.max(peak, value)));
    const [low, high] = spread([net, worst, best]), [deep] = spread([below]);
    const places = days.map((_, place) => place), every = Math.max(1, Math.ceil(days.length / (narrow() ? 4 : 9)));
    const marked = places.filter((place) => place % every === 0);
    const line = (y, extra) => ({ x: places, y, type: "scatter", mode: "lines", hoverinfo: "skip", ...extra });
    return {
      traces: [
        line(worst, { line: { width: 0 } }),
        line(best, { line: { width: 0 }, fill: "tonexty", fillcolor: colour("band") }),
        line(net, {
          mode: days.length < 60 ? "lines+markers" : "lines", line: { color: colour("gain"), width: 2.4 }, marker: { size: 5, color: colour("gain") }, hoverinfo: undefined,
          text: days.map((day, place) => `${day}<br>net so far ${money(net[place])}<br>worst ${money(worst[place])}<br>best ${money(best[place])}<br>that day ${money(chosen.net[place], true)}`), hovertemplate: "%{text}<extra></extra>",
        }),
        line(below, {
          yaxis: "y2", fill: "tozeroy", line: { color: colour("loss"), width: 1.4 }, fillcolor: colour("loss") + "33", hoverinfo: undefined,
          text: days.map((day, place) => `${day}<br>${money(below[place])} from the peak`), hovertemplate: "%{text}<extra></extra>",
        }),
      ],
      layout: base({
        height: narrow() ? 380 : 440,
        xaxis: { tickvals: marked, ticktext: marked.map((place) => labels[place]), showgrid: false, zeroline: false, anchor: "y2", range: [-.6, days.length - .4] },
        yaxis: { domain: [.34, 1], range: [low, high], ...ticks(low, high, 5) },
        yaxis2: { domain: [0, .24], range: [deep * 1.05, -deep * .06], ...ticks(deep, 0, 2) },
        annotations: [
          { text: "Net so far, likely; shaded worst to best", xref: "paper", yref: "paper", x: 0, y: 1, xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 11.5, color: colour("soft") } },
          { text: "Below the peak", xref: "paper", yref: "paper", x: 0, y: .245, xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 11.5, color: colour("soft") } },
        ],
        margin: { l: 8, r: 12, t: 26, b: 8 },
      }),
    };
  };

  const distribution = () => {
    const { start, width, counts } = data.distribution;
    const from = counts.map((_, place) => start + place * width), top = Math.max(...counts), aside = Math.max(0, 10 - counts.length) / 2 * width, ends = [start - aside, start + width * counts.length + aside];
    return {
      traces: [{
        type: "bar", x: from.map((left) => left + width / 2), y: counts, width: width * .94, marker: { color: from.map((left) => left < 0 ? colour("loss") : colour("gain")) },
        text: from.map((left, place) => `${money(left)} to ${money(left + width)}: ${counts[place]} trade${counts[place] === 1 ? "" : "s"}`), textposition: "none", hovertemplate: "%{text}<extra></extra>",
      }],
      layout: base({
        height: 300, bargap: 0,
        xaxis: { range: ends, ...ticks(...ends, narrow() ? 3 : 5), showgrid: false, zeroline: true },
        yaxis: { rangemode: "tozero", dtick: Math.max(1, 10 ** Math.floor(Math.log10(top)) / (top < 20 ? 1 : 2)), range: [0, top * 1.12] },
      }),
    };
  };

  const endings = () => {
    const rows = data.reasons, most = Math.max(...rows.map((row) => row.trades));
    return {
      traces: [{
        type: "bar", orientation: "h", y: rows.map((row) => plain(row.reason)), x: rows.map((row) => row.trades), width: .6, marker: { color: colour("total") },
        text: rows.map((row) => `${wholes.format(row.trades)}  ·  ${money(row.net, true)}`), textposition: "outside", cliponaxis: false, textfont: { color: colour("ink") }, hoverinfo: "skip",
      }],
      layout: base({
        height: Math.max(160, 46 * rows.length + 40), xaxis: { visible: false, range: [0, most * 1.75] }, yaxis: { autorange: "reversed", showgrid: false, ticksuffix: "  " },
      }),
    };
  };

  /* Second by second */
  const wholeTrade = (chart, legs) => {
    const mid = [], cost = [];
    chart.beyond.forEach((beyond, second) => {
      let middle = 0, best = 0, known = second <= chart.exit;
      for (const leg of legs) {
        const sign = leg.side === "sell" ? 1 : -1;
        if (second >= leg.closed && leg.value !== null) { middle += sign * leg.value; best += sign * leg.value; continue; }
        if (leg.bid[second] === null) { known = false; break; }
        middle += sign * leg.units * (leg.bid[second] + leg.ask[second]) / 2;
        best += sign * leg.units * (sign > 0 ? leg.ask[second] : leg.bid[second]);
      }
      mid.push(known ? middle : null);
      cost.push(known && beyond !== null ? best + beyond : null);
    });
    return [mid, cost];
  };
  const seconds = (chart) => () => {
    const count = chart.beyond.length, opens = Date.parse(chart.day + "T00:00:00Z") + chart.start * 1000, when = (second) => opens + second * 1000;
    const at = { x0: opens, dx: 1000 }, scale = 100 * chart.per, traces = [], shapes = [], annotations = [];
    const legs = chart.legs.map((leg) => {
      const bid = summed(leg.bid);
      return { ...leg, bid, ask: bid.map((value, second) => value === null ? null : value + leg.spread[second]) };
    });
    const [mid, cost] = wholeTrade(chart, legs).map((line) => line.map((value) => value === null ? null : value / scale));
    const tall = narrow() ? 250 : 300, low = narrow() ? 130 : 150, space = 40, height = tall + legs.length * (low + space) + 60;
    const panel = (place) => {
      const inner = height - 60, top = place === 0 ? 0 : tall + space + (place - 1) * (low + space), size = place === 0 ? tall : low;
      return [Math.max(0, 1 - (top + size) / inner), 1 - top / inner];
    };
    const heading = (text, place) => annotations.push({ text, xref: "paper", yref: "paper", x: 0, y: panel(place)[1], xanchor: "left", yanchor: "bottom", showarrow: false, font: { size: 11.5, color: colour("soft") } });
    const line = (y, name, axis, extra) => ({ ...at, y, name, type: "scatter", mode: "lines", yaxis: axis, connectgaps: false, hovertemplate: "%{y:.2f}", ...extra });
    const points = chart.per > 1;
    traces.push(line(mid, "mid", "y", { line: { color: colour("faint"), width: 1, shape: "hv" } }));
    traces.push(line(cost, "to close", "y", { line: { color: colour("ink"), width: 1.6, shape: "hv" } }));
    heading(points ? "Combined premium, points: <b>to close</b> and mid" : "Combined premium, ₹ for the whole trade: <b>to close</b> and mid", 0);
    for (const [name, leg, level] of chart.levels) {
      const own = leg === null, tint = name === "target" ? colour("gain") : colour("loss"), y = own ? level / scale : level / 100;
      const until = own ? Math.min(...legs.map((one) => one.closed)) : legs[leg].closed;
      traces.push({ x: [when(chart.entry), when(until)], y: [y, y], name, type: "scatter", mode: "lines", yaxis: own ? "y" : "y" + (leg + 2), line: { color: tint, width: 1.3, dash: "dash" }, hoverinfo: "skip" });
      annotations.push({ x: when(chart.entry), y, yref: own ? "y" : "y" + (leg + 2), text: name.replace("_", " "), showarrow: false, xanchor: "left", xshift: 8, yanchor: "bottom", font: { size: 11, color: tint } });
    }
    legs.forEach((leg, place) => {
      const axis = "y" + (place + 2), tint = colour("leg-" + place % 4);
      traces.push(line(leg.bid, "bid", axis, { line: { color: tint, width: 1.1, shape: "hv" }, opacity: .55, y: leg.bid.map((value) => value === null ? null : value / 100) }));
      traces.push(line(leg.ask, "ask", axis, { line: { color: tint, width: 1.3, shape: "hv" }, y: leg.ask.map((value) => value === null ? null : value / 100) }));
      heading(`<b>${plain(leg.contract)}</b>  ${plain(leg.side)} ${leg.units}: bid and ask`, place + 1);
      const fills = chart.events.filter((event) => event[1] === "fill" && event[2] === place);
      traces.push({
        x: fills.map((event) => when(event[0])), y: fills.map((event) => event[4] / 100), type: "scatter", cliponaxis: false, mode: "markers", yaxis: axis, name: "fill",
        marker: { size: 10, symbol: fills.map((event) => event[3] === "sell" ? "triangle-down" : "triangle-up"), color: colour("ink"), line: { color: colour("paper"), width: 1 } },
        text: fills.map((event) => `${plain(event[3])} ${event[5]} at ${price(event[4])}`), hovertemplate: "%{text}<extra></extra>",
      });
      const missing = leg.bid.map((value, second) => value === null ? second : -1).filter((second) => second >= 0);
      const runs = [];
      for (const second of missing) if (runs.length && runs.at(-1)[1] === second) runs.at(-1)[1] = second + 1; else runs.push([second, second + 1]);
      for (const [from, to] of runs.slice(0, 150)) shapes.push({ type: "rect", xref: "x", yref: axis + " domain", x0: when(from), x1: when(to), y0: 0, y1: 1, fillcolor: colour("gap"), line: { width: 0 }, layer: "below" });
    });
    const marks = [[chart.entry, "entry"], [chart.exit, "exit"]];
    traces.push({
      x: marks.map(([second]) => when(second)), y: marks.map(([second, name]) => name === "entry" ? chart.premium / scale : cost[second] ?? mid[second]), type: "scatter", cliponaxis: false, mode: "markers", name: "mark", yaxis: "y",
      marker: { size: 11, symbol: ["circle", "square"], color: colour("paper"), line: { color: colour("ink"), width: 2 } }, text: marks.map(([second, name]) => `${name} ${clock(chart.start + second)}`), hovertemplate: "%{text}<extra></extra>",
    });
    for (const [second, name] of marks) shapes.push({ type: "line", xref: "x", yref: "paper", x0: when(second), x1: when(second), y0: 0, y1: 1, line: { color: colour("faint"), width: 1 } });
    const rules = chart.events.filter((event) => !["fill", "order"].includes(event[1]));
    for (const event of rules) shapes.push({ type: "line", xref: "x", yref: "paper", x0: when(event[0]), x1: when(event[0]), y0: 0, y1: 1, line: { color: colour("accent"), width: 1, dash: "dot" } });
    traces.push({
      x: rules.map((event) => when(event[0])), y: rules.map((event) => cost[event[0]] ?? mid[event[0]]), type: "scatter", cliponaxis: false, mode: "markers", name: "rule", yaxis: "y", marker: { size: 7, symbol: "diamond", color: colour("accent") },
      text: rules.map((event) => `${plain(event[1])} ${clock(chart.start + event[0])}` + (event[6] === null ? "" : `<br>saw ${money(event[6])}, held against ${money(event[7])}`)), hovertemplate: "%{text}<extra></extra>",
    });
    const layout = {
      height, shapes, annotations, hovermode: "closest", margin: { l: 8, r: 12, t: 24, b: 36 }, dragmode: matchMedia("(pointer: coarse)").matches ? false : "zoom",
      xaxis: { type: "date", fixedrange: false, hoverformat: "%H:%M:%S", tickformatstops: [{ dtickrange: [null, 59000], value: "%H:%M:%S" }, { dtickrange: [60000, null], value: "%H:%M" }], nticks: narrow() ? 4 : 9, anchor: legs.length ? "y" + (legs.length + 1) : "y", range: [when(-count * .015), when(count * 1.015)] },
      yaxis: { domain: panel(0), fixedrange: false },
    };
    legs.forEach((_, place) => { layout["yaxis" + (place + 2)] = { domain: panel(place + 1), fixedrange: false, nticks: 4 }; });
    return { traces, layout: base(layout) };
  };
  const drawSeconds = async (place, trade) => {
    const chart = await unpack("seconds-" + trade);
    const plot = make("div", { class: "plot", role: "img", "aria-label": `Second by second chart of trade ${trade}` });
    const opens = Date.parse(chart.day + "T00:00:00Z") + chart.start * 1000;
    const last = chart.beyond.length - 1, room = last * .015;
    const zoom = (text, from, to) => {
      const button = make("button", { type: "button" }, text);
      button.addEventListener("click", () => {
        const changes = { "xaxis.range": [opens + from * 1000, opens + to * 1000] };
        for (const axis of ["", ...chart.legs.map((_, leg) => leg + 2)]) {
          const near = plot.data.filter((trace) => trace.dx && trace.yaxis === "y" + axis).flatMap((trace) => trace.y.slice(Math.max(0, Math.floor(from)), Math.ceil(to) + 1)).filter((value) => value !== null);
          if (!near.length || from <= 0 && to >= last) { changes[`yaxis${axis}.autorange`] = true; continue; }
          const low = near.reduce((one, other) => Math.min(one, other)), high = near.reduce((one, other) => Math.max(one, other)), space = (high - low) * .12 || 1;
          changes[`yaxis${axis}.range`] = [low - space, high + space];
        }
        Plotly.relayout(plot, changes);
      });
      return button;
    };
    const caption = make("figcaption", {}, make("strong", {}, `Trade ${trade}, second by second, ${longDay(chart.day)} `));
    if (data.synthetic) caption.firstChild.append(make("span", { class: "mark" }, "SYNTHETIC"));
    caption.append("Triangles are fills, diamonds the rules that fired; dashed lines are stop and target; shaded seconds have no usable quote.");
    place.replaceChildren(make("figure", {}, caption, make("div", { class: "zooms", role: "group", "aria-label": "Zoom" },
      zoom("Whole trade", -room, last + room), zoom("Entry ± 1 min", chart.entry - 60, chart.entry + 60), zoom("Exit ± 1 min", chart.exit - 60, chart.exit + 60)), plot));
    await draw(plot, seconds(chart), { displayModeBar: false, doubleClick: "reset" });
  };

  /* Table of trades */
  const STEP = 100;
  const setUpTrades = async () => {
    const body = element("trades-body");
    if (!body) return;
    const all = await unpack("trades-pack");
    const count = all.trade.length, charted = new Set(data.charted), several = data.several_variants;
    const flagsOf = all.flags, words = all.trade.map((trade, row) => [trade, all.strategy[row], all.day[row], shortDay(all.day[row]), all.reason[row], ...flagsOf[row]].join(" ").toLowerCase());
    let sorted = [], shown = STEP, key = "trade", direction = 1;
    const cell = (content, number, wide) => make("td", { class: [number ? "number" : "", wide ? "wide" : ""].join(" ").trim() }, content);
    const columns = document.querySelectorAll("#trades thead th").length;
    const row = (at) => {
      const trade = all.trade[at], opener = make("button", { type: "button", class: "opener", "aria-expanded": "false", "aria-controls": "open-" + trade, "aria-label": `Trade ${trade}: details` }, String(trade));
      const line = make("tr", { class: "row", "data-trade": trade }, make("th", { scope: "row" }, opener), make("td", { class: "day" }, longDay(all.day[at])));
      if (several) line.append(cell(`${all.strategy[at]} ${all.variant[at]}`, false, true));
      line.append(cell(clock(all.entry[at]), true, true), cell(clock(all.exit[at]), true, true), cell(all.reason[at].replace("_", " ")), cell(money(all.gross_paise[at]), true, true), cell(money(all.charges_paise[at]), true, true),
        cell(painted(all.net_paise[at]), true), cell(money(all.net_worst_paise[at]), true, true), cell(money(all.net_best_paise[at]), true, true), cell(all.return_percent[at] === null ? NOTHING : all.return_percent[at].toFixed(2).replace("-", MINUS) + " %", true, true));
      const flags = make("td", { class: "flags", ...(flagsOf[at].length > 1 ? { "data-count": flagsOf[at].length + " flags" } : {}) });
      for (const flag of flagsOf[at]) flags.append(make("span", { class: "flag" }, flag));
      line.append(flags);
      const toggle = async () => {
        const open = opener.getAttribute("aria-expanded") === "true";
        opener.setAttribute("aria-expanded", String(!open));
        if (open) { element("open-" + trade)?.remove(); return; }
        const inside = make("div", { class: "inside" }, "…");
        line.after(make("tr", { class: "open", id: "open-" + trade }, make("td", { colspan: columns }, inside)));
        await detail(inside, all, at, charted.has(trade));
      };
      line.addEventListener("click", (event) => { if (event.target === opener || !event.target.closest("button, a")) toggle(); });
      return line;
    };
    const show = () => {
      body.replaceChildren(...sorted.slice(0, shown).map(row));
      let net = 0;
      for (const at of sorted) net += all.net_paise[at];
      element("trades-count").textContent = `${wholes.format(sorted.length)} of ${wholes.format(data.trades)} trades, net ${money(net)}` + (shown < sorted.length ? `; the first ${shown} are shown` : "");
      element("trades-more").hidden = shown >= sorted.length;
    };
    const choose = () => {
      const text = element("filter-text").value.trim().toLowerCase(), reason = element("filter-reason").value, flag = element("filter-flag").value, result = element("filter-result").value;
      sorted = [];
      for (let at = 0; at < count; at++) {
        if (text && !words[at].includes(text)) continue;
        if (reason && all.reason[at] !== reason) continue;
        if (flag === "any" ? !flagsOf[at].length : flag === "none" ? flagsOf[at].length : flag && !flagsOf[at].includes(flag.slice(5))) continue;
        if (result === "win" ? all.net_paise[at] <= 0 : result === "loss" && all.net_paise[at] > 0) continue;
        sorted.push(at);
      }
      const by = key === "flags" ? flagsOf.map((flags) => flags.join()) : all[key];
      sorted.sort((one, other) => (by[one] < by[other] ? -1 : by[one] > by[other] ? 1 : one - other) * direction);
      shown = STEP;
      show();
    };
    for (const id of ["filter-text", "filter-reason", "filter-flag", "filter-result"]) element(id).addEventListener("input", choose);
    for (const button of document.querySelectorAll("#trades thead button")) button.addEventListener("click", () => {
      direction = key === button.dataset.key ? -direction : 1;
      key = button.dataset.key;
      for (const head of document.querySelectorAll("#trades thead th")) head.removeAttribute("aria-sort");
      button.closest("th").setAttribute("aria-sort", direction > 0 ? "ascending" : "descending");
      choose();
    });
    element("trades-more").addEventListener("click", () => { shown += STEP; show(); });
    choose();
  };

  const table = (heads, rows, numbers) => {
    const made = make("table", {}, make("thead", {}, make("tr", {}, ...heads.map((head, place) => make("th", { scope: "col", class: numbers.includes(place) ? "number" : "" }, head)))));
    made.append(make("tbody", {}, ...rows.map((cells) => make("tr", {}, ...cells.map((content, place) => make("td", { class: numbers.includes(place) ? "number" : "" }, content ?? NOTHING))))));
    return make("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": heads.join(", ") }, made);
  };
  const detail = async (place, all, at, hasChart) => {
    const trade = all.trade[at], pack = data.packs.find(([first, last]) => trade >= first && trade <= last);
    const ask = (what) => make("p", { class: "note" }, what + " ", make("code", {}, `nfolab explain ${data.run} ${trade}`), " tells it.");
    if (!pack) { place.replaceChildren(ask("The steps of this trade did not fit into this file:")); return; }
    const told = (await unpack("details-" + pack[0]))[trade];
    const unit = (value, units) => value === null ? NOTHING : (value / units / 100).toFixed(4).replace(/0{1,2}$/, "");
    const legName = (leg) => leg === null ? "whole trade" : told.legs[leg] ? told.legs[leg][0].split(" ").slice(1).join(" ") : String(leg);
    const params = Object.entries(JSON.parse(told.params)).map(([name, value]) => `${name}=${value}`).join("  ");
    const rows = told.events.filter((event) => event[1] !== "fill"), fills = told.events.filter((event) => event[1] === "fill");
    place.replaceChildren(
      make("h4", {}, "Legs"),
      table(["Contract", "Side", "Units", "In", "Price in", "Out", "Price out", "Reason", "Gross"], told.legs.map((leg) => [leg[0], leg[1], wholes.format(leg[2]), clock(leg[3]), unit(leg[4], leg[2]), clock(leg[5]), unit(leg[6], leg[2]), leg[7], painted(leg[8])]), [2, 3, 4, 5, 6, 8]),
      make("p", { class: "note" }, `Gross ${money(all.gross_paise[at])} − charges ${money(all.charges_paise[at])} = net ${money(all.net_paise[at])} (worst ${money(all.net_worst_paise[at])}, best ${money(all.net_best_paise[at])}; gross less ₹5 is ${money(all.net_flat5_paise[at])}). Inside gross were paid: spread ${money(told.spread)}, depth ${money(told.depth)}, latency ${money(told.latency)}. Margin ${money(all.margin_paise[at])}. Held ${wholes.format(told.held)} s; stood at best at ${money(told.most_gain)}, at worst at ${money(told.most_loss)}. One-minute candles would have told a gross of ${told.minute_close === null ? NOTHING : money(told.minute_close)}.`),
      make("h4", {}, "Decisions and orders"),
      table(["Time", "Event", "Of", "Saw", "Held against", "Row of the book", "Taken at", "Why"], rows.map((event) => [clock(event[0]), event[1].replace("_", " "), legName(event[2]), event[10] === null ? null : money(event[10]), event[11] === null ? null : money(event[11]), event[3] === null ? null : String(event[3]), event[4] === null ? null : clock(event[4]), event[12]]), [3, 4, 5]),
      make("h4", {}, "Fills, level by level"),
      table(["Time", "Contract", "Side", "Level", "Price", "Quantity", "Displayed", "Row of the book", "Taken at"], fills.map((event) => [clock(event[0]), legName(event[2]), event[6], event[5] === null ? null : String(event[5] + 1), price(event[7]), event[8] === null ? null : wholes.format(event[8]), event[9] === null ? null : wholes.format(event[9]), event[3] === null ? null : String(event[3]), event[4] === null ? null : clock(event[4])]), [3, 4, 5, 6, 7]),
      make("p", { class: "note" }, "Parameters: ", make("code", {}, params)),
    );
    if (hasChart) {
      const chart = make("div");
      place.append(chart);
      await drawSeconds(chart, trade);
    } else place.append(ask("Its second-by-second chart is not in this file:"));
  };

  /* Light and dark */
  const root = document.documentElement, toggle = element("theme");
  const dark = () => (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
  const named = () => { toggle.textContent = dark() ? "Light" : "Dark"; toggle.setAttribute("aria-label", `Switch to ${dark() ? "light" : "dark"} colours`); };
  toggle.addEventListener("click", () => { root.dataset.theme = dark() ? "light" : "dark"; named(); redraw(); });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { named(); redraw(); });
  let before;
  window.addEventListener("beforeprint", () => { before = root.dataset.theme; root.dataset.theme = "light"; redraw(); });
  window.addEventListener("afterprint", () => { if (before) root.dataset.theme = before; else delete root.dataset.theme; redraw(); });
  let width = window.innerWidth;
  window.addEventListener("resize", () => { if ((width < 640) !== narrow()) redraw(); width = window.innerWidth; });

  const start = async () => {
    named();
    if (data.trades) {
      const lines = await unpack("equity-pack");
      await Promise.all([draw("waterfall", waterfall), draw("equity", equity(lines)), draw("distribution", distribution), draw("endings", endings)]);
      element("equity-variant")?.addEventListener("input", () => draw("equity", equity(lines)));
    }
    await setUpTrades();
    const lists = [...document.querySelectorAll("details[data-trade]")];
    for (const one of lists) {
      const fill = () => { if (one.open && !one.dataset.drawn) { one.dataset.drawn = "yes"; return drawSeconds(one.querySelector(".holder"), one.dataset.trade); } };
      one.addEventListener("toggle", fill);
      await fill();
    }
    root.dataset.ready = "yes";
  };
  start();
})();
