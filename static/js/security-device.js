// Security devices and passkeys: asks the browser, sends what it answers. Every text shown comes from the markup.

const PROBLEMS = {
  ConstraintError: "older",
  InvalidStateError: "registered",
  NotAllowedError: "cancelled",
  NotSupportedError: "unsupported",
  SecurityError: "origin",
  AbortError: "aborted",
};
const TIMEOUT = 115_000; // somewhat less than what the options say
const RENEW_AFTER = 240_000; // a challenge lives for five minutes
let autofill;
const api = window.PublicKeyCredential;
const hide = (root, selector, hidden) => { for (const part of root.querySelectorAll(selector)) part.hidden = hidden; };

// Browsers from before WebAuthn level 3 take and give bytes, not JSON.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt());
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=/g, "");

function read(options, creates) {
  const parse = creates ? "parseCreationOptionsFromJSON" : "parseRequestOptionsFromJSON";
  if (api[parse]) return api[parse](options);
  for (const one of options.excludeCredentials ?? options.allowCredentials) one.id = bytes(one.id);
  if (creates) options.user.id = bytes(options.user.id);
  return { ...options, challenge: bytes(options.challenge) };
}

function write({ id, type, response }) {
  const parts = { transports: response.getTransports?.() };
  for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[name]) parts[name] = text(response[name]);
  }
  return { id, rawId: id, type, response: parts };
}

async function ask(form, more) {
  const creates = form.dataset.ceremony === "create";
  const body = new URLSearchParams(new FormData(form));
  const answer = await fetch(form.dataset.options, { method: "POST", body, redirect: "manual" })
    .catch(() => { throw { problem: "offline" }; });
  if (answer.type === "opaqueredirect") location.reload(); // to be asked again who one is
  if (!answer.ok) throw { problem: answer.status === 429 ? "busy" : "refused" };
  const { id, publicKey } = await answer.json();
  const options = { publicKey: read(publicKey, creates), ...more };
  const credential = await navigator.credentials[creates ? "create" : "get"](options);
  form.elements.challenge.value = id;
  form.elements.credential.value = JSON.stringify(credential.toJSON ? credential.toJSON() : write(credential));
  if (!creates) return form.requestSubmit();
  for (const step of form.querySelectorAll("[data-step]")) step.hidden = step.dataset.step !== "name";
  form.elements.name.focus();
  form.elements.name.select();
}

// Shows what went wrong, in place of what went wrong before.
function show(root, problem) {
  const known = root.querySelector(`[data-problem="${problem}"]`) ?? root.querySelector('[data-problem="failed"]');
  hide(root, "[data-problem]", true);
  known.hidden = false;
  const older = root.querySelector("[data-older]");
  if (!older || !["cancelled", "late", "older"].includes(problem)) return;
  older.hidden = false;
  if (problem === "older") explain(older);
}

function explain(older) {
  const dialog = document.querySelector("dialog[data-older-dialog]");
  dialog.addEventListener("close", () => older.focus(), { once: true });
  dialog.showModal();
}

async function start(form, button) {
  if (button.ariaDisabled) return;
  autofill?.abort();
  button.ariaDisabled = "true";
  hide(form, "[data-waiting]", false);
  hide(form, "[data-problem], [data-refusal]", true);
  const begun = Date.now();
  try {
    await ask(form);
  } catch (error) {
    const problem = error.problem ?? PROBLEMS[error.name] ?? "failed";
    show(form, problem === "cancelled" && Date.now() - begun > TIMEOUT ? "late" : problem);
    if (button.dataset.again) button.textContent = button.dataset.again;
    offer(form);
  }
  button.ariaDisabled = null;
  hide(form, "[data-waiting]", true);
}

// Passkeys among what the browser fills in; asked for anew before the challenge runs out.
async function offer(form) {
  if (!("autofill" in form.dataset) || !(await api.isConditionalMediationAvailable?.())) return;
  autofill?.abort();
  const { signal } = autofill = new AbortController();
  const renewal = setTimeout(() => offer(form), RENEW_AFTER);
  signal.onabort = () => clearTimeout(renewal);
  await ask(form, { mediation: "conditional", signal }).catch(() => { /* the button says what went wrong */ });
}

async function prepare(root) {
  const problem = isSecureContext ? api ? "" : "unsupported" : "insecure";
  if (problem) return "autofill" in root.dataset || show(root, problem);
  hide(root, "[data-when-supported]", false);
  const button = root.querySelector("[data-device-start]");
  button?.addEventListener("click", () => start(root, button));
  if (document.querySelector("dialog[data-open]")) explain(root.querySelector("[data-older]"));
  offer(root);
  const hasSensor = await api.isUserVerifyingPlatformAuthenticatorAvailable?.();
  hide(root, "[data-needs-sensor]", hasSensor === false);
  hide(root, "[data-no-sensor]", hasSensor !== false);
}

for (const root of document.querySelectorAll("[data-device-ceremony], [data-device-offer]")) prepare(root);
