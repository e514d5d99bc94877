// provisional until ts-rs writes it
import type { FacetValue } from "./FacetValue";

export type Facets = { models: Array<FacetValue>, kinds: Array<FacetValue>, statuses: Array<FacetValue>, prompts: Array<FacetValue>, environments: Array<FacetValue>, };
