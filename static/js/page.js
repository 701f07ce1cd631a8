/*
 * What a page needs beyond htmx: the connection's failures said aloud, and focus that moves with the work.
 * Nothing here is needed to use a page: without it every form posts and every link leads somewhere.
 */
(() => {
  const alertBox = () => document.getElementById("connection-error");

  function showFailure() {
    const box = alertBox();
    if (box) box.hidden = false;
  }

  // Nothing was saved: say so, keep the person's input, let them press again.
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError", "htmx:swapError"]) {
    document.addEventListener(name, (event) => {
      if (!event.detail?.elt?.closest("[data-background]")) showFailure();
    });
  }
  document.addEventListener("htmx:beforeRequest", () => {
    const box = alertBox();
    if (box) box.hidden = true;
  });

  // A strip of tabs that is wider than the screen begins with the one at hand in view.
  document.addEventListener("DOMContentLoaded", () => {
    for (const tab of document.querySelectorAll(".tabs > [aria-current]")) {
      const strip = tab.parentElement;
      strip.scrollLeft = tab.offsetLeft - strip.offsetLeft - (strip.clientWidth - tab.offsetWidth) / 2;
    }
  });

  // The element that asks for focus after a swap is the head of the new work, so a screen reader starts there.
  document.addEventListener("htmx:afterSettle", (event) => {
    const head = event.target instanceof Element ? event.target.querySelector("[data-focus]") : null;
    if (head) head.focus({ preventScroll: false });
  });

  // A form posted as a whole page can be posted once.
  document.addEventListener("submit", (event) => {
    const button = event.submitter;
    if (event.defaultPrevented || !(button instanceof HTMLButtonElement) || !event.target.matches("[data-once]")) return;
    button.setAttribute("aria-busy", "true");
    setTimeout(() => event.target.querySelectorAll("button").forEach((each) => { each.disabled = true; }));
  });
  // Back from the page cache: the buttons work again.
  window.addEventListener("pageshow", (event) => {
    if (!event.persisted) return;
    document.querySelectorAll("[data-once] button").forEach((button) => {
      button.disabled = false;
      button.removeAttribute("aria-busy");
    });
  });
})();
