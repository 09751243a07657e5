// An OpenID provider that nobody here wrote (`oidc-provider`), with a login page of one field and a choice
// of factor, and a control port on which a test says what it does wrong next.
//
//   node provider.js CERTIFICATE KEY CONSOLE_URL CONSOLE_PORT
//
// Prints {"issuer": ..., "control": ...} when it is ready, and ends with its standard input.
import { readFileSync } from "node:fs";
import { createServer as createPlain } from "node:http";
import { createServer } from "node:https";

import { exportJWK, generateKeyPair, SignJWT } from "jose";
import Provider from "oidc-provider";

const [certificate, key, consoleUrl, consolePort] = process.argv.slice(2);
const SECRET = "un-secret-de-client-pour-les-tests-0123456789";
const STRENGTH = { pwd: ["pwd"], mail: ["mail"], mfa: ["pwd", "totp", "mfa"], pop: ["pop"] };

const keys = {};
for (const [name, alg] of [["rsa", "RS256"], ["ec", "ES256"], ["foreign", "RS256"]]) {
  const pair = await generateKeyPair(alg, { extractable: true });
  keys[name] = { alg, kid: name === "foreign" ? "rsa" : name, own: pair.privateKey };
  keys[name].jwk = { ...(await exportJWK(pair.privateKey)), alg, use: "sig", kid: name };
}

const server = createServer({ cert: readFileSync(certificate), key: readFileSync(key) });
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const issuer = `https://127.0.0.1:${server.address().port}`;

// What is done wrong next, where somebody was last sent, and what was last answered.
let wrong = {};
const seen = { back: "", tokens: {}, logouts: 0 };

const client = (id, provider, more) => ({
  client_id: id,
  client_secret: SECRET,
  token_endpoint_auth_method: "client_secret_post",
  redirect_uris: [`${consoleUrl}/.digue/provider/${provider}/back`],
  post_logout_redirect_uris: [`${consoleUrl}/.digue/left`],
  backchannel_logout_uri: `${consoleUrl}/.digue/provider/${provider}/logout`,
  backchannel_logout_session_required: true,
  ...more,
});

const provider = new Provider(issuer, {
  clients: [
    client("digue", "proconnect", { id_token_signed_response_alg: "RS256", userinfo_signed_response_alg: "ES256" }),
    client("digue-relache", "relache", { id_token_signed_response_alg: "ES256" }),
    client("digue-usagers", "usagers", { userinfo_signed_response_alg: "RS256" }),
  ],
  jwks: { keys: [keys.rsa.jwk, keys.ec.jwk] },
  cookies: { keys: ["tests"] },
  pkce: { required: () => false },
  acrValues: ["eidas1", "eidas1-mfa", "eidas2"],
  claims: { openid: ["sub"], email: ["email"], dossier: ["dossier"], acr: null, amr: null, auth_time: null, sid: null },
  features: {
    devInteractions: { enabled: false },
    claimsParameter: { enabled: true },
    jwtUserinfo: { enabled: true },
    backchannelLogout: { enabled: true },
    rpInitiatedLogout: {
      enabled: true,
      logoutSource: (ctx, form) => {
        ctx.body = `<!doctype html><title>Fournisseur</title><h1>Se déconnecter ?</h1>${form}
          <button id="oui" type="submit" form="op.logoutForm" value="yes" name="logout">Oui</button>`;
      },
    },
  },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  // Nobody is asked twice what they agree to.
  loadExistingGrant: async (ctx) => {
    const { client: { clientId }, session: { accountId }, provider: { Grant } } = ctx.oidc;
    const grant = new Grant({ clientId, accountId });
    grant.addOIDCScope("openid email dossier");
    grant.addOIDCClaims(["acr", "amr", "auth_time", "sid", "email", "dossier"]);
    await grant.save();
    return grant;
  },
  findAccount: (_, id) => ({
    accountId: id,
    claims: () => ({ sub: id, email: `${id}@fournisseur.fr`, dossier: id.toUpperCase() }),
  }),
  // The console's name is in no name system: it is this machine.
  httpOptions: () => ({
    dnsLookup: (_, options, done) =>
      options?.all ? done(null, [{ address: "127.0.0.1", family: 4 }]) : done(null, "127.0.0.1", 4),
  }),
});

const unpack = (token) => JSON.parse(Buffer.from(token.split(".")[1], "base64url"));
const plain = (value) => Buffer.from(JSON.stringify(value)).toString("base64url");

// Signs claims as the provider would, or as somebody else: "rsa", "ec", "foreign", "none", "secret".
const sign = async (claims, how = "rsa", typ = undefined) => {
  if (how === "none") return `${plain({ alg: "none" })}.${plain(claims)}.`;
  if (how === "secret") {
    return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(SECRET));
  }
  const { alg, kid, own } = keys[how];
  return new SignJWT(claims).setProtectedHeader({ alg, kid, typ }).sign(own);
};

provider.use(async (ctx, next) => {
  if (ctx.path === "/auth" && wrong.nonce) ctx.query = { ...ctx.query, nonce: wrong.nonce };
  if (ctx.path.startsWith("/interaction/")) return interact(ctx);
  await next();
  const to = ctx.response.get("location");
  if (to.includes("/.digue/provider/")) seen.back = to;
  if (ctx.path === "/token" && ctx.body?.id_token) {
    seen.tokens = { id: ctx.body.id_token };
    if (wrong.idToken) {
      ctx.body.id_token = await sign({ ...unpack(ctx.body.id_token), ...wrong.idToken }, wrong.key);
    }
  }
  if (ctx.path === "/me" && wrong.userinfo) {
    ctx.body = await sign({ ...unpack(ctx.body), ...wrong.userinfo }, wrong.key ?? "ec");
  }
});

const interact = async (ctx) => {
  const { prompt, params } = await provider.interactionDetails(ctx.req, ctx.res);
  if (ctx.method === "GET") {
    ctx.type = "html";
    ctx.body = `<!doctype html><title>Fournisseur</title><h1>Fournisseur d'identité</h1><p>${params.client_id}</p>
      <form method="post"><input name="login" id="login"><select name="factor" id="factor">
      ${Object.keys(STRENGTH).map((name) => `<option value="${name}">${name}</option>`).join("")}</select>
      <button name="go" value="yes" id="go">Entrer</button><button name="go" value="no" id="no">Non</button></form>`;
    return;
  }
  let text = "";
  for await (const piece of ctx.req) text += piece;
  const form = new URLSearchParams(text);
  if (form.get("go") === "no") {
    const refusal = { error: "access_denied" };
    return provider.interactionFinished(ctx.req, ctx.res, refusal, { mergeWithLastSubmission: false });
  }
  if (prompt.name !== "login") throw new Error(prompt.name);
  const login = { accountId: form.get("login"), amr: STRENGTH[form.get("factor")], remember: true };
  if (wrong.acr) login.acr = wrong.acr;
  if (wrong.age) login.ts = Math.floor(Date.now() / 1000) - wrong.age;
  await provider.interactionFinished(ctx.req, ctx.res, { login }, { mergeWithLastSubmission: false });
  ctx.respond = false;
};

provider.on("backchannel.success", () => { seen.logouts += 1; });
provider.on("backchannel.error", (_, error) => console.error("logout", error.message));
provider.on("server_error", (_, error) => console.error(error));
server.on("request", provider.callback());

// POST /wrong: what is done wrong from now on; POST /sign: a token of any claims; GET /seen.
const control = createPlain(async (request, response) => {
  let text = "";
  for await (const piece of request) text += piece;
  const said = text ? JSON.parse(text) : {};
  if (request.url === "/wrong") wrong = said;
  const answer = request.url === "/sign" ? { token: await sign(said.claims, said.key, said.typ) } : seen;
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify(answer));
});
await new Promise((ready) => control.listen(0, "127.0.0.1", ready));
console.log(JSON.stringify({ issuer, control: control.address().port }));
process.stdin.on("end", () => process.exit(0)).resume();
