//! The program, listening on a workspace of its own.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read};
use std::path::PathBuf;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub(crate) struct Program {
    folder: TempDir,
    child: Child,
    out: BufReader<ChildStdout>,
    /// The first line that it printed.
    pub(crate) started: Value,
}

fn command(workspace: PathBuf) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
    command
        .env_clear()
        .arg("--json")
        .arg("--workspace")
        .arg(workspace);
    command
}

impl Program {
    pub(crate) fn listen(more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut child = command(folder.path().join("w.db"))
            .args(["listen", "--port", "0"])
            .args(more)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        let mut line = String::new();
        out.read_line(&mut line).unwrap();
        let started = serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line}"));
        Self {
            folder,
            child,
            out,
            started,
        }
    }

    pub(crate) fn url(&self) -> &str {
        self.started["listening"].as_str().unwrap()
    }

    /// What another process says about the workspace, while this one listens.
    pub(crate) fn ask(&self, args: &[&str]) -> Value {
        let out = command(self.folder.path().join("w.db"))
            .args(args)
            .output()
            .unwrap();
        assert!(out.status.success(), "{out:?}");
        serde_json::from_slice(&out.stdout).unwrap()
    }

    /// Every span, once there are so many.
    pub(crate) fn spans_when(&self, count: usize) -> Vec<Value> {
        let started = Instant::now();
        loop {
            let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline"));
            let workspace = self.folder.path().join("w.db");
            command.arg("--workspace").arg(workspace);
            let out = command.args(["trace", "export"]).output().unwrap();
            let lines = String::from_utf8(out.stdout).unwrap();
            let lines = lines
                .lines()
                .map(|line| serde_json::from_str(line).unwrap());
            let spans: Vec<Value> = lines.collect();
            if spans.len() >= count {
                return spans;
            }
            assert!(
                started.elapsed() < Duration::from_secs(40),
                "{} of {count} spans: {spans:#?}",
                spans.len()
            );
        }
    }

    /// Stops it as Ctrl-C does; its report.
    pub(crate) fn stop(mut self) -> Value {
        let id = self.child.id().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &id])
                .status()
                .unwrap()
                .success()
        );
        let mut rest = String::new();
        self.out.read_to_string(&mut rest).unwrap();
        assert!(self.child.wait().unwrap().success());
        let ended: Value =
            serde_json::from_str(&rest).unwrap_or_else(|error| panic!("{error}: {rest}"));
        ended["report"].clone()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
