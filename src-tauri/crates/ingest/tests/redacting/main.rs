//! Redaction as an import meets it: a labelled corpus, clean rows, whole spans, and any input at all.

#[cfg(test)]
mod clean;
#[cfg(test)]
mod corpus;
#[cfg(test)]
mod dice;
#[cfg(test)]
mod escapes;
#[cfg(test)]
mod labelled;
#[cfg(test)]
mod properties;
#[cfg(test)]
mod spans;
