// Uses every part of the page, and says in a row of the table what came of it.
// When all have been used, window.results has the same for the test.

const parts = {
  "style.css": async () => getComputedStyle(document.documentElement).getPropertyValue("--loaded").replaceAll('"', ""),

  "script.js": async () => "runs",

  "blocks.woff": async () => {
    const faces = await document.fonts.load("64px Blocks", "aws");
    return `${faces.length} face, ${faces[0].status}`;
  },

  "image.png": async () => {
    const image = document.querySelector("img");
    await image.decode();
    return `${image.naturalWidth} × ${image.naturalHeight}`;
  },

  "module.mjs": async () => (await import("./module.mjs")).greeting,

  "add.wasm": async () => {
    const module = await WebAssembly.compileStreaming(fetch("add.wasm"));
    return `2 + 3 = ${new WebAssembly.Instance(module).exports.add(2, 3)}`;
  },

  "video.mp4": async () => {
    const video = document.querySelector("video");
    if (video.readyState < HTMLMediaElement.HAVE_METADATA) {
      await new Promise((resolve, reject) => {
        video.onloadedmetadata = resolve;
        video.onerror = () => reject(video.error);
      });
    }
    await new Promise((resolve, reject) => {
      video.onseeked = resolve;
      video.onerror = () => reject(video.error);
      video.currentTime = video.duration / 2;
    });
    return `at ${video.currentTime} s of ${video.duration}, seekable to ${video.seekable.end(0)}`;
  },
};

// coding is how a part came over the network: its performance entry tells.
function coding(name) {
  const [entry] = performance.getEntriesByName(new URL(name, location).href);
  if (!entry || !entry.contentEncoding) {
    return "";
  }
  return `${entry.contentEncoding}, ${entry.encodedBodySize} of ${entry.decodedBodySize} bytes`;
}

async function use([name, part]) {
  let result, failed = false;
  try {
    result = await part();
  } catch (error) {
    result = String(error);
    failed = true;
  }
  return { name, result, failed, coding: coding(name) };
}

Promise.all(Object.entries(parts).map(use)).then((results) => {
  for (const { name, result, failed, coding } of results) {
    const row = document.getElementById("parts").insertRow();
    row.className = failed ? "failed" : "";
    for (const text of [name, result, coding]) {
      row.insertCell().textContent = text;
    }
  }
  window.results = results;
});
