export default widget("weight-mixer", (model, root, signal) => {
  const send = () => tell(model, { scores: sliders.map((slider) => Number(slider.value)) });
  const range = { min: "-1", max: "1", step: "0.05" };
  const sliders = model.get("sentences").map((sentence, place) => element("input", {
    type: "range", ...range, "aria-label": `similarity d of “${sentence}”`,
    oninput: () => { fields[place].value = sliders[place].value; later(); }, onchange: send,
  }));
  const fields = model.get("sentences").map((sentence, place) => element("input", {
    type: "number", ...range, "aria-label": `similarity d of “${sentence}”, as a number`,
    onchange: () => { // what is no number from −1 to 1 is put back
      const score = fields[place].valueAsNumber;
      if (Math.abs(score) <= 1) { sliders[place].value = score; send(); }
      fields[place].value = sliders[place].value;
    },
  }));
  // While a slider is dragged: at most 20 messages a second.
  let timer = 0;
  const later = () => { timer ||= setTimeout(() => { timer = 0; send(); }, 50); };
  signal.addEventListener("abort", () => clearTimeout(timer));

  const teachers = element("div", { class: "cl-teachers" }, ...model.get("sentences").map((sentence, place) => {
    const glyph = element("span", { class: "cl-glyph", "aria-hidden": "true" });
    glyph.innerHTML = model.get("glyphs")[place];
    return element("div", { class: "cl-teacher" }, glyph, element("span", { class: "cl-sentence" }, sentence), sliders[place], fields[place]);
  }));
  const asked = element("button", { type: "button", hidden: !model.get("asked").length,
    onclick: () => tell(model, { scores: model.get("asked") }) }, "the question’s scores");
  const weighting = element("select", { onchange: () => tell(model, { weighting: weighting.value }) },
    ...model.get("offered").map((name) => element("option", { value: name }, name)));
  const bars = element("div", { class: "cl-bars" });
  const gauge = element("div", { class: "cl-gauge" });
  const map = element("div", { class: "cl-map" });
  const verdict = element("p", { class: "cl-verdict" });
  root.append(
    element("div", { class: "cl-row cl-mix" },
      element("div", {}, element("div", { class: "cl-head" }, "similarity d", asked), teachers),
      element("div", {}, element("div", { class: "cl-head" }, element("label", {}, "weights", weighting)), bars)),
    element("div", { class: "cl-row cl-mix" },
      map,
      element("div", { class: "cl-told" }, gauge, verdict,
        element("p", { class: "cl-caption" }, "Arrows: what the average does. The fuller the grey of the floor, the less it promises. The scale of the bars grows with the longest."))),
  );
  follow(model, ["scores"], () => model.get("scores").forEach((score, place) => {
    if (document.activeElement !== sliders[place] || !timer) sliders[place].value = score;
    if (document.activeElement !== fields[place]) fields[place].value = sliders[place].value;
  }), signal);
  follow(model, ["weighting"], () => { weighting.value = model.get("weighting"); }, signal);
  follow(model, ["bars"], () => { bars.innerHTML = model.get("bars"); }, signal);
  follow(model, ["gauge"], () => { gauge.innerHTML = model.get("gauge"); }, signal);
  follow(model, ["scene"], () => { map.innerHTML = model.get("scene"); }, signal);
  follow(model, ["verdict"], () => { verdict.textContent = model.get("verdict"); }, signal);
});
