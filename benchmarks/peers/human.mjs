// Reads photos with @vladmandic/human on one wasm thread. In: a path a line, as a JSON string. Out: a JSON
// object a line, {file, faces, scores, ms, decode_ms} or {file, error}. With --mesh its face mesh runs too.

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import path from "node:path";
import readline from "node:readline";
import { fileURLToPath, pathToFileURL } from "node:url";
import sharp from "sharp";

const modules = path.join(path.dirname(fileURLToPath(import.meta.url)), "node_modules");
const inModules = (...parts) => path.join(modules, ...parts) + path.sep;

// Models come from the package, and nothing may come from anywhere else.
globalThis.fetch = async (url) => new Response(await readFile(fileURLToPath(url)));
// Standard output is for answers alone.
console.log = console.error;

sharp.concurrency(1);
sharp.cache(false);

const off = { enabled: false };
const config = {
  backend: "wasm",
  wasmPath: inModules("@tensorflow", "tfjs-backend-wasm", "dist"),
  modelBasePath: pathToFileURL(inModules("@vladmandic", "human", "models")).href,
  warmup: "none",
  // Each photo is looked at afresh; the defaults are for the frames of a video.
  cacheSensitivity: 0,
  filter: off,
  face: {
    enabled: true,
    // The emotion model reads the detector's crop. The mesh checks that it is a face, and sets its size.
    mesh: { enabled: process.argv.includes("--mesh") },
    // All scores, not only those above 0.1.
    emotion: { enabled: true, minConfidence: 0 },
    iris: off,
    attention: off,
    description: off,
    antispoof: off,
    liveness: off,
  },
  body: off,
  hand: off,
  object: off,
  segmentation: off,
  gesture: off,
};

/** An upright RGB tensor of a photo; what is transparent becomes white. */
async function decode(tf, file) {
  const { data, info } = await sharp(await readFile(file))
    .rotate()
    .flatten({ background: "white" })
    .toColourspace("srgb")
    .raw()
    .toBuffer({ resolveWithObject: true });
  return tf.tensor(data, [info.height, info.width, info.channels], "int32");
}

/** Read one photo; of several faces the one the detector is surest of. */
async function read(human, file) {
  const start = performance.now();
  const tensor = await decode(human.tf, file);
  const decoded = performance.now();
  const result = await human.detect(tensor);
  human.tf.dispose(tensor);
  if (result.error) throw new Error(result.error);
  const [face] = result.face.toSorted((one, other) => other.score - one.score);
  const scores = face && Object.fromEntries(face.emotion.map(({ emotion, score }) => [emotion, score]));
  return {
    file,
    faces: result.face.length,
    scores: scores ?? null,
    ms: performance.now() - start,
    decode_ms: decoded - start,
  };
}

async function main() {
  // By its path, since the package does not export this build by name.
  const { Human } = createRequire(import.meta.url)(
    path.join(modules, "@vladmandic", "human", "dist", "human.node-wasm.js"),
  );
  const human = new Human(config);
  human.tf.env().set("WASM_HAS_MULTITHREAD_SUPPORT", false);
  await human.load();
  for await (const line of readline.createInterface({ input: process.stdin })) {
    const file = JSON.parse(line);
    const answer = await read(human, file).catch((error) => ({ file, error: error.message }));
    process.stdout.write(`${JSON.stringify(answer)}\n`);
  }
}

await main();
