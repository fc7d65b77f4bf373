export default widget("grid-map", (model, root, signal) => {
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move a cursor, Enter presses a square",
  });
  const [mark, spoken] = cursorOn(model, frame, Math.max(0, model.get("pressed")), (state) => ask(model, state));
  root.append(frame, spoken);
  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);
});
