export default widget("average-slider", (model, root, signal) => {
  const name = `cl-${Math.random().toString(36).slice(2)}`;
  const pairs = element("select", {
    onchange: () => tell(model, { pair: Number(pairs.value) }),
  }, ...model.get("names").map((pair, number) => element("option", { value: String(number) }, pair)));
  const matched = element("input", {
    type: "checkbox",
    onchange: () => tell(model, { matched: matched.checked }),
  });
  const share = element("input", {
    type: "range", id: name, min: "0", max: "20", step: "1", class: "cl-share",
    "aria-label": "λ, the share of network b",
    oninput: () => tell(model, { place: Number(share.value) }),
  });
  const shown = element("output", { for: name, "aria-live": "off" }); // the slider says it
  const [scene, shares, losses] = ["scene", "shares", "losses"].map(
    (trait) => element("div", { class: `cl-${trait}` }));
  const numbers = element("div", { class: "cl-numbers" });

  root.append(
    element("div", { class: "cl-row cl-controls" },
      element("label", {}, "From a to b:", pairs),
      element("label", {}, matched, "match neurons")),
    element("div", { class: "cl-row cl-line" },
      element("span", { "aria-hidden": "true" }, "network a"), share,
      element("span", { "aria-hidden": "true" }, "network b"), shown),
    element("div", { class: "cl-row" },
      element("div", { class: "cl-side" }, scene,
        element("p", { class: "cl-caption" }, "A hatched corner: this arrow is on no shortest way to a goal."),
        numbers),
      element("div", { class: "cl-charts" }, shares, losses)),
  );

  follow(model, ["pair"], () => { pairs.value = String(model.get("pair")); }, signal);
  follow(model, ["matched"], () => { matched.checked = model.get("matched"); }, signal);
  follow(model, ["place"], () => {
    const value = (model.get("place") / 20).toFixed(2);
    share.value = String(model.get("place"));
    share.setAttribute("aria-valuetext", `λ ${value}`);
    shown.textContent = `λ = ${value}`;
  }, signal);
  for (const [trait, frame] of [["scene", scene], ["shares", shares], ["losses", losses]]) {
    follow(model, [trait], () => { frame.innerHTML = model.get(trait); }, signal);
  }
  follow(model, ["numbers"], () => numbers.replaceChildren(
    ...model.get("numbers").flatMap(([what, value]) =>
      [element("span", {}, what), element("b", {}, value)])), signal);
});
