export default widget("multiverse-board", (model, root, signal) => {
  const selects = model.get("offered").map(({ name, label, values }) => {
    const select = element("select", {
      name, "aria-label": label, onchange: () => tell(model, { choices: { ...model.get("choices"), [name]: select.value } }),
    }, ...values.map(([value, words]) => element("option", { value }, words)));
    return { name, select, field: element("label", { class: `cl-choice cl-of-${name}` }, element("span", {}, label), select) };
  });
  const claimed = element("p", { class: "cl-heading" });
  const picture = element("div", { class: "cl-picture" });
  const line = element("div", { class: "cl-line", "aria-hidden": "true" });
  const slider = element("input", { type: "range", min: "0", step: "1", value: "0",
    "aria-label": "Combination, from the lowest to the highest", oninput: () => { point(Number(slider.value)); frame.scrollLeft = line.offsetLeft - frame.clientWidth / 2; } });
  const said = element("p", { class: "cl-said" });
  const frame = element("div", { class: "cl-drawn", tabindex: "0", role: "group", "aria-label": "Every combination, drawn" },
    element("div", { class: "cl-sheet" }, picture, line));
  root.append(
    element("div", { class: "cl-choices", role: "group", "aria-label": "What is shown" }, ...selects.map(({ field }) => field)),
    claimed, frame, element("div", { class: "cl-walk" }, slider), said,
  );
  const say = quietly(said, signal);
  let spots = [];
  const point = (place) => {
    const [left, step, top, height] = model.get("where"), words = model.get("words");
    const { width, height: whole } = picture.querySelector("svg").viewBox.baseVal;
    const at = Math.min(spots.length - 1, Math.max(0, place));
    slider.value = String(at);
    line.style.left = `${100 * (left + (at + 0.5) * step) / width}%`; // of a picture that grows and shrinks
    line.style.top = `${100 * top / whole}%`;
    const [, codes, number] = /^(\d+) (.*)$/.exec(spots[at]);
    const choices = [...codes].map((code, row) => words[row][Number(code)]).join(", ");
    slider.setAttribute("aria-valuetext", `${number}: ${choices}`);
    say(`${number}: ${choices}`);
  };
  frame.addEventListener("pointermove", (event) => {
    const svg = picture.querySelector("svg"), box = svg.getBoundingClientRect();
    const [left, step] = model.get("where");
    const x = (event.clientX - box.left) * svg.viewBox.baseVal.width / box.width;
    const place = Math.floor((x - left) / step);
    if (place >= 0 && place < spots.length) point(place);
  }, { signal });
  follow(model, ["choices", "resting"], () => {
    for (const { name, select, field } of selects) {
      select.value = model.get("choices")[name];
      field.hidden = model.get("resting").includes(name);
    }
    claimed.textContent = selects.find(({ name }) => name === "claim").select.selectedOptions[0].textContent;
  }, signal);
  follow(model, ["picture"], () => { picture.innerHTML = model.get("picture"); }, signal);
  follow(model, ["spots", "where", "words"], () => {
    spots = model.get("spots").split("\n");
    const last = spots.length - 1;
    slider.max = String(last);
    if (model.get("words").every((row, n) => spots.every((spot) => Number(spot[n]) < row.length)))
      point(Math.min(Number(slider.value), last));
  }, signal);
});
