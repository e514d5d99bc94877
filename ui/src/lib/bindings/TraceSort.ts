// provisional until ts-rs writes it

export type TraceSort = "newest" | "oldest" | "slowest" | "costliest" | "most_tokens";
