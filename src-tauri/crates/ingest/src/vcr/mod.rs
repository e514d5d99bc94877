//! Cassettes of VCR and its kin: recorded HTTP exchanges as YAML or JSON.
//!
//! `interactions` of vcrpy (also under pytest-recording) and go-vcr, `http_interactions` of Ruby's VCR and of
//! betamax. Bodies are text, `!!binary`, or base64; a start is written by some (`recorded_at`), a duration by
//! go-vcr alone, so most calls of cassettes have no latency. Sources: vcrpy `serialize.py`, VCR `structs.rb`,
//! betamax `cassette/interaction.py`, go-vcr `cassette.go`.

mod interaction;
mod yaml;

use crate::IngestError;
use crate::delivery::Delivery;
use crate::head::{Head, mentions};
use crate::recorded;
use crate::recorded_json::{self, Place};
use std::io::BufRead;

/// The names of the list.
const LISTS: [&str; 2] = ["interactions", "http_interactions"];
/// Members beside the list that say nothing about a call.
const UNDERSTOOD: [&str; 2] = ["version", "recorded_with"];

static PLACE: Place = Place {
    within: None,
    lists: &LISTS,
    understood: &UNDERSTOOD,
};

/// Recognised by the list as a key of the outer object, or at the edge of a line of YAML.
pub(crate) fn detect(head: &Head<'_>) -> bool {
    let is_json = head.any_object(|keys| LISTS.iter().any(|name| keys.contains(name)));
    if is_json {
        return mentions(head.bytes(), "request") || mentions(head.bytes(), "recorded_with");
    }
    yaml::detect(head.bytes())
}

pub(crate) fn read(
    source: &mut dyn BufRead,
    source_name: &str,
    delivery: &mut Delivery<'_>,
) -> Result<(), IngestError> {
    let unreadable = |error| IngestError::unreadable(source_name, "the beginning", error);
    let is_json = {
        let begun = source.fill_buf().map_err(unreadable)?;
        let begun = begun.strip_prefix(b"\xef\xbb\xbf").unwrap_or(begun);
        begun.trim_ascii_start().starts_with(b"{")
    };
    if !is_json {
        return yaml::read(source, source_name, delivery);
    }
    recorded_json::each(
        source,
        source_name,
        delivery,
        &PLACE,
        &mut |delivery, at, fields| {
            recorded::deliver(delivery, at, &interaction::exchange(&fields, false))
        },
    )
}
