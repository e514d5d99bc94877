//! An archive among the sources: each of its members is imported as a source of its own, with its own loss report.

use super::open::Members;
use super::reading::Reading;
use super::stream::Input;
use super::watched::Course;
use super::{ImportFailure, ImportOutcome};
use crate::Engine;
use crate::jobs::JobHandle;
use plumbline_ingest::{ArchiveLimits, Entry, Refusal, read_tar};
use plumbline_model::{Code, Problem};
use std::ops::ControlFlow;

impl Engine {
    /// Imports every member of an archive. What cannot be read is a failure of its own among the outcome.
    ///
    /// # Errors
    /// The import was cancelled.
    pub(super) fn import_archive(
        &self,
        name: &str,
        members: Members,
        reading: &Reading<'_>,
        job: &mut JobHandle,
        course: &Course,
        outcome: &mut ImportOutcome,
    ) -> Result<(), Problem> {
        let before = outcome.files.len() + outcome.failures.len();
        let mut cancelled = None;
        let visit = &mut |entry: Entry<'_>| {
            if job.cancel().is_cancelled() {
                return ControlFlow::Break(());
            }
            match entry {
                Entry::Refused(refusal) => outcome.failures.push(refused(reading, refusal)),
                Entry::Member(member) => {
                    let name = member.name;
                    let input = Input {
                        name: name.clone(),
                        content: member.content,
                        format: None,
                        guard: member.guard,
                        import: None,
                    };
                    match self.import_stream(input, reading, job, course) {
                        Ok(file) => outcome.add(file),
                        Err(problem) if problem.code == Code::Cancelled => {
                            cancelled = Some(problem);
                            return ControlFlow::Break(());
                        }
                        Err(problem) => outcome.failures.push(reading.failure(&name, problem)),
                    }
                }
            }
            ControlFlow::Continue(())
        };
        match members {
            Members::Tar(mut source) => {
                read_tar(&mut source, name, &ArchiveLimits::default(), visit);
            }
            Members::Zip(zip) => zip.read(name, visit),
        }
        if let Some(problem) = cancelled {
            return Err(problem);
        }
        if job.cancel().is_cancelled() {
            return Err(Problem::new(
                Code::Cancelled,
                format!("the import of {name} was cancelled"),
            )
            .hint("What was stored is kept; importing the archive again adds the rest."));
        }
        if outcome.files.len() + outcome.failures.len() == before {
            let refusal = Refusal {
                name: name.to_owned(),
                why: "is an archive without a file that could hold traces".to_owned(),
                hint: "Hidden files, links, pictures and texts for people are passed over."
                    .to_owned(),
            };
            outcome.failures.push(refused(reading, refusal));
        }
        Ok(())
    }
}

fn refused(reading: &Reading<'_>, refusal: Refusal) -> ImportFailure {
    let problem =
        Problem::bad_input(format!("{} {}", refusal.name, refusal.why)).hint(refusal.hint);
    reading.failure(&refusal.name, problem)
}
