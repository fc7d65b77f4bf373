export default widget("tour", (model, root, signal) => {
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move a cursor, Enter puts the goal on its square",
  });
  const spoken = element("span", { class: "cl-spoken", "aria-live": "polite" });
  const box = element("input", {
    type: "text", maxlength: "200", placeholder: "go to the red box", "aria-label": "instruction",
    spellcheck: "false",
    onkeydown: (event) => { event.stopPropagation(); if (event.key === "Enter") choose(); },
  });
  const choose = () => tell(model, { typed: box.value, asked: model.get("asked") + 1 });
  const chooser = element("button", { onclick: choose }, "Choose");
  const goer = element("button", {
    class: "cl-main",
    onclick: () => tell(model, model.get("playing")
      ? { halted: model.get("halted") + 1 } : { gone: model.get("gone") + 1 }),
  });
  const choices = element("div", { class: "cl-choices" });
  const bars = element("div", { class: "cl-bars" });
  root.append(element("div", { class: "cl-row" }, frame,
    element("div", { class: "cl-side" },
      element("div", { class: "cl-ask" }, box, chooser), choices, goer, bars)), spoken);

  follow(model, ["typed"], () => { box.value = model.get("typed"); }, signal);
  follow(model, ["choices"], () => choices.replaceChildren(
    ...model.get("choices").map((choice) => element("p", {}, choice))), signal);
  follow(model, ["playing"], () => {
    goer.textContent = model.get("playing") ? "Stop" : "Go";
  }, signal);
  follow(model, ["bars"], () => { bars.innerHTML = model.get("bars"); }, signal);

  let cursor = 0;
  const squares = () => [...frame.querySelectorAll("[data-state]")];
  const mark = () => {
    frame.querySelectorAll(".cl-cursor").forEach((old) => old.classList.remove("cl-cursor"));
    squares()[cursor]?.classList.add("cl-cursor");
  };
  const paint = () => {
    const agents = frame.querySelector(".cl-agents");
    if (agents) agents.innerHTML = model.get("runners");
  };
  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); paint(); }, signal);
  follow(model, ["runners"], paint, signal);
  frame.addEventListener("click", (event) => {
    const square = document.elementsFromPoint(event.clientX, event.clientY)
      .map((found) => found.closest("[data-state]"))
      .find((found) => found && frame.contains(found));
    if (square) tell(model, { goal: Number(square.dataset.state) });
  });
  const moves = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
  frame.addEventListener("keydown", (event) => {
    if (event.key in moves) {
      const here = squares()[cursor];
      const [x, y, side] = ["x", "y", "width"].map((name) => Number(here.getAttribute(name)));
      const [right, down] = moves[event.key];
      const next = squares().findIndex((square) =>
        Math.abs(square.getAttribute("x") - x - side * right) < 1 &&
        Math.abs(square.getAttribute("y") - y - side * down) < 1);
      if (next >= 0) cursor = next;
      mark();
      spoken.textContent = `row ${Math.round((Number(squares()[cursor].getAttribute("y")) - 2) / side)}, column ${Math.round((Number(squares()[cursor].getAttribute("x")) - 2) / side)}`;
    } else if (event.key === "Enter" || event.key === " ") {
      tell(model, { goal: cursor });
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
});
