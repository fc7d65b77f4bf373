// Widgets whose front end does everything by itself come alive from the state that the notebook
// stored. Their modules are in widgets/, as they are in a running notebook; nobody answers here.
(() => {
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0)).buffer);

  /** What a widget's module knows of Jupyter: traits that can be got, set and followed. */
  function model({ state, buffers }) {
    for (const { path, data } of buffers) {
      const holder = path.slice(0, -1).reduce((inside, key) => inside[key], state);
      holder[path.at(-1)] = bytes(data);
    }
    const heard = new Map();
    const listeners = (name) => heard.get(name) ?? heard.set(name, new Set()).get(name);
    return {
      alone: true,
      get: (trait) => state[trait],
      set(trait, value) {
        if (state[trait] === value) return;
        state[trait] = value;
        for (const name of [`change:${trait}`, "change"]) [...listeners(name)].forEach((hear) => hear());
      },
      on: (name, hear) => listeners(name).add(hear),
      off: (name, hear) => (hear ? listeners(name).delete(hear) : heard.delete(name)),
      save_changes() {},
      send() {},
    };
  }

  for (const figure of document.querySelectorAll(".cl-live")) {
    const el = document.createElement("div");
    const stored = JSON.parse(figure.querySelector("script").textContent);
    window.courseWidgets[figure.dataset.widget].render({ model: model(stored), el });
    figure.querySelector(".cl-still").replaceWith(el);
  }
})();
