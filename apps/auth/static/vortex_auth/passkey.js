// Answers the page's question with a passkey. Without it, a code can be typed.
"use strict";
const form = document.getElementById("passkey");
const asked = document.getElementById("passkey-options");
if (form && asked && window.PublicKeyCredential?.parseRequestOptionsFromJSON) {
  form.hidden = false;
  form.addEventListener("submit", async (event) => {
    const field = document.getElementById("credential");
    if (field.value) return;
    event.preventDefault();
    try {
      const options = PublicKeyCredential.parseRequestOptionsFromJSON(JSON.parse(asked.textContent));
      const found = await navigator.credentials.get({ publicKey: options });
      field.value = JSON.stringify(found.toJSON());
      form.submit();
    } catch {
      document.getElementById("passkey-problem").hidden = false;
    }
  });
}
