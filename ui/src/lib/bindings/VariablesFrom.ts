// provisional until ts-rs writes it
export type VariablesFrom = { "from": "case", dataset: string, key: string, } | { "from": "values", values: Record<string, unknown>, };
