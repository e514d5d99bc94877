//! The lines of a cost: each part of the tokens at its own rate.
//!
//! Cached, written and audio tokens are parts of the total input and are taken out of it first, so that no token is
//! paid twice. A part without a price of its own pays the price of what it is a part of, and its line says so in
//! its unit; only what is kept in the cache for an hour is dearer everywhere, and so unknown without a price. A
//! missing cached count is taken as none, which can only make the cost too high. In a service tier a line whose
//! rate is the tier's ends in its name, as in `input_batch`.

use super::rate::{Rate, Unit};
use super::tariff::{Found, Offer, Tariff};
use plumbline_model::{CostLine, ServiceTier, Usage, Usd};
use rust_decimal::Decimal;
use std::borrow::Cow;

/// What is paid for a call.
pub(super) struct Bill {
    pub(super) lines: Vec<CostLine>,
    /// True when a rule of the vendor stood in for a figure of the table.
    pub(super) by_rule: bool,
    /// Total input of the request, which decides the tier of every rate.
    tokens_in: u64,
    tier: ServiceTier,
    /// A part without a price of its own is unknown, not priced as its whole.
    is_strict: bool,
}

/// How many tokens of a call are of which kind; together they are all of it, each once.
struct Parts {
    text: u64,
    audio: u64,
    text_cached: u64,
    audio_cached: u64,
    written: u64,
    written_1h: u64,
}

/// The lines, or why the cost is unknown, as a sentence.
pub(super) fn lines(
    tariff: &Tariff<'_>,
    per_thousand_requests: Option<&Rate>,
    usage: &Usage,
) -> Result<Bill, String> {
    if usage.is_unreported() {
        return Err("The usage was not reported.".to_owned());
    }
    let tokens_in = usage
        .tokens_in
        .ok_or("The input tokens were not reported.")?;
    let rate = |unit| tariff.rate(unit);
    let (input, output) = (rate(Unit::Input), rate(Unit::Output));
    let tokens_out = match (usage.tokens_out, &output) {
        (Some(tokens), _) => tokens,
        // Embeddings and rerankers have no output to report.
        (None, None) if input.is_some() => 0,
        (None, _) => return Err("The output tokens were not reported.".to_owned()),
    };
    let (audio_rate, cached_rate) = (rate(Unit::InputAudio), rate(Unit::CacheRead));
    let parts = parts(usage, tokens_in, audio_rate.is_some())?;
    let mut bill = Bill {
        lines: Vec::new(),
        by_rule: false,
        tokens_in,
        tier: tariff.tier,
        is_strict: tariff.is_by_rule_only(),
    };
    bill.add("input", parts.text, input.clone())?;
    bill.part(
        ("input_audio", "input_audio_at_input_price"),
        parts.audio,
        audio_rate.clone(),
        input.clone(),
    )?;
    bill.part(
        ("input_cached", "input_cached_at_input_price"),
        parts.text_cached,
        cached_rate.clone(),
        input.clone(),
    )?;
    let audio_cached = match (rate(Unit::CacheAudioRead), cached_rate, audio_rate) {
        (Some(own), _, _) => ("input_audio_cached", Some(own)),
        (None, Some(text), _) => ("input_audio_cached_at_cached_price", Some(text)),
        (None, None, audio) => ("input_audio_cached_at_audio_price", audio.or(input.clone())),
    };
    bill.add(audio_cached.0, parts.audio_cached, audio_cached.1)?;
    bill.part(
        ("input_cache_write", "input_cache_write_at_input_price"),
        parts.written,
        rate(Unit::CacheWrite),
        input,
    )?;
    bill.add(
        "input_cache_write_1h",
        parts.written_1h,
        rate(Unit::CacheWriteHour),
    )?;
    bill.output(tariff, usage, tokens_out)?;
    if let Some(fee) = per_thousand_requests {
        // One call is one request; a line counts per million, so a thousand times the table's figure.
        let usd_per_million = Usd(fee.at(tokens_in).0.saturating_mul(Decimal::ONE_THOUSAND));
        let fee = Cow::Owned(Rate::Flat(usd_per_million));
        bill.add("request", 1, Some((fee, Found::Standard)))?;
    }
    if bill.lines.is_empty() && tariff.is_empty() {
        return Err("The table lists the model without a token price.".to_owned());
    }
    Ok(bill)
}

/// Takes the total input apart.
fn parts(usage: &Usage, tokens_in: u64, audio_is_priced: bool) -> Result<Parts, String> {
    let cached = usage.tokens_in_cached.unwrap_or(0);
    let written = usage.tokens_in_cache_write.unwrap_or(0);
    let written_1h = usage.tokens_in_cache_write_1h.unwrap_or(0);
    let audio = usage.tokens_in_audio.unwrap_or(0);
    let audio_cached = match usage.tokens_in_audio_cached {
        Some(tokens) => tokens,
        None if audio > 0 && cached > 0 && audio_is_priced => {
            return Err("How many of the cached tokens are audio was not reported.".to_owned());
        }
        None => 0,
    };
    let contradiction = |part: &str, whole: &str| format!("{part} exceeds {whole}.");
    let exceeds = || {
        format!(
            "The cached input ({cached} read, {written} written) and audio ({audio}) exceeds the total input of {tokens_in}."
        )
    };
    let fresh_audio = audio
        .checked_sub(audio_cached)
        .ok_or_else(|| contradiction("The cached audio", "the audio"))?;
    Ok(Parts {
        text: cached
            .checked_add(written)
            .and_then(|parts| parts.checked_add(fresh_audio))
            .and_then(|parts| tokens_in.checked_sub(parts))
            .ok_or_else(exceeds)?,
        audio: fresh_audio,
        text_cached: cached
            .checked_sub(audio_cached)
            .ok_or_else(|| contradiction("The cached audio", "the cached input"))?,
        audio_cached,
        written: written.checked_sub(written_1h).ok_or_else(|| {
            contradiction(
                "What is cached for an hour",
                "what was written to the cache",
            )
        })?,
        written_1h,
    })
}

impl Bill {
    fn output(
        &mut self,
        tariff: &Tariff<'_>,
        usage: &Usage,
        tokens_out: u64,
    ) -> Result<(), String> {
        let (output, audio) = (tariff.rate(Unit::Output), tariff.rate(Unit::OutputAudio));
        let thought = tariff.rate(Unit::Reasoning);
        let audio_tokens = usage.tokens_out_audio.unwrap_or(0);
        // Reasoning is apart only where it has a price of its own.
        let reasoning = match &thought {
            Some(_) => usage.tokens_reasoning.unwrap_or(0).min(tokens_out),
            None => 0,
        };
        let text = audio_tokens
            .checked_add(reasoning)
            .and_then(|parts| tokens_out.checked_sub(parts))
            .ok_or_else(|| {
                format!("The audio ({audio_tokens}) exceeds the output of {tokens_out}.")
            })?;
        self.add("output", text, output.clone())?;
        self.part(
            ("output_audio", "output_audio_at_output_price"),
            audio_tokens,
            audio,
            output,
        )?;
        self.add("output_reasoning", reasoning, thought)
    }

    /// A part at its own price, else at that of its whole, under the second name.
    fn part(
        &mut self,
        (own_unit, whole_unit): (&str, &str),
        tokens: u64,
        own: Option<Offer<'_>>,
        whole: Option<Offer<'_>>,
    ) -> Result<(), String> {
        match own {
            Some(own) => self.add(own_unit, tokens, Some(own)),
            None if self.is_strict => self.add(own_unit, tokens, None),
            None => self.add(whole_unit, tokens, whole),
        }
    }

    fn add(&mut self, unit: &str, tokens: u64, rate: Option<Offer<'_>>) -> Result<(), String> {
        if tokens == 0 {
            return Ok(());
        }
        let tier = match self.tier {
            ServiceTier::Standard => String::new(),
            tier => format!(" for {} calls", tier.as_str()),
        };
        let (rate, found) =
            rate.ok_or_else(|| format!("The table has no {unit} price{tier} for the model."))?;
        let usd_per_mtok = rate.at(self.tokens_in);
        let usd = price(tokens, usd_per_mtok).ok_or_else(|| {
            format!("The cost of {tokens} tokens is beyond what can be represented.")
        })?;
        self.by_rule |= found == Found::Rule;
        let is_of_tier = self.tier != ServiceTier::Standard && found != Found::Standard;
        self.lines.push(CostLine {
            unit: match is_of_tier {
                true => format!("{unit}_{}", self.tier.as_str()),
                false => unit.to_owned(),
            },
            tokens,
            usd_per_mtok,
            usd,
        });
        Ok(())
    }
}

/// `tokens` at a rate per million; `None` when the product has more than 28 digits.
pub(super) fn price(tokens: u64, usd_per_mtok: Usd) -> Option<Usd> {
    let per_token = usd_per_mtok.0.checked_mul(Decimal::new(1, 6))?;
    Decimal::from(tokens)
        .checked_mul(per_token)
        .map(|usd| Usd(usd.normalize()))
}
