// Beside every page in which Python runs, those of JupyterLab, too: it has what was fetched kept for
// a time without a network, and says how far something large has come.
(() => {
  performance.setResourceTimingBufferSize(2000); // JupyterLab has many files
  navigator.serviceWorker?.ready.then(({ active }) => {
    const names = performance.getEntriesByType("resource").map(({ name }) => name);
    const ours = [location.href, ...names].filter((name) => name.startsWith(location.origin));
    active.postMessage(ours);
  });

  const line = Object.assign(document.createElement("div"), { className: "cl-coming" });
  const words = Object.assign(document.createElement("label"), { htmlFor: "cl-coming" });
  const bar = Object.assign(document.createElement("progress"), { id: "cl-coming", max: 1 });
  line.setAttribute("role", "status");
  line.style.cssText = "position: fixed; right: 1rem; bottom: 1rem; z-index: 2000; padding: 8px 14px;"
    + "max-width: calc(100vw - 2rem); box-sizing: border-box; border-radius: 4px; border: 1px solid;"
    + "font: 15px/22px system-ui, sans-serif; color: CanvasText; background: Canvas;";
  bar.style.cssText = "display: block; width: 100%; margin-top: 4px;";
  line.append(words, bar);

  let patience;
  const news = new BroadcastChannel("cliprl_lite");
  news.onmessage = ({ data }) => {
    const { what, share } = JSON.parse(data);
    const dark = document.documentElement.dataset.theme === "dark"
      || document.body.dataset.jpThemeLight === "false";
    line.style.colorScheme = dark ? "dark" : "light";
    words.textContent = `${what}: ${Math.round(100 * share)} %`;
    bar.value = share;
    document.body.append(line);
    clearTimeout(patience);
    patience = setTimeout(() => line.remove(), share === 1 ? 1_000 : 60_000);
  };
})();
