//! Real clients against the built program: the official OpenTelemetry exporter, and the clients of OpenAI and
//! Anthropic, for Python.
//!
//! They need packages from PyPI, so they run only when asked for: `cargo xtask test --only clients`.

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
