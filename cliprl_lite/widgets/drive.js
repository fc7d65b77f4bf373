const WAYS = [
  ["ArrowUp", "up", "↑"], ["ArrowDown", "down", "↓"],
  ["ArrowLeft", "left", "←"], ["ArrowRight", "right", "→"],
]; // in the order of the actions

export default widget("drive", (model, root, signal) => {
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move the agent",
  });
  const ask = (code) => { // numbered, since keys can be faster than the kernel
    const asked = model.get("asked");
    tell(model, { asked: [...asked, [(asked.at(-1)?.[0] ?? 0) + 1, code]].slice(-64) });
  };
  const pad = element("div", { class: "cl-pad", role: "group", "aria-label": "The four actions" },
    ...WAYS.map(([, name, sign], action) => element("button", {
      type: "button", class: `cl-way cl-${name}`, "aria-label": name, title: name,
      onclick: () => ask(action),
    }, sign)));
  const again = element("button", { type: "button", onclick: () => ask(-1) }, "Start again");
  const hint = element("p", { class: "cl-caption" },
    "Click the map and use the arrow keys, or press the buttons.");
  root.append(frame, element("div", { class: "cl-row cl-controls" }, pad, again), hint);

  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); }, signal);
  frame.addEventListener("click", () => frame.focus());
  frame.addEventListener("keydown", (event) => {
    const action = WAYS.findIndex(([key]) => key === event.key);
    if (action < 0) return;
    event.preventDefault();
    event.stopPropagation();
    ask(action);
  });
});
