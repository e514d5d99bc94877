// provisional until ts-rs writes it

export type FacetValue = { value: string, count: number, };
