export default widget("tour", (model, root, signal) => {
  const frame = element("div", {
    class: "cl-frame", tabindex: "0", role: "application",
    "aria-label": "Map: the arrow keys move a cursor, Enter puts the goal on its square",
  });
  const [mark, spoken] = cursorOn(model, frame, 0, (state) => tell(model, { goal: state }));
  const box = element("input", {
    type: "text", maxlength: "200", placeholder: "go to the red box", "aria-label": "instruction",
    spellcheck: "false",
    onkeydown: (event) => { if (event.key === "Enter" && !event.isComposing && !forNotebook(event)) choose(); },
  });
  const choose = () => ask(model, "choose", { typed: box.value });
  const chooser = element("button", { onclick: choose }, "Choose");
  let going = false;
  const goer = element("button", {
    class: "cl-main",
    onclick: () => going ? ask(model, "stop") : ask(model, "go", { typed: box.value }),
  });
  const choices = element("div", { class: "cl-choices" });
  const told = element("p", { class: "cl-told", role: "status" });
  const bars = element("div", { class: "cl-bars" });
  root.append(element("div", { class: "cl-row" }, frame,
    element("div", { class: "cl-side" },
      element("div", { class: "cl-ask" }, box, chooser), choices, told, goer, bars)), spoken);

  follow(model, ["typed"], () => { box.value = model.get("typed"); }, signal);
  follow(model, ["choices"], () => choices.replaceChildren(
    ...model.get("choices").map((choice) => element("p", {}, choice))), signal);
  const tellNow = quietly(told, signal);
  follow(model, ["told"], () => { tellNow(model.get("told")); told.hidden = !model.get("told"); }, signal);
  whilePlaying(model, (playing) => {
    going = playing;
    goer.textContent = going ? "Stop" : "Go";
  }, signal);
  follow(model, ["bars"], () => { bars.innerHTML = model.get("bars"); }, signal);

  const paint = () => {
    const agents = frame.querySelector(".cl-agents");
    if (agents) agents.innerHTML = model.get("runners");
  };
  follow(model, ["scene"], () => { frame.innerHTML = model.get("scene"); mark(); paint(); }, signal);
  follow(model, ["runners"], paint, signal);
});
