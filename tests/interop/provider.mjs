// Starts npm `oidc-provider`, a certified OpenID provider, on a free port of the loopback interface.
//
//   node provider.mjs '{"client_id": "...", "redirect_uris": ["..."], "scopes": ["openid"], "issuer": "...", "alg": "ES256"}'
//
// Prints one line of JSON ({"url": ...}) when it listens, and ends when its standard input closes.
import http from 'node:http';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { Provider } from 'oidc-provider';

const wanted = JSON.parse(process.argv[2] ?? '{}');
const secret = () => randomBytes(16).toString('hex');

// oidc-provider's own development key would draw a warning, and is the same everywhere.
const alg = wanted.alg ?? 'RS256';
const { privateKey } =
  alg === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' })
    : generateKeyPairSync('rsa', { modulusLength: 2048 });
const key = { ...privateKey.export({ format: 'jwk' }), use: 'sig', alg, kid: wanted.kid ?? secret() };

const server = http.createServer();
server.listen(0, '127.0.0.1', () => {
  const url = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(wanted.issuer ?? url, {
    clients: [
      {
        client_id: wanted.client_id ?? 'kasm',
        client_secret: secret(),
        redirect_uris: wanted.redirect_uris ?? ['http://127.0.0.1/api/oidc_callback'],
        response_types: ['code'],
        grant_types: ['authorization_code'],
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
    jwks: { keys: [key] },
    pkce: { required: () => wanted.pkce_required === true },
    features: { devInteractions: { enabled: false }, rpInitiatedLogout: { enabled: true } },
    interactions: { url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  });
  server.on('request', provider.callback());
  console.log(JSON.stringify({ url }));
});

process.stdin.on('end', () => process.exit(0)).resume();
