const WAYS = [
  ["up", "↑"], ["down", "↓"], ["left", "←"], ["right", "→"],
]; // in the order of the actions

export default widget("drive", (model, root, signal) => {
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move the agent",
  });
  const pad = element("div", { class: "cl-pad", role: "group", "aria-label": "The four actions" },
    ...WAYS.map(([name, sign], action) => element("button", {
      type: "button", class: `cl-way cl-${name}`, "aria-label": name, title: name,
      onclick: () => ask(model, action),
    }, sign)));
  const again = element("button", { type: "button", onclick: () => ask(model, -1) }, "Start again");
  const hint = element("p", { class: "cl-caption" },
    "Click the map and use the arrow keys, or press the buttons.");
  root.append(frame, element("div", { class: "cl-row cl-controls" }, pad, again), hint);

  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); }, signal);
  frame.addEventListener("click", () => frame.focus());
  frame.addEventListener("keydown", (event) => {
    const action = Object.keys(ARROWS).indexOf(event.key);
    if (action < 0 || forNotebook(event)) return;
    event.preventDefault();
    ask(model, action);
  });
});
