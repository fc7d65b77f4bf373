export default widget("race", (model, root, signal) => {
  const button = (label, act, attributes = {}) => element("button", { type: "button", onclick: act, ...attributes }, label);
  let running = false;
  const play = button("Play", () => ask(model, running ? "pause" : "play"), { class: "cl-main" });
  const step = button("Step", () => ask(model, "step"), { title: "one picture further at this speed" });
  const stop = button("Stop", () => ask(model, "stop"), { title: "everybody back to the start" });
  const speed = element("select", { onchange: () => tell(model, { speed: speed.value }) },
    ...model.get("speeds").map((name) => element("option", { value: name }, name)));
  const seed = element("input", { type: "number", min: "0", step: "1", class: "cl-seed", onchange: () => {
    const value = Number(seed.value);
    if (seed.value !== "" && Number.isInteger(value) && value >= 0 && value < 2 ** 31) tell(model, { seed: value });
    else seed.value = model.get("seed");
  } });
  const controls = element("div", { class: "cl-row cl-controls" }, play, step, stop,
    element("label", {}, "speed", speed), element("label", {}, "seed", seed));
  root.append(controls);

  if (model.get("hopeful")) {
    const hope = element("input", { type: "range", min: "0", max: "30", step: "1", class: "cl-hope",
      "aria-label": "hope: added to every entry of every starting table",
      oninput: () => { shown.textContent = `+${hope.value}`; }, onchange: () => tell(model, { hope: Number(hope.value) }) });
    const shown = element("output", { class: "cl-number", "aria-live": "off" });
    root.append(element("label", { class: "cl-hopes" }, "hope, added to every entry", hope, shown));
    follow(model, ["hope"], () => { hope.value = model.get("hope"); shown.textContent = `+${model.get("hope")}`; }, signal);
  }

  const chart = element("div", { class: "cl-chart" });
  const map = element("div", { class: "cl-squares" });
  const table = element("table", { class: "cl-clocks" });
  const wrong = element("input", { type: "checkbox", onchange: () => tell(model, { show_wrong: wrong.checked }) });
  const watched = element("select", { "aria-label": "whose squares", onchange: () => tell(model, { watched: Number(watched.value) }) },
    ...model.get("names").map((name, number) => element("option", { value: String(number) }, name)));
  controls.append(element("label", {}, wrong, "squares still wrong"), watched);
  root.append(element("div", { class: "cl-row" }, chart, map), table);

  whilePlaying(model, (playing) => {
    running = playing;
    play.textContent = running ? "Pause" : "Play";
  }, signal);
  follow(model, ["speed", "seed", "show_wrong", "watched"], () => {
    speed.value = model.get("speed");
    seed.value = model.get("seed");
    wrong.checked = model.get("show_wrong");
    watched.value = String(model.get("watched"));
    watched.hidden = !wrong.checked;
  }, signal);
  follow(model, ["chart"], () => { chart.innerHTML = model.get("chart"); }, signal);
  follow(model, ["squares"], () => { map.innerHTML = model.get("squares"); map.hidden = !model.get("squares"); }, signal);

  const caption = element("caption");
  const body = element("tbody");
  table.append(caption, element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "learner"),
    ...model.get("heads").map((head) => {
      const [clock, unit] = head.split(": ");
      return element("th", { scope: "col" }, clock, ...(unit ? [element("br"), element("span", {}, unit)] : []));
    }))), body);
  follow(model, ["rows", "first", "progress"], () => {
    caption.textContent = model.get("progress");
    body.replaceChildren(...model.get("rows").map((row, number) => element("tr", {},
      element("th", { scope: "row" }, row[0]),
      ...row.slice(1).map((value, clock) => {
        const first = model.get("first")[clock] === number;
        return element("td", { class: first ? "cl-first" : "" }, first ? `first ▸ ${value}` : value);
      }))));
  }, signal);
});
