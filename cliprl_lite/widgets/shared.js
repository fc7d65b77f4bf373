// What every widget of the course needs. It stands before the widget's own module, in one text.

/** An element with attributes and children; texts become text, never markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Call `paint` now and whenever one of the traits changes, as long as the view lives. */
function follow(model, traits, paint, signal) {
  for (const trait of traits) {
    model.on(`change:${trait}`, paint);
    signal.addEventListener("abort", () => model.off(`change:${trait}`, paint));
  }
  paint();
}

/** Set traits and send them to Python. Of a widget whose kernel is gone, nothing is set. */
function tell(model, values) {
  for (const [key, value] of Object.entries(values)) model.set(key, value);
  model.save_changes();
}

/** Ask Python to do something. Numbered, in a queue: hands can be faster than the kernel, and a
    trait that changes twice before it is sent arrives once. For widgets that are `Asked`. */
function ask(model, what, values = {}) {
  const asked = model.get("asked");
  const next = [(asked.at(-1)?.[0] ?? 0) + 1, what];
  tell(model, { ...values, asked: [...asked, next].slice(-64) });
}

/** Show words in a line at once, and read them out when nothing new has come for half a second: of
    a burst of keys, or of a slider on its way, only the last is spoken. */
function quietly(line, signal) {
  let timer = 0;
  signal.addEventListener("abort", () => clearTimeout(timer));
  return (words) => {
    if (line.textContent === words) return;
    line.setAttribute("aria-live", "off");
    line.textContent = words;
    clearTimeout(timer);
    timer = setTimeout(() => {
      line.setAttribute("aria-live", "polite");
      line.replaceChildren(words); // a change that those who listen are told of
    }, 500);
  };
}

/** Move the focus, if one of these controls that are about to hide or to rest has it. */
function passFocus(controls, to) {
  if (controls.includes(document.activeElement)) to.focus({ preventScroll: true });
}

/** The lines under a widget: what it does now (read out politely), and what went wrong. */
function messages(model, signal) {
  const status = element("p", { class: "cl-status", role: "status", "aria-live": "polite" }, model.get("status"));
  const error = element("p", { class: "cl-error", role: "alert" });
  const say = quietly(status, signal);
  follow(model, ["status", "error"], () => {
    say(model.get("status"));
    status.hidden = !model.get("status");
    error.textContent = model.get("error");
    error.hidden = !model.get("error");
  }, signal);
  return [status, error];
}

/** Whether the reader asked for less motion. */
const motion = window.matchMedia("(prefers-reduced-motion: reduce)");
const still = () => motion.matches;

/** Whether a key is the notebook's although a widget has the focus: Escape, what runs the cell, and
    Ctrl or Alt with another key, unless it edits a text that is being typed. */
function forNotebook(event) {
  const chord = event.ctrlKey || event.metaKey || event.altKey;
  if (event.key === "Escape") return true;
  if (event.key === "Enter") return chord || event.shiftKey;
  const typing = event.target.matches("textarea, input:not([type]), input[type=text], input[type=number]");
  const edits = /^([acvxyz]|Arrow.*|Backspace|Delete|Home|End)$/i.test(event.key);
  return chord && !(typing && (edits || event.getModifierState("AltGraph")));
}

/** A widget's own keys stay in it: a notebook in command mode takes arrows and letters for its own. */
function keepKeys(root) {
  const mark = "data-lm-suppress-shortcuts"; // JupyterLab respects it, if it should listen first
  root.setAttribute(mark, "");
  root.addEventListener("keydown", (event) => {
    const up = forNotebook(event);
    root.toggleAttribute(mark, !up);
    if (!up) event.stopPropagation();
  });
}

const ARROWS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
// rows down and columns to the right, in the order of the actions

/** The state of the square under the pointer, null beside the map; objects and agents lie above it. */
function squareUnder(frame, event) {
  const square = document.elementsFromPoint(event.clientX, event.clientY)
    .map((found) => found.closest("[data-state]")).find((found) => found && frame.contains(found));
  return square ? Number(square.dataset.state) : null;
}

/** A cursor over a map's squares, from `cells` and `names`: the arrow keys move it, Enter and the
    mouse press the square. Returns what draws it again in a new picture, and the line for ears. */
function cursorOn(model, frame, start, press) {
  const spoken = element("span", { class: "cl-spoken", "aria-live": "polite" });
  let cursor = start;
  const mark = () => {
    frame.querySelectorAll(".cl-cursor").forEach((old) => old.classList.remove("cl-cursor"));
    frame.querySelector(`[data-state="${cursor}"]`)?.classList.add("cl-cursor");
  };
  const pressAt = (state) => { cursor = state; mark(); press(state); };
  frame.addEventListener("click", (event) => {
    const state = squareUnder(frame, event);
    if (state !== null) pressAt(state);
  });
  frame.addEventListener("keydown", (event) => {
    if (forNotebook(event)) return;
    if (event.key in ARROWS) {
      const cells = model.get("cells"), [row, column] = cells[cursor], [down, right] = ARROWS[event.key];
      const next = cells.findIndex(([r, c]) => r === row + down && c === column + right);
      if (next >= 0) cursor = next;
      mark();
      spoken.textContent = model.get("names")[cursor];
    } else if (event.key === "Enter" || event.key === " ") pressAt(cursor);
    else return;
    event.preventDefault();
  });
  return [mark, spoken];
}

const GONE = "The kernel behind this is gone: run the notebook again, down to this cell.";
const SILENT = "The kernel has not answered. If no cell is running, run the notebook again, down to this cell.";
const PATIENCE = 4000; // milliseconds without an answer before that is said

/** The model, as long as a kernel stands behind it, and what looks whether one does. Jupyter marks a
    view whose kernel was restarted, or that was only stored; a kernel that died by itself, or was
    shut down or changed, is known by its status, and any other by its silence, since Python answers
    whatever it is told. Where it is gone, that is said, controls rest, and nothing is set any more:
    `lost` is the signal of it. Pages that need no kernel have a model that is `alone`. */
function withKernel(model, el, root, signal) {
  const words = element("p", { class: "cl-gone", tabindex: "-1", hidden: true });
  const say = (text, role) => {
    words.setAttribute("role", role);
    words.replaceChildren(text);
    words.hidden = !text;
  };

  const lost = new AbortController(), kernel = model.widget_manager?.kernel;
  let told = 0, timer = 0;
  const lose = () => {
    if (lost.signal.aborted) return;
    lost.abort();
    clearTimeout(timer);
    root.classList.add("cl-lost");
    root.prepend(words);
    say(GONE, "note"); // every widget says so at once: who is not in one need not hear it
    const controls = [...root.querySelectorAll("button, input, select, textarea")];
    passFocus(controls, words);
    controls.forEach((control) => { control.disabled = true; });
    for (const control of [...controls, ...root.querySelectorAll(".cl-frame[tabindex]")]) {
      control.setAttribute("aria-disabled", "true"); // a map can still be read, by its cursor
    }
  };
  const wait = () => {
    timer = setTimeout(() => {
      root.append(words); // below, so that nothing moves under the hand
      say(SILENT, "alert");
    }, PATIENCE);
  };
  const hear = ({ heard }) => {
    if (heard === undefined || lost.signal.aborted) return;
    clearTimeout(timer);
    timer = 0;
    if (heard < told) wait();
    say("", "alert");
  };
  const look = () => { if (el.classList.contains("jupyter-widgets-disconnected")) lose(); };
  const follows = (_, status) => {
    if (["restarting", "autorestarting", "terminating", "dead"].includes(status)) lose();
  };
  model.on("msg:custom", hear);
  model.on("comm_live_update", look);
  kernel?.statusChanged?.connect(follows);
  kernel?.disposed?.connect(lose);
  signal.addEventListener("abort", () => {
    clearTimeout(timer);
    model.off("msg:custom", hear);
    model.off("comm_live_update", look);
    kernel?.statusChanged?.disconnect(follows);
    kernel?.disposed?.disconnect(lose);
  });

  const send = () => {
    model.save_changes();
    if (model.alone) return;
    told += 1;
    if (!timer) wait();
    try {
      if (model.widget_manager?.kernel !== kernel) lose();
      else model.send({ told });
    } catch {
      lose(); // nothing can be sent to a kernel that is dead
    }
  };
  return [{
    ...model,
    lost: lost.signal,
    set: (trait, value) => { if (!lost.signal.aborted) model.set(trait, value); },
    save_changes() {
      if (!lost.signal.aborted) send();
      if (lost.signal.aborted) say(GONE, "alert"); // somebody is there, who pressed
    },
  }, look];
}

/** Call `paint` with whether the widget is at work, now and whenever that changes. It comes by
    message, not by trait: what is stored is at rest. For widgets that are a `Player`. */
function whilePlaying(model, paint, signal) {
  const hear = ({ playing }) => { if (playing !== undefined && !model.lost.aborted) paint(playing); };
  model.on("msg:custom", hear);
  signal.addEventListener("abort", () => model.off("msg:custom", hear));
  model.lost.addEventListener("abort", () => paint(false));
  paint(false);
  model.send({ told: 0 }); // it answers with what it does
}

/** A widget's view: `build(model, root, signal)` fills the root; `signal` ends with the view. One
    that works in the page alone goes on where the kernel is gone. */
function widget(name, build, { needsKernel = true } = {}) {
  return {
    render({ model, el }) {
      const ended = new AbortController();
      const root = element("div", { class: `cl-root cl-${name}` });
      keepKeys(root);
      const calm = () => { if (model.get("calm") !== still()) tell(model, { calm: still() }); };
      motion.addEventListener("change", calm, { signal: ended.signal });
      calm();
      el.append(root);
      const [linked, look] = needsKernel ? withKernel(model, el, root, ended.signal) : [model, () => {}];
      build(linked, root, ended.signal);
      root.append(...messages(linked, ended.signal));
      look();
      return () => ended.abort();
    },
  };
}
