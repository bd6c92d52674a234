// Warns before a session ends for lack of activity, and offers to stay. Without script the page that follows says so.

const dialog = document.getElementById("idle");
const WARNING = 120; // seconds before the end
let timer;

async function ask(url, method = "GET") {
  const headers = { "X-CSRFToken": dialog.querySelector("[name=csrfmiddlewaretoken]").value };
  const answer = await fetch(url, { method, headers });
  return answer.ok ? (await answer.json()).seconds : 0;
}

// Other tabs keep the session alive as well, so the server is asked before anybody is bothered.
async function check() {
  let left;
  try {
    left = await ask(dialog.dataset.remainingUrl);
  } catch {
    return plan(WARNING / 4); // offline
  }
  if (left <= 0) return location.reload();
  if (left > WARNING) {
    dialog.close();
    return plan(left - WARNING);
  }
  if (!dialog.open) dialog.showModal();
  plan(left + 1);
}

function plan(seconds) {
  clearTimeout(timer);
  timer = setTimeout(check, seconds * 1000);
}

dialog.querySelector("[data-stay]").addEventListener("click", async () => {
  const left = await ask(dialog.dataset.extendUrl, "POST");
  if (left <= 0) return location.reload();
  dialog.close();
  plan(left - WARNING);
});

// A sleeping computer stops the clock: look again when the page is looked at.
document.addEventListener("visibilitychange", () => { if (!document.hidden) check(); });

plan(dialog.dataset.seconds - WARNING);
