// provisional until ts-rs writes it

export type Check = { name: string, ok: boolean, detail: string, };
