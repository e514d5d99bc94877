// provisional until ts-rs writes it

export type ErrorCount = { message: string, count: number, };
