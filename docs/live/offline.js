// A service worker: what was fetched once opens without a network, too. The network is asked first,
// so that nothing here is ever older than what the host has.
const JUPYTERLITE = /\/api\/(drive|stdin|service-worker-heartbeat)/; // answered by its own

async function fromNetwork(request) {
  const kept = await caches.open("course");
  try {
    const answer = await fetch(request);
    if (answer.status === 200) kept.put(request, answer.clone());
    return answer;
  } catch (trouble) {
    const before = await kept.match(request, { ignoreSearch: request.mode === "navigate" });
    if (before) return before;
    throw trouble;
  }
}

// JupyterLab's Python: the large files of its core come packed, as they do in pages.
const PACKED = { "pyodide.asm.wasm": "application/wasm", "pyodide.asm.js": "text/javascript" };

async function unpacked(request, type) {
  const packed = await fromNetwork(new Request(`${request.url}.packed`));
  const stream = packed.body.pipeThrough(new DecompressionStream("gzip"));
  return new Response(stream, { headers: { "Content-Type": type } });
}

addEventListener("fetch", (event) => {
  const { origin, pathname } = new URL(event.request.url);
  if (event.request.method !== "GET" || origin !== location.origin || JUPYTERLITE.test(pathname)) return;
  event.stopImmediatePropagation();
  const type = PACKED[pathname.split("/").at(-1)];
  event.respondWith(type ? unpacked(event.request, type) : fromNetwork(event.request));
});

// What a page had fetched before this worker was there.
addEventListener("message", ({ data }) => {
  if (!Array.isArray(data)) return;
  caches.open("course").then((kept) => Promise.allSettled(data.map((address) => kept.add(address))));
});
