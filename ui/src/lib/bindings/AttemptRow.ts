// provisional until ts-rs writes it
import type { Usd } from "./Usd";

export type AttemptRow = { attempt: number, state: string, idempotency_key: string, sent: string, answered: string | null, http_status: number | null, error: string | null, cost_usd: Usd | null, };
