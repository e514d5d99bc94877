// provisional until ts-rs writes it

export type JobState = "running" | "finished" | "failed" | "cancelled";
