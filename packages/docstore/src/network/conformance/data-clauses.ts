import {
  compareReply,
  createSeed,
  decodeBatch,
  decodeGenesis,
  decodeHead,
  decodeQuestion,
  decodeReply,
  encodeRequest,
  equalBytes,
  EVERYTHING,
  identityFromSeed,
  type NamespaceBytes,
  questionAbout,
  sha256,
  SummedTree,
  type SyncResponse,
  toHex,
  concatBytes,
} from '@p2p-docstore/core'
import type { Clause } from './clause.ts'
import { must, NotTried } from './verdicts.ts'
import type { Examination } from './examination.ts'
import { Notebook, type Note, together } from './notebook.ts'
import { describe, readResponse, type SyncTalk } from './sync-talk.ts'

/** Answers to an offer that are no fault: the peer keeps no more, or not this. */
const DECLINED: ReadonlySet<string> = new Set(['not-wanted', 'full', 'quota'])
/** How long a follow waits, and how long an audit's salt is. */
const FOLLOW_MS = 5000
const SALT_BYTES = 16

/** Puts notes as one batch; resolves with the words that became of them. */
async function put(talk: SyncTalk, ns: string, batch: Uint8Array): Promise<readonly string[]> {
  return (await talk.ask({ t: 'put', ns, batch }, 'results')).results
}

function mustBe(words: readonly string[], expected: readonly string[]): void {
  must(words.join(' ') === expected.join(' '), `the results are ${words.join(', ') || 'none'} in place of ${expected.join(', ')}`)
}

/** Opens our namespace: it has to hold what we know that it holds. */
async function mustHold(talk: SyncTalk, { id, tree }: Notebook): Promise<Extract<SyncResponse, { t: 'opened' }> & NamespaceBytes> {
  const opened = await talk.ask({ t: 'open', ns: id }, 'opened')
  must(opened.count === tree.size, `it says that it holds ${opened.count} records in place of ${tree.size}`)
  must(opened.root === tree.root(), `its root is ${opened.root} in place of ${tree.root()}`)
  must(opened.namespace !== undefined, 'it leaves out a head that it was not told of')
  return { ...opened, ...opened.namespace }
}

function clause(id: string, section: string, rule: string, look: (examination: Examination, ours: Notebook) => Promise<string>): Clause {
  return { id, section, rule, binds: 'relays', writes: true, look: async (examination) => look(examination, examination.ours()) }
}

/** The notes that stand at the peer after `put`. */
const FIRST = 'first'

export const DATA_CLAUSES: readonly Clause[] = [
  {
    id: 'offer',
    section: 'sync §4',
    rule: 'takes a namespace that is offered, and opens it then',
    binds: 'relays',
    writes: true,
    look: async (examination) => {
      const ours = new Notebook(examination.target.network)
      const talk = await examination.sync()
      const { genesis, head } = ours
      const answer = await talk.answer(encodeRequest({ t: 'offer', genesis: genesis.bytes, head: head.bytes, signature: head.signature }))
      if (answer.t === 'error' && DECLINED.has(answer.code)) throw new NotTried(`it does not want the namespace (${answer.code})`)
      must(answer.t === 'ok', `it was answered with ${describe(answer)}`)
      const opened = await mustHold(talk, ours)
      const read = decodeGenesis(opened.genesis, examination.target.network.cid)
      must(read.ok && read.value.cid.toString() === ours.id, 'the genesis of what it opens is another')
      must((await decodeHead(opened.head, opened.signature, genesis)).ok, 'the head of what it opens is not valid')
      const { ids } = await talk.ask({ t: 'list', after: '' }, 'list')
      must(ids.length === 1000 || ids.includes(ours.id), 'it does not list the namespace')
      examination.notebook = ours
      return `namespace ${ours.id}`
    },
  },
  clause('offer-refused', 'sync §4', 'refuses a head that the owner did not sign, by name', async (examination, ours) => {
    const talk = await examination.sync()
    const { bytes, signature } = ours.renamed()
    const forged = signature.with(0, (signature[0] ?? 0) ^ 1)
    const answer = await talk.answer(encodeRequest({ t: 'offer', genesis: ours.genesis.bytes, head: bytes, signature: forged }))
    must(answer.t === 'error' && answer.code === 'bad-signature', `it was answered with ${describe(answer)}`)
    return 'bad-signature'
  }),
  clause('offer-head', 'sync §4', 'takes a newer head, and keeps it', async (examination, ours) => {
    const talk = await examination.sync()
    const { bytes, signature } = ours.renamed()
    for (const [head, of] of [
      [bytes, signature],
      [ours.head.bytes, ours.head.signature],
    ] as const) {
      const answer = await talk.answer(encodeRequest({ t: 'offer', genesis: ours.genesis.bytes, head, signature: of }))
      must(answer.t === 'ok', `it was answered with ${describe(answer)}`)
    }
    must(equalBytes((await mustHold(talk, ours)).head, bytes), 'it does not open with the newer head')
    return 'the newer one stays'
  }),
  clause('put', 'sync §7', 'stores records, says so, and has the root that follows from them', async (examination, ours) => {
    const talk = await examination.sync()
    const notes = [ours.note(FIRST, 1, { ago: 60_000 }), ...Array.from({ length: 40 }, (_, i) => ours.note(`note ${i}`, i, { ago: 50_000 - i }))]
    mustBe(
      await put(talk, ours.id, together(notes)),
      notes.map(() => 'stored'),
    )
    for (const note of notes) ours.held(note)
    await mustHold(talk, ours)
    return `${notes.length} records, root ${ours.tree.root().slice(0, 16)}…`
  }),
  clause('put-again', 'sync §7', 'tells what it had from what is older than what it has', async (examination, ours) => {
    const talk = await examination.sync()
    const newer = ours.note(FIRST, 2, { ago: 30_000 })
    mustBe(await put(talk, ours.id, together([newer])), ['stored'])
    ours.held(newer)
    mustBe(await put(talk, ours.id, together([newer])), ['same'])
    mustBe(await put(talk, ours.id, together([ours.note(FIRST, 3, { ago: 45_000 })])), ['superseded'])
    await mustHold(talk, ours)
    return 'same, superseded'
  }),
  clause('put-refused', 'sync §7', 'refuses each bad record of a batch by name, and takes the good one', async (examination, ours) => {
    const talk = await examination.sync()
    const good = ours.note('good', 1, { ago: 20_000 })
    const notes = [
      good,
      ours.note('forged', 1),
      ours.note('spaces', 1, { text: '{"_id": "spaces"}' }),
      ours.note('other id', 1, { text: '{"_id":"another"}' }),
      ours.note('stranger', 1, { by: identityFromSeed(createSeed()) }),
      ours.note('ahead', 1, { ago: -3_600_000 }),
    ]
    const forge = together(notes, (seal, index) =>
      index === 1 ? { ...seal, signature: seal.signature.with(0, (seal.signature[0] ?? 0) ^ 1) } : seal,
    )
    mustBe(await put(talk, ours.id, forge), ['stored', 'bad-signature', 'not-canonical', 'bad-content', 'not-allowed', 'future'])
    ours.held(good)
    await mustHold(await examination.sync(), ours)
    return 'bad-signature, not-canonical, bad-content, not-allowed, future'
  }),
  clause('put-garbage', 'sync §7', 'refuses a batch that cannot be read as a whole', async (examination, ours) => {
    const talk = await examination.sync()
    const answer = await talk.answer(encodeRequest({ t: 'put', ns: ours.id, batch: Uint8Array.of(0x82, 0x80, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0) }))
    must(answer.t === 'error' && answer.code === 'malformed', `it was answered with ${describe(answer)}`)
    await mustHold(await examination.sync(), ours)
    return 'malformed, and nothing has changed'
  }),
  clause('puts', 'sync §7', 'takes batches of several namespaces, if it says so in its hello', async (examination, ours) => {
    const talk = await examination.sync()
    if (!talk.can.includes('puts')) throw new NotTried('it does not say that it can')
    const note = ours.note('joined', 1, { ago: 10_000 })
    const puts = [
      { ns: ours.id, batch: together([note]) },
      { ns: examination.networkId, batch: together([note]) },
    ]
    const { results } = await talk.ask({ t: 'puts', puts }, 'all-results')
    const [first, second] = results
    must(Array.isArray(first) && first.join() === 'stored', 'the first batch was not stored')
    must(
      second !== undefined && 'code' in second && second.code === 'unknown-namespace',
      'the batch of a namespace that is not there was not refused as such',
    )
    ours.held(note)
    await mustHold(talk, ours)
    return `stored, and ${second.code} for a namespace that is not there`
  }),
  clause('fetch', 'sync §7', 'gives the records in the slots that it is asked for', async (examination, ours) => {
    const talk = await examination.sync()
    const [first] = [ours.note(FIRST, 2)]
    const empty = new Uint8Array(16).fill(0xff)
    const { batch, taken } = await talk.ask({ t: 'fetch', ns: ours.id, slots: concatBytes(first.slot, empty) }, 'batch')
    const decoded = batch === null ? undefined : decodeBatch(batch)
    must(decoded?.ok === true, 'there is no batch that can be read')
    must(decoded.value.records.length === 1 && decoded.value.records[0]?.key === `notes/${FIRST}`, 'it is not the record that was asked for')
    must(taken === 2, `it says that it took ${taken} slots in place of 2`)
    return 'one record, two slots'
  }),
  clause('pull', 'sync §7', 'gives all records after a position, and says up to where', async (examination, ours) => {
    const talk = await examination.sync()
    const keys = new Set<string>()
    for (let since = 0, more = true, rounds = 0; more; rounds++) {
      must(rounds < 100, 'there is no end to it')
      const news = await talk.ask({ t: 'pull', epoch: talk.epoch, ns: ours.id, since }, 'news')
      const decoded = news.batch === null ? undefined : decodeBatch(news.batch)
      must(decoded?.ok !== false, 'a batch cannot be read')
      for (const { key } of decoded?.ok === true ? decoded.value.records : []) keys.add(typeof key === 'string' ? key : toHex(key))
      must(news.seq > since || !news.more, 'its position does not rise')
      since = news.seq
      more = news.more
    }
    must(keys.size === ours.tree.size, `there are ${keys.size} records in place of ${ours.tree.size}`)
    return `${keys.size} records`
  }),
  clause('ask-equal', 'sync §6', 'leaves out of its reply what is equal', async (examination, ours) => {
    const reply = await asked(await examination.sync(), ours.id, questionAbout(ours.tree, [EVERYTHING]), ours.tree)
    must(reply.ranges === 0, `it speaks of ${reply.ranges} ranges`)
    return 'nothing differs'
  }),
  clause('ask-different', 'sync §6', 'finds every record that differs, in a bounded number of questions', async (examination, ours) => {
    const talk = await examination.sync()
    const behind = new SummedTree()
    const found = new Set<string>()
    let question: Uint8Array | undefined = questionAbout(behind, [EVERYTHING])
    let rounds = 0
    for (; question !== undefined; rounds++) {
      must(rounds < 20, 'there is no end to it')
      const { difference } = await asked(talk, ours.id, question, behind)
      for (let at = 0; at < difference.need.length; at += 16) found.add(toHex(difference.need.subarray(at, at + 16)))
      question = difference.next
    }
    must(found.size === ours.tree.size, `${found.size} records were found in place of ${ours.tree.size}`)
    return `${found.size} records in ${rounds} questions`
  }),
  clause('ask-salted', 'sync §6', 'compares by salted hashes, or is busy', async (examination, ours) => {
    const talk = await examination.sync()
    const salt = crypto.getRandomValues(new Uint8Array(SALT_BYTES))
    const salted = new SummedTree()
    for (const { slot, hash, at } of ours.tree.entries(undefined, undefined)) salted.set(slot, sha256(concatBytes(salt, hash)), at)
    const question = questionAbout(salted, [EVERYTHING], salt)
    const response = await talk.answer(encodeRequest({ t: 'ask', ns: ours.id, question }))
    if (response.t === 'error' && response.code === 'busy') return 'busy'
    must(response.t === 'reply' && equalBytes(response.reply, Uint8Array.of(0x80)), `it was answered with ${describe(response)}, and something in it`)
    return 'nothing differs'
  }),
  clause('ask-formula', 'sync §6', 'refuses a formula that it does not know', async (examination, ours) => {
    const talk = await examination.sync()
    const question = Uint8Array.from(questionAbout(ours.tree, [EVERYTHING]))
    question[1] = 17
    const answer = await talk.answer(encodeRequest({ t: 'ask', ns: ours.id, question }))
    must(answer.t === 'error' && answer.code === 'unsupported', `it was answered with ${describe(answer)}`)
    return 'unsupported'
  }),
  clause('follow', 'sync §8', 'brings what is new, and says where it stands', async (examination, ours) => {
    const [reader, writer] = [await examination.sync(), await examination.sync()]
    const { seq } = await mustHold(reader, ours)
    const request = { t: 'follow', epoch: reader.epoch, wants: [{ ns: ours.id, since: seq }], wait: FOLLOW_MS } as const
    const began = performance.now()
    const answer = reader.answer(encodeRequest(request))
    const note: Note = ours.note('news', 1)
    mustBe(await put(writer, ours.id, together([note])), ['stored'])
    ours.held(note)
    const news = await answer
    must(news.t === 'news' && news.ns === ours.id && news.seq > seq, `it was answered with ${describe(news)}`)
    const decoded = news.batch === null ? undefined : decodeBatch(news.batch)
    must(decoded?.ok === true && decoded.value.records.some(({ key }) => key === 'notes/news'), 'the new record is not in it')
    return `after ${Math.round(performance.now() - began)} ms`
  }),
  clause('follow-half-close', 'sync §1', 'answers a follow whose asking side has ended its writing', async (examination, ours) => {
    const talk = await examination.sync()
    await talk.stream.write(encodeRequest({ t: 'follow', epoch: talk.epoch, wants: [{ ns: ours.id, since: 0 }], wait: 1000 }))
    await talk.stream.end()
    const response = readResponse(await talk.stream.read())
    must(response.t === 'news', `it was answered with ${describe(response)}`)
    const end = await talk.stream.ending()
    must(end === 'ended', `then the stream was ${end}`)
    return 'answered, then ended'
  }),
  clause('delete', 'sync §7', 'takes a tombstone, which replaces the record', async (examination, ours) => {
    const talk = await examination.sync()
    const gone = ours.tombstone(FIRST)
    mustBe(await put(talk, ours.id, together([gone])), ['stored'])
    ours.held(gone)
    await mustHold(talk, ours)
    const { batch } = await talk.ask({ t: 'fetch', ns: ours.id, slots: gone.slot }, 'batch')
    const decoded = batch === null ? undefined : decodeBatch(batch)
    must(decoded?.ok === true && decoded.value.records[0]?.content === null, 'it does not give the tombstone')
    return 'the root is that of the tombstone'
  }),
]

/** Asks about our namespace, from where `mine` stands. */
async function asked(talk: SyncTalk, ns: string, question: Uint8Array, mine: SummedTree = new SummedTree()) {
  const { reply } = await talk.ask({ t: 'ask', ns, question }, 'reply')
  const read = decodeQuestion(question)
  if (!read.ok) throw new Error(read.reason)
  const ranges = decodeReply(reply, read.value)
  must(ranges.ok, 'the reply breaks its own rules')
  const steps = compareReply(mine, read.value, ranges.value, Math.random)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return { ranges: ranges.value.length, difference: step.value }
  }
}
