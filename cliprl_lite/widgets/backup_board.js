const PACE = 90; // milliseconds between two backups of a sweep
const RESET = -1, OUTWARD = -2, RANDOM = -3; // codes of the buttons; squares have their states

export default widget("backup-board", (model, root, signal) => {
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move a cursor, Enter backs up a square",
  });
  const press = (code) => ask(model, code, { pace: still() ? 0 : PACE });
  const button = (code, label) => element("button", { type: "button", onclick: () => press(code) }, label);
  const buttons = [
    button(OUTWARD, "Sweep outward from the goal"),
    button(RANDOM, "Sweep in random order"),
    button(RESET, "Start again"),
  ];
  const [mark, spoken] = cursorOn(model, frame, 0, press);
  root.append(frame, spoken, element("div", { class: "cl-row cl-controls" }, ...buttons));

  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);
  follow(model, ["right", "squares"], () => {
    const finished = model.get("right") === model.get("squares");
    if (finished) passFocus(buttons.slice(0, 2), frame);
    buttons[0].disabled = buttons[1].disabled = finished;
  }, signal);
});
