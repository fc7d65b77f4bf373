export default widget("heatmaps", (model, root, signal) => {
  const choose = (row, column) => {
    const last = model.get("count") - 1;
    if (row >= 0 && column >= 0 && row <= last && column <= last) tell(model, { chosen: [row, column] });
  };
  const panes = model.get("titles").map((title) => {
    const frame = element("div", {
      class: "cl-frame", tabindex: "0", role: "application",
      "aria-label": `Heatmap, ${title}: the arrow keys move the frame`,
    });
    frame.addEventListener("click", (event) => {
      const grid = frame.querySelector("[data-cells]");
      if (event.target !== grid) return;
      const box = grid.getBoundingClientRect(), n = model.get("count");
      choose(Math.floor((event.clientY - box.top) / box.height * n),
        Math.floor((event.clientX - box.left) / box.width * n));
    });
    frame.addEventListener("keydown", (event) => {
      if (!(event.key in ARROWS) || forNotebook(event)) return;
      event.preventDefault();
      const [row, column] = model.get("chosen"), [down, right] = ARROWS[event.key];
      choose(row + down, column + right);
    });
    const number = element("b");
    const pane = element("div", { class: "cl-pane" }, frame,
      element("p", { class: "cl-caption" }, "framed cell: ", number));
    return { frame, number, pane };
  });
  const cards = ["row", "column"].map((role) => {
    const drawn = element("div", { class: "cl-small" }), sentence = element("b");
    const card = element("figure", { class: "cl-card" },
      element("figcaption", {}, `${role}: `, sentence), drawn);
    return { drawn, sentence, card };
  });
  root.append(
    element("div", { class: "cl-row" }, ...panes.map(({ pane }) => pane)),
    element("div", { class: "cl-row cl-pair" }, ...cards.map(({ card }) => card)),
  );
  follow(model, ["panes"], () => panes.forEach(({ frame }, k) => {
    frame.innerHTML = model.get("panes")[k];
  }), signal);
  follow(model, ["numbers"], () => panes.forEach(({ number }, k) => {
    number.textContent = model.get("numbers")[k];
  }), signal);
  follow(model, ["sentences", "maps"], () => cards.forEach(({ drawn, sentence }, k) => {
    drawn.innerHTML = model.get("maps")[k] || "";
    sentence.textContent = model.get("sentences")[k] || "";
  }), signal);
});
