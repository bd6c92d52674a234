// Solves a challenge of captcha.js beside the page: counts up until the derived key begins as it has to.

const LANES = 4; // keys derived at once; browsers have threads for that

const bytes = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, "0")).join("");

async function derive({ algorithm, nonce, salt, cost, keyLength }, counter) {
  const password = new Uint8Array([...bytes(nonce), 0, 0, 0, 0]);
  new DataView(password.buffer).setUint32(password.length - 4, counter);
  const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
  const [name, hash] = algorithm.split("/");
  return hex(await crypto.subtle.deriveBits({ name, hash, salt: bytes(salt), iterations: cost }, key, keyLength * 8));
}

async function solve(parameters) {
  for (let first = 0; ; first += LANES) {
    const counters = Array.from({ length: LANES }, (_, lane) => first + lane);
    const keys = await Promise.all(counters.map((counter) => derive(parameters, counter)));
    const found = keys.findIndex((key) => key.startsWith(parameters.keyPrefix));
    if (found >= 0) return { counter: first + found, derivedKey: keys[found] };
  }
}

addEventListener("message", async ({ data }) => {
  postMessage(await solve(data).catch(() => null));
});
