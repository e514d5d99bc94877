//! The engine as both faces call it: jobs, two processes on one workspace, comparisons of crafted answers.

#[cfg(test)]
mod accounting;
#[cfg(test)]
mod archives;
#[cfg(test)]
mod comparing;
#[cfg(test)]
mod editing;
#[cfg(test)]
mod following;
#[cfg(test)]
mod jobs;
#[cfg(test)]
mod listening;
#[cfg(test)]
mod reviewing;
#[cfg(test)]
mod saving;
#[cfg(test)]
mod stage;
#[cfg(test)]
mod switching;
#[cfg(test)]
mod tracing;
