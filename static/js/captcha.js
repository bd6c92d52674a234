// Shows that somebody is no program: gets a challenge, lets the worker solve it, puts the answer into the form.
// Every text shown comes from the markup (templates/security/captcha/widget.html).

const STALE_AFTER = 240_000; // an answer counts for five minutes

async function challengeFor(box) {
  const body = new URLSearchParams({
    action: box.dataset.action,
    csrfmiddlewaretoken: box.closest("form").elements.csrfmiddlewaretoken.value,
  });
  const answer = await fetch(box.dataset.challenge, { method: "POST", body, redirect: "error" });
  if (!answer.ok) throw { state: answer.status === 429 ? "busy" : "failed" };
  return answer.json();
}

function solutionOf(challenge, url) {
  const worker = new Worker(url, { type: "module" });
  return new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => (data ? resolve(data) : reject(new Error("not solved")));
    worker.onerror = reject;
    worker.postMessage(challenge.parameters);
  }).finally(() => worker.terminate());
}

function watch(box) {
  const form = box.closest("form");
  const input = box.querySelector("[name=captcha]");
  const again = box.querySelector("[data-captcha-again]");
  let work, staleAt;

  const show = (state) => {
    for (const part of box.querySelectorAll("[data-captcha-state]")) part.hidden = part.dataset.captchaState !== state;
    again.hidden = state !== "busy" && state !== "failed";
  };

  async function check() {
    input.value = "";
    show("working");
    try {
      const challenge = await challengeFor(box);
      const solution = await solutionOf(challenge, box.dataset.worker);
      input.value = btoa(JSON.stringify({ challenge, solution }));
      show("done");
    } catch (error) {
      show(isSecureContext ? error.state ?? "failed" : "insecure");
    }
    work = null;
    staleAt = Date.now() + STALE_AFTER;
  }

  const start = () => (work ??= check());
  const isStale = () => Date.now() > staleAt;

  box.hidden = false;
  start();
  form.addEventListener("focusin", () => { if (isStale()) start(); });
  again.addEventListener("click", () => {
    box.focus(); // the button goes away
    start();
  });
  // Back from the history, or sent and still here: what was handed in does not count again.
  addEventListener("pageshow", (event) => { if (event.persisted) start(); });
  // Whoever is quicker than the check waits for it. Without an answer the server says what to do.
  form.addEventListener("submit", async (event) => {
    if (!work && !isStale()) return;
    event.preventDefault();
    await start();
    form.requestSubmit(event.submitter);
  });
}

for (const box of document.querySelectorAll("[data-captcha]")) watch(box);
