import { Readable } from 'node:stream'
import { type Asker, DocstoreError, errorCode, errorMessage, parseJson, cidOfBytes, DAG_JSON } from '@p2p-docstore/core'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type Docstore, hostOf } from 'p2p-docstore'
import { fileRoutes } from './file-routes.ts'
import { ipfsRoutes } from './ipfs-routes.ts'
import { knownNamespace } from './known-namespace.ts'

/** Documents of one page of `GET /ns/NS/docs`. */
const DEFAULT_LIMIT = 50
const MAX_LIMIT = 1000
/** What one query may use up, milliseconds and documents that it looks at: other queries wait meanwhile, and nobody else. */
const MAX_QUERY_MS = 2000
const MAX_QUERY_ROWS = 1_000_000

/** What a CID names never changes. */
const FOR_EVER = 'public, max-age=31536000, immutable'

/** Parameters of `GET /ns/NS/docs`. */
const LIST_PARAMETERS: readonly string[] = ['filter', 'sort', 'limit', 'cursor']

const STATUS: ReadonlyMap<string, number> = new Map([
  ['not-found', 404],
  ['unknown-namespace', 404],
  ['bad-filter', 400],
  ['bad-sort', 400],
  ['bad-limit', 400],
  ['bad-cursor', 400],
  ['bad-option', 400],
  ['too-slow', 503],
  ['too-many-queries', 429],
  ['queries-full', 503],
  // Given up on a full disk.
  ['no-text-index', 503],
  ['bad-projection', 400],
  ['bad-namespace-id', 400],
  ['bad-cid', 400],
  ['not-acceptable', 406],
  // What somebody stored under this CID is no document, or no file.
  ['bad-content', 422],
  ['bad-file', 422],
  // Who else may have it was asked.
  ['file-unavailable', 404],
  // Others are asked for as much as it may be already.
  ['busy', 503],
])

/** Documents over HTTP, to read: content has its CID as ETag, so what a cache has is never sent twice. */
export async function documentRoutes(http: FastifyInstance, { store }: { store: Docstore }): Promise<void> {
  http.addHook('onSend', async (_request, reply) => void reply.header('access-control-allow-origin', '*'))
  http.setErrorHandler(async (error, _request, reply) => {
    const code = errorCode(error)
    if (error instanceof DocstoreError && typeof error.details['retryAfter'] === 'number')
      void reply.header('retry-after', error.details['retryAfter'])
    return reply
      .status(STATUS.get(code) ?? 500)
      .send({ error: { code, message: STATUS.has(code) ? errorMessage(error) : 'The relay failed to answer' } })
  })

  http.get('/ns/:ns/docs/*', async (request: FastifyRequest<{ Params: { ns: string; '*': string } }>, reply) => {
    await knownNamespace(store, request.params.ns)
    const content = await store.replica.get(request.params.ns, 'docs', request.params['*'])
    if (content === undefined) throw new DocstoreError('not-found', `There is no document ${JSON.stringify(request.params['*'])}`)
    return sendContent(request, reply, content)
  })

  http.get(
    '/ns/:ns/docs',
    async (request: FastifyRequest<{ Params: { ns: string }; Querystring: Readonly<Record<string, string | undefined>> }>, reply) => {
      await knownNamespace(store, request.params.ns)
      const unknown = Object.keys(request.query).find((name) => !LIST_PARAMETERS.includes(name))
      if (unknown !== undefined)
        throw new DocstoreError(
          'bad-option',
          `There is no parameter ${JSON.stringify(unknown.slice(0, 80))}. There are ${LIST_PARAMETERS.join(', ')}`,
        )
      const { filter, sort, limit, cursor } = request.query
      const size = limit === undefined ? DEFAULT_LIMIT : Number(limit)
      if (!Number.isInteger(size) || size < 1 || size > MAX_LIMIT)
        throw new DocstoreError('bad-limit', `limit is a whole number from 1 to ${MAX_LIMIT}`)
      const query = {
        filter: parseFilterText(filter, request.url),
        sort: parseSortText(sort),
        limit: size,
        cursor,
        maxMs: MAX_QUERY_MS,
        maxRows: MAX_QUERY_ROWS,
      }
      const page = await store.replica.find(request.params.ns, 'docs', query, askerOf(request, reply))
      // Contents are JSON already: they are put together, not parsed and written again.
      const body = `{"documents":[${page.contents.join(',')}]${page.cursor === undefined ? '' : `,"cursor":${JSON.stringify(page.cursor)}`}}`
      return sendWithTag(request, reply, body, `"${cidOfBytes(DAG_JSON, body).toString()}"`, 'no-cache')
    },
  )

  await fileRoutes(http, { store })
  await ipfsRoutes(http, { store })

  http.get('/content/:cid', async (request: FastifyRequest<{ Params: { cid: string } }>, reply) => {
    const content = await store.content(request.params.cid)
    const { cid } = content
    // Made by whoever wrote it: nothing of it is to be taken for what it does not say it is.
    void reply.header('x-content-type-options', 'nosniff')
    if (content.kind === 'document') return sendWithTag(request, reply, content.text, `"${cid}"`, FOR_EVER)
    void reply.header('etag', `"${cid}"`).header('cache-control', FOR_EVER)
    if (request.headers['if-none-match'] === `"${cid}"`) return reply.status(304).send()
    void reply.type('application/octet-stream').header('content-length', content.size).header('content-disposition', `attachment; filename="${cid}"`)
    return request.method === 'HEAD' ? reply.send() : reply.send(Readable.from(content, { objectMode: false, highWaterMark: 0 }))
  })
}

/** Who asks, until the connection is closed. */
function askerOf({ ip, headers }: FastifyRequest, { raw }: FastifyReply): Asker {
  const gone = new AbortController()
  raw.once('close', () => gone.abort(new DocstoreError('cancelled', 'Nobody waits for the answer any more')))
  return { host: hostOf(behindProxy(ip, headers['x-forwarded-for'])), signal: gone.signal }
}

/** What a proxy on this machine says of who asked it; nobody else is believed. Only the last of several was written by that proxy. */
function behindProxy(ip: string, forwarded: string | readonly string[] | undefined): string {
  const isHere = ip === '::1' || /^(::ffff:)?127\./i.test(ip)
  const last = [forwarded ?? []].flat().join(',').split(',').at(-1)?.trim() ?? ''
  return isHere && last !== '' ? last : ip
}

function sendContent(request: FastifyRequest, reply: FastifyReply, content: string): FastifyReply {
  return sendWithTag(request, reply, content, `"${cidOfBytes(DAG_JSON, content).toString()}"`, 'no-cache')
}

function sendWithTag(request: FastifyRequest, reply: FastifyReply, body: string, tag: string, cacheControl: string): FastifyReply {
  void reply.header('etag', tag).header('cache-control', cacheControl)
  if (request.headers['if-none-match'] === tag) return reply.status(304).send()
  return reply.type('application/json; charset=utf-8').send(body)
}

function parseFilterText(text: string | readonly string[] | undefined, url: string): unknown {
  if (text === undefined) return {}
  try {
    if (typeof text !== 'string') throw new DocstoreError('bad-filter', 'there are several of them. Put their conditions into one')
    // The server would take the escapes themselves for the text.
    if (!isUtf8(url)) throw new DocstoreError('bad-filter', 'its percent escapes are not UTF-8')
    return parseJson(text)
  } catch (error) {
    const what = errorCode(error) === 'bad-json' ? 'filter is JSON, such as {"country":"FR"}' : `The filter cannot be used: ${errorMessage(error)}`
    throw new DocstoreError('bad-filter', what, { cause: error })
  }
}

function isUtf8(url: string): boolean {
  try {
    decodeURIComponent(url)
    return true
  } catch {
    return false
  }
}

/** `name,-age` as a sort, in the order as typed: rising by name, then falling by age. Blanks around names are nobody's. */
function parseSortText(text: string | undefined): readonly (readonly [field: string, direction: 1 | -1])[] {
  const fields = text === undefined || text.trim() === '' ? [] : text.split(',').map((field) => field.trim())
  return fields.map((field) => (field.startsWith('-') ? ([field.slice(1).trim(), -1] as const) : ([field.replace(/^\+/, '').trim(), 1] as const)))
}
