// provisional until ts-rs writes it

export type StatKey = "model" | "day" | "prompt_version";
