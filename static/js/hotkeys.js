/*
 * Presses the visible [data-hotkey] control named by the key; a field gets the focus.
 *
 * Silent while a person types, while a modifier is held, on a key that repeats, during IME composition, and when
 * <html data-hotkeys="off"> (WCAG 2.1.4: single-character shortcuts can be turned off; the switch is in the sidebar).
 * While a dialog is open only the controls inside it answer. Space and Enter stay with the control that has the focus.
 */
(() => {
  const EDITABLE =
    "textarea, select, input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset]), " +
    "[contenteditable]:not([contenteditable=false])";
  const PRESSABLE = "a[href], button, summary, input, label, [role=button]";
  const NAMES = { " ": "Space" };

  const isOff = () => document.documentElement.dataset.hotkeys === "off";
  const isTyping = (target) => target instanceof Element && target.closest(EDITABLE) !== null;
  const isTaken = (event) =>
    event.defaultPrevented || event.repeat || event.isComposing || event.ctrlKey || event.metaKey || event.altKey;

  function belongsToFocus(event) {
    const presses = event.key === " " || event.key === "Enter";
    return presses && event.target instanceof Element && event.target.closest(PRESSABLE) !== null;
  }

  function controlFor(key) {
    const open = document.querySelector("[popover]:popover-open, dialog[open]");
    const controls = (open ?? document).querySelectorAll("[data-hotkey]");
    return [...controls].find(
      (control) => control.dataset.hotkey.toLowerCase() === key.toLowerCase() && !control.disabled &&
        control.checkVisibility({ visibilityProperty: true }),
    );
  }

  document.addEventListener("keydown", (event) => {
    if (isOff() || isTaken(event) || isTyping(event.target) || belongsToFocus(event)) return;
    const control = controlFor(NAMES[event.key] ?? event.key);
    if (!control) return void document.dispatchEvent(new CustomEvent("hotkey-unmet", { detail: event.key }));
    event.preventDefault();
    if (!control.matches(EDITABLE)) return control.click();
    control.focus();
    control.select();
  });
})();
