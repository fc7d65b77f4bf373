// Python, away from the page's own thread. The page sends cells to run and what widgets are told;
// Python's answers go back as messages. Opened from a disk, the page brings all files along
// (`courseFiles`), since a page there may read no others.
const files = self.courseFiles;
const fetched = self.fetch;

// The two large files of the core have packed copies, a third as long, which few hosts make themselves.
async function unpacked(address, type) {
  const name = `${String(address).split("/").at(-1)}.packed`;
  const packed = files ? new Response(files[name]) : await fetched(`${address}.packed`);
  const stream = packed.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": type } });
}

self.fetch = (address, options) => {
  const name = String(address.url ?? address).split("/").at(-1);
  if (name === "pyodide.asm.wasm") return unpacked(address.url ?? address, "application/wasm");
  return files?.[name] ? Promise.resolve(new Response(files[name])) : fetched(address, options);
};

let python;

async function begin(folder) {
  importScripts(files ? URL.createObjectURL(new Blob([files["pyodide.js"]])) : `${folder}pyodide.js`);
  const core = await unpacked(`${folder}pyodide.asm.js`, "text/javascript");
  importScripts(URL.createObjectURL(await core.blob()));
  python = await loadPyodide({ indexURL: folder, packages: ["cliprl-lite"], stdout() {} });
  postMessage({ what: "progress", words: "NumPy and the course are there" });
  python.registerJsModule("page", {
    post(type, id, text, buffers) {
      postMessage({ what: type, id, data: JSON.parse(text), buffers: buffers.toJs() });
    },
  });
  const code = files ? new TextDecoder().decode(files["tab.py"]) : await (await fetched("tab.py")).text();
  await python.runPythonAsync(code);
}

// One after the other; between two cells, Python listens to the widgets that are there already.
async function run(cells) {
  for (const { cell, code } of cells) {
    postMessage({ what: "progress", words: `running cell ${cell}` });
    if (!files) await python.loadPackagesFromImports(code, { messageCallback() {} });
    postMessage({ what: "ran", cell, ...JSON.parse(python.globals.get("run")(code)) });
    await new Promise((done) => { setTimeout(done, 0); });
  }
  postMessage({ what: "done" });
}

onmessage = async ({ data }) => {
  if (data.what === "begin") {
    try {
      await begin(data.folder);
      await run(data.cells);
    } catch (trouble) {
      postMessage({ what: "broken", words: String(trouble.message).trim().split("\n").at(-1) });
    }
  } else python.globals.get("hear")(data.id, JSON.stringify(data.content));
};
