//! Every text that a file had in a git repository, with who committed it, when and why.
//!
//! The repository is read, never written, and nothing of it runs: no hook, no filter, no command of its configuration.

use git2::{Commit, DiffFindOptions, DiffOptions, ObjectType, Oid, Repository, Sort, Tree};
use plumbline_model::{Code, Problem, UnixNanos};
use std::path::{Component, Path, PathBuf};

/// Larger files are not prompts.
const MAX_BYTES: usize = 2 * 1024 * 1024;
/// Versions of one file that are read.
const MAX_VERSIONS: usize = 10_000;

/// One commit that touched the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct FileVersion {
    /// The commit's id, 40 hex digits.
    pub(crate) commit: String,
    /// `Name <address>` as the commit has it.
    pub(crate) author: String,
    pub(crate) at: UnixNanos,
    /// Its whole message.
    pub(crate) message: String,
    /// Where the file was at that time, from the top of the repository.
    pub(crate) path: String,
    /// The text; the error is why there is none that can be used.
    pub(crate) text: Result<String, String>,
}

/// The commits that touched `file`, oldest first, back through renames. A commit that only took the file over from one
/// of its parents did not touch it.
///
/// # Errors
/// `NotFound` when the file is in no repository or was never committed; `BadInput` when the repository cannot be read.
pub(crate) fn file_history(file: &Path) -> Result<Vec<FileVersion>, Problem> {
    let absolute = absolute(file)?;
    let folder = absolute.parent().unwrap_or(Path::new("/"));
    let repository = Repository::discover(folder).map_err(|error| {
        Problem::not_found(format!(
            "{} is in no git repository: {}",
            file.display(),
            error.message()
        ))
        .hint("Choose a file inside a clone, or import the file itself, without its history.")
    })?;
    let inside = path_inside(&repository, &absolute)?;
    let mut versions = walk(&repository, inside).map_err(|error| {
        Problem::bad_input(format!(
            "cannot read the history of {}: {}",
            file.display(),
            error.message()
        ))
        .hint("`git fsck` says whether the repository is whole.")
    })?;
    if versions.is_empty() {
        return Err(
            Problem::not_found(format!("{} was never committed", file.display()))
                .hint("Commit it first, or import the file itself, without its history."),
        );
    }
    versions.reverse();
    Ok(versions)
}

/// The file is committed in a repository, as it is checked out.
pub(crate) fn is_committed(file: &Path) -> bool {
    let found = || {
        let absolute = absolute(file).ok()?;
        let repository = Repository::discover(absolute.parent()?).ok()?;
        let inside = path_inside(&repository, &absolute).ok()?;
        let tree = repository.head().ok()?.peel_to_tree().ok()?;
        blob_at(&tree, &inside)
    };
    found().is_some()
}

fn absolute(file: &Path) -> Result<PathBuf, Problem> {
    // The file itself may be gone from the working tree; its folder is enough.
    let found = file.canonicalize().or_else(|_| {
        let folder = match file.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        };
        let folder = folder.canonicalize()?;
        Ok::<_, std::io::Error>(folder.join(file.file_name().unwrap_or_default()))
    });
    found.map_err(|error| {
        Problem::not_found(format!("cannot find {}: {error}", file.display()))
            .hint("Name a file inside a git repository.")
    })
}

fn path_inside(repository: &Repository, file: &Path) -> Result<PathBuf, Problem> {
    let top = repository.workdir().and_then(|top| top.canonicalize().ok());
    let inside = top.and_then(|top| file.strip_prefix(top).map(Path::to_owned).ok());
    match inside {
        Some(inside)
            if inside
                .components()
                .all(|part| matches!(part, Component::Normal(_))) =>
        {
            Ok(inside)
        }
        _ => Err(Problem::new(
            Code::BadInput,
            format!(
                "{} is not in the working tree of its repository",
                file.display()
            ),
        )
        .hint("Name a file of a clone that is checked out.")),
    }
}

/// Newest first.
fn walk(repository: &Repository, mut path: PathBuf) -> Result<Vec<FileVersion>, git2::Error> {
    let mut commits = repository.revwalk()?;
    commits.set_sorting(Sort::TOPOLOGICAL | Sort::TIME)?;
    commits.push_head()?;
    let mut versions = Vec::new();
    for id in commits {
        let commit = repository.find_commit(id?)?;
        let tree = commit.tree()?;
        let here = blob_at(&tree, &path);
        let mut parents = Vec::new();
        for parent in commit.parents() {
            parents.push(parent.tree()?);
        }
        if parents.iter().any(|parent| blob_at(parent, &path) == here) {
            continue;
        }
        let Some(blob) = here else {
            // It was taken away here, and perhaps came back later.
            continue;
        };
        versions.push(version(repository, &commit, &path, blob));
        if versions.len() == MAX_VERSIONS {
            break;
        }
        let is_new = !parents
            .iter()
            .any(|parent| blob_at(parent, &path).is_some());
        if is_new
            && let Some(parent) = parents.first()
            && let Some(before) = renamed_from(repository, parent, &tree, &path)?
        {
            path = before;
        }
    }
    Ok(versions)
}

fn blob_at(tree: &Tree<'_>, path: &Path) -> Option<Oid> {
    let entry = tree.get_path(path).ok()?;
    // A link or a folder of that name is not the file.
    let is_file = entry.kind() == Some(ObjectType::Blob) && entry.filemode() != 0o120_000;
    is_file.then(|| entry.id())
}

fn renamed_from(
    repository: &Repository,
    before: &Tree<'_>,
    after: &Tree<'_>,
    path: &Path,
) -> Result<Option<PathBuf>, git2::Error> {
    let mut options = DiffOptions::new();
    options.ignore_submodules(true);
    let mut diff = repository.diff_tree_to_tree(Some(before), Some(after), Some(&mut options))?;
    // As `git log --follow` does: the same file under another name, at least half of it.
    diff.find_similar(Some(DiffFindOptions::new().renames(true).rename_limit(200)))?;
    let renamed = diff.deltas().find(|delta| {
        delta.status() == git2::Delta::Renamed && delta.new_file().path() == Some(path)
    });
    Ok(renamed.and_then(|delta| delta.old_file().path().map(Path::to_owned)))
}

fn version(repository: &Repository, commit: &Commit<'_>, path: &Path, blob: Oid) -> FileVersion {
    let author = commit.author();
    let name = String::from_utf8_lossy(author.name_bytes()).into_owned();
    let address = String::from_utf8_lossy(author.email_bytes()).into_owned();
    FileVersion {
        commit: commit.id().to_string(),
        author: if address.is_empty() {
            name
        } else {
            format!("{name} <{address}>")
        },
        at: UnixNanos(author.when().seconds().saturating_mul(1_000_000_000)),
        message: String::from_utf8_lossy(commit.message_bytes())
            .trim()
            .to_owned(),
        path: path.display().to_string(),
        text: text(repository, blob),
    }
}

fn text(repository: &Repository, blob: Oid) -> Result<String, String> {
    let blob = repository
        .find_blob(blob)
        .map_err(|error| error.message().to_owned())?;
    if blob.size() > MAX_BYTES {
        return Err(format!(
            "{} bytes are too large for a prompt (limit 2 MiB)",
            blob.size()
        ));
    }
    String::from_utf8(blob.content().to_vec()).map_err(|error| error.utf8_error().to_string())
}

#[cfg(test)]
mod tests;
