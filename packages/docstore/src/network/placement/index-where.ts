export { askStandings } from './ask-standings.ts'
export { whereIs } from './where.ts'
export { askReports } from './ask-reports.ts'
