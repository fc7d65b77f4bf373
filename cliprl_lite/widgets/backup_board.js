const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const PACE = 90; // milliseconds between two backups of a sweep
const RESET = -1, OUTWARD = -2, RANDOM = -3; // codes of the buttons; squares have their states

export default widget("backup-board", (model, root, signal) => {
  const spoken = element("span", { class: "cl-spoken", "aria-live": "polite" });
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move a cursor, Enter backs up a square",
  });
  const ask = (code) => { // numbered, since hands can be faster than the kernel
    const asked = model.get("asked");
    const next = [(asked.at(-1)?.[0] ?? 0) + 1, code];
    tell(model, { pace: still() ? 0 : PACE, asked: [...asked, next].slice(-64) });
  };
  const button = (code, label) => element("button", { type: "button", onclick: () => ask(code) }, label);
  const buttons = [
    button(OUTWARD, "Sweep outward from the goal"),
    button(RANDOM, "Sweep in random order"),
    button(RESET, "Start again"),
  ];
  root.append(frame, spoken, element("div", { class: "cl-row cl-controls" }, ...buttons));

  let cursor = 0;
  const mark = () => {
    frame.querySelectorAll(".cl-cursor").forEach((old) => old.classList.remove("cl-cursor"));
    frame.querySelector(`[data-state="${cursor}"]`)?.classList.add("cl-cursor");
  };
  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);
  follow(model, ["right", "squares"], () => {
    buttons[0].disabled = buttons[1].disabled = model.get("right") === model.get("squares");
  }, signal);

  const press = (state) => {
    cursor = state;
    mark();
    ask(state);
  };
  frame.addEventListener("click", (event) => {
    const square = event.target.closest("[data-state]");
    if (square) press(Number(square.dataset.state));
  });
  frame.addEventListener("keydown", (event) => {
    if (event.key in MOVES) {
      const [row, column] = model.get("cells")[cursor];
      const [down, right] = MOVES[event.key];
      const next = model.get("cells").findIndex(([r, c]) => r === row + down && c === column + right);
      if (next >= 0) cursor = next;
      mark();
      spoken.textContent = model.get("names")[cursor];
    } else if (event.key === "Enter" || event.key === " ") {
      press(cursor);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
});
