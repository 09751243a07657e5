// Follows what happens now: when the journal has grown, the parts of the page marked data-live are
// fetched again and put in place. Whoever writes in a form, or has something unfolded, is left alone.
(() => {
  "use strict";
  const isBusy = (part) =>
    part.contains(document.activeElement) && document.activeElement.matches("input, select, textarea, summary")
    || part.querySelector("details[open]");
  const nameOf = (element) => `${element.tagName} ${element.getAttribute("href") || element.textContent}`;
  let isFetching = false;
  const refresh = async () => {
    if (isFetching || document.hidden) return;
    isFetching = true;
    try {
      const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
      if (!answer.ok) return;
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const fresh = page.querySelector(`[data-live="${part.dataset.live}"]`);
        if (!fresh || isBusy(part)) continue;
        const held = part.contains(document.activeElement) ? nameOf(document.activeElement) : null;
        part.replaceChildren(...fresh.childNodes);
        // Whoever goes by keyboard stays where they were.
        if (held) [...part.querySelectorAll("a, button")].find((one) => nameOf(one) === held)?.focus();
      }
    } finally {
      isFetching = false;
    }
  };
  const source = new EventSource("/events");
  source.addEventListener("journal", refresh);
})();
