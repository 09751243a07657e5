// The browser's half of a passkey ceremony. Forms name what to do in data attributes:
// data-passkey="get|create", data-begin and data-finish (addresses), data-then (a form to send
// afterwards). Words are in the page.
(() => {
  "use strict";
  const bytes = (text) => {
    const plain = atob(text.replace(/-/g, "+").replace(/_/g, "/"));
    return Uint8Array.from(plain, (character) => character.charCodeAt(0));
  };
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const named = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));

  const post = async (address, body) => {
    const answer = await fetch(address, {
      method: "POST",
      headers: { "Content-Type": "application/json", Accept: "application/json" },
      body: JSON.stringify(body),
    });
    const said = await answer.json().catch(() => ({}));
    if (!answer.ok) throw new Error(said.detail || "");
    return said;
  };

  const create = async (options) => {
    const made = await navigator.credentials.create({
      publicKey: {
        ...options,
        challenge: bytes(options.challenge),
        user: { ...options.user, id: bytes(options.user.id) },
        excludeCredentials: named(options.excludeCredentials),
      },
    });
    return {
      id: made.id, rawId: text(made.rawId), type: made.type, extensions: made.getClientExtensionResults(),
      response: {
        attestationObject: text(made.response.attestationObject),
        clientDataJSON: text(made.response.clientDataJSON),
        transports: made.response.getTransports ? made.response.getTransports() : [],
      },
    };
  };

  const get = async (options) => {
    const made = await navigator.credentials.get({
      publicKey: {
        ...options, challenge: bytes(options.challenge), allowCredentials: named(options.allowCredentials),
      },
    });
    const said = made.response;
    return {
      id: made.id, rawId: text(made.rawId), type: made.type, extensions: made.getClientExtensionResults(),
      response: {
        authenticatorData: text(said.authenticatorData), clientDataJSON: text(said.clientDataJSON),
        signature: text(said.signature), userHandle: said.userHandle ? text(said.userHandle) : null,
      },
    };
  };

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const fault = form.querySelector("[role=alert]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      fault.hidden = true;
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        const fields = Object.fromEntries(new FormData(form));
        const { ceremony, options } = await post(form.dataset.begin, fields);
        const answer = await (form.dataset.passkey === "create" ? create(options) : get(options));
        const { next } = await post(form.dataset.finish, { ...fields, ceremony, answer });
        // What waited for a proof is sent as it was.
        const kept = form.dataset.then && document.getElementById(form.dataset.then);
        if (kept) kept.submit();
        else location.assign(next);
      } catch (error) {
        // What the server said; else the page's own words: given up, no passkey here, no network.
        fault.textContent = (error.name === "Error" && error.message) || fault.dataset.usual;
        fault.hidden = false;
        button.disabled = false;
      }
    });
    form.hidden = !window.PublicKeyCredential;
  }
})();
