export default widget("mission-board", (model, root, signal) => {
  const box = element("input", {
    type: "text", maxlength: "200", placeholder: "go to the red ball", "aria-label": "mission",
    spellcheck: "false",
    onkeydown: (event) => { if (event.key === "Enter" && !event.isComposing && !forNotebook(event)) choose(); },
  });
  const choose = () => ask(model, "choose", { typed: box.value });
  const pick = element("select", { "aria-label": "or pick a mission", onchange: () => {
    if (pick.value) { box.value = pick.value; choose(); }
  } }, element("option", { value: "" }, "or pick one"),
  ...model.get("missions").map((mission) => element("option", { value: mission }, mission)));
  const goal = element("select", { "aria-label": "goal", onchange: () => tell(model, { goal: Number(goal.value) }) },
    element("option", { value: "-1" }, "none yet"),
    ...model.get("missions").map((mission, k) => element("option", { value: String(k) }, mission.replace(/^go to an? |^go to the /, ""))));
  let going = false;
  const play = element("button", { type: "button", class: "cl-main",
    onclick: () => going ? ask(model, "pause") : ask(model, "play", { typed: box.value }) });
  const map = element("div", { class: "cl-frame" });
  const choices = element("div", { class: "cl-choices" });
  const told = element("p", { class: "cl-told", role: "status" });
  const bars = element("div", { class: "cl-bars" });
  const key = element("p", { class: "cl-caption" },
    "A triangle points where its agent looks. A step is a turn or a square forward, and costs 1: BabyAI's own reward is not played. An agent has arrived when it stands before the framed object and looks at it.");
  root.append(element("div", { class: "cl-row" }, map,
    element("div", { class: "cl-side" },
      element("div", { class: "cl-ask" }, box, element("button", { type: "button", onclick: choose }, "Choose")),
      pick, choices, told, element("label", {}, "goal", goal), play, bars, key)));

  follow(model, ["typed"], () => {
    box.value = model.get("typed");
    pick.value = model.get("missions").includes(box.value) ? box.value : "";
  }, signal);
  follow(model, ["goal"], () => { goal.value = String(model.get("goal")); }, signal);
  follow(model, ["choices"], () => choices.replaceChildren(
    ...model.get("choices").map((choice) => element("p", {}, choice))), signal);
  const tellNow = quietly(told, signal);
  follow(model, ["told"], () => { tellNow(model.get("told")); told.hidden = !model.get("told"); }, signal);
  whilePlaying(model, (playing) => {
    going = playing;
    play.textContent = going ? "Pause" : "Play";
  }, signal);
  follow(model, ["bars"], () => { bars.innerHTML = model.get("bars"); }, signal);
  const paint = () => {
    const agents = map.querySelector(".cl-agents");
    if (agents) agents.innerHTML = model.get("runners");
  };
  follow(model, ["scene"], () => { map.innerHTML = model.get("scene"); paint(); }, signal);
  follow(model, ["runners"], paint, signal);
});
