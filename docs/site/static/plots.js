// Figures: drawn by the one local plotly, in the colours of the page's theme.
(() => {
  const CONFIG = { responsive: true, displaylogo: false, displayModeBar: false, showSendToCloud: false };
  const probe = document.createElement("div"); // tells what the palette's names mean in this theme
  probe.className = "cl-root";
  probe.hidden = true;
  document.body.append(probe);

  /** Light theme's colour → this theme's. */
  function palette() {
    const now = getComputedStyle(probe);
    return new Map(Object.entries(window.coursePalette)
      .map(([name, light]) => [light, now.getPropertyValue(`--${name}`).trim()]));
  }

  const hex = (parts) => `#${parts.map((part) => Number(part).toString(16).padStart(2, "0")).join("")}`;

  /** Anything that a figure is made of, its colours replaced. */
  function recoloured(part, colours) {
    if (typeof part === "string") {
      return part
        .replace(/#[0-9a-f]{6}\b/gi, (found) => colours.get(found.toLowerCase()) ?? found)
        .replace(/rgba\((\d+), ?(\d+), ?(\d+), ?([\d.]+)\)/g, (found, r, g, b, alpha) => {
          const other = colours.get(hex([r, g, b]));
          const share = Math.round(alpha * 255).toString(16).padStart(2, "0");
          return other && Number(alpha) > 0 ? other + share : found;
        });
    }
    if (Array.isArray(part)) return part.map((inside) => recoloured(inside, colours));
    if (part === null || typeof part !== "object") return part;
    return Object.fromEntries(Object.entries(part).map(([key, inside]) => [key, recoloured(inside, colours)]));
  }

  /** Buttons and a slider in place of plotly's own, which no keyboard reaches. */
  function controls(canvas, menus, frames) {
    const row = document.createElement("div");
    row.className = "cl-root cl-player";
    for (const { buttons } of menus) {
      for (const { label, args } of buttons) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = label;
        button.addEventListener("click", () => Plotly.animate(canvas, ...args).catch(() => {}));
        row.append(button);
      }
    }
    const at = document.createElement("input");
    Object.assign(at, { type: "range", min: 0, max: frames.length - 1, value: frames.length - 1 });
    at.setAttribute("aria-label", "Step of the animation");
    const still = { mode: "immediate", frame: { duration: 0, redraw: true }, transition: { duration: 0 } };
    at.addEventListener("input", () => Plotly.animate(canvas, [frames[at.value].name], still).catch(() => {}));
    canvas.on("plotly_animatingframe", ({ name }) => {
      at.value = frames.findIndex((frame) => frame.name === name);
    });
    row.append(at);
    return row;
  }

  const figures = [...document.querySelectorAll(".cl-plot")].map((figure) => {
    const { data, layout, frames } = JSON.parse(figure.querySelector("script").textContent);
    const { updatemenus: menus = [], ...quiet } = layout;
    frames.forEach((frame, number) => { frame.name ??= String(number); });
    return { figure, canvas: figure.querySelector(".cl-canvas"), data, layout: quiet, menus, frames };
  });

  async function draw({ figure, canvas, data, layout, menus, frames }) {
    const drawn = recoloured({ data, layout: { ...layout, autosize: true }, frames }, palette());
    await Plotly.newPlot(canvas, { ...drawn, config: CONFIG });
    figure.querySelector(".cl-player")?.remove();
    if (frames.length) figure.append(controls(canvas, menus, frames));
    figure.dataset.drawn = document.documentElement.dataset.theme ?? "light";
  }

  const drawAll = () => figures.forEach(draw);
  drawAll();
  window.matchMedia("print").addEventListener("change", drawAll); // paper is light
  new MutationObserver(drawAll).observe(document.documentElement, { attributeFilter: ["data-theme"] });
})();
