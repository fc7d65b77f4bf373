export default widget("alignment-scrubber", (model, root, signal) => {
  const marks = model.get("marks"), names = model.get("names"), held = model.get("held");
  const n = names.length, kinds = model.get("kinds"), deltas = model.get("temperatures");
  const bytes = (trait) => {
    const sent = model.get(trait);
    return new Uint8Array(sent.buffer, sent.byteOffset, sent.byteLength);
  };
  const frames = bytes("frames"), best = bytes("best");

  // Which training, and which of its frames.
  const training = () => kinds.indexOf(model.get("targets")) * deltas.length
    + deltas.findIndex((delta) => Math.abs(delta - model.get("temperature")) < 1e-9);
  const place = () => Math.max(0, marks.indexOf(model.get("step")));
  const frame = () => training() * marks.length + place();
  const similar = (i, j) => frames[(frame() * n + i) * n + j] / 127 - 1;
  const written = (value) => value.toFixed(2).replace("-", "−").replace(/^−0\.00$/, "0.00");

  // Controls
  const choices = (label, trait, values) => {
    const group = `cl-${Math.random().toString(36).slice(2)}`;
    const buttons = values.map((value) => element("input", {
      type: "radio", name: group, onchange: () => tell(model, { [trait]: value }),
    }));
    follow(model, [trait], () => buttons.forEach((button, number) => {
      button.checked = values[number] === model.get(trait);
    }), signal);
    return element("fieldset", { class: "cl-choices", hidden: values.length < 2 },
      element("legend", {}, label),
      ...values.map((value, number) => element("label", {}, buttons[number], String(value))));
  };
  root.append(element("div", { class: "cl-row" },
    choices("targets", "targets", kinds), choices("temperature δ", "temperature", deltas)));

  // Pictures
  const map = element("div", { class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Similarities of the aligned sentences: the arrow keys move from cell to cell" });
  const charts = element("div", { class: "cl-frame cl-slide", tabindex: "0", role: "slider",
    "aria-label": "Training steps", "aria-valuemin": marks[0], "aria-valuemax": marks.at(-1) });
  map.innerHTML = model.get("heatmap");
  charts.innerHTML = model.get("charts");
  root.append(element("div", { class: "cl-row" }, map, charts));
  const grid = map.querySelector("[data-cells]");
  const [left, top, side] = ["x", "y", "width"].map((name) => Number(grid.getAttribute(name)));
  grid.remove(); // these cells listen for themselves
  map.querySelector(".cl-cells").innerHTML = Array.from({ length: n * n }, (_, number) => {
    const i = Math.floor(number / n), j = number % n, cell = side / n;
    return `<rect data-pair="${i},${j}" x="${left + j * cell}" y="${top + i * cell}" width="${cell}" height="${cell}"/>`;
  }).join("");
  const cells = [...map.querySelectorAll("[data-pair]")];
  const dots = [...map.querySelectorAll(".cl-dots > circle")];
  const columns = cells.slice(0, n).map((cell) => Number(cell.getAttribute("x")) + cell.getAttribute("width") / 2);
  const one = (name) => charts.querySelector(name);

  // Numbers
  const numbers = ["step", "loss", "weight in the right room", "first choice", "Σd"].map((name) => {
    const value = element("b", {});
    return [value, element("div", {}, element("span", {}, name), value)];
  });
  const spoken = element("span", { class: "cl-spoken", "aria-live": "polite" });
  const say = quietly(spoken, signal);
  const cell = element("p", { class: "cl-caption cl-cell" }); // follows the mouse, so it is not spoken
  const button = element("button", { type: "button", class: "cl-main",
    onclick: () => tell(model, { chosen: model.get("step"), covered: false }) });
  root.append(
    element("div", { class: "cl-row cl-numbers" }, ...numbers.map(([, shown]) => shown), button),
    cell, spoken,
  );
  const hint = () => {
    cell.textContent = `Outlined: the held-out sentence “${names[held]}”. A dot marks each row's best.`
      + (model.get("covered") ? "" : " Bars above: its room.");
  };

  const paint = () => {
    const now = frame(), covered = model.get("covered"), step = model.get("step");
    cells.forEach((square, number) => {
      const value = frames[now * n * n + number] / 127 - 1;
      square.setAttribute("fill", value >= 0 ? "var(--plus)" : "var(--minus)");
      square.setAttribute("fill-opacity", Math.abs(value).toFixed(2));
    });
    dots.forEach((dot, row) => dot.setAttribute("cx", columns[best[now * n + row]]));
    const xs = model.get("across"), from = training() * marks.length, x = xs[place()];
    for (const name of ["loss", "weight"]) {
      const ys = model.get(`${name}_heights`).slice(from, from + marks.length);
      one(`.cl-${name} path`).setAttribute("d", "M" + xs.map((at, k) => `${at} ${ys[k]}`).join("L"));
      one(`.cl-${name} circle`).setAttribute("cx", x);
      one(`.cl-${name} circle`).setAttribute("cy", ys[place()]);
    }
    one(".cl-thumb").setAttribute("cx", x);
    one(".cl-now").setAttribute("transform", `translate(${x} 0)`);
    const flag = one(".cl-chosen"), chosen = marks.indexOf(model.get("chosen"));
    flag.style.display = chosen < 0 ? "none" : "";
    if (chosen >= 0) flag.setAttribute("transform", `translate(${xs[chosen]} 0)`);
    root.querySelectorAll(".cl-cover").forEach((part) => { part.style.display = covered ? "" : "none"; });
    root.querySelectorAll(".cl-room, .cl-weight").forEach((part) => { part.style.display = covered ? "none" : ""; });

    const said = [
      step.toLocaleString("en"), written(model.get("losses")[now]),
      covered ? "covered" : written(model.get("weights")[now]),
      covered ? "covered" : names[best[now * n + held]], covered ? "covered" : written(model.get("sums")[now]),
    ];
    numbers.forEach(([value], number) => { value.textContent = said[number]; });
    if (!covered) passFocus([button], charts);
    button.hidden = !covered;
    button.textContent = `Choose step ${step.toLocaleString("en")}, and uncover`;
    charts.setAttribute("aria-valuenow", step);
    charts.setAttribute("aria-valuetext", `${step} steps`);
    const words = `Step ${said[0]}, loss ${said[1]}, weight in the right room ${said[2]}.`;
    if (spoken.textContent) say(words);
    else spoken.textContent = words; // a page that opens is not spoken
    hint();
  };
  follow(model, ["step", "temperature", "targets", "covered", "chosen"], paint, signal);

  // The scrubber: by keys, and by pointer anywhere in the charts.
  const go = (number) => {
    const step = marks[Math.min(marks.length - 1, Math.max(0, number))];
    if (step !== model.get("step")) tell(model, { step });
  };
  const keys = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 3, PageDown: -3 };
  charts.addEventListener("keydown", (event) => {
    if (forNotebook(event)) return;
    if (event.key in keys) go(place() + keys[event.key]);
    else if (event.key === "Home") go(0);
    else if (event.key === "End") go(marks.length - 1);
    else return;
    event.preventDefault();
  });
  const slide = (event) => {
    const box = charts.querySelector("svg").getBoundingClientRect();
    const at = (event.clientX - box.left) / box.width * charts.querySelector("svg").viewBox.baseVal.width;
    const away = model.get("across").map((x) => Math.abs(x - at));
    go(away.indexOf(Math.min(...away)));
  };
  charts.addEventListener("pointerdown", (event) => { charts.setPointerCapture(event.pointerId); slide(event); });
  charts.addEventListener("pointermove", (event) => { if (charts.hasPointerCapture(event.pointerId)) slide(event); });

  // A cell's number, under the pointer or the keyboard's cursor.
  let cursor = [0, 0];
  const read = ([i, j]) => {
    const hidden = model.get("covered") && (i === held || j === held);
    cell.textContent = `${names[i]} · ${names[j]}: ${hidden ? "covered" : written(similar(i, j))}`;
    cells.forEach((square, number) => square.classList.toggle("cl-cursor", number === i * n + j));
  };
  map.addEventListener("pointermove", (event) => {
    const pair = event.target.dataset?.pair;
    if (pair) read(pair.split(",").map(Number));
  });
  const leave = () => { cells.forEach((square) => square.classList.remove("cl-cursor")); hint(); };
  map.addEventListener("pointerleave", leave);
  map.addEventListener("blur", leave);
  map.addEventListener("keydown", (event) => {
    const by = ARROWS[event.key];
    if (!by || forNotebook(event)) return;
    event.preventDefault();
    cursor = cursor.map((at, axis) => Math.min(n - 1, Math.max(0, at + by[axis])));
    read(cursor);
    say(cell.textContent);
  });
}, { needsKernel: false });
