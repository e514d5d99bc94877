//! The table of traces, as it was and as it is.

pub(crate) const V1: &str = "
CREATE TABLE trace (
    trace_id TEXT PRIMARY KEY,
    root_name TEXT,
    root_start_ns INTEGER,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    duration_ms REAL GENERATED ALWAYS AS ((end_ns - start_ns) / 1e6) STORED,
    spans INTEGER NOT NULL,
    model_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    tokens_in INTEGER,
    tokens_out INTEGER,
    cost_pico INTEGER,
    unpriced_calls INTEGER NOT NULL
) STRICT;
CREATE INDEX trace_start ON trace (start_ns);
";

/// The models stand beside the sums, so that a page of the list looks at no span. Names are numbers in `word`, and
/// so are the models, as one JSON array; ids are packed (see `stored_id`).
pub(crate) const V3: &str = "
ALTER TABLE trace ADD COLUMN models TEXT;
UPDATE trace SET models = (
    SELECT json_group_array(model) FROM (
        SELECT DISTINCT model FROM span
        WHERE span.trace_id = trace.trace_id AND kind = 'llm' AND model IS NOT NULL
        ORDER BY model LIMIT 16))
    WHERE model_calls > 0;
INSERT INTO word (text)
    SELECT import_id FROM span UNION SELECT name FROM span UNION SELECT model FROM span
    UNION SELECT provider FROM span UNION SELECT prompt_name FROM span UNION SELECT prompt_version FROM span
    UNION SELECT prompt_hash FROM span UNION SELECT environment FROM span UNION SELECT session_id FROM span
    UNION SELECT tool_name FROM span UNION SELECT error_type FROM span UNION SELECT finish_reason FROM span
    UNION SELECT price_source FROM span UNION SELECT root_name FROM trace UNION SELECT models FROM trace
    EXCEPT SELECT NULL;
CREATE TABLE trace_v3 (
    id INTEGER PRIMARY KEY,
    trace_id ANY NOT NULL UNIQUE,
    root_name INTEGER,
    root_start_ns INTEGER,
    start_ns INTEGER NOT NULL,
    end_ns INTEGER,
    duration_ms REAL GENERATED ALWAYS AS ((end_ns - start_ns) / 1e6),
    spans INTEGER NOT NULL,
    model_calls INTEGER NOT NULL,
    errors INTEGER NOT NULL,
    tokens_in INTEGER,
    tokens_out INTEGER,
    cost_pico INTEGER,
    unpriced_calls INTEGER NOT NULL,
    models INTEGER
) STRICT;
INSERT INTO trace_v3 (id, trace_id, root_name, root_start_ns, start_ns, end_ns, spans, model_calls, errors,
        tokens_in, tokens_out, cost_pico, unpriced_calls, models)
    SELECT rowid, plumbline_stored_id(trace_id), (SELECT id FROM word WHERE text = root_name), root_start_ns,
        start_ns, end_ns, spans, model_calls, errors, tokens_in, tokens_out, cost_pico, unpriced_calls,
        (SELECT id FROM word WHERE text = models)
    FROM trace;
DROP TABLE trace;
ALTER TABLE trace_v3 RENAME TO trace;
CREATE INDEX trace_start ON trace (start_ns);
";
