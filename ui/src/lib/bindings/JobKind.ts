// provisional until ts-rs writes it

export type JobKind = "import" | "replay" | "demo";
