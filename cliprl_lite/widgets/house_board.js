const HOUSES = { house_a: "A: a colour per room", house_b: "B: a shape per room", house_c: "C: one of each" };
const HEADINGS = {
  words: "what the words say", policies: "what the policies say", aligned: "what the aligned words say",
};

export default widget("house-board", (model, root, signal) => {
  const spoken = element("span", { class: "cl-spoken", "aria-live": "assertive" });
  const buttons = Object.entries(HOUSES).map(([house, label]) =>
    [house, element("button", { type: "button", onclick: () => { free(); tell(model, { house }); } }, label)]);
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "House: the arrow keys move a cursor, Enter picks up an object and puts it down, Escape lets go",
  });
  const title = element("p", { class: "cl-title" });
  const heatmaps = Object.entries(HEADINGS).filter(([trait]) => model.get(trait)?.byteLength);
  const heatmap = ([trait, heading], number) => {
    const drawn = element("div", { class: "cl-frame" }), count = element("b");
    drawn.innerHTML = model.get("heatmap");
    const grid = drawn.querySelector("[data-cells]"), n = Number(grid.dataset.cells);
    const [left, top, side] = ["x", "y", "width"].map((name) => Number(grid.getAttribute(name))), cell = side / n;
    drawn.querySelector(".cl-cells").innerHTML = Array.from({ length: n * n }, (_, at) =>
      `<rect x="${left + at % n * cell}" y="${top + Math.floor(at / n) * cell}" width="${cell}" height="${cell}"/>`).join("");
    const cells = drawn.querySelectorAll(".cl-cells > rect"), dots = drawn.querySelectorAll(".cl-dots > circle");
    drawn.querySelector("title").textContent = heading;
    follow(model, [trait], () => {
      const sent = model.get(trait);
      cells.forEach((square, at) => {
        const similar = sent.getUint8(at) / 127 - 1;
        square.setAttribute("fill", similar < 0 ? "var(--minus)" : "var(--plus)");
        square.setAttribute("fill-opacity", Math.abs(similar).toFixed(2));
      });
    }, signal);
    follow(model, ["favourites", "descriptions", "counts"], () => {
      const best = model.get("favourites")[number];
      dots.forEach((dot, row) => dot.setAttribute("cx", left + (best[row] + 0.5) * cell));
      drawn.querySelector("desc").textContent = model.get("descriptions")[number];
      count.textContent = `${model.get("counts")[number]} of ${n}`;
    }, signal);
    return element("div", { class: `cl-pane cl-${trait}` },
      element("p", { class: "cl-title" }, heading), drawn,
      element("p", { class: "cl-count" }, "favourite in the right room: ", count));
  };
  root.append(
    element("div", { class: "cl-row cl-houses", role: "group", "aria-label": "Houses" },
      ...buttons.map(([, button]) => button),
      element("span", { class: "cl-scale", role: "img", "aria-label": "Scale of the heatmaps: orange is −1, the page 0, ink 1" },
        "−1", element("i"), "1")),
    element("div", { class: `cl-row cl-board cl-of-${heatmaps.length}` },
      element("div", { class: "cl-pane cl-plan" }, title, frame,
        element("p", { class: "cl-caption" }, "Drag an object, or press it and then a square. Two objects can change places.")),
      ...heatmaps.map(heatmap)),
    spoken,
  );

  let cursor = model.get("places")[0], held = -1, drag = null;
  const squareOf = (state) => frame.querySelector(`[data-state="${state}"]`);
  const glyphOf = (task) => frame.querySelectorAll(".cl-object")[task];
  const mark = () => {
    frame.querySelectorAll(".cl-cursor").forEach((old) => old.classList.remove("cl-cursor"));
    frame.querySelectorAll(".cl-held").forEach((old) => old.classList.remove("cl-held"));
    squareOf(cursor)?.classList.add("cl-cursor");
    if (held >= 0) squareOf(model.get("places")[held])?.classList.add("cl-held");
    frame.classList.toggle("cl-holding", held >= 0);
  };
  const say = (words) => { spoken.textContent = words; };
  const free = () => {
    if (drag && held >= 0) glyphOf(held)?.removeAttribute("transform");
    held = -1; drag = null; mark();
  };
  const pick = (task) => { held = task; mark(); say(`holding the ${model.get("objects")[task]}`); };
  const put = (state) => {
    const task = held;
    free();
    if (state === model.get("places")[task]) { say("put back"); return; }
    ask(model, [task, state]);
  };

  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); }, signal);
  follow(model, ["title"], () => { title.textContent = model.get("title"); }, signal);
  follow(model, ["house"], () => buttons.forEach(([house, button]) => {
    button.setAttribute("aria-pressed", String(house === model.get("house")));
    button.classList.toggle("cl-main", house === model.get("house"));
  }), signal);

  const under = (event) => squareUnder(frame, event) ?? -1;
  frame.addEventListener("pointerdown", (event) => {
    const state = under(event);
    if (event.button !== 0 || state < 0) return;
    cursor = state;
    if (held >= 0) { put(state); return; } // the second of two presses
    const task = model.get("places").indexOf(state);
    if (task < 0) { mark(); return; }
    pick(task);
    drag = { x: event.clientX, y: event.clientY, moved: false };
    frame.setPointerCapture(event.pointerId);
  });
  frame.addEventListener("pointermove", (event) => {
    if (!drag || held < 0) return;
    const [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.moved ||= Math.hypot(right, down) > 6;
    if (!drag.moved) return;
    const picture = frame.querySelector("svg"), scale = picture.viewBox.baseVal.width / picture.clientWidth;
    glyphOf(held)?.setAttribute("transform", `translate(${right * scale} ${down * scale})`);
    const state = under(event);
    if (state >= 0 && state !== cursor) { cursor = state; mark(); }
  });
  frame.addEventListener("pointerup", (event) => {
    if (!drag || held < 0) return;
    const moved = drag.moved, state = under(event);
    glyphOf(held)?.removeAttribute("transform");
    drag = null;
    if (!moved) return; // one press picks up, the next puts down
    if (state >= 0) put(state); else free();
  });
  frame.addEventListener("pointercancel", free);
  frame.addEventListener("keydown", (event) => {
    if (forNotebook(event) && !(event.key === "Escape" && held >= 0)) return;
    if (event.key in ARROWS) {
      const [row, column] = model.get("cells")[cursor], [down, right] = ARROWS[event.key];
      const at = (far) => model.get("cells").findIndex(([r, c]) => r === row + far * down && c === column + far * right);
      const next = at(1) >= 0 ? at(1) : at(2); // over a wall into the next room
      if (next >= 0) cursor = next;
      mark();
      say(model.get("names")[cursor]);
    } else if (event.key === "Enter" || event.key === " ") {
      const task = model.get("places").indexOf(cursor);
      if (held >= 0) put(cursor);
      else if (task >= 0) pick(task);
      else say("no object here");
    } else if (event.key === "Escape") {
      event.stopPropagation(); // this one is not for the notebook
      free();
      say("let go");
    } else {
      return;
    }
    event.preventDefault();
  });
});
