// Starts npm `oidc-provider`, a certified OpenID provider, on a free port of the loopback interface.
//
//   node provider.mjs '{"client_id": "...", "redirect_uris": ["..."], "scopes": ["openid"], "issuer": "...", "alg": "ES256"}'
//
// With "client_secret" the client has that secret; "introspection" and "client_credentials" switch those on. Tokens of the
// client's own are then JWTs; "alg" may be RS256, PS256, ES256 or EdDSA.
//
// Prints one line of JSON ({"url": ...}) when it listens. A line `rotate` on standard input replaces the signing key, a line
// of JSON replaces the settings; one more such line tells that it is done. Ends when standard input closes.
import http from 'node:http';
import readline from 'node:readline';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';

// Its notices are about running it in earnest, and go to standard output, too.
console.info = console.warn = () => {};

let wanted = JSON.parse(process.argv[2] ?? '{}');
const alg = wanted.alg ?? 'RS256';
const secret = () => randomBytes(16).toString('hex');

// oidc-provider's own development key would draw a warning, and is the same everywhere.
function newKey() {
  const { privateKey } = {
    ES256: () => generateKeyPairSync('ec', { namedCurve: 'P-256' }),
    EdDSA: () => generateKeyPairSync('ed25519'),
  }[alg]?.() ?? generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: secret() };
}

function newProvider(url) {
  return new Provider(wanted.issuer ?? url, {
    clients: [
      {
        client_id: wanted.client_id ?? 'kasm',
        client_secret: wanted.client_secret ?? secret(),
        redirect_uris: wanted.redirect_uris ?? ['http://127.0.0.1/api/oidc_callback'],
        response_types: ['code'],
        grant_types: ['authorization_code', ...(wanted.client_credentials ? ['client_credentials'] : [])],
        token_endpoint_auth_method: 'client_secret_basic',
        id_token_signed_response_alg: alg,
      },
    ],
    claims: {
      openid: ['sub'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
      groups: ['groups'],
    },
    scopes: wanted.scopes ?? ['openid', 'profile', 'email', 'groups'],
    cookies: { keys: [secret()] },
    jwks: { keys: [newKey()] },
    pkce: { required: () => wanted.pkce_required === true },
    features: {
      devInteractions: { enabled: false },
      rpInitiatedLogout: { enabled: true },
      introspection: { enabled: wanted.introspection === true },
      clientCredentials: { enabled: wanted.client_credentials === true },
      // Without a resource its access tokens are opaque.
      resourceIndicators: {
        enabled: wanted.client_credentials === true,
        defaultResource: () => 'urn:example:api',
        getResourceServerInfo: () => ({ scope: '', accessTokenFormat: 'jwt', jwt: { sign: { alg } } }),
      },
    },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  });
}

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const serve = () => {
    server.removeAllListeners('request');
    server.on('request', newProvider(url).callback());
    console.log(JSON.stringify({ url }));
  };
  serve();
  readline
    .createInterface({ input: process.stdin })
    .on('line', (line) => {
      if (line !== 'rotate') wanted = JSON.parse(line);
      serve();
    })
    .on('close', () => process.exit(0));
});
