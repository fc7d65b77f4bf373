// Small things for every page: code to copy, everything open on paper, a search from the disk.
(() => {
  // A page from the disk may not read others: results there come without an excerpt.
  if (location.protocol === "file:") DOCUMENTATION_OPTIONS.SHOW_SEARCH_SUMMARY = false;

  if (navigator.clipboard) {
    for (const block of document.querySelectorAll("div.highlight")) {
      const button = document.createElement("button");
      Object.assign(button, { type: "button", className: "cl-copy", textContent: "Copy" });
      button.setAttribute("aria-label", "Copy this code");
      button.addEventListener("click", async () => {
        const lines = block.querySelector("pre").textContent.replace(/\n$/, "");
        await navigator.clipboard.writeText(lines);
        button.textContent = "Copied";
        setTimeout(() => { button.textContent = "Copy"; }, 2000);
      });
      block.append(button);
    }
  }

  let opened = [];
  window.matchMedia("print").addEventListener("change", ({ matches }) => {
    if (matches) {
      opened = [...document.querySelectorAll("article details:not([open])")];
      opened.forEach((fold) => { fold.open = true; });
    } else {
      opened.forEach((fold) => { fold.open = false; });
    }
  });
})();
