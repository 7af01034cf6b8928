/** What a policy finds without importing it, besides the language itself. It writes to standard error. */
declare const console: {
  log(...words: unknown[]): void
  info(...words: unknown[]): void
  debug(...words: unknown[]): void
  warn(...words: unknown[]): void
  error(...words: unknown[]): void
  trace(...words: unknown[]): void
}
