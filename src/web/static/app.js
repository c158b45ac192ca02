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

// "/" searches, "n" makes something new, "g" and a letter goes somewhere; Escape closes the menu.
let going = 0;
addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "Escape") {
    const menu = document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
    return;
  }
  if (event.target.closest("input, textarea, select, [contenteditable]")) return;
  const target = Date.now() - going < 1500 ? document.querySelector(`[data-go="${CSS.escape(event.key)}"]`) : document.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  going = event.key === "g" ? Date.now() : 0;
  if (!target) return;
  event.preventDefault();
  if (target.matches("input")) {
    target.focus();
    target.select();
  } else {
    target.click();
  }
});
addEventListener("click", (event) => {
  const menu = document.querySelector("details.menu[open]");
  if (menu && !menu.contains(event.target)) menu.open = false;
});
