import { DocstoreError, isPlainObject, parseJson } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import type { CollectionRules, RulesCheck, RulesInput } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { openHere, openToRead } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { inputFile } from '../output/standard-streams.ts'
import { textTable } from '../output/text-table.ts'
import { readInput } from '../read-input.ts'

/** Longest file of rules, UTF-16 units: many times what fits into a head. */
const MAX_RULES_LENGTH: number = 256 * 1024

/** Documents that are looked at in one step. */
const CHECKED_AT_ONCE = 1000

/** A document that breaks a rule. */
interface Broken {
  readonly collection: string
  readonly _id: string
  readonly rule: string
  readonly path: readonly (string | number)[]
  readonly text: string
  /** Whether it is a version that lost. */
  readonly isConflict?: true
}

/** `docstore namespace rules NS [--set FILE] [--check]` */
export function namespaceRulesCommand(run: Run): Command {
  const command = new Command('rules')
    .description('show what documents of a namespace have to be, or set it, where the namespace is yours')
    .argument('<ns>', 'id or name of the namespace')
    .option(
      '--set <file>',
      'JSON of rules by collection, such as {"orders":{"schema":{"required":["total"]},"immutable":["number"],"maxBytes":4096}}; null takes them away; - is standard input',
      inputFile,
    )
    .addOption(
      new Option(
        '--check',
        'list documents that break the rules: updates of several people can do that together; with --set, what those rules would remove, and set nothing',
      ).conflicts('force'),
    )
    .option('--force', 'also where documents that are here break the rules: everybody removes them')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, options: CopiesOptions & { set?: string; check?: boolean; force?: boolean }) =>
    run(async (context) => {
      if (options.check === true && options.set !== undefined) await checkNew(context, ns, options.set)
      else if (options.check === true) await check(context, ns)
      else if (options.set === undefined) await show(context, ns)
      else await set(context, ns, options.set, options)
    }),
  )
}

async function show(context: Context, ns: string): Promise<void> {
  await using store = await openStore(context)
  const namespace = await openToRead(context, store, ns)
  const rules = await namespace.rules()
  await context.output.result(rules, () => rulesText(rules))
}

async function set(context: Context, ns: string, file: string, options: CopiesOptions & { force?: boolean }): Promise<void> {
  const rules = await readRules(context, file)
  await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
  const namespace = await openHere(context, store, ns)
  const now = await namespace.setRules(rules, { force: options.force === true }).catch((error: unknown) => {
    noteExamples(context, error)
    throw error
  })
  const copies = await waitForCopies(context, store, namespace, options)
  await context.output.result({ rules: now, copies }, () => `${rulesText(now)}\n${copiesText(copies)}`)
}

async function check(context: Context, ns: string): Promise<void> {
  await using store = await openStore(context)
  const namespace = await openToRead(context, store, ns)
  const found: Broken[] = []
  for (const collection of Object.keys(await namespace.rules())) {
    let after: string | undefined
    do {
      context.signal.throwIfAborted()
      const page = await store.replica.broken(namespace.id, collection, { after, limit: CHECKED_AT_ONCE })
      found.push(...page.documents.map(({ id, breaks }) => ({ collection, _id: id, ...breaks })))
      after = page.after
    } while (after !== undefined)
  }
  await context.output.result(found, () =>
    found.length === 0 ? 'No document that is here breaks a rule.' : found.map((one) => brokenText(one)).join('\n'),
  )
}

/** What rules would remove that are not set yet. */
async function checkNew(context: Context, ns: string, file: string): Promise<void> {
  const rules = await readRules(context, file)
  await using store = await openStore(context)
  const namespace = await openToRead(context, store, ns)
  const found = await namespace.checkRules(rules)
  await context.output.result(found, () =>
    found.documents + found.conflicts === 0 ? 'Nothing that is here would break these rules.' : examplesText(found).join('\n'),
  )
}

/** Says what new rules would remove. */
function noteExamples({ output }: Context, error: unknown): void {
  if (!(error instanceof DocstoreError) || error.code !== 'documents-against-rules') return
  for (const one of examplesText(error.details as unknown as RulesCheck)) output.note(one)
}

function examplesText({ documents, conflicts, examples }: RulesCheck): readonly string[] {
  const more = documents + conflicts - examples.length
  return [...examples.map(brokenText), ...(more > 0 ? [`and ${more} more`] : [])]
}

function brokenText({ collection, _id, text, isConflict }: Broken): string {
  return `${collection}/${_id}${isConflict === true ? ', a version that lost' : ''}: ${text}`
}

async function readRules(context: Context, file: string): Promise<RulesInput> {
  const text = await readInput(context, file, {
    what: 'the rules',
    maxLength: MAX_RULES_LENGTH,
    tooLong: ['bad-rules', `Rules have at most ${MAX_RULES_LENGTH} characters; of all of them 16 KiB fit into the head of a namespace`],
  })
  const rules = parseJson(text)
  if (!isPlainObject(rules) || !Object.values(rules).every((one) => one === null || isPlainObject(one)))
    throw new DocstoreError(
      'bad-rules',
      'Rules are an object with one for each collection, such as {"orders":{"maxBytes":4096}}; null takes them away',
    )
  return rules as RulesInput
}

function rulesText(rules: Readonly<Record<string, CollectionRules>>): string {
  const rows = Object.entries(rules).flatMap(([collection, one]) =>
    Object.entries(one).map(([name, value]) => [collection, name, Array.isArray(value) ? value.join(', ') : JSON.stringify(value)]),
  )
  return rows.length === 0 ? 'No rules: every document that its network allows.' : textTable(rows)
}
