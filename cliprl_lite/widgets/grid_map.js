const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const KEYS = Object.keys(MOVES); // in the order of the actions

export default widget("grid-map", (model, root, signal) => {
  const drive = model.get("drive");
  const spoken = element("span", { class: "cl-spoken", "aria-live": "polite" });
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": drive ? "Map: the arrow keys move the agent" : "Map: the arrow keys move a cursor, Enter presses a square",
  });
  root.append(frame, spoken);

  let cursor = Math.max(0, model.get("pressed"));
  const squareOf = (state) => frame.querySelector(`[data-state="${state}"]`);
  const mark = () => {
    frame.querySelectorAll(".cl-cursor").forEach((old) => old.classList.remove("cl-cursor"));
    if (!drive) squareOf(cursor)?.classList.add("cl-cursor");
  };

  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);

  const press = (state) => {
    cursor = state;
    mark();
    tell(model, { pressed: state, presses: model.get("presses") + 1 });
  };

  frame.addEventListener("click", (event) => {
    const square = event.target.closest("[data-state]") || under(event);
    if (square && !drive) press(Number(square.dataset.state));
  });
  // Objects and agents lie above the squares.
  const under = (event) => document.elementsFromPoint(event.clientX, event.clientY)
    .map((found) => found.closest("[data-state]")).find((found) => found && frame.contains(found));

  frame.addEventListener("keydown", (event) => {
    if (event.key in MOVES) {
      event.preventDefault();
      event.stopPropagation();
      if (drive) {
        tell(model, { action: KEYS.indexOf(event.key), actions: model.get("actions") + 1 });
        return;
      }
      const [row, column] = model.get("cells")[cursor];
      const [down, right] = MOVES[event.key];
      const next = model.get("cells").findIndex(([r, c]) => r === row + down && c === column + right);
      if (next >= 0) cursor = next;
      mark();
      spoken.textContent = model.get("names")[cursor];
    } else if ((event.key === "Enter" || event.key === " ") && !drive) {
      event.preventDefault();
      event.stopPropagation();
      press(cursor);
    }
  });
});
