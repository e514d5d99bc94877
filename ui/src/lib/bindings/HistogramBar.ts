// provisional until ts-rs writes it

export type HistogramBar = { start: string, spans: number, errors: number, };
