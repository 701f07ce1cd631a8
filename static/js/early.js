/* Runs before the first paint, so that parts for pages without script do not flash. */
document.documentElement.dataset.js = "";
