import { Command } from 'commander'
import type { NameInfo } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { openStore } from '../open-store.ts'
import { textTable } from '../output/text-table.ts'

/** `docstore name …` */
export function nameCommand(run: Run): Command {
  return new Command('name')
    .description('usernames of a network that has some: each belongs to one person at a time')
    .addCommand(claimCommand(run))
    .addCommand(showCommand(run))
    .addCommand(releaseCommand(run))
    .addCommand(transferCommand(run))
}

const NAME = '2 to 32 of a-z, 0-9, _ and -'

function claimCommand(run: Run): Command {
  return new Command('claim')
    .description('get a username for the person of this folder, for a year, or renew it; folders that have one renew it by themselves')
    .argument('<name>', NAME)
    .action((name: string) =>
      run(async (context) => {
        await using store = await openStore(context, { person: 'new' })
        await show(context, await store.names.claim(name, patience(context)), (text) => `It is yours.\n${text}`)
      }),
    )
}

function showCommand(run: Run): Command {
  return new Command('show')
    .description('show who has a username, and until when')
    .argument('<name>', NAME)
    .action((name: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        await show(context, await store.names.show(name, patience(context)))
      }),
    )
}

function releaseCommand(run: Run): Command {
  return new Command('release')
    .description('give a username up: for 90 days only you get it back, then whoever claims it')
    .argument('<name>', NAME)
    .action((name: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        await show(context, await store.names.release(name, patience(context)))
      }),
    )
}

function transferCommand(run: Run): Command {
  return new Command('transfer')
    .description('give a username to another person, who has it once they claim it')
    .argument('<name>', NAME)
    .argument('<who>', 'id of a person (bafyrei…), a username such as @bob, or somebody whom `docstore profile list` names')
    .action((name: string, who: string) =>
      run(async (context) => {
        await using store = await openStore(context)
        const to = who.startsWith('bafyrei') ? who : (await store.profiles.show(who)).person
        const info = await store.names.transfer(name, to, patience(context))
        await context.output.result(
          { ...nameJson(info), to },
          () => `${nameText(info)}\n${to} has it once they run: docstore name claim ${info.name}`,
        )
      }),
    )
}

function patience({ settings, signal }: Context): { readonly timeoutMs: number; readonly signal: AbortSignal } {
  return { timeoutMs: settings.timeoutMs, signal }
}

async function show({ output }: Context, info: NameInfo, text: (shown: string) => string = (shown) => shown): Promise<void> {
  await output.result(nameJson(info), () => text(nameText(info)))
}

/** A name as programs read it. */
function nameJson({ name, person, until, ...rest }: NameInfo): Readonly<Record<string, unknown>> {
  return { name, person: person ?? null, until: until ?? null, ...rest }
}

const STATES: Readonly<Record<NameInfo['state'], string>> = {
  free: 'free: whoever claims it first gets it',
  held: 'held',
  grace: 'run out; the holder alone can renew it for a while',
  quarantine: 'given up or run out; the holder of before alone gets it back for a while',
}

/** And as people read it. */
function nameText({ name, state, person, last, until, doubles }: NameInfo): string {
  const rows: [string, string | undefined][] = [
    ['name', name],
    ['state', STATES[state]],
    ['person', person],
    ['was of', last],
    ['until', until],
    ...(doubles ?? []).map((did): [string, string] => ['gave it to two', did]),
  ]
  return textTable(rows.flatMap(([label, value]) => (value === undefined ? [] : [[label, value]])))
}
