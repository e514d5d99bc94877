// provisional until ts-rs writes it

export type ReleaseRow = { version: string, changelog: string, owner: string, template_hash: string, altered: boolean, };
