export default widget("step-board", (model, root, signal) => {
  const slider = (trait, label, ends) => {
    const value = element("output", { class: "cl-share", "aria-live": "off" });
    const input = element("input", { type: "range", min: "0", max: "1", step: "0.05",
      "aria-label": label, oninput: () => later(trait, Number(input.value)) });
    const line = element("div", { class: "cl-slider" }, element("span", { class: "cl-head" }, label), value,
      element("div", { class: "cl-track" }, ...ends.slice(0, 1), input, ...ends.slice(1)));
    return { input, value, line };
  };
  // While a slider is dragged: at most 20 messages a second.
  let timer = 0, waiting = {};
  const later = (trait, value) => {
    waiting[trait] = value;
    timer ||= setTimeout(() => { timer = 0; tell(model, waiting); waiting = {}; }, 50);
  };
  signal.addEventListener("abort", () => clearTimeout(timer));

  const offered = model.get("offered");
  const group = `cl-${Math.random().toString(36).slice(2)}`;
  const choices = offered.map((name) => element("input", { type: "radio", name: group,
    onchange: () => tell(model, { pairs: name }) }));
  const words = slider("shape_in_words", "How loud in the words?", ["colour", "shape"]);
  const rooms = slider("shape_in_policies", "What do the rooms follow?", ["colour", "shape"]);
  const last = model.get("steps").length - 1;
  const go = (place) => tell(model, { place: Math.min(last, Math.max(0, place)) });
  const step = element("input", { type: "range", min: "0", max: String(last), step: "1",
    "aria-label": "Steps of descent", oninput: () => go(Number(step.value)) });
  const shown = element("output", { class: "cl-share", "aria-live": "off" });
  const more = element("button", { type: "button", class: "cl-main", onclick: () => go(model.get("place") + 1) });
  const marks = element("div", { class: "cl-marks", "aria-hidden": "true" }, ...model.get("steps").map((n) => element("span", {}, String(n))));

  const matrix = element("div", { class: "cl-matrix" });
  const panes = model.get("panes").map(() => element("div", { class: "cl-pane" }));
  const numbers = element("table", { class: "cl-alike" });
  const lesson = element("p", { class: "cl-lesson" });
  root.append(
    element("fieldset", { class: "cl-choices", hidden: offered.length < 2 }, element("legend", { class: "cl-spoken" }, "pairs"),
      ...offered.map((name, number) => element("label", {}, choices[number], number ? `the sixteen of ${name}` : name))),
    element("div", { class: "cl-row cl-top" },
      element("div", { class: "cl-controls" }, words.line, rooms.line,
        element("div", { class: "cl-slider" }, element("span", { class: "cl-head" }, "Steps of descent"), shown,
          element("div", { class: "cl-track" }, element("div", { class: "cl-stops" }, step, marks), more)),
        numbers),
      matrix),
    element("div", { class: "cl-row cl-panes" }, ...panes),
    lesson,
    element("p", { class: "cl-caption" }, "The first steps follow what sentences and policies vary in together; what is loud in the words but has no partner stays behind."),
  );

  follow(model, ["pairs"], () => {
    const four = model.get("pairs") === offered[0];
    choices.forEach((choice, number) => { choice.checked = offered[number] === model.get("pairs"); });
    for (const { input, line } of [words, rooms]) {
      input.disabled = !four;
      line.classList.toggle("cl-rests", !four);
    }
  }, signal);
  follow(model, ["shape_in_words", "shape_in_policies", "shares"], () => {
    [[words, "shape_in_words"], [rooms, "shape_in_policies"]].forEach(([{ input, value }, trait], number) => {
      if (!timer) input.value = model.get(trait);
      value.textContent = model.get("shares")[number];
      input.setAttribute("aria-valuetext", model.get("shares")[number]);
    });
  }, signal);
  follow(model, ["place"], () => {
    const place = model.get("place"), steps = model.get("steps");
    const said = `${steps[place]} ${steps[place] === 1 ? "step" : "steps"}`;
    step.value = String(place);
    step.setAttribute("aria-valuetext", said);
    shown.textContent = said;
    if (place === last) passFocus([more], step);
    more.disabled = place === last;
    more.textContent = place ? `On to step ${steps[Math.min(place + 1, last)]}` : "One step";
  }, signal);
  follow(model, ["matrix"], () => { matrix.innerHTML = model.get("matrix"); }, signal);
  follow(model, ["panes"], () => panes.forEach((pane, k) => { pane.innerHTML = model.get("panes")[k]; }), signal);
  follow(model, ["numbers", "place"], () => {
    const head = ["mean cosine of two sentences", "at the start", "now"].map((name) => element("th", { scope: "col" }, name));
    numbers.replaceChildren(element("tr", {}, ...head), ...model.get("numbers").map(([what, before, after]) =>
      element("tr", {}, element("th", { scope: "row" }, what), element("td", {}, before), element("td", {}, element("b", {}, after)))));
  }, signal);
  follow(model, ["lesson"], () => { lesson.textContent = model.get("lesson"); }, signal);
});
