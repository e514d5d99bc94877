//! The proxy from outside: what the upstream and the caller see of each other, and what is recorded.

#[cfg(test)]
mod fences;
#[cfg(test)]
mod guarding;
#[cfg(test)]
mod passing;
#[cfg(test)]
mod recording;
#[cfg(test)]
mod stalled;
#[cfg(test)]
mod support;
#[cfg(test)]
mod upstream;
