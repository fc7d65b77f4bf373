// "Wake this page": the notebook's cells run in a Worker with Python, and its widgets take the place
// of their pictures. Nothing is fetched before somebody asks for it.
(() => {
  const root = new URL(document.documentElement.dataset.content_root, location.href);
  const folder = new URL("_live/", root).href;
  const asleep = new Map(); // "cell number" → its figure
  const models = new Map();
  const code = window.courseCode;
  let worker;

  for (const figure of document.querySelectorAll(".cl-asleep")) {
    asleep.set(`${figure.dataset.cell} ${figure.dataset.number}`, figure);
  }

  /** What a widget's module knows of Jupyter; behind it stands a Python widget in the Worker. */
  function model(id, state) {
    const heard = new Map(), changed = new Set();
    const listeners = (name) => heard.get(name) ?? heard.set(name, new Set()).get(name);
    const fire = (name, ...what) => [...listeners(name)].forEach((hear) => hear(...what));
    const post = (content) => worker.postMessage({ what: "tell", id, content });
    return {
      get: (trait) => state[trait],
      set(trait, value) {
        if (state[trait] === value) return;
        state[trait] = value;
        changed.add(trait);
        fire(`change:${trait}`);
        fire("change");
      },
      on: (name, hear) => listeners(name).add(hear),
      off: (name, hear) => (hear ? listeners(name).delete(hear) : heard.delete(name)),
      save_changes() {
        const values = Object.fromEntries([...changed].map((trait) => [trait, state[trait]]));
        changed.clear();
        post({ method: "update", state: values, buffer_paths: [] });
      },
      send: (content) => post({ method: "custom", content }),
      receive({ method, content, state: news }) {
        if (method === "custom") fire("msg:custom", content);
        if (method !== "update") return;
        Object.assign(state, news);
        for (const trait of Object.keys(news)) fire(`change:${trait}`);
        fire("change");
      },
    };
  }

  /** Buffers back to where they were in a state. */
  function whole({ state, buffer_paths: paths = [] }, buffers) {
    paths.forEach((path, number) => {
      const holder = path.slice(0, -1).reduce((inside, key) => inside[key], state);
      holder[path.at(-1)] = new DataView(buffers[number].slice().buffer);
    });
    return state;
  }

  const modules = new Map();
  function front(source) { // the same widget twice is one module
    if (!modules.has(source)) {
      const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
      modules.set(source, import(address));
    }
    return modules.get(source);
  }

  const styles = new Set();
  function dress(sheet) {
    if (styles.has(sheet)) return;
    styles.add(sheet);
    document.head.append(Object.assign(document.createElement("style"), { textContent: sheet }));
  }

  async function show(cell, ids) {
    for (const [number, id] of ids.entries()) {
      const figure = asleep.get(`${cell} ${number}`), shown = models.get(id);
      if (!figure || !shown) continue;
      dress(shown.get("_css"));
      const { default: widget } = await front(shown.get("_esm"));
      const el = document.createElement("div");
      widget.render({ model: shown, el });
      figure.replaceChildren(el);
      figure.classList.replace("cl-asleep", "cl-awake");
    }
  }

  function excuse(figure, words) {
    figure.querySelector("figcaption").textContent = words;
    figure.classList.replace("cl-asleep", "cl-still-asleep");
  }

  const line = document.createElement("p");
  line.className = "cl-wake";
  line.setAttribute("role", "status");
  const say = (words) => { line.textContent = words; };

  let refused = ""; // why the first cell that failed did: later ones may lack what it would have made
  function hear({ data }) {
    const { what, words } = data;
    if (what === "comm_open") models.set(data.id, model(data.id, whole(data.data, data.buffers)));
    else if (what === "comm_msg") {
      if (data.data.method === "update") whole(data.data, data.buffers);
      models.get(data.id)?.receive(data.data);
    } else if (what === "progress") say(`Python is waking up: ${words} …`);
    else if (what === "ran" && data.shown) show(data.cell, data.shown);
    else if (what === "ran") {
      refused ||= data.failed;
      for (const [place, figure] of asleep) {
        if (place.startsWith(`${data.cell} `)) excuse(figure, refused);
      }
    } else if (what === "broken") say(`Python did not wake up here: ${words}`);
    else if (what === "done") say("This page is awake: what you press is answered by Python, here in this tab.");
  }

  function load(name) {
    return new Promise((done, fail) => {
      const script = document.createElement("script");
      Object.assign(script, { src: folder + name, onload: done, onerror: fail });
      document.head.append(script);
    });
  }

  /** A page from a disk brings all files along, in a script that sets `courseFiles`. */
  async function fromDisk() {
    await load("packed.js");
    const bytes = Object.fromEntries(Object.entries(window.courseFiles)
      .map(([name, text]) => [name, Uint8Array.from(atob(text), (mark) => mark.charCodeAt(0)).buffer]));
    const start = `onmessage = ({ data }) => { self.courseFiles = data; importScripts(URL.createObjectURL(new Blob([data["worker.js"]]))); };`;
    const made = new Worker(URL.createObjectURL(new Blob([start])));
    made.postMessage(bytes, Object.values(bytes));
    return made;
  }

  /** Elsewhere, what comes is kept for a time without a network, if the browser does that. */
  async function fromServer() {
    const workers = navigator.serviceWorker;
    if (workers) {
      await load("page.js");
      workers.register(new URL("service-worker.js", root)).catch(() => {});
      if (!workers.controller) {
        await new Promise((done) => {
          workers.addEventListener("controllerchange", done, { once: true });
          setTimeout(done, 1_000);
        });
      }
    }
    return new Worker(`${folder}worker.js`);
  }

  async function wake() {
    document.querySelectorAll(".cl-wakes").forEach((button) => { button.disabled = true; });
    say("Python is waking up …");
    try {
      worker = await (location.protocol === "file:" ? fromDisk() : fromServer());
    } catch {
      say("Python did not wake up here: its files are missing beside these pages.");
      return;
    }
    worker.onmessage = hear;
    worker.postMessage({ what: "begin", folder: `${folder}pyodide/`, cells: code.cells });
  }

  function button() {
    const made = document.createElement("button");
    Object.assign(made, { type: "button", className: "cl-wakes", textContent: "Wake this page", onclick: wake });
    return made;
  }

  if (asleep.size) {
    line.append(button(), " Then everything below can be touched. Python comes into this tab once, about 10 MB. ");
    if (location.protocol !== "file:") {
      const link = Object.assign(document.createElement("a"), { href: new URL(`lab/lab/index.html?path=${code.notebook}.ipynb`, root), textContent: "Or open it as a notebook" });
      line.append(link, ", to change its code and solve its exercises.");
    }
    document.querySelector("article h1").after(line);
    for (const figure of asleep.values()) figure.querySelector("figcaption").replaceChildren(button());
  }
})();
