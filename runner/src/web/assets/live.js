// Keeps an open page as it would be if it were loaded now. The server says that something moved; the page is fetched again
// and the parts marked data-live that differ are exchanged. Without this script every page works, and is loaded by hand.
(() => {
  "use strict";
  const body = document.body;
  const button = document.getElementById("follow");
  const news = document.getElementById("news");
  // What answers a form has nothing that follows, and cannot be asked for by its address.
  if (!button || !window.EventSource || !document.querySelector("main [data-live]")) return;

  let source = null;
  let wanted = sessionStorage.getItem("follow") !== "no";
  let position = body.dataset.position;
  let fetching = false;
  let again = false;

  // Somebody who is ticking boxes or typing must not lose it: such a part waits until nothing of it is in use. What was
  // typed stays in use when the focus is elsewhere.
  const touched = (field) => {
    if (field.matches("select")) return [...field.options].some((option, at) => option.selected !== (option.defaultSelected || at === first(field)));
    return field.type === "checkbox" || field.type === "radio" ? field.checked !== field.defaultChecked : field.type !== "hidden" && field.value !== field.defaultValue;
  };
  const first = (select) => [...select.options].some((option) => option.defaultSelected) ? -1 : 0;
  const inUse = (part) =>
    part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, summary, button") ||
    [...part.querySelectorAll("input, select, textarea")].some(touched);

  // Something is being read for this page, which moves nothing in the log: it is looked for by the second.
  let waiting = null;
  function waitForMore() {
    const busy = wanted && !document.hidden && document.querySelector("[data-busy]");
    if (busy && !waiting) waiting = setTimeout(() => { waiting = null; refresh(); }, 1000);
  }

  async function refresh() {
    if (fetching) { again = true; return; }
    fetching = true;
    try {
      const answer = await fetch(location.href, { headers: { accept: "text/html" }, credentials: "same-origin" });
      if (!answer.ok || new URL(answer.url).pathname !== location.pathname) return;
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      let moved = 0;
      for (const part of document.querySelectorAll("[data-live]")) {
        const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
        if (!next || next.innerHTML === part.innerHTML || inUse(part)) continue;
        const called = (details) => `${details.closest("li")?.value ?? ""} ${details.querySelector("summary")?.textContent}`;
        const open = new Set([...part.querySelectorAll("details[open]")].map(called));
        const focused = part.contains(document.activeElement) && document.activeElement.getAttribute("href");
        part.innerHTML = next.innerHTML;
        for (const details of part.querySelectorAll("details")) {
          if (open.has(called(details))) details.setAttribute("open", "");
        }
        if (focused) part.querySelector(`[href="${CSS.escape(focused)}"]`)?.focus();
        if (part.dataset.live !== "foot") moved += 1;
      }
      if (moved) news.textContent = "Updated just now.";
    } catch {
      // The server is away for a moment: the stream comes back by itself and tells again.
    } finally {
      fetching = false;
      if (again) { again = false; refresh(); } else waitForMore();
    }
  }

  function follow() {
    const asked = new URLSearchParams({ from: position });
    if (body.dataset.stream) asked.set("stream", body.dataset.stream);
    source = new EventSource(`/live?${asked}`);
    source.addEventListener("moved", (event) => { position = event.data; refresh(); });
    // A server that is away is asked again by the browser; one that says no (too many follow) is asked again by this.
    source.addEventListener("error", (event) => {
      if (event.target !== source || source.readyState !== EventSource.CLOSED) return;
      source = null;
      setTimeout(set, 10_000);
    });
  }

  function set() {
    const on = wanted && !document.hidden;
    if (on && !source) follow();
    if (!on && source) { source.close(); source = null; }
    button.setAttribute("aria-pressed", String(wanted));
    button.textContent = wanted ? "Live" : "Paused";
    waitForMore();
  }

  button.hidden = false;
  button.addEventListener("click", () => {
    wanted = !wanted;
    sessionStorage.setItem("follow", wanted ? "yes" : "no");
    set();
    if (wanted) refresh();
  });
  document.addEventListener("visibilitychange", set);
  set();

  // The slider is exchanged with what it stands in, as long as nobody has moved it.
  const sliding = (event) => event.target.matches("input[type=range]#at") && event.target;
  document.addEventListener("change", (event) => { sliding(event) && event.target.form.requestSubmit(); });
  document.addEventListener("input", (event) => { if (sliding(event)) event.target.form.querySelector("output").value = event.target.value; });
})();
