// provisional until ts-rs writes it
export type JobId = string;
