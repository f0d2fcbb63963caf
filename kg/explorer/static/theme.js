// Runs before the page is painted: the theme that was chosen last, if one was.
"use strict";
try {
  const theme = localStorage.getItem("kg-theme");
  if (theme === "dark" || theme === "light") document.documentElement.dataset.theme = theme;
} catch {
  // no storage, no memory of a choice
}
