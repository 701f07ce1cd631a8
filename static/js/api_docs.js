// Draws the API's documentation from the document this product serves. No inline script: the CSP permits files only.
"use strict";
const place = document.getElementById("operations");
SwaggerUIBundle({
  url: place.dataset.document,
  domNode: place,
  deepLinking: true,
  docExpansion: "list",
  defaultModelsExpandDepth: 0,
  defaultModelRendering: "model",
  validatorUrl: null,
});
