// A relying party on openid-client. Takes one order a line as JSON, answers each with a line of JSON.
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

const [issuer, clientId, clientSecret, redirectUri] = process.argv.slice(2)
let config, verifier, state, nonce, tokens

const orders = {
  async begin({ scope, extra }) {
    config ??= await client.discovery(new URL(issuer), clientId, clientSecret, undefined, {
      execute: [client.allowInsecureRequests], // loopback
    })
    verifier = client.randomPKCECodeVerifier()
    state = client.randomState()
    nonce = client.randomNonce()
    const url = client.buildAuthorizationUrl(config, {
      redirect_uri: redirectUri,
      scope,
      state,
      nonce,
      code_challenge: await client.calculatePKCECodeChallenge(verifier),
      code_challenge_method: 'S256',
      ...extra,
    })
    return { url: url.href }
  },
  async finish({ url }) {
    tokens = await client.authorizationCodeGrant(config, new URL(url), {
      pkceCodeVerifier: verifier,
      expectedState: state,
      expectedNonce: nonce,
      idTokenExpected: true,
      maxAge: 3600,
    })
    return { claims: tokens.claims(), scope: tokens.scope }
  },
  async userinfo() {
    return await client.fetchUserInfo(config, tokens.access_token, tokens.claims().sub)
  },
  async refresh() {
    const sub = tokens.claims().sub
    tokens = await client.refreshTokenGrant(config, tokens.refresh_token)
    return { same: tokens.claims().sub === sub }
  },
  async introspect() {
    return await client.tokenIntrospection(config, tokens.access_token)
  },
  async revoke() {
    await client.tokenRevocation(config, tokens.refresh_token)
    return {}
  },
  async logout({ back }) {
    const asked = { id_token_hint: tokens.id_token, post_logout_redirect_uri: back, state: 'bye' }
    return { url: client.buildEndSessionUrl(config, asked).href }
  },
}

for await (const line of createInterface({ input: process.stdin })) {
  const order = JSON.parse(line)
  let answer
  try {
    answer = await orders[order.do](order)
  } catch (error) {
    answer = { failed: error.error ?? error.code ?? error.message, status: error.status, cause: String(error.cause ?? '') }
  }
  console.log(JSON.stringify(answer))
}
