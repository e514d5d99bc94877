// provisional until ts-rs writes it

export type CostScope = "traces" | "replays";
