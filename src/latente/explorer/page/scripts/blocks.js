// The data of the page: one value of JSON, and blocks of bytes that are decoded when they are first needed.

const TYPES = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, float32: Float32Array };

const element = (id) => document.getElementById(id);
const meta = JSON.parse(element("data-meta").textContent);
const decodedBlocks = new Map();

function bytesOf(block) {
  if (!decodedBlocks.has(block)) {
    const text = atob(element(`data-${block}`).textContent);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    decodedBlocks.set(block, bytes.buffer);
  }
  return decodedBlocks.get(block);
}

// A view of the bytes of an array, row by row.
function arrayOf({ block, at, type, shape }) {
  return new TYPES[type](bytesOf(block), at, shape.reduce((product, size) => product * size, 1));
}

// A function that computes its value once, when it is first called.
function lazy(compute) {
  let value, known = false;
  return () => {
    if (!known) [value, known] = [compute(), true];
    return value;
  };
}
