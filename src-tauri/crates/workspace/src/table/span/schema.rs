//! The table of spans, as it was and as it is.

/// `model`, `latency_ms` and `cost_pico` follow from other columns. They are not generated ones, since
/// SQLite never answers a query from an index alone when it asks for a generated column.
/// What the source reports as cost is preferred over what was computed.
pub(crate) const V1: &str = "
CREATE TABLE span (
    id INTEGER PRIMARY KEY,
    import_id TEXT NOT NULL REFERENCES import_file (id),
    trace_id TEXT NOT NULL,
    span_id TEXT NOT NULL,
    variant INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    parent_id TEXT,
    request_id TEXT,
    kind TEXT NOT NULL,
    name TEXT,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    latency_ms REAL,
    ttft_ms REAL,
    status TEXT NOT NULL,
    error_type TEXT,
    http_status INTEGER,
    provider TEXT,
    model_requested TEXT,
    model_returned TEXT,
    model TEXT,
    prompt_name TEXT,
    prompt_version TEXT,
    prompt_hash TEXT,
    request_hash TEXT,
    tokens_in INTEGER,
    tokens_in_cached INTEGER,
    tokens_in_cache_write INTEGER,
    tokens_out INTEGER,
    tokens_reasoning INTEGER,
    reported_pico INTEGER,
    computed_pico INTEGER,
    cost_pico INTEGER,
    price_source TEXT,
    attempt INTEGER,
    retry_of TEXT,
    cache_hit INTEGER,
    finish_reason TEXT,
    tool_name TEXT,
    session_id TEXT,
    user_id_hash TEXT,
    environment TEXT,
    documents INTEGER NOT NULL,
    preview TEXT NOT NULL
) STRICT;
CREATE UNIQUE INDEX span_identity ON span (trace_id, span_id, content_hash);
CREATE INDEX span_start ON span (start_ns);
CREATE INDEX span_import ON span (import_id);
CREATE TABLE span_body (
    span INTEGER PRIMARY KEY REFERENCES span (id) ON DELETE CASCADE,
    body BLOB NOT NULL,
    raw BLOB NOT NULL
) STRICT;
CREATE TABLE span_text (
    span INTEGER PRIMARY KEY REFERENCES span (id) ON DELETE CASCADE,
    text TEXT NOT NULL
) STRICT;
";

/// A third of the room. What many rows say is a number in `word`; ids are packed (see `stored_id`); the trace is its
/// row; `duration_ns` wraps around where the end and the start of a hostile span lie further apart than it can say.
/// `cost_pico` is what the source reports, if `reported`, else what was computed; `computed_pico` is only set beside a
/// reported one. The index of imports is gone: the ids of an
/// import's spans stand together, so `import_file` names the first and the last.
pub(crate) const V3: &str = "
CREATE TABLE span_v3 (
    id INTEGER PRIMARY KEY,
    trace INTEGER NOT NULL,
    span_id ANY NOT NULL,
    variant INTEGER NOT NULL,
    content_hash BLOB NOT NULL,
    import INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    start_ns INTEGER NOT NULL,
    duration_ns INTEGER,
    parent_id ANY,
    name INTEGER,
    model INTEGER,
    provider INTEGER,
    prompt_name INTEGER,
    prompt_version INTEGER,
    prompt_hash INTEGER,
    environment INTEGER,
    session INTEGER,
    tool_name INTEGER,
    error_type INTEGER,
    finish_reason INTEGER,
    price_source INTEGER,
    cost_pico INTEGER,
    reported INTEGER NOT NULL,
    computed_pico INTEGER,
    tokens_in INTEGER,
    tokens_in_cached INTEGER,
    tokens_in_cache_write INTEGER,
    tokens_out INTEGER,
    tokens_reasoning INTEGER,
    tokens_unattributed INTEGER,
    ttft_ms REAL,
    http_status INTEGER,
    attempt INTEGER,
    cache_hit INTEGER,
    documents INTEGER NOT NULL,
    request_id ANY,
    request_hash ANY,
    retry_of ANY
) STRICT;
INSERT INTO span_v3
    SELECT span.id, trace.id, plumbline_stored_id(span_id), variant, substr(content_hash, 1, 16),
        (SELECT id FROM word WHERE text = import_id), kind, status, span.start_ns,
        plumbline_duration_ns(span.start_ns, span.end_ns),
        plumbline_stored_id(parent_id),
        (SELECT id FROM word WHERE text = name), (SELECT id FROM word WHERE text = model),
        (SELECT id FROM word WHERE text = provider), (SELECT id FROM word WHERE text = prompt_name),
        (SELECT id FROM word WHERE text = prompt_version), (SELECT id FROM word WHERE text = prompt_hash),
        (SELECT id FROM word WHERE text = environment), (SELECT id FROM word WHERE text = session_id),
        (SELECT id FROM word WHERE text = tool_name), (SELECT id FROM word WHERE text = error_type),
        (SELECT id FROM word WHERE text = finish_reason), (SELECT id FROM word WHERE text = price_source),
        span.cost_pico, reported_pico IS NOT NULL, iif(reported_pico IS NULL, NULL, computed_pico),
        span.tokens_in, tokens_in_cached, tokens_in_cache_write, span.tokens_out, tokens_reasoning, NULL,
        ttft_ms, http_status, attempt, cache_hit, documents,
        plumbline_stored_id(request_id), plumbline_stored_id(request_hash), plumbline_stored_id(retry_of)
    FROM span JOIN trace ON trace.trace_id = plumbline_stored_id(span.trace_id);
DROP TABLE span;
ALTER TABLE span_v3 RENAME TO span;
CREATE INDEX span_identity ON span (trace, span_id, content_hash);
CREATE INDEX span_start ON span (start_ns);
";
