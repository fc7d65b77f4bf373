export default widget("grid-map", (model, root, signal) => {
  const drive = model.get("drive");
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": drive ? "Map: the arrow keys move the agent" : "Map: the arrow keys move a cursor, Enter presses a square",
  });
  const paint = (mark) => follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);
  root.append(frame);

  if (!drive) {
    const [mark, spoken] = cursorOn(model, frame, Math.max(0, model.get("pressed")), (state) => ask(model, state));
    root.append(spoken);
    paint(mark);
    return;
  }
  paint(() => {});
  frame.addEventListener("keydown", (event) => {
    const action = Object.keys(ARROWS).indexOf(event.key);
    if (action < 0 || forNotebook(event)) return;
    event.preventDefault();
    ask(model, action);
  });
});
