// provisional until ts-rs writes it

export type DatasetRow = { name: string, description: string, cases: number, variables: Array<string>, };
