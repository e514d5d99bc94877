// provisional until ts-rs writes it
import type { HistogramBar } from "./HistogramBar";

export type Histogram = { bucket_ms: number, bars: Array<HistogramBar>, };
