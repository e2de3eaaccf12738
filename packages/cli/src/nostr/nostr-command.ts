import { Command } from 'commander'
import type { Run } from '../context.ts'
import { banEventsCommand } from './ban-events.ts'
import { exportEventsCommand } from './export-events.ts'
import { importEventsCommand } from './import-events.ts'
import { mirrorCommand } from './mirror-relay.ts'

/** `docstore nostr …` */
export function nostrCommand(run: Run): Command {
  return new Command('nostr')
    .description('events of Nostr: import, export, mirror of other relays')
    .addCommand(importEventsCommand(run))
    .addCommand(exportEventsCommand(run))
    .addCommand(mirrorCommand(run))
    .addCommand(banEventsCommand(run))
}
