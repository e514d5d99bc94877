//! Share: a comparison as one file that somebody without Plumbline, or another Plumbline, can open.
//!
//! A file is written beside its place and takes it when it is whole, so nobody finds half of one.

mod head;
mod rows;

use crate::Engine;
use crate::api::{JobKind, ShareFormat, Shared, Side};
use plumbline_model::{Code, Problem};
use plumbline_report::share::{self, ShareError, Written};
use rows::{Rows, Seen};
use std::cell::RefCell;
use std::fs::{self, File};
use std::io::Write;
use std::path::Path;

impl Engine {
    /// Writes a comparison to a file, as a job that can be cancelled.
    ///
    /// # Errors
    /// `BadInput` for a file that cannot be written; `Cancelled`; those of [`Engine::compare_open`].
    pub fn share(
        &self,
        sides: &[Side],
        format: ShareFormat,
        path: &Path,
    ) -> Result<Shared, Problem> {
        let label = format!("sharing as {}", format.as_str());
        let job = RefCell::new(self.inner.jobs.start(JobKind::Share, &label, "cases"));
        let outcome = write_beside(path, &mut |file| {
            self.share_to(sides, format, file, &mut |done, total| {
                let mut job = job.borrow_mut();
                job.progress(done, Some(total), String::new);
                match job.cancel().is_cancelled() {
                    true => Err(Problem::new(Code::Cancelled, "sharing was cancelled")
                        .hint("Nothing was written.")),
                    false => Ok(()),
                }
            })
        });
        job.into_inner().end(&outcome);
        let written = outcome?;
        Ok(Shared {
            path: path.display().to_string(),
            cases: written.rows,
            bytes: written.bytes,
        })
    }

    /// Writes a comparison; `seen` hears how many cases of how many are written, and may stop it.
    ///
    /// # Errors
    /// Those of `seen`, of writing, and of [`Engine::compare_open`].
    pub fn share_to(
        &self,
        sides: &[Side],
        format: ShareFormat,
        out: &mut (dyn Write + Send),
        seen: &mut dyn FnMut(u64, u64) -> Result<(), Problem>,
    ) -> Result<Written, Problem> {
        let head = self.shared_head(sides)?;
        let seen: Seen<'_> = RefCell::new(seen);
        let rows = || Rows::new(self, sides, &seen);
        let written = match format {
            ShareFormat::Html => share::html::write(out, &head, rows()?),
            ShareFormat::Csv => share::csv::write(out, &head, rows()?),
            ShareFormat::Jsonl => share::jsonl::write(out, &head, rows()?),
            ShareFormat::Parquet => share::parquet::write(out, &head, rows()?),
            ShareFormat::Junit => {
                // Said here, since each reading of the rows has its own.
                rows()?;
                share::junit::write(out, &head, || match rows() {
                    Ok(rows) => Box::new(rows) as Box<dyn Iterator<Item = _> + '_>,
                    Err(problem) => Box::new(std::iter::once(Err(problem))),
                })
            }
            ShareFormat::Markdown => self.markdown(sides, out),
        };
        Ok(written?)
    }

    fn markdown(&self, sides: &[Side], out: &mut dyn Write) -> Result<Written, ShareError> {
        let mut written = Written::default();
        let Some((base, others)) = sides.split_first() else {
            return Ok(written);
        };
        let view = self.compare_open(sides).map_err(ShareError::Row)?;
        let names: Vec<String> = view.sides.iter().map(head::side_name).collect();
        for (number, (side, name)) in others.iter().zip(names.iter().skip(1)).enumerate() {
            let comparison = self.comparison(base, side).map_err(ShareError::Row)?;
            let base_name = names.first().map_or("", String::as_str);
            let mut text = plumbline_report::markdown::comparison(&comparison, base_name, name);
            if number > 0 {
                text.insert(0, '\n');
            }
            out.write_all(text.as_bytes())?;
            written.bytes += text.len() as u64;
            written.rows += comparison.rows.len() as u64;
        }
        Ok(written)
    }
}

/// Writes beside the path, syncs, then takes its place.
fn write_beside(
    path: &Path,
    write: &mut dyn FnMut(&mut File) -> Result<Written, Problem>,
) -> Result<Written, Problem> {
    let failed = |error: std::io::Error| {
        Problem::bad_input(format!("cannot write {}: {error}", path.display()))
            .hint("Check that the folder is there and writable, and that the disk is not full.")
    };
    let mut name = path
        .file_name()
        .ok_or_else(|| Problem::bad_input(format!("{} names no file", path.display())))?
        .to_owned();
    name.push(format!(".{}.part", std::process::id()));
    let beside = path.with_file_name(name);
    let written = File::create(&beside).map_err(failed).and_then(|mut file| {
        let written = write(&mut file)?;
        file.sync_all()
            .and_then(|()| fs::rename(&beside, path))
            .map_err(failed)?;
        Ok(written)
    });
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}
