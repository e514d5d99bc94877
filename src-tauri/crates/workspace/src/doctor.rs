//! Is this workspace sound? Each check says what it looked at and what it found.

use crate::connection::{OLDEST_SQLITE, sqlite_version, sqlite_version_number};
use crate::error::Result;
use crate::file_mode::others_may_read;
use crate::migration::WORKSPACE_VERSION;
use crate::recognise::user_version;
use crate::table::word;
use crate::workspace::Workspace;
use rusqlite::Connection;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// One check and its finding.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    /// What was looked at, such as `integrity`.
    pub name: String,
    pub ok: bool,
    /// What was found, as a sentence.
    pub detail: String,
}

fn check(name: &str, ok: bool, detail: impl Into<String>) -> CheckResult {
    CheckResult {
        name: name.to_owned(),
        ok,
        detail: detail.into(),
    }
}

impl Workspace {
    /// Examines the workspace from end to end. Reads every page, so it takes a while on a large file.
    ///
    /// # Errors
    /// Those of reading the file; what is merely wrong with it is a finding.
    pub fn doctor(&self) -> Result<Vec<CheckResult>> {
        let path = self.path();
        let mut checks = self.read(|conn| {
            Ok(vec![
                check(
                    "sqlite",
                    sqlite_version_number() >= OLDEST_SQLITE,
                    format!("SQLite {} is built in", sqlite_version()),
                ),
                integrity(conn)?,
                foreign_keys(conn)?,
                version(conn)?,
                journal(conn, self.is_in_memory())?,
                ledger(conn)?,
                days(conn)?,
                imports(conn)?,
                bodies(conn)?,
                sums(conn)?,
                words(conn)?,
            ])
        })?;
        if !self.is_in_memory() {
            checks.push(file_system(path));
            let open = others_may_read(path);
            checks.push(check(
                "permissions",
                !open,
                if open {
                    "other users of this machine may read the file"
                } else {
                    "only its owner may read the file"
                },
            ));
        }
        Ok(checks)
    }
}

fn integrity(conn: &Connection) -> Result<CheckResult> {
    let mut statement = conn.prepare("PRAGMA integrity_check(5)")?;
    let lines = statement
        .query_map([], |row| row.get::<_, String>(0))?
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let ok = lines.len() == 1 && lines.first().is_some_and(|line| line == "ok");
    let detail = if ok {
        "every page and index is sound".to_owned()
    } else {
        lines.join("; ")
    };
    Ok(check("integrity", ok, detail))
}

fn foreign_keys(conn: &Connection) -> Result<CheckResult> {
    let mut statement = conn.prepare("PRAGMA foreign_key_check")?;
    let broken = statement.query_map([], |_| Ok(()))?.count();
    Ok(check(
        "references",
        broken == 0,
        format!("{broken} rows refer to rows that do not exist"),
    ))
}

fn version(conn: &Connection) -> Result<CheckResult> {
    let found = user_version(conn)?;
    Ok(check(
        "version",
        found == WORKSPACE_VERSION,
        format!("the file is of version {found}, this Plumbline of version {WORKSPACE_VERSION}"),
    ))
}

fn journal(conn: &Connection, in_memory: bool) -> Result<CheckResult> {
    let mode: String = conn.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
    Ok(check(
        "journal",
        in_memory || mode == "wal",
        format!("the journal mode is {mode}"),
    ))
}

/// The ledger and the cells tell the same story: attempts are counted, and a live cell costs what its
/// last answered attempt cost.
fn ledger(conn: &Connection) -> Result<CheckResult> {
    let wrong: i64 = conn.query_row(
        "SELECT count(*) FROM cell WHERE
            attempts <> (SELECT count(*) FROM attempt WHERE cell_id = cell.id)
            OR (origin = 'live' AND status IN ('complete', 'truncated') AND NOT EXISTS (
                SELECT 1 FROM attempt AS last
                WHERE last.cell_id = cell.id AND last.purpose = 'answer' AND last.state = 'answered'
                  AND (last.cost_pico IS cell.cost_pico OR cell.turns > 0 OR cell.recomputed)))",
        [],
        |row| row.get(0),
    )?;
    Ok(check(
        "ledger",
        wrong == 0,
        format!("{wrong} cells differ from the ledger of calls"),
    ))
}

/// No day's sum, which its cap is held against, is below what the ledger says of that day. A sum may be above: what
/// a deleted run spent stays spent.
fn days(conn: &Connection) -> Result<CheckResult> {
    // Sums of doubles: a millionth of a dollar is no difference.
    let wrong: i64 = conn.query_row(
        "WITH spent AS (
            SELECT sent_ns / 86400000000000 AS day, provider, tenant,
                CASE WHEN state = 'answered' THEN coalesce(cost_pico, reserved_pico) ELSE reserved_pico END AS pico
            FROM attempt WHERE state <> 'failed'),
         bill AS (
            SELECT day, 'all' AS payer, pico FROM spent
            UNION ALL SELECT day, 'key:' || provider, pico FROM spent WHERE provider <> ''
            UNION ALL SELECT day, 'tenant:' || tenant, pico FROM spent WHERE tenant <> '')
         SELECT count(DISTINCT day) FROM
            (SELECT day, payer, total(pico) AS pico FROM bill GROUP BY day, payer) AS wanted
         LEFT JOIN day_bill USING (day, payer)
         WHERE coalesce(at_most_pico, 0) + 1000000 < pico",
        [],
        |row| row.get(0),
    )?;
    Ok(check(
        "days",
        wrong == 0,
        format!("{wrong} days have spent more than their caps were told"),
    ))
}

fn imports(conn: &Connection) -> Result<CheckResult> {
    let wrong: i64 = conn.query_row(
        "SELECT count(*) FROM import_file LEFT JOIN
            (SELECT (SELECT text FROM word WHERE word.id = import) AS import_id, count(*) AS spans,
                    min(id) AS first, max(id) AS last FROM span GROUP BY import)
            AS seen ON seen.import_id = import_file.id
         WHERE stored <> coalesce(seen.spans, 0)
            OR (seen.spans > 0 AND NOT coalesce(first_span <= seen.first AND last_span >= seen.last, 0))
            OR quarantined <> (SELECT count(*) FROM quarantine WHERE import_id = import_file.id)",
        [],
        |row| row.get(0),
    )?;
    Ok(check(
        "imports",
        wrong == 0,
        format!("{wrong} imports count other rows than they have"),
    ))
}

/// Every span has its body, in a block or, in workspaces that are older than blocks, in a row of its own.
fn bodies(conn: &Connection) -> Result<CheckResult> {
    let missing: i64 = conn.query_row(
        "SELECT count(*) FROM span
         WHERE NOT EXISTS (SELECT 1 FROM span_block WHERE span_block.id = span.id / 256)
            AND NOT EXISTS (SELECT 1 FROM span_body WHERE span_body.span = span.id)",
        [],
        |row| row.get(0),
    )?;
    Ok(check(
        "bodies",
        missing == 0,
        format!("{missing} spans have no body"),
    ))
}

/// A trace's row says what its spans say.
fn sums(conn: &Connection) -> Result<CheckResult> {
    let wrong: i64 = conn.query_row(
        "SELECT count(*) FROM trace FULL JOIN
            (SELECT trace, count(*) AS spans, min(start_ns) AS start_ns FROM span GROUP BY trace) AS seen
            ON seen.trace = trace.id
         WHERE trace.spans IS NOT seen.spans OR trace.start_ns IS NOT seen.start_ns",
        [],
        |row| row.get(0),
    )?;
    Ok(check(
        "sums",
        wrong == 0,
        format!("{wrong} traces count other spans than they have"),
    ))
}

fn words(conn: &Connection) -> Result<CheckResult> {
    let missing = word::missing(conn)?;
    Ok(check(
        "words",
        missing == 0,
        format!("{missing} words that rows name are missing"),
    ))
}

/// WAL needs memory that all processes share, which a network file system does not give.
fn file_system(path: &Path) -> CheckResult {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    match network_mount(&mounts, path) {
        Some(kind) => check(
            "file system",
            false,
            format!("the file lies on a network file system ({kind}); keep it on a local disk"),
        ),
        None => check("file system", true, "no network file system was recognised"),
    }
}

/// The kind of the network file system that holds `path`, by the text of `/proc/self/mountinfo`.
fn network_mount(mounts: &str, path: &Path) -> Option<String> {
    const NETWORK: [&str; 11] = [
        "nfs",
        "nfs4",
        "cifs",
        "smb3",
        "smbfs",
        "9p",
        "afs",
        "ceph",
        "fuse.sshfs",
        "fuse.rclone",
        "davfs",
    ];
    let holder = mounts.lines().filter_map(|line| {
        let (mount, after) = line.split_once(" - ")?;
        let point = mount.split(' ').nth(4)?;
        path.starts_with(point)
            .then(|| (point.len(), after.split(' ').next()))
    });
    // The deepest mount point holds the file; of two on one point, the later one covers the other.
    let (_, kind) = holder.max_by_key(|(depth, _)| *depth)?;
    kind.filter(|kind| NETWORK.contains(kind))
        .map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_mount_is_recognised_and_a_local_one_below_it_is_not() {
        let mounts = "1 0 8:1 / / rw - ext4 /dev/sda1 rw\n\
                      2 1 0:9 / /home rw shared:1 - nfs4 server:/home rw\n\
                      3 2 8:2 / /home/me/local rw - ext4 /dev/sdb1 rw\n";
        let kind = |path| network_mount(mounts, Path::new(path));
        assert_eq!(kind("/home/me/w.db").as_deref(), Some("nfs4"));
        assert_eq!(kind("/home/me/local/w.db"), None);
        assert_eq!(kind("/srv/w.db"), None);
    }
}
