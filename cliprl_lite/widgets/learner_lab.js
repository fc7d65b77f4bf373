export default widget("learner-lab", (model, root, signal) => {
  const placing = model.get("place_goal");
  const frame = element("div", placing ? {
    class: "cl-frame cl-placing", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move a cursor, Enter puts the goal there",
  } : { class: "cl-frame" });
  const legend = element("div", { class: "cl-legend" });

  // Settings: a change of one starts anew.
  const choice = (label, trait, entries) => {
    const box = element("select", {
      onchange: () => tell(model, { [trait]: Number(box.value) }),
    });
    const fill = () => {
      const known = entries();
      if (!known.some(([value]) => value === model.get(trait))) {
        known.push([model.get(trait), String(model.get(trait))]);
      }
      box.replaceChildren(...known.map(([value, shown]) => element("option", { value }, shown)));
      box.value = String(model.get(trait));
    };
    follow(model, [trait], fill, signal);
    return element("label", { class: "cl-setting" }, element("span", {}, label), box);
  };
  const numbers = (trait) => () => model.get(trait).map((value) => [value, String(value)]);
  const seed = element("input", {
    type: "number", min: "0", step: "1",
    onchange: () => { if (seed.checkValidity() && seed.value) tell(model, { seed: Number(seed.value) }); },
  });
  follow(model, ["seed"], () => { seed.value = String(model.get("seed")); }, signal);
  const marked = element("input", {
    type: "checkbox", onchange: () => tell(model, { marked: marked.checked }),
  });
  follow(model, ["marked"], () => { marked.checked = model.get("marked"); }, signal);
  const settings = element("div", { class: "cl-settings", role: "group", "aria-label": "Settings" },
    choice("starting table", "start", () => model.get("starts").map((label, k) => [k, label])),
    choice("exploration ε", "epsilon", numbers("epsilons")),
    choice("learning rate η", "learning_rate", numbers("rates")),
    element("label", { class: "cl-setting" }, element("span", {}, "seed"), seed),
    element("label", { class: "cl-check" }, marked, "hatch wrong squares"),
  );

  // What it does.
  const press = (name) => ask(model, name);
  let running = false;
  const play = element("button", {
    class: "cl-main", type: "button", onclick: () => press(running ? "pause" : "play"),
  });
  whilePlaying(model, (playing) => {
    running = playing;
    play.textContent = running ? "Pause" : "Play";
  }, signal);
  const button = (label, name) =>
    element("button", { type: "button", onclick: () => press(name) }, label);
  const buttons = element("div", { class: "cl-buttons" },
    play, button("Step", "step"), button("Restart", "restart"), button("To the next arrival", "arrive"));
  const speed = choice("speed", "speed",
    () => model.get("speeds").map((value) => [value, `×${value.toLocaleString("en")}`]));

  const readouts = element("dl", { class: "cl-readouts" });
  follow(model, ["readouts"], () => {
    readouts.replaceChildren(...model.get("readouts").flatMap(([label, value]) =>
      [element("dt", {}, label), element("dd", {}, value)]));
  }, signal);

  root.append(element("div", { class: "cl-row" },
    element("div", { class: "cl-map" }, frame, legend),
    element("div", { class: "cl-side" }, settings, buttons, speed, readouts)));

  // The map.
  follow(model, ["legend"], () => { legend.innerHTML = model.get("legend"); }, signal);
  const [mark, spoken] = placing
    ? cursorOn(model, frame, Math.max(0, model.get("goal_state")), (state) => tell(model, { goal_state: state }))
    : [() => {}, ""];
  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);
  root.append(spoken);
});
