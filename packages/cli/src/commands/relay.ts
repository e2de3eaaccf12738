import { DocstoreError, errorMessage } from '@p2p-docstore/core'
import { Command, Option } from 'commander'
import type { LogLevel } from '@p2p-docstore/relay'
import { needsInvitation, type PeerStatus } from 'p2p-docstore'
import type { Run } from '../context.ts'
import { nameAuthorities, type NamesOptions, namesOptions } from '../name-authorities.ts'
import { COPY_NOTE } from '../open-store.ts'
import { notEmpty, wholeNumber } from '../settings.ts'
import { keepHeapSmall } from '../small-heap.ts'
import { describeNetwork } from './network-show.ts'
import { relayBackupCommand } from './relay-backup.ts'
import { relayDrainCommand } from './relay-drain.ts'
import { relayRestoreCommand } from './relay-restore.ts'

/** Peers that were not let in of whom is remembered that it was said. */
const MAX_TURNED_AWAY = 1000

/** Those that are settings are read by `readRelaySettings`. */
interface Options extends NamesOptions {
  readonly printConfig?: boolean
}

/** `docstore relay` */
export function relayCommand(run: Run): Command {
  const command = new Command('relay')
    .description('run a relay and serve the page; makes a network on first start, or joins the one of --join')
    .addOption(
      new Option(
        '--port <port>',
        'port of the page (default: 8080); 0 takes any free one; peers use three more, the next ones where they are free',
      ).argParser(wholeNumber(0, 65_535)),
    )
    .option('--host <host>', 'address or name to listen on; 0.0.0.0 lets others connect', notEmpty)
    .option('--name <name>', 'name of the network that is made on first start', notEmpty)
    .option('--invite-only', 'that network admits only those whom `docstore invite` invites')
    .addOption(
      new Option('--max-disk <gib>', 'largest size of the database in GiB (default: 10); reading and deleting go on beyond it').argParser(
        wholeNumber(1, 1_000_000),
      ),
    )
    .addOption(
      new Option(
        '--storage <what>',
        'all: keep everything in the network (default); owned: keep what falls to this relay where there are more than copies; asked: keep what peers bring, and copy nothing from other relays',
      ).choices(['all', 'owned', 'asked']),
    )
    .option('--database <url>', 'PostgreSQL for the documents, as postgres://user@host:5432/database; keys stay in the data folder', notEmpty)
    .option('--tls-cert <file>', 'certificate of the page and of WebSocket, as PEM; read again when the file changes', notEmpty)
    .option('--tls-key <file>', 'key of that certificate', notEmpty)
    .option('--public-url <origin>', 'how others reach the page, such as https://relay.example, where a proxy stands before it', notEmpty)
    .option('--announce <address...>', 'libp2p addresses to tell others in place of those listened on')
    .addOption(
      new Option(
        '--services <names>',
        'what it does for others, with commas between; `default` unless given, which is everything but nostr',
      ).argParser((text) =>
        notEmpty(text)
          .split(',')
          .map((name) => name.trim()),
      ),
    )
    .option('--service <module...>', 'services of your own to run besides: modules, as paths or npm packages')
    .option('--policy <file>', 'module or program that decides about each record that others bring', notEmpty)
    .option('--log-level <level>', 'least important messages on standard error: debug, info, warn (default), error or silent', notEmpty)
    .option('--log-format <format>', 'how they are written: text (default) or json', notEmpty)
    .option('--config <file>', 'file of settings, as YAML; options and DOCSTORE_… variables go before it', notEmpty)
    .option('--print-config', 'show each setting, and where it comes from, and end')
  for (const option of namesOptions()) command.addOption(option)
  return command
    .addCommand(relayBackupCommand(run))
    .addCommand(relayDrainCommand(run))
    .addCommand(relayRestoreCommand(run))
    .action((options: Options) =>
      run(async ({ settings, output, signal }) => {
        const { network: inNetwork } = settings
        // Loads the web server, which no other command needs.
        const { DEFAULT_HOST, startRelay } = await import('@p2p-docstore/relay')
        const { dataOf, printSettings, readRelaySettings } = await import('../relay-settings.ts')
        const { resolved, load, services } = await readRelaySettings({ ...options }, settings, process.env)
        const data = dataOf(resolved, settings)
        if (options.printConfig === true) {
          await printSettings(output, resolved, data, services)
          return
        }
        const { port, host, join, name, inviteOnly, tlsCert, tlsKey, publicUrl, announce, database, adminKey, logLevel, logFormat } =
          resolved.general as Chosen
        if ((tlsCert === undefined) !== (tlsKey === undefined)) throw new DocstoreError('usage', '--tls-cert and --tls-key go together')
        if (database !== undefined && resolved.all.some(({ name, from }) => name === 'storage.maxDisk' && from !== 'default'))
          throw new DocstoreError(
            'usage',
            '--max-disk is about a database in the data folder; the space of the one that --database names is its own matter',
          )
        const names = nameAuthorities(options)
        using _small = keepHeapSmall()
        const relay = await startRelay({
          data,
          ...(port === undefined ? {} : { port }),
          ...(host === undefined ? {} : { host }),
          ...(join === undefined ? {} : { join }),
          ...(inNetwork === undefined ? {} : { inNetwork }),
          ...(name === undefined ? {} : { networkName: name }),
          ...(database === undefined ? {} : { database }),
          ...(adminKey === undefined ? {} : { adminKey }),
          ...(inviteOnly === undefined ? {} : { inviteOnly }),
          ...(names === undefined ? {} : { names }),
          ...(tlsCert === undefined || tlsKey === undefined ? {} : { tls: { cert: tlsCert, key: tlsKey } }),
          ...(publicUrl === undefined ? {} : { publicUrl }),
          ...(announce === undefined ? {} : { announce }),
          services,
          load,
          settings: resolved.services,
          log: { ...(logLevel === undefined ? {} : { level: logLevel }), ...(logFormat === undefined ? {} : { format: logFormat }) },
        })
        const { network, networkName, peer, identity, http, origin, join: link, text, addresses } = relay.ready
        const { admission, authorities } = describeNetwork(relay.store)
        const isOutside = await needsInvitation(relay.store.replica)
        const onlyHere = host === undefined || host === DEFAULT_HOST || host === 'localhost' || host === '::1'
        await output.result(
          { event: 'ready', network, networkName, peer, identity, http, origin, join: link, text, addresses, needsInvitation: isOutside },
          () =>
            [
              `The relay of "${networkName}" is ready.`,
              '',
              `  page       ${tlsCert === undefined && publicUrl === undefined ? http : origin}`,
              `  join link  ${link}`,
              '',
              'Others take part by the link in a browser, or in a terminal by',
              '',
              `  docstore join ${text}`,
              '',
              onlyHere && publicUrl === undefined
                ? 'Only this machine can connect. To let others in, start it again with --host 0.0.0.0 added.'
                : `Peers connect to ${addresses.length} addresses.`,
              ...(admission === 'open'
                ? []
                : [isOutside ? invitationText(text, identity, authorities) : membersText(authorities.includes(identity))]),
              'Press Ctrl+C to stop.',
            ].join('\n'),
        )
        if (relay.store.isCopy) await output.result({ event: 'copied-folder', message: COPY_NOTE }, () => `! ${COPY_NOTE}`)
        const show = peerEvents(({ event, id, via }) =>
          output.result({ event, peer: id, via }, () => `${event === 'peer-connected' ? '+' : '-'} ${id} ${via ?? ''}`.trimEnd()),
        )
        const unlisten = relay.store.on('peer', show)
        relay.onRefusal((id, reason) => {
          report(output.result({ event: 'peer-refused', peer: id, reason }, () => `! ${id} is refused for ten minutes: ${reason}`))
        })
        const turnedAway = new Set<string>()
        relay.onTurnedAway((id, reason) => {
          // Who is not let in tries again and again.
          if (turnedAway.has(`${id} ${reason}`)) return
          if (turnedAway.size >= MAX_TURNED_AWAY) turnedAway.clear()
          turnedAway.add(`${id} ${reason}`)
          report(output.result({ event: 'peer-turned-away', peer: id, reason }, () => `! ${id} was not let in: ${reason}`))
        })
        relay.onCertificate((error) => {
          const message = error === undefined ? 'The certificate was renewed' : errorMessage(error)
          const event = error === undefined ? 'certificate-renewed' : 'certificate-refused'
          report(output.result({ event, message }, () => `! ${message}`))
        })
        await new Promise<void>((resolve) => {
          if (signal.aborted) resolve()
          signal.addEventListener('abort', () => resolve(), { once: true })
        })
        unlisten()
        await relay.close()
      }),
    )
}

/** The settings of the relay as a whole, as `GENERAL_SETTINGS` says what they are. */
interface Chosen {
  readonly port?: number
  readonly host?: string
  readonly join?: string
  readonly name?: string
  readonly inviteOnly?: boolean
  readonly tlsCert?: string
  readonly tlsKey?: string
  readonly publicUrl?: string
  readonly announce?: readonly string[]
  readonly database?: string
  readonly adminKey?: string
  readonly logLevel?: LogLevel
  readonly logFormat?: 'text' | 'json'
}

/** How a relay gets in whose network is another's. */
function invitationText(text: string, identity: string, authorities: readonly string[]): string {
  return [
    'It admits nobody yet, because it needs an invitation itself. An authority of the network gives it one:',
    `  docstore --data AUTHORITY join ${text}`,
    `  docstore --data AUTHORITY invite --for ${identity}`,
    'Start the relay again as before, with the text behind `docstore join` that this prints added: --join TEXT',
    ...authorities.map((did) => `Authority: ${did}`),
  ].join('\n')
}

function membersText(isAuthority: boolean): string {
  return isAuthority
    ? 'Only those come in whom `docstore invite` invites; it works while the relay runs, on the same data.'
    : 'Only those come in whom an authority of the network invites.'
}

/** Whoever reads the events of a relay may stop; the relay goes on. */
function report(printed: Promise<void>): void {
  printed.catch(() => undefined)
}

interface PeerEvent {
  readonly event: 'peer-connected' | 'peer-disconnected'
  readonly id: string
  readonly via: PeerStatus['via']
}

/** Turns lists of peers into who came and who went. */
function peerEvents(emit: (event: PeerEvent) => Promise<void>): (peers: readonly PeerStatus[]) => void {
  const known = new Map<string, PeerStatus['via']>()
  return (peers) => {
    const connected = new Map(peers.filter(({ state }) => state === 'connected').map(({ id, via }) => [id, via]))
    const events: PeerEvent[] = []
    for (const [id, via] of known) if (!connected.has(id) && known.delete(id)) events.push({ event: 'peer-disconnected', id, via })
    for (const [id, via] of connected) {
      if (!known.has(id)) events.push({ event: 'peer-connected', id, via })
      known.set(id, via)
    }
    for (const event of events) report(emit(event))
  }
}
