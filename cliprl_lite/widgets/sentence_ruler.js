const PAUSE = 40; // ms without a key before the encoder is asked; with its answer, under 150

export default widget("sentence-ruler", (model, root, signal) => {
  const id = `cl-${Math.random().toString(36).slice(2)}`;
  const longest = 2 * model.get("longest"); // Python cuts, and says so
  const whole = (typed) => (typed.toWellFormed ? typed.toWellFormed() : typed);

  // One request is under way at a time. What is typed meanwhile waits, and only the last of it goes.
  let count = model.get("answered");
  const waiting = [];
  const send = () => {
    if (waiting.length === 0 || model.get("answered") < count) return;
    count += 1;
    tell(model, { request: { ...waiting.shift(), count } });
  };
  const want = (request) => {
    const last = waiting[waiting.length - 1];
    if (last && last.do === request.do && (request.do === "type" || request.do === "anchor")) waiting.pop();
    waiting.push(request);
    send();
  };
  follow(model, ["answered"], () => {
    count = Math.max(count, model.get("answered"));
    send();
  }, signal);

  const field = (what, name) => {
    let timer = 0;
    const box = element("input", {
      type: "text", id: `${id}-${what}`, maxlength: longest, dir: "auto", autocomplete: "off", spellcheck: "false",
      oninput: () => {
        clearTimeout(timer);
        timer = setTimeout(() => want({ do: what, text: whole(box.value) }), PAUSE);
      },
      onkeydown: (event) => {
        if (event.key === "Enter" && !event.isComposing && what === "type" && !forNotebook(event)) place();
      },
    });
    signal.addEventListener("abort", () => clearTimeout(timer));
    return [element("label", { for: box.id }, name), box, () => clearTimeout(timer)];
  };
  const [anchorLabel, anchorBox] = field("anchor", "anchor");
  const [label, box, settle] = field("type", "your sentence");
  const place = () => {
    settle();
    while (waiting.length && waiting[waiting.length - 1].do === "type") waiting.pop();
    want({ do: "place", text: whole(box.value) });
  };
  root.append(element("div", { class: "cl-ask" },
    anchorLabel, anchorBox, element("span"), element("span"), label, box,
    element("button", { type: "button", class: "cl-main", onclick: place }, "place it"),
    element("button", { type: "button", onclick: () => want({ do: "clear" }) }, "clear")));

  // A box follows Python unless the reader is ahead of it.
  const shown = { typed: "", anchor: "" };
  const mirror = (trait, field) => follow(model, [trait], () => {
    const now = model.get(trait);
    const ahead = field === document.activeElement && now !== "" && trait === "typed";
    const editing = field === document.activeElement && trait === "anchor";
    if (!ahead && !editing && now !== shown[trait]) field.value = now;
    shown[trait] = now;
  }, signal);
  mirror("typed", box);
  mirror("anchor", anchorBox);
  anchorBox.addEventListener("blur", () => { if (!anchorBox.value.trim()) anchorBox.value = model.get("anchor"); });

  const picture = element("div");
  const marks = element("div");
  const board = element("div", { class: "cl-board" }, picture, marks);
  root.append(element("div", { class: "cl-scroll" }, board));
  follow(model, ["scene"], () => { picture.innerHTML = model.get("scene"); }, signal);

  // The buttons beside each label. They are made anew, so the one in focus is looked up again.
  follow(model, ["placed"], () => {
    const focused = marks.contains(document.activeElement) ? document.activeElement.dataset.key : null;
    const rows = model.get("placed").map((tick, number) => ({ ...tick, number }))
      .sort((a, b) => a.label - b.label)
      .map((tick) => {
        const button = (what, face, name, request, pressed) => {
          const made = element("button", {
            type: "button", "aria-label": `${name}: ${tick.sentence}`, title: name,
            "aria-pressed": pressed, onclick: () => want({ number: tick.number, ...request }),
          }, element("span", {}, face));
          made.dataset.sign = { right: "✓", wrong: "✗", remove: "–" }[what];
          made.dataset.key = `${what} ${tick.sentence}`;
          return made;
        };
        const toggle = (task) => button(task, task, `${task} task`,
          { do: "mark", task: tick.task === task ? "" : task }, String(tick.task === task));
        return element("div", { class: "cl-marks", role: "group", "aria-label": tick.sentence, style: `top: ${tick.label}%` },
          toggle("right"), toggle("wrong"),
          button("remove", "remove", "remove", { do: "remove" }, null));
      });
    marks.replaceChildren(...rows);
    if (focused === null) return;
    const again = [...marks.querySelectorAll("button")].find((button) => button.dataset.key === focused);
    (again || box).focus({ preventScroll: true });
  }, signal);
});
