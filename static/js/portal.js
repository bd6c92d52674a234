// What script adds to pages that work without it. Every text shown comes from the markup.

const all = (selector, root = document) => root.querySelectorAll(selector);

// Controls that only script can serve are hidden in the markup; here they appear.
function prepare(root) {
  for (const button of all("[data-reveal], [data-print], [data-dismiss]", root)) button.hidden = false;
  if (navigator.clipboard) for (const button of all("[data-copy]", root)) button.hidden = false;
  for (const hint of all("[data-length-hint]", root)) watchLength(hint, root);
  for (const image of all("img.avatar", root)) watchPicture(image);
  root.querySelector("[data-error-summary]")?.focus();
}

function reveal(button) {
  const input = document.getElementById(button.dataset.reveal);
  const shown = input.type === "password";
  input.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", shown);
}

// How many characters are still missing from a new password.
function watchLength(hint, root) {
  const input = root.querySelector(`#${CSS.escape(hint.dataset.for)}`);
  const asked = hint.textContent;
  input?.addEventListener("input", () => {
    const typed = [...input.value].length;
    const missing = hint.dataset.lengthHint - typed;
    hint.classList.toggle("is-enough", missing <= 0);
    if (!typed) hint.textContent = asked;
    else if (missing > 0) hint.textContent = hint.dataset.missing.replace("{n}", missing);
    else hint.textContent = hint.dataset.enough;
  });
}

async function copy(button) {
  await navigator.clipboard.writeText(document.querySelector(button.dataset.copy).innerText.trim());
  const words = button.querySelector("span") ?? button;
  const before = words.textContent;
  if (before === button.dataset.copied) return;
  words.textContent = button.dataset.copied;
  setTimeout(() => { words.textContent = before; }, 2500);
}

// A picture from elsewhere that does not come leaves its place empty, and the page says so where it has the words.
function watchPicture(image) {
  const missing = () => {
    image.classList.add("is-missing");
    for (const words of all("[data-unreachable]")) words.hidden = false;
  };
  if (image.complete && !image.naturalWidth) missing();
  else image.addEventListener("error", missing, { once: true });
}

// A confirmation page shown over the page it was asked from. Whatever does not fit is followed as a link.
async function openDialog(link) {
  let content = null;
  try {
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (answer.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      content = page.querySelector("[data-dialog-content]");
    }
  } catch { /* offline: the link says so better */ }
  if (!content) return location.assign(link.href);

  const dialog = document.createElement("dialog");
  dialog.className = "dialog";
  dialog.append(document.adoptNode(content));
  const heading = dialog.querySelector("h1");
  if (heading) {
    heading.id = "dialog-title";
    dialog.setAttribute("aria-labelledby", heading.id);
  }
  for (const button of all("button[data-dialog-close]", dialog)) button.hidden = false;
  dialog.addEventListener("close", () => { dialog.remove(); link.focus(); });
  // What is missing is said here: the page that would say so has not the one below, which people look at meanwhile.
  for (const form of all("form", dialog)) form.noValidate = false;
  for (const input of all(".field:not(.field-checkbox, :has(.optional)) :is(input, textarea)", dialog)) input.required = true;
  document.body.append(dialog);
  prepare(dialog);
  dialog.showModal();
  dialog.querySelector(':is(input:not([type="hidden"]), select, textarea), a[data-dialog-close]')?.focus();
}

// Back at the row something was done in: the keyboard goes on from there, also once what came of it is closed.
function landed() {
  const place = document.getElementById(location.hash.slice(1));
  if (!place || place.contains(document.activeElement)) return;
  if (place.tabIndex < 0) place.tabIndex = -1;
  place.focus({ preventScroll: true });
}

function dismiss(message) {
  message.remove();
  if (!document.querySelector(".message")) document.querySelector(".messages")?.remove();
  landed();
}

function closeMenus(except) {
  for (const menu of all("details[data-menu][open]")) if (menu !== except) menu.open = false;
}

document.addEventListener("click", (event) => {
  const target = event.target;
  closeMenus(target.closest("details[data-menu]"));
  if (target.matches("dialog")) return target.close(); // the backdrop
  const control = target.closest("[data-reveal], [data-copy], [data-print], [data-dismiss], [data-dialog], [data-dialog-close]");
  if (!control) return;
  if (control.matches("[data-reveal]")) return reveal(control);
  if (control.matches("[data-copy]")) return copy(control);
  if (control.matches("[data-print]")) return print();
  if (control.matches("[data-dismiss]")) return dismiss(control.parentElement);
  const dialog = control.closest("dialog");
  if (control.matches("[data-dialog-close]") && dialog) {
    event.preventDefault();
    return dialog.close();
  }
  const wantsNewTab = event.metaKey || event.ctrlKey || event.shiftKey || event.button;
  if (control.matches("[data-dialog]") && !wantsNewTab) {
    event.preventDefault();
    openDialog(control);
  }
});

document.addEventListener("keydown", (event) => {
  const menu = event.key === "Escape" && document.querySelector("details[data-menu][open]");
  if (!menu) return;
  menu.open = false;
  menu.querySelector("summary").focus();
});

// A form is sent once. aria-disabled rather than disabled: the button keeps the focus and its value is sent.
document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || "repeatable" in form.dataset) return;
  if ("sent" in form.dataset) return event.preventDefault();
  form.dataset.sent = "";
  event.submitter?.setAttribute("aria-disabled", "true");
  for (const button of all('[data-reveal][aria-pressed="true"]', form)) reveal(button);
});

// Back from the history, the page is as it was left: let its forms be sent again.
addEventListener("pageshow", () => {
  for (const form of all("form[data-sent]")) {
    delete form.dataset.sent;
    for (const button of all("[aria-disabled]", form)) button.removeAttribute("aria-disabled");
  }
});

// Tabs that scroll begin with the current one in sight.
for (const tab of all(".tabs [aria-current]")) {
  const [seen, own] = [tab.parentElement.getBoundingClientRect(), tab.getBoundingClientRect()];
  tab.parentElement.scrollBy(own.left + own.width / 2 - seen.left - seen.width / 2, 0);
}

prepare(document);
if (document.querySelector(".messages")) landed();
