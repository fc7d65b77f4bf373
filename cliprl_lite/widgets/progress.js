export default widget("progress", (model, root, signal) => {
  const titles = model.get("titles");
  const marks = titles.map(() => element("span", { class: "cl-mark", "aria-hidden": "true" }));
  const said = titles.map(() => element("span", { class: "cl-spoken" }));
  root.append(element("div", { class: "cl-row" },
    element("b", {}, "Exercises"),
    element("ol", { "aria-label": "Exercises of this notebook" },
      ...titles.map((title, number) => element("li", {}, marks[number], `${number + 1} ${title}`, said[number])))));
  const count = element("p", { class: "cl-caption", role: "status", "aria-live": "polite" });
  root.append(count);
  follow(model, ["done", "elsewhere"], () => {
    const done = model.get("done"), elsewhere = model.get("elsewhere");
    marks.forEach((mark, number) => {
      mark.textContent = done[number] ? "✓" : "";
      said[number].textContent = done[number] ? " (solved)" : " (not yet)";
    });
    const here = done.filter(Boolean).length;
    count.textContent = here + elsewhere === 0 ? "Those that you solve are ticked here, and stay so."
      : `${here} of ${titles.length} solved here` + (elsewhere ? `, ${elsewhere} in other notebooks.` : ".");
  }, signal);
});
