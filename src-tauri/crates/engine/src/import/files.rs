//! Which files a person meant: files as named, folders with what is in them, `-` for standard input.

use plumbline_ingest::is_beside_traces;
use plumbline_model::Problem;
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};

/// A folder with more files than this was surely named by mistake.
const MAX_FILES: usize = 10_000;

/// Something to read spans from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum ImportSource {
    File { path: PathBuf, bytes: u64 },
    StandardInput,
}

impl ImportSource {
    pub(super) fn name(&self) -> String {
        match self {
            Self::File { path, .. } => path.display().to_string(),
            Self::StandardInput => "-".to_owned(),
        }
    }

    /// Size, where it is known before reading.
    pub(super) fn bytes(&self) -> Option<u64> {
        match self {
            Self::File { bytes, .. } => Some(*bytes),
            Self::StandardInput => None,
        }
    }

    pub(super) fn open(&self) -> Result<Box<dyn Read + Send>, Problem> {
        match self {
            Self::File { path, .. } => match File::open(path) {
                Ok(file) => Ok(Box::new(file)),
                Err(error) => Err(unreadable(path, &error)),
            },
            Self::StandardInput => Ok(Box::new(std::io::stdin())),
        }
    }
}

/// The files behind the paths, in order; folders are walked without following links.
pub(super) fn expand(paths: &[PathBuf]) -> Result<Vec<ImportSource>, Problem> {
    let mut sources = Vec::new();
    for path in paths {
        if path.as_os_str() == "-" {
            sources.push(ImportSource::StandardInput);
            continue;
        }
        let meta = fs::metadata(path).map_err(|error| unreadable(path, &error))?;
        if meta.is_dir() {
            walk(path, &mut sources)?;
        } else {
            sources.push(ImportSource::File {
                path: path.clone(),
                bytes: meta.len(),
            });
        }
    }
    if sources.is_empty() {
        return Err(
            Problem::bad_input("there is no file to import in what was named")
                .hint("Name trace files, folders that hold some, or `-` for standard input."),
        );
    }
    Ok(sources)
}

fn walk(root: &Path, sources: &mut Vec<ImportSource>) -> Result<(), Problem> {
    let mut folders = vec![root.to_path_buf()];
    while let Some(folder) = folders.pop() {
        let entries = fs::read_dir(&folder).map_err(|error| unreadable(&folder, &error))?;
        let mut names = BTreeSet::new();
        for entry in entries {
            let entry = entry.map_err(|error| unreadable(&folder, &error))?;
            if !entry.file_name().to_string_lossy().starts_with('.') {
                names.insert(entry.path());
            }
        }
        for path in names {
            let meta = fs::symlink_metadata(&path).map_err(|error| unreadable(&path, &error))?;
            if meta.is_dir() {
                folders.push(path);
            } else if meta.is_file() && !is_beside_traces(&file_name(&path)) {
                sources.push(ImportSource::File {
                    path,
                    bytes: meta.len(),
                });
            }
            if sources.len() > MAX_FILES {
                return Err(Problem::bad_input(format!(
                    "{} holds more than {MAX_FILES} files",
                    root.display()
                ))
                .hint("Name the folder that holds the traces."));
            }
        }
    }
    Ok(())
}

fn file_name(path: &Path) -> String {
    let name = path.file_name().unwrap_or_default();
    name.to_string_lossy().into_owned()
}

fn unreadable(path: &Path, error: &std::io::Error) -> Problem {
    let problem = match error.kind() {
        std::io::ErrorKind::NotFound => {
            Problem::not_found(format!("there is no file {}", path.display()))
        }
        _ => Problem::bad_input(format!("cannot read {}: {error}", path.display())),
    };
    problem.hint("Check the path and its permissions.")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_gives_its_files_but_no_links_no_hidden_ones_and_no_texts_for_people() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir(dir.path().join("sub")).unwrap();
        for name in ["b.jsonl", "a.jsonl", ".hidden", "README.md", "sub/c.jsonl"] {
            fs::write(dir.path().join(name), "{}").unwrap();
        }
        #[cfg(unix)]
        std::os::unix::fs::symlink("/etc/passwd", dir.path().join("link.jsonl")).unwrap();
        let names: Vec<String> = expand(&[dir.path().to_path_buf()])
            .unwrap()
            .iter()
            .map(|source| {
                Path::new(&source.name())
                    .file_name()
                    .unwrap()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        assert_eq!(names, ["a.jsonl", "b.jsonl", "c.jsonl"]);
    }

    #[test]
    fn a_missing_path_names_itself() {
        let problem = expand(&[PathBuf::from("/nowhere/x.jsonl")]).unwrap_err();
        assert!(problem.message.contains("/nowhere/x.jsonl"));
    }
}
