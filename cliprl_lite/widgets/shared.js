// What every widget of the course needs. It stands before the widget's own module, in one text.

/** An element with attributes and children; texts become text, never markup. */
function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value != null) made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

/** Call `paint` now and whenever one of the traits changes, as long as the view lives. */
function follow(model, traits, paint, signal) {
  for (const trait of traits) {
    model.on(`change:${trait}`, paint);
    signal.addEventListener("abort", () => model.off(`change:${trait}`, paint));
  }
  paint();
}

/** Set traits and send them to Python. */
function tell(model, values) {
  for (const [key, value] of Object.entries(values)) model.set(key, value);
  model.save_changes();
}

/** The lines under a widget: what it does now (read out politely), and what went wrong. */
function messages(model, signal) {
  const status = element("p", { class: "cl-status", role: "status", "aria-live": "polite" });
  const error = element("p", { class: "cl-error", role: "alert" });
  follow(model, ["status", "error"], () => {
    status.textContent = model.get("status");
    status.hidden = !model.get("status");
    error.textContent = model.get("error");
    error.hidden = !model.get("error");
  }, signal);
  return [status, error];
}

/** Whether the reader asked for less motion. */
const still = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

/** A widget's view: `build(model, root, signal)` fills the root; `signal` ends with the view. */
function widget(name, build) {
  return {
    render({ model, el }) {
      const ended = new AbortController();
      const root = element("div", { class: `cl-root cl-${name}` });
      el.append(root);
      build(model, root, ended.signal);
      root.append(...messages(model, ended.signal));
      return () => ended.abort();
    },
  };
}
