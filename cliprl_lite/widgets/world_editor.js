const TOOLS = {
  move: ["Move", "Press an object, then the square where it shall stand; or drag it."],
  wall: ["Wall", "Press a square to build a wall, or a wall to take it away. Drag for more."],
  erase: ["Erase", "Press a wall or an object to take it away."],
  put: ["", "Press a free square to put the object there; then write its sentence."],
};
const COLOURS = ["red", "blue", "green", "yellow", "purple", "grey"], SHAPES = ["box", "ball", "cone", "key"];
const KEYS = "Keys on the map: arrows move the frame, Enter uses the tool, M picks an object up and puts it down, W makes a wall, Delete erases, U undoes.";
const EDGE = 20; // room for the numbers of rows and columns, as in Python

export default widget("world-editor", (model, root, signal) => {
  let tool = "move", paint = "red", shape = "box"; // what the hand holds
  let cursor = [0, 0], held = -1, drag = null, stroke = 0, lit = -1;
  const spoken = element("span", { class: "cl-spoken", "aria-live": "assertive" });
  const say = (words) => { spoken.textContent = words; };

  // Tools
  const plain = ["move", "wall", "erase"].map((name) =>
    [name, element("button", { type: "button", onclick: () => take(name) }, TOOLS[name][0])]);
  const swatch = (label, onclick) => element("button", { type: "button", class: "cl-sign", title: label, "aria-label": label, onclick });
  const colours = COLOURS.map((name) => [name, swatch(name, () => { paint = name; take("put"); })]);
  const shapes = SHAPES.map((name) => [name, swatch(name, () => { shape = name; take("put"); })]);
  const help = element("p", { class: "cl-caption cl-help", role: "status" });
  const take = (name) => { free(); tool = name; showTools(); };
  const showTools = () => {
    const press = (button, on) => { button.setAttribute("aria-pressed", String(on)); button.classList.toggle("cl-main", on); };
    for (const [name, button] of plain) press(button, tool === name);
    for (const [name, button] of colours) {
      press(button, tool === "put" && paint === name);
      button.innerHTML = model.get("glyphs")[`${name} ${shape}`];
    }
    for (const [name, button] of shapes) {
      press(button, tool === "put" && shape === name);
      button.innerHTML = model.get("glyphs")[`${paint} ${name}`];
    }
    help.textContent = TOOLS[tool][1];
  };

  // Map
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application", "aria-label": `The map you draw. ${KEYS}`,
  });
  const thingAt = ([row, column]) => model.get("things").findIndex(({ cell }) => cell[0] === row && cell[1] === column);
  const box = (name, [row, column], side) => {
    const made = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    const at = { class: name, x: EDGE + column * side + 1, y: EDGE + row * side + 1, width: side - 2, height: side - 2, fill: "none" };
    for (const [key, value] of Object.entries(at)) made.setAttribute(key, value);
    return made;
  };
  const sideOf = (drawn) => (drawn.viewBox.baseVal.width - EDGE - 3) / model.get("size")[1];
  const mark = () => {
    const drawn = frame.querySelector("svg");
    drawn.querySelectorAll(".cl-cursor, .cl-lit").forEach((old) => old.remove());
    const thing = model.get("things")[held >= 0 ? held : lit];
    if (thing) drawn.append(box(held >= 0 ? "cl-lit cl-held" : "cl-lit", thing.cell, sideOf(drawn)));
    drawn.append(box("cl-cursor", cursor, sideOf(drawn)));
    frame.classList.toggle("cl-holding", held >= 0);
    rows.forEach((row, number) => row.line.classList.toggle("cl-here", number === held || number === lit));
  };
  const under = (event) => {
    const drawn = frame.querySelector("svg"), place = drawn.getBoundingClientRect();
    const scale = drawn.viewBox.baseVal.width / place.width, side = sideOf(drawn), [many, wide] = model.get("size");
    const column = Math.floor(((event.clientX - place.left) * scale - EDGE) / side);
    const row = Math.floor(((event.clientY - place.top) * scale - EDGE) / side);
    return row >= 0 && column >= 0 && row < many && column < wide ? [row, column] : null;
  };
  const same = (a, b) => a && b && a[0] === b[0] && a[1] === b[1];
  const glyphOf = (number) => frame.querySelector(`[data-thing="${number}"]`);
  const free = () => { glyphOf(held)?.removeAttribute("transform"); held = -1; drag = null; if (frame.firstChild) mark(); };
  const pick = (number) => { held = number; mark(); say(`holding the ${model.get("things")[number].look}`); };
  const putDown = (square) => {
    const { cell, look } = model.get("things")[held];
    free();
    if (same(cell, square)) say(`the ${look} stays`);
    else ask(model, ["move", ...cell, ...square]);
  };
  const use = (square) => {
    const number = thingAt(square);
    if (held >= 0) putDown(square);
    else if (tool === "wall" || tool === "erase") ask(model, [tool, ...square, stroke += 1]);
    else if (number >= 0) pick(number);
    else if (tool === "put") ask(model, ["put", ...square, paint, shape]);
    else say("no object here");
  };
  frame.addEventListener("pointerdown", (event) => {
    const square = under(event);
    if (event.button !== 0 || !square || model.lost.aborted) return;
    cursor = square;
    const began = { x: event.clientX, y: event.clientY, moved: false, last: square };
    if (event.pointerType === "mouse") {
      const wasHeld = held;
      use(square);
      drag = { ...began, fresh: wasHeld < 0 && held >= 0 };
      frame.setPointerCapture(event.pointerId);
    } else drag = { ...began, finger: true }; // it may be about to scroll, so it acts when it is lifted
    mark();
  });
  frame.addEventListener("pointermove", (event) => {
    if (!drag) return;
    const square = under(event), [right, down] = [event.clientX - drag.x, event.clientY - drag.y];
    drag.moved ||= Math.hypot(right, down) > 6;
    if (held >= 0 && drag.fresh && drag.moved) {
      const drawn = frame.querySelector("svg"), scale = drawn.viewBox.baseVal.width / drawn.clientWidth;
      glyphOf(held)?.setAttribute("transform", `translate(${right * scale} ${down * scale})`);
    }
    if (drag.finger || !square || same(square, drag.last)) return;
    drag.last = cursor = square;
    if (held < 0 && (tool === "wall" || tool === "erase") && thingAt(square) < 0) ask(model, [tool, ...square, stroke]);
    mark();
  });
  frame.addEventListener("pointerup", (event) => {
    const done = drag, square = under(event);
    drag = null;
    if (done?.finger && !done.moved && square) { use(square); mark(); return; }
    if (!done?.fresh || !done.moved) return; // one press picks up, the next puts down
    if (square) putDown(square); else free();
  });
  frame.addEventListener("pointercancel", free);
  frame.addEventListener("keydown", (event) => {
    if (forNotebook(event) && !(event.key === "Escape" && held >= 0)) return;
    const [rowsMany, columnsMany] = model.get("size"), key = event.key.toLowerCase();
    if (event.key in ARROWS) {
      const [down, right] = ARROWS[event.key];
      const next = [cursor[0] + down, cursor[1] + right];
      if (next[0] >= 0 && next[1] >= 0 && next[0] < rowsMany && next[1] < columnsMany) cursor = next;
      mark();
      say(model.get("squares")[cursor[0] * columnsMany + cursor[1]]);
    } else if (event.key === "Escape") {
      event.stopPropagation(); // this one is not for the notebook
      free();
      say("let go");
    } else if (model.lost.aborted) return;
    else if (key === "enter" || key === " ") use(cursor);
    else if (key === "m") { if (held >= 0) putDown(cursor); else if (thingAt(cursor) >= 0) pick(thingAt(cursor)); else say("no object here"); }
    else if (key === "w") ask(model, ["wall", ...cursor, stroke += 1]);
    else if (key === "delete" || key === "backspace") { free(); ask(model, ["erase", ...cursor, stroke += 1]); }
    else if (key === "u") { free(); ask(model, ["undo"]); }
    else return;
    event.preventDefault();
  });

  // Sentences
  const group = `cl-${Math.random().toString(36).slice(2)}`;
  const list = element("div", { class: "cl-list", role: "group", "aria-label": "Objects and their sentences" });
  const radio = (value) => element("input", { type: "radio", name: group, onchange: () => ask(model, ["new", value]) });
  const inTurn = radio(-1);
  const rows = [];
  const makeRow = (number) => {
    const sign = element("span", { class: "cl-sign" }), isNew = radio(number);
    let mine = 0, timer = 0;
    const send = () => { clearTimeout(timer); ask(model, ["say", number, words.value, mine]); };
    const words = element("input", {
      type: "text", maxlength: String(model.get("limits")[2]), spellcheck: "false",
      onfocus: () => { mine = stroke += 1; light(number); }, onblur: () => light(-1),
      oninput: () => { clearTimeout(timer); timer = setTimeout(send, 400); },
      onchange: send,
    });
    signal.addEventListener("abort", () => clearTimeout(timer));
    const gone = element("button", { type: "button", class: "cl-gone-button", onclick: () => { passFocus([gone], frame); ask(model, ["remove", number]); } }, "×");
    const line = element("div", { class: "cl-line", onpointerenter: () => light(number), onpointerleave: () => light(-1) },
      element("label", { class: "cl-new" }, isNew), sign, words, gone);
    return { line, sign, isNew, words, gone };
  };
  const light = (number) => { lit = number; mark(); };
  const paintRows = () => {
    const things = model.get("things");
    while (rows.length > things.length) rows.pop().line.remove();
    while (rows.length < things.length) {
      rows.push(makeRow(rows.length));
      list.insertBefore(rows.at(-1).line, last);
    }
    things.forEach(({ glyph, look, sentence }, number) => {
      const row = rows[number];
      row.sign.innerHTML = glyph;
      row.isNew.setAttribute("aria-label", `the ${look} is the new task`);
      row.words.setAttribute("aria-label", `sentence of the ${look}`);
      row.gone.setAttribute("aria-label", `erase the ${look}`);
      row.gone.title = `erase the ${look}`;
      if (row.words !== document.activeElement && row.words.value !== sentence) row.words.value = sentence;
      row.isNew.checked = number === model.get("new");
    });
    inTurn.checked = model.get("new") < 0;
    list.classList.toggle("cl-many", things.length > 10); // so that all of it fits a screen
  };
  const last = element("label", { class: "cl-line cl-turn" }, inTurn, "each is the new one in turn");
  list.append(element("div", { class: "cl-line cl-heads", "aria-hidden": "true" },
    element("span", {}, "new"), element("span", {}, "what its agent is told")), last);

  // What is kept
  const number = (label, place) => element("input", {
    type: "number", min: String(model.get("limits")[0]), max: String(model.get("limits")[1]), "aria-label": label,
    onchange: (event) => {
      const size = [...model.get("size")], wanted = event.target.valueAsNumber;
      size[place] = Number.isInteger(wanted) ? wanted : size[place];
      ask(model, ["size", ...size]);
      event.target.value = String(model.get("size")[place]); // until the kernel agrees
    },
  });
  const sizes = [number("rows", 0), number("columns", 1)];
  const undo = element("button", { type: "button", onclick: () => { free(); ask(model, ["undo"]); } }, "Undo");
  const over = element("button", { type: "button", onclick: () => { free(); ask(model, ["start over"]); } }, "Start over");
  const name = element("input", {
    type: "text", class: "cl-name", maxlength: "40", spellcheck: "false", "aria-label": "name of the world",
    onkeydown: (event) => { if (event.key === "Enter" && !event.isComposing && !forNotebook(event)) ask(model, ["save", name.value]); },
  });
  const save = element("button", { type: "button", class: "cl-main", onclick: () => ask(model, ["save", name.value]) }, "Save");
  const replace = element("button", { type: "button", onclick: () => { passFocus([replace], save); ask(model, ["replace", name.value]); } }, "Replace it");
  const faults = element("ul", { class: "cl-faults", "aria-live": "polite", "aria-label": "to mend" });
  const file = element("p", { class: "cl-caption cl-file" });

  root.append(
    element("div", { class: "cl-tools", role: "group", "aria-label": "Tools" },
      element("span", { class: "cl-set" }, ...plain.map(([, button]) => button)),
      element("span", { class: "cl-set" }, ...colours.map(([, button]) => button)),
      element("span", { class: "cl-set" }, ...shapes.map(([, button]) => button))),
    help,
    element("div", { class: "cl-desk" }, frame, list),
    element("div", { class: "cl-bar" },
      element("span", { class: "cl-set" }, "size", sizes[0], "×", sizes[1]),
      element("span", { class: "cl-set" }, undo, over),
      element("span", { class: "cl-set cl-saving" }, "name", name, save, replace)),
    faults, file, element("p", { class: "cl-caption cl-keys" }, KEYS), spoken);

  showTools();
  follow(model, ["scene"], () => {
    frame.innerHTML = model.get("scene");
    const [many, wide] = model.get("size");
    cursor = [Math.min(cursor[0], many - 1), Math.min(cursor[1], wide - 1)];
    if (held >= model.get("things").length) held = -1;
    mark();
  }, signal);
  follow(model, ["things", "new"], () => { paintRows(); mark(); }, signal);
  follow(model, ["size"], () => model.get("size").forEach((many, place) => { sizes[place].value = String(many); }), signal);
  follow(model, ["faults"], () => {
    const found = model.get("faults"), shown = found.slice(0, 3);
    if (found.length > shown.length) shown.push(`… and ${found.length - shown.length} more.`);
    faults.replaceChildren(...shown.map((words) => element("li", {}, words)));
    faults.hidden = !found.length;
    save.disabled = found.length > 0 || model.lost.aborted;
  }, signal);
  follow(model, ["undoable"], () => { undo.disabled = !model.get("undoable") || model.lost.aborted; }, signal);
  follow(model, ["name"], () => { name.value = model.get("name"); }, signal);
  follow(model, ["file"], () => { file.textContent = model.get("file"); }, signal);
  follow(model, ["taken"], () => { replace.hidden = !model.get("taken"); }, signal);
});
