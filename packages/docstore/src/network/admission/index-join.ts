export { formatJoinLink, formatJoinText, type JoinLink, type JoinLinkExtras, parseJoinLink } from './join-link.ts'
