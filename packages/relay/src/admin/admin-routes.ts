import { createHash, timingSafeEqual } from 'node:crypto'
import basicAuth from '@fastify/basic-auth'
import { DocstoreError, type ErrorCode } from '@p2p-docstore/core'
import type { FastifyInstance } from 'fastify'
import { adminPage } from './admin-page.ts'
import { type AdminReportInit, adminReports } from './admin-report.ts'

/** Shortest key: one that cannot be guessed by asking. */
const MIN_KEY_LENGTH = 16
/** The page has no script, and loads nothing. */
const CONTENT_SECURITY_POLICY = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** What the page for who runs the relay is made from. */
export interface AdminRoutesInit extends AdminReportInit {
  /** What has to be typed as password. */
  readonly key: string
}

/** Throws `bad-setting` where a key can be guessed. */
export function checkAdminKey(key: string): void {
  if (key.length < MIN_KEY_LENGTH)
    throw new DocstoreError('bad-setting', `adminKey has ${MIN_KEY_LENGTH} characters at least. \`openssl rand -hex 16\` makes one`)
}

/** `/admin` and `/admin.json`, behind HTTP's own question for a user and a password (RFC 7617): the user is `admin`, the password the key. */
export async function adminRoutes(http: FastifyInstance, { key, ...init }: AdminRoutesInit): Promise<void> {
  const report = adminReports(init)
  const hashed = hash(key)
  await http.register(basicAuth, {
    validate: async (user, password) => {
      // Hashes are of one length, and say nothing of where they differ.
      if (timingSafeEqual(hash(password), hashed) && user === 'admin') return
      throw new DocstoreError('not-allowed', 'The key is a different one')
    },
    authenticate: { realm: 'relay' },
  })
  http.setErrorHandler(async (error, _request, reply) => {
    const isOutside = (error as { statusCode?: number }).statusCode === 401
    if (!isOutside) throw error
    return reply
      .status(401)
      .send({ error: { code: 'not-allowed' satisfies ErrorCode, message: 'This is for who runs the relay: user admin, and the key as password' } })
  })
  http.addHook('onRequest', async (_request, reply) => void reply.header('cache-control', 'no-store'))
  http.addHook('onRequest', http.basicAuth)
  http.get('/admin', async (_request, reply) =>
    reply
      .header('content-security-policy', CONTENT_SECURITY_POLICY)
      .type('text/html; charset=utf-8')
      .send(adminPage(await report())),
  )
  http.get('/admin.json', async () => report())
}

function hash(text: string): Buffer {
  return createHash('sha256').update(text).digest()
}
