use super::*;
use git2::{Signature, Time};
use std::fs;

/// A repository whose commits are made here, one minute after another.
struct Repo {
    dir: tempfile::TempDir,
    repository: Repository,
    commits: i64,
}

impl Repo {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let repository = Repository::init(dir.path()).unwrap();
        Self {
            dir,
            repository,
            commits: 0,
        }
    }

    fn path(&self, file: &str) -> PathBuf {
        self.dir.path().join(file)
    }

    fn write(&self, file: &str, content: impl AsRef<[u8]>) {
        let path = self.path(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
    }

    fn commit(&mut self, message: &str) -> String {
        let head = self.repository.head().ok().and_then(|head| head.target());
        self.commit_on(message, head.as_slice(), "HEAD")
    }

    fn commit_on(&mut self, message: &str, parents: &[Oid], reference: &str) -> String {
        self.commits += 1;
        let mut index = self.repository.index().unwrap();
        index
            .add_all(["*"], git2::IndexAddOption::DEFAULT, None)
            .unwrap();
        index.update_all(["*"], None).unwrap();
        let tree = self
            .repository
            .find_tree(index.write_tree().unwrap())
            .unwrap();
        let when = Time::new(1_700_000_000 + self.commits * 60, 0);
        let who = Signature::new("Ada", "ada@example.test", &when).unwrap();
        let parents: Vec<Commit<'_>> = parents
            .iter()
            .map(|id| self.repository.find_commit(*id).unwrap())
            .collect();
        let parents: Vec<&Commit<'_>> = parents.iter().collect();
        let id = self
            .repository
            .commit(Some(reference), &who, &who, message, &tree, &parents);
        id.unwrap().to_string()
    }

    fn messages(&self, file: &str) -> Vec<String> {
        let versions = file_history(&self.path(file)).unwrap();
        versions
            .into_iter()
            .map(|version| version.message)
            .collect()
    }
}

#[test]
fn a_file_is_committed_only_where_the_repository_holds_it() {
    let mut repo = Repo::new();
    repo.write("app/answer.md", "one");
    assert!(!is_committed(&repo.path("app/answer.md")));
    repo.commit("First");
    repo.write("app/answer.md", "changed since");
    repo.write("app/new.md", "one");
    assert!(is_committed(&repo.path("app/answer.md")));
    assert!(!is_committed(&repo.path("app/new.md")));
    assert!(!is_committed(&repo.path("app/gone.md")));
    let elsewhere = tempfile::tempdir().unwrap();
    fs::write(elsewhere.path().join("answer.md"), "one").unwrap();
    assert!(!is_committed(&elsewhere.path().join("answer.md")));
}

#[test]
fn every_commit_that_touched_the_file_is_a_version_and_no_other() {
    let mut repo = Repo::new();
    repo.write("p/prompt.md", "one");
    let first = repo.commit("First\n\nWith a body.");
    repo.write("other.txt", "x");
    repo.commit("Something else");
    repo.write("p/prompt.md", "two");
    repo.commit("Second");
    let versions = file_history(&repo.path("p/prompt.md")).unwrap();
    let texts: Vec<&str> = versions
        .iter()
        .map(|v| v.text.as_deref().unwrap())
        .collect();
    assert_eq!(texts, ["one", "two"]);
    assert_eq!(versions[0].commit, first);
    assert_eq!(versions[0].author, "Ada <ada@example.test>");
    assert_eq!(versions[0].message, "First\n\nWith a body.");
    assert_eq!(versions[0].at, UnixNanos(1_700_000_060_000_000_000));
}

#[test]
fn a_renamed_file_keeps_its_history_and_one_that_came_back_too() {
    let mut repo = Repo::new();
    let long = "a line of the prompt\n".repeat(20);
    repo.write("old.txt", &long);
    repo.commit("Old name");
    fs::remove_file(repo.path("old.txt")).unwrap();
    repo.write("new.txt", format!("{long}one more\n"));
    repo.commit("New name");
    fs::remove_file(repo.path("new.txt")).unwrap();
    repo.commit("Gone");
    repo.write("new.txt", "back\n");
    repo.commit("Back");
    assert_eq!(repo.messages("new.txt"), ["Old name", "New name", "Back"]);
    let versions = file_history(&repo.path("new.txt")).unwrap();
    assert_eq!(versions[0].path, "old.txt");
}

#[test]
fn a_merge_that_only_takes_over_is_no_version() {
    let mut repo = Repo::new();
    repo.write("a.md", "one");
    let base: Oid = repo.commit("Base").parse().unwrap();
    repo.write("a.md", "side");
    let side: Oid = repo
        .commit_on("Side", &[base], "refs/heads/side")
        .parse()
        .unwrap();
    repo.write("a.md", "one");
    repo.write("b.md", "x");
    let main: Oid = repo.commit("Main").parse().unwrap();
    repo.write("a.md", "side");
    repo.commit_on("Merge", &[main, side], "HEAD");
    assert_eq!(repo.messages("a.md"), ["Base", "Side"]);
}

#[test]
fn what_is_no_text_is_told_and_what_is_not_there_is_an_error() {
    let mut repo = Repo::new();
    repo.write("a.md", [0xff, 0xfe, 0x00]);
    repo.commit("Binary");
    assert!(file_history(&repo.path("a.md")).unwrap()[0].text.is_err());
    repo.write("never.md", "x");
    let problem = file_history(&repo.path("never.md")).unwrap_err();
    assert!(problem.message.contains("never committed"), "{problem}");
    let outside = tempfile::tempdir().unwrap();
    fs::write(outside.path().join("a.md"), "x").unwrap();
    assert!(file_history(&outside.path().join("a.md")).is_err());
    assert!(file_history(Path::new("/no/such/file")).is_err());
}

#[test]
fn a_hostile_configuration_of_the_repository_runs_nothing() {
    let mut repo = Repo::new();
    let ran = repo.path("ran");
    repo.write("a.md", "one");
    repo.write(".gitattributes", "*.md filter=evil diff=evil\n");
    repo.commit("One");
    let touch = format!("touch {}", ran.display());
    let mut config = repo.repository.config().unwrap();
    for key in [
        "filter.evil.smudge",
        "filter.evil.clean",
        "diff.evil.textconv",
        "core.fsmonitor",
        "core.pager",
    ] {
        config.set_str(key, &touch).unwrap();
    }
    assert_eq!(repo.messages("a.md"), ["One"]);
    assert!(!ran.exists());
}
