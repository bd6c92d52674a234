// An identity provider on oidc-provider with one client. Says its issuer in a line of JSON, and ends with its input.
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const [clientId, clientSecret, redirectUri] = process.argv.slice(2)
const page = (uid, who) => `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>University</title>
<link rel="icon" href="data:,"></head><body><main><h1>University sign-in</h1><form method="post" action="/interaction/${uid}">
<label>Account <input name="account" value="${who}" autocomplete="username"></label>
<button name="do" value="continue">Continue</button> <button name="do" value="cancel">Cancel</button></form></main></body></html>`

const server = createServer()
await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
const issuer = `http://127.0.0.1:${server.address().port}`

const provider = new Provider(issuer, {
  clients: [{ client_id: clientId, client_secret: clientSecret, redirect_uris: [redirectUri] }],
  cookies: { keys: ['a key of the tests'] },
  claims: { openid: ['sub'], profile: ['preferred_username', 'given_name'], email: ['email', 'email_verified'] },
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { methods: ['S256'], required: () => true },
  findAccount: (_, sub) => ({
    accountId: sub,
    claims: () => ({
      sub,
      preferred_username: sub,
      given_name: sub[0].toUpperCase() + sub.slice(1),
      email: `${sub}@university.example`,
      email_verified: true,
    }),
  }),
  async loadExistingGrant(ctx) {
    const { client, session, provider: own } = ctx.oidc
    const grant = new own.Grant({ clientId: client.clientId, accountId: session.accountId })
    grant.addOIDCScope('openid profile email')
    await grant.save()
    return grant
  },
})

const answer = provider.callback()
server.on('request', async (request, response) => {
  const uid = /^\/interaction\/([\w-]+)$/.exec(request.url)?.[1]
  if (!uid) return answer(request, response)
  if (request.method === 'GET') {
    await provider.interactionDetails(request, response)
    response.setHeader('Content-Type', 'text/html; charset=utf-8')
    return response.end(page(uid, 'alice'))
  }
  let body = ''
  for await (const part of request) body += part
  const form = new URLSearchParams(body)
  const result = form.get('do') === 'cancel'
    ? { error: 'access_denied', error_description: 'cancelled' }
    : { login: { accountId: form.get('account') } }
  await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false })
})

console.log(JSON.stringify({ issuer }))
process.stdin.resume().on('end', () => process.exit(0))
