/* The desk beyond htmx: which row is current, and polling that rests while nobody looks. */
(() => {
  const field = () => document.getElementById("q");
  const shown = () => document.getElementById("alert")?.dataset.alert;

  /** Mark the row of the alert on screen; the rows beside it answer to j and k. */
  function markCurrent() {
    const links = [...document.querySelectorAll("#list .alert-row > a")];
    const index = links.findIndex((link) => link.parentElement.id === `row-${shown()}`);
    links.forEach((link, place) => {
      link.toggleAttribute("aria-current", place === index);
      if (place === index) link.setAttribute("aria-current", "true");
      if (place === index + 1) link.dataset.hotkey = "j";
      else if (index >= 0 && place === index - 1) link.dataset.hotkey = "k";
      else delete link.dataset.hotkey;
    });
    links[index]?.scrollIntoView({ block: "nearest" });
    return { links, index };
  }

  /** Take the row of the alert that was just judged off the list, where the list has one. */
  function dropJudged() {
    const receipt = document.querySelector("#receipt [data-judged]");
    if (!receipt) return;
    document.getElementById(`row-${receipt.dataset.judged}`)?.remove();
    delete receipt.dataset.judged;
  }

  /**
   * Keep list and alert together: a list that has run out is fetched again, a clear desk takes the first alert. Whoever
   * is paused takes none, and their list is empty.
   * What was looked for is a list of its own, and may well be empty.
   */
  function settle() {
    const { links } = markCurrent();
    if (document.querySelector("#list[data-sought]")) return;
    if (document.activeElement !== field()) field().value = "";
    if (document.querySelector("#alert[data-paused]")) {
      if (links.length > 0) document.body.dispatchEvent(new CustomEvent("list-stale"));
      return;
    }
    if (shown() && links.length === 0) document.body.dispatchEvent(new CustomEvent("list-stale"));
    if (!shown() && links.length > 0) links[0].click();
  }

  /** On a phone the alert takes the place of the list; its head could not have the focus before. */
  function uncover() {
    const desk = document.querySelector(".desk--list");
    desk?.classList.remove("desk--list");
    desk?.querySelector("#alert [data-focus]").focus();
  }

  document.addEventListener("DOMContentLoaded", markCurrent);
  document.addEventListener("htmx:afterSettle", (event) => {
    if (event.target.id === "alert") uncover();
    dropJudged();
    if (event.target.id === "alert" || event.target.id === "list") settle();
    if (event.target.id === "receipt") document.querySelector("#verdict-more:popover-open")?.hidePopover();
  });

  // Escape empties the search field, and an empty one is left. What an input method still composes is not looked for.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || event.target !== field() || event.isComposing) return;
    event.preventDefault();
    if (field().value === "") return field().blur();
    field().value = "";
    field().dispatchEvent(new Event("input", { bubbles: true }));
  });
  document.addEventListener("input", (event) => {
    if (event.target === field() && event.isComposing) event.stopPropagation();
  }, true);
  for (const name of ["htmx:sendError", "htmx:timeout", "htmx:responseError"]) {
    document.addEventListener(name, (event) => {
      if (event.target.id === "search") document.getElementById("found").textContent = event.target.dataset.failed;
    });
  }

  // Polling rests while the page is hidden.
  document.addEventListener("htmx:beforeRequest", (event) => {
    if (document.hidden && event.detail.elt.matches("[data-background]")) event.preventDefault();
  });
})();
