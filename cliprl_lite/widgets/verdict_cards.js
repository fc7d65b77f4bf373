export default widget("verdict-cards", (model, root, signal) => {
  const selects = model.get("offered").map(({ name, label, values }) => {
    const select = element("select", {
      name, "aria-label": label, onchange: () => tell(model, { choices: { ...model.get("choices"), [name]: select.value } }),
    }, ...values.map(([value, words]) => element("option", { value }, words)));
    return { name, select, field: element("label", { class: "cl-choice" }, element("span", {}, label), select) };
  });
  const reset = element("button", { type: "button", onclick: () => ask(model, "reset") }, "Back to the start");
  const told = element("p", { class: "cl-told" });
  const cards = model.get("cards").map(() => {
    const parts = {
      claim: element("h4"), sign: element("span", { class: "cl-sign", "aria-hidden": "true" }),
      verdict: element("b"), was: element("span", { class: "cl-was" }),
      picture: element("div", { class: "cl-picture" }), note: element("p", { class: "cl-caption" }),
      mark: element("span", { class: "cl-sign", "aria-hidden": "true" }), short: element("span"),
    };
    parts.card = element("article", { class: "cl-card cl-moves", tabindex: -1 }, parts.claim,
      element("p", { class: "cl-verdict" }, parts.sign, parts.verdict, parts.was), parts.picture, parts.note);
    parts.chip = element("button", {
      type: "button", class: "cl-chip cl-moves", onclick: () => parts.card.focus(),
    }, parts.mark, parts.short);
    return parts;
  });
  root.append(
    element("div", { class: "cl-choices", role: "group", "aria-label": "Open choices" },
      ...selects.map(({ field }) => field)),
    element("div", { class: "cl-strip", role: "group", "aria-label": "The six verdicts" }, ...cards.map(({ chip }) => chip), reset),
    told,
    element("div", { class: "cl-cards" }, ...cards.map(({ card }) => card)),
  );
  follow(model, ["choices", "resting"], () => {
    const chosen = model.get("choices"), start = model.get("start"), resting = model.get("resting");
    let moved = false;
    for (const { name, select, field } of selects) {
      select.value = chosen[name];
      select.disabled = resting.includes(name);
      field.title = select.disabled ? "Open only where Algorithm 2 is run as printed, or as in the text" : "";
      field.classList.toggle("cl-other", chosen[name] !== start[name]);
      moved ||= chosen[name] !== start[name];
    }
    if (!moved) passFocus([reset], selects[0].select);
    reset.disabled = !moved;
  }, signal);
  follow(model, ["told"], () => { told.textContent = model.get("told"); }, signal);
  follow(model, ["cards"], () => model.get("cards").forEach((says, place) => {
    const parts = cards[place];
    for (const part of ["claim", "verdict", "note", "short"]) parts[part].textContent = says[part];
    parts.was.textContent = says.was ? `was: ${says.was}` : "";
    parts.sign.innerHTML = parts.mark.innerHTML = says.sign;
    parts.picture.innerHTML = says.picture;
    parts.chip.setAttribute("aria-label", `${says.short}: ${says.verdict}`);
    for (const part of [parts.card, parts.chip]) part.classList.toggle("cl-changed", Boolean(says.was));
  }), signal);
});
