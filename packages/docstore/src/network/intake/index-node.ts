export type { RelayIntake } from './intake.ts'
export { openIntake } from './open-intake.ts'
