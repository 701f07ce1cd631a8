/*
 * What a page needs beyond htmx: the connection's failures said aloud, what is pending, and focus that moves with the work.
 * Nothing here is needed to use a page: without it every form posts and every link leads somewhere.
 */
(() => {
  const STATES = { 401: "logged-out", 403: "stale" };
  const asker = (event) => event.detail.requestConfig?.elt ?? event.detail.elt;
  const isBackground = (event) => Boolean(asker(event)?.closest("[data-background]"));

  function say(state) {
    const box = document.getElementById("connection-error");
    if (!box) return;
    for (const part of box.children) part.hidden = part.dataset.state !== state;
    for (const link of box.querySelectorAll("a[data-next]")) {
      link.href = `${link.dataset.next}?next=${encodeURIComponent(location.pathname + location.search)}`;
    }
    box.hidden = false;
  }

  // Nothing was saved: say so, keep the person's input, let them press again. That stays until something was answered.
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError", "htmx:swapError"]) {
    document.addEventListener(name, (event) => {
      const status = name === "htmx:responseError" ? event.detail.xhr.status : 0;
      if (!isBackground(event) || status === 401) say(STATES[status] ?? "failure");
    });
  }
  document.addEventListener("htmx:afterSwap", (event) => {
    const box = document.getElementById("connection-error");
    if (box && !isBackground(event)) box.hidden = true;
  });

  // A finger that taps twice does not judge or put off what nobody has read: what is new takes neither for a moment.
  const JUDGING = "form[data-judges], form[data-judges] button";
  const UNREAD_MS = 600;
  const onScreen = () => document.querySelector("form[data-judges]")?.dataset.judges;
  let met;
  let unread;
  document.addEventListener("DOMContentLoaded", () => { met = onScreen(); });
  document.addEventListener("htmx:afterSettle", () => {
    if (met === onScreen()) return;
    met = onScreen();
    clearTimeout(unread);
    document.documentElement.dataset.unread = "";
    unread = setTimeout(() => { delete document.documentElement.dataset.unread; }, UNREAD_MS);
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    if ("unread" in document.documentElement.dataset && event.detail.elt.matches(JUDGING)) event.preventDefault();
  });

  // Pending is shown on the button that was pressed, until the ledger has answered.
  const pressed = (event) => {
    const button = event.detail.requestConfig?.triggeringEvent?.submitter ?? asker(event);
    return button instanceof HTMLButtonElement ? button : undefined;
  };
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.defaultPrevented) pressed(event)?.setAttribute("aria-busy", "true");
  });
  document.addEventListener("htmx:afterRequest", (event) => pressed(event)?.removeAttribute("aria-busy"));

  // Backspace means the act before it, also one still on its way: it waits for the answer, then takes that back.
  // A finger on the receipt means the verdict named there, which the answer is about to replace: it rests.
  const undoing = () => document.querySelector("[data-hotkey=Backspace]");
  let underWay;
  let waiting;
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (!event.defaultPrevented && asker(event).matches(JUDGING)) underWay = event.detail.requestConfig;
  });
  document.addEventListener("click", (event) => {
    const undo = event.target instanceof Element && event.target.closest("[data-hotkey=Backspace]");
    if (!undo || !underWay) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    if (event.isTrusted && undo.closest(".receipt")) return;
    waiting = undo;
    undo.setAttribute("aria-busy", "true");
  }, true);
  // Before the first answer the page has no undo yet.
  document.addEventListener("hotkey-unmet", (event) => {
    if (event.detail === "Backspace" && underWay && !undoing()) waiting = document.body;
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (event.detail.requestConfig !== underWay) return;
    const [asked, next] = [waiting, undoing()];
    underWay = waiting = undefined;
    asked?.removeAttribute("aria-busy");
    // Where nothing was saved, or nothing was put off, what there is to take back is the act before it.
    if (asked && event.detail.xhr.status === 200 && next !== asked) next?.click();
  });

  // What is written beside a verdict outlives a lost login, a reload and "later", in this tab, until the verdict.
  const draftOf = (form) => `draft:${form.dataset.draft}`;
  document.addEventListener("input", (event) => {
    const form = event.target.form;
    if (!form?.matches("[data-draft]")) return;
    const { note, reason } = Object.fromEntries(new FormData(form));
    sessionStorage.setItem(draftOf(form), JSON.stringify({ note, reason }));
  });
  function recall() {
    const form = document.querySelector("form[data-draft]");
    const draft = form && sessionStorage.getItem(draftOf(form));
    if (!draft || form.elements.note.value || form.elements.reason.value) return;
    const { note, reason } = JSON.parse(draft);
    form.elements.note.value = note ?? "";
    form.elements.reason.value = reason ?? "";
  }
  document.addEventListener("DOMContentLoaded", recall);
  document.addEventListener("htmx:afterSettle", recall);
  document.addEventListener("htmx:afterSwap", (event) => {
    const form = asker(event);
    if (event.detail.xhr?.status === 200 && form?.matches("[data-draft]")) sessionStorage.removeItem(draftOf(form));
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
