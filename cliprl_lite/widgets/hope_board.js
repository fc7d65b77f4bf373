export default widget("hope-board", (model, root, signal) => {
  const button = (label, act, more = {}) => element("button", { type: "button", onclick: act, ...more }, label);
  let running = false;
  const play = button("Play", () => ask(model, running ? "pause" : "play"), { class: "cl-main" });
  const choice = (label, trait, entries, read) => {
    const box = element("select", { "aria-label": label, onchange: () => tell(model, { [trait]: read(box.value) }) },
      ...entries.map(([value, words]) => element("option", { value: String(value) }, words)));
    follow(model, [trait], () => { box.value = String(model.get(trait)); }, signal);
    return element("label", {}, label, box);
  };
  const seed = element("input", { type: "number", min: "0", step: "1", class: "cl-seed", onchange: () => {
    const value = Number(seed.value);
    if (seed.value !== "" && Number.isInteger(value) && value >= 0 && value < 2 ** 31) tell(model, { seed: value });
    else seed.value = model.get("seed");
  } });
  const map = element("div", { class: "cl-frame" });
  const rows = element("tbody");
  const table = element("table", { class: "cl-found" },
    element("thead", {}, element("tr", {}, element("th", { scope: "col" }, "teacher"), element("th", { scope: "col" }, "steps to the goal"))), rows);
  const key = element("p", { class: "cl-caption" },
    "The fuller the grey of a square, the more the teacher hopes that it is the goal; bare squares were stood on. The framed square is the goal: you know it, the agent does not.");
  root.append(
    element("div", { class: "cl-row cl-controls" }, play, button("Step", () => ask(model, "step")), button("Restart", () => ask(model, "reset")),
      choice("teacher", "teacher", model.get("names").map((name, k) => [k, name]), Number),
      choice("speed", "speed", model.get("speeds").map((name) => [name, name]), String),
      element("label", {}, "seed", seed)),
    element("div", { class: "cl-row" }, map, element("div", { class: "cl-side" }, table, key)),
  );
  whilePlaying(model, (playing) => {
    running = playing;
    play.textContent = running ? "Pause" : "Play";
  }, signal);
  follow(model, ["seed"], () => { seed.value = String(model.get("seed")); }, signal);
  follow(model, ["scene"], () => { map.innerHTML = model.get("scene"); }, signal);
  follow(model, ["rows", "teacher"], () => {
    rows.replaceChildren(...model.get("rows").map(([name, steps], number) =>
      element("tr", { class: number === model.get("teacher") ? "cl-now" : "" }, element("th", { scope: "row" }, name), element("td", {}, steps))));
  }, signal);
});
