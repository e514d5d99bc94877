//! The response cache as a person sees it: what it holds, what it saved, and how to drop what is out of date.

use crate::api::{CachePurgeFilter, CacheView};
use crate::{Engine, clock};
use plumbline_model::{NanosText, Problem, UnixNanos};
use plumbline_workspace::CachePurge;

const DAY_NS: i64 = 86_400_000_000_000;

impl Engine {
    /// What the cache holds and what it saved.
    pub fn cache_view(&self) -> Result<CacheView, Problem> {
        let stats = self.inner.workspace.cache_stats()?;
        Ok(CacheView {
            entries: stats.entries,
            bytes: stats.bytes,
            oldest: stats.oldest_ns.map(NanosText),
            newest: stats.newest_ns.map(NanosText),
            calls_saved: stats.calls_saved,
            saved_usd: stats.saved_usd,
            unpriced_calls_saved: stats.unpriced_calls_saved,
        })
    }

    /// Drops the entries for which every given condition holds, and says how many. Nothing expires by itself.
    pub fn cache_purge(&self, filter: &CachePurgeFilter) -> Result<u64, Problem> {
        if !filter.all && *filter == CachePurgeFilter::default() {
            return Err(
                Problem::bad_input("nothing says which answers of the cache to drop")
                    .hint("Name a prompt, a model, a document or an age, or ask for all."),
            );
        }
        let before_ns = filter
            .older_than_days
            .map(|days| UnixNanos(clock::now().0.saturating_sub(i64::from(days) * DAY_NS)));
        Ok(self.inner.workspace.purge_cache(CachePurge {
            provider: filter.provider.clone(),
            model: filter.model.clone(),
            prompt_name: filter.prompt_name.clone(),
            document: filter.document.clone(),
            before_ns,
        })?)
    }
}
