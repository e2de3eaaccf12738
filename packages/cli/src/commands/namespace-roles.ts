import { DocstoreError, MEMBER_ROLES, type MemberRole } from '@p2p-docstore/core'
import { Argument, Command, Option } from 'commander'
import type { Docstore, GrantOptions, MemberInfo, Namespace, RevokeRolesOptions } from 'p2p-docstore'
import type { Context, Run } from '../context.ts'
import { type CopiesOptions, copiesOptions, copiesText, waitForCopies } from '../copies.ts'
import { nameText } from '../name-text.ts'
import { freshen, openHere } from '../open-namespace.ts'
import { openStore } from '../open-store.ts'
import { whoTexts } from '../people/who-text.ts'

const WHO =
  'id of a person (bafyrei…), a username (@alice, alice@example.org), an identity (did:key:…), or somebody whom `docstore profile list` names'

/** `docstore namespace grant NS WHO ROLE` */
export function namespaceGrantCommand(run: Run): Command {
  const command = new Command('grant')
    .description('give somebody a role in a namespace that was created with --write members')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<who>', WHO)
    .addArgument(
      new Argument(
        '<role>',
        'read: nothing that others may not; write; moderate: remove what others wrote, too; manage: give and take roles, too',
      ).choices(MEMBER_ROLES),
    )
    .option('--collection <name>', 'only in this collection')
    .option('--from <time>', 'only from then on; earlier than now, what they wrote since then counts, too')
    .option('--until <time>', 'only until then, such as 2030-01-31T12:00:00Z; what is written before that stands')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, who: string, role: MemberRole, options: CopiesOptions & GrantOptions) =>
    run((context) => {
      const { collection, from, until } = options
      const limits = {
        ...(collection === undefined ? {} : { collection }),
        ...(from === undefined ? {} : { from }),
        ...(until === undefined ? {} : { until }),
      }
      return changeRoles(context, ns, options, async (store, namespace) => {
        const person = await idOf(store, who)
        const owner = person.startsWith('did:') ? await store.person.of(person) : undefined
        // What its device writes is written by the person, who would have no role.
        if (owner !== undefined)
          throw new DocstoreError('bad-identity', `That is the key of one device. Roles are given to persons; take the id of theirs: ${owner}`)
        await namespace.grant(person, role, limits)
      })
    }),
  )
}

/** `docstore namespace revoke NS WHO` */
export function namespaceRevokeCommand(run: Run): Command {
  const command = new Command('revoke')
    .description('take all roles of somebody away, or one: what they wrote until now stands')
    .argument('<ns>', 'id or name of the namespace')
    .argument('<who>', WHO)
    .addOption(new Option('--remove-all', 'and remove everything that the roles allowed, everywhere').conflicts('role'))
    .addOption(new Option('--role <role>', 'this one alone; the others stay').choices(MEMBER_ROLES))
    .option('--collection <name>', 'with --role, the one that holds in this collection alone')
  for (const option of copiesOptions()) command.addOption(option)
  return command.action((ns: string, who: string, { removeAll = false, role, collection, ...options }: CopiesOptions & RevokeRolesOptions) =>
    run((context) =>
      changeRoles(context, ns, options, async (store, namespace) => {
        const person = await idOf(store, who)
        if (!(await namespace.members()).some((member) => member.who === person)) context.output.note(`No role of ${person} is known here.`)
        await namespace.revoke(person, { removeAll, ...(role === undefined ? {} : { role }), ...(collection === undefined ? {} : { collection }) })
      }),
    ),
  )
}

/** `docstore namespace members NS` */
export function namespaceMembersCommand(run: Run): Command {
  return new Command('members')
    .description('show who has, or had, which role in a namespace')
    .argument('<ns>', 'id or name of the namespace')
    .action((ns: string) =>
      run(async (context) => {
        await using store = await openStore(context, { network: 'auto' })
        const namespace = await openHere(context, store, ns)
        await freshen(context, store, namespace)
        const members = await namespace.members()
        const shown = await membersText(store, members)
        await context.output.result(members, () => shown)
      }),
    )
}

/** Changes who has which role, waits for copies, and shows who has which then. */
async function changeRoles(
  context: Context,
  ns: string,
  options: CopiesOptions,
  change: (store: Docstore, namespace: Namespace) => Promise<unknown>,
): Promise<void> {
  await using store = await openStore(context, { network: options.offline === true ? 'off' : 'auto' })
  const namespace = await openHere(context, store, ns)
  await change(store, namespace)
  const copies = await waitForCopies(context, store, namespace, options)
  const [name, members] = [await nameText(store, namespace), await namespace.members()]
  const shown = await membersText(store, members)
  await context.output.result({ id: namespace.id, roles: members, copies }, () => `${name}, ${copiesText(copies)}\n${shown}`)
}

async function idOf(store: Docstore, who: string): Promise<string> {
  if (/^(did:key:|bafyrei)/.test(who)) return who
  return (await store.profiles.show(who)).person
}

/** With what they are called, beside the ids that commands take. */
async function membersText(store: Docstore, members: readonly MemberInfo[]): Promise<string> {
  if (members.length === 0) return 'Nobody but its owner writes there.'
  const names = await whoTexts(
    store,
    members.map(({ who }) => who),
  )
  return members
    .map(({ who, role, from, until, removed, collection }) => {
      const where = collection === undefined ? '' : ` in ${collection}`
      const ended = until === undefined ? '' : removed === true ? ', taken away with all that it allowed' : ` until ${until}`
      return `${who}  ${names.get(who) ?? ''}  ${role}${where} from ${from}${ended}`
    })
    .join('\n')
}
