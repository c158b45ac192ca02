// Conveniences only: every page works without this file.
"use strict";

// Search as you type: the list of the same page, asked for again, takes the place of the one shown.
for (const form of document.querySelectorAll("form[data-search]")) {
  const input = form.querySelector("input[type=search]");
  let timer, asking;
  const search = async () => {
    asking?.abort();
    asking = new AbortController();
    const address = form.action + "?" + new URLSearchParams(new FormData(form));
    try {
      const answer = await fetch(address, { signal: asking.signal, headers: { accept: "text/html" } });
      if (!answer.ok || answer.redirected) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const results = page.getElementById("results");
      if (!results) return;
      document.getElementById("results").replaceWith(document.adoptNode(results));
      history.replaceState(null, "", address);
    } catch (error) {
      if (error.name !== "AbortError") form.submit();
    }
  };
  input.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(search, 200);
  });
}

// A form is sent once, however often somebody clicks. (The services would do it once, too.)
for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
  });
}
addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-once]")) delete form.dataset.sent;
});

// "/" searches, "n" makes something new, "g" and a letter goes somewhere, "?" lists the keys; Escape closes the menu.
const TYPING = "input:not([type=checkbox], [type=radio], [type=submit]), textarea, select, [contenteditable]";
let going = 0;
addEventListener("keydown", (event) => {
  if (event.defaultPrevented || event.isComposing || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  if (event.target.closest(TYPING) || document.querySelector("dialog[open]")) return;
  const name = Date.now() - going < 1500 ? "go" : "key";
  const target = document.querySelector(`[data-${name}="${CSS.escape(event.key)}"]`);
  going = name === "key" && event.key === "g" ? Date.now() : 0;
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) {
    target.focus();
    target.select();
  } else if (event.key === "?") {
    showKeys(target.href);
  } else {
    target.click();
  }
});

// The page of the keys, shown over the one that is open.
async function showKeys(address) {
  try {
    const answer = await fetch(address, { headers: { accept: "text/html" } });
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const keys = page.getElementById("keys");
    if (!answer.ok || answer.redirected || !keys) throw new Error("no list of keys");
    const dialog = document.createElement("dialog");
    const heading = document.adoptNode(page.querySelector("h1"));
    heading.id = "keys-heading";
    dialog.setAttribute("aria-labelledby", heading.id);
    dialog.append(heading, document.adoptNode(keys));
    dialog.addEventListener("close", () => dialog.remove());
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  } catch {
    location.assign(address);
  }
}
addEventListener("click", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
