// provisional until ts-rs writes it

export type PromptRow = { name: string, owner: string, description: string, working_version: string | null, latest_release: string | null, releases: number, drift: boolean, errors: number, warnings: number, };
