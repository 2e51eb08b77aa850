/** What a command may touch of the world. Only main.ts makes one from the process; tests make their own. */
export type Io = {
  /** Results. With --json ONE document and nothing else. */
  readonly out: (text: string) => void
  /** Talk: progress, warnings, errors. */
  readonly err: (text: string) => void
  readonly env: { readonly [name: string]: string | undefined }
  /** Milliseconds since 1970. */
  readonly now: () => number
  /** Is stderr a terminal that understands cursor movements? */
  readonly tty: boolean
  /** May stdout and stderr carry colour? NO_COLOR and non-terminals say no. */
  readonly color: boolean
  /** Columns; Infinity where the output is no terminal. */
  readonly width: number
  /** Calls `stop` on SIGINT and SIGTERM until the returned function is called. */
  readonly onStop: (stop: () => void) => () => void
}

export const EXIT = { fine: 0, findings: 1, usage: 2, environment: 3, gate: 4 } as const
export type Exit = (typeof EXIT)[keyof typeof EXIT]

/** Version of every `--json` document; grows when a key changes its meaning or goes. */
export const JSON_VERSION = 1
