//! Real clients against the built program: the official OpenTelemetry exporter, and the clients of OpenAI and
//! Anthropic, for Python; and a collector that is not ours, which is given our export.
//!
//! They need packages from PyPI, so they run only when asked for: `cargo xtask test --only clients`.

#[cfg(test)]
mod collector;
#[cfg(test)]
mod exporter;
#[cfg(test)]
mod models;
#[cfg(test)]
mod program;
#[cfg(test)]
mod python;
#[cfg(test)]
mod vendors;
