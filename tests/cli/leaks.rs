//! Looks for secrets in bytes, in every shape in which a program may have written them down.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::collections::BTreeSet;
use std::fs;
use std::io::Read;
use std::path::Path;

/// What is unpacked of one stream at most.
const LARGEST: u64 = 32 << 20;

/// Something that may hold a secret: where it is, and its bytes.
pub(crate) type Place = (String, Vec<u8>);

/// Every file below a folder; of SQLite files also each value, since a page may cut one in two.
pub(crate) fn files_below(folder: &Path) -> Vec<Place> {
    let mut found = Vec::new();
    let mut open = vec![folder.to_owned()];
    while let Some(at) = open.pop() {
        for entry in fs::read_dir(&at).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
                continue;
            }
            // A socket cannot be read.
            let Ok(bytes) = fs::read(&path) else { continue };
            let name = path.display().to_string();
            if bytes.starts_with(b"SQLite format 3\0") {
                found.extend(values_of(&path));
            }
            found.push((name, bytes));
        }
    }
    found
}

fn values_of(path: &Path) -> Vec<Place> {
    let database =
        rusqlite::Connection::open_with_flags(path, rusqlite::OpenFlags::SQLITE_OPEN_READ_ONLY)
            .unwrap();
    let mut names = database
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .unwrap();
    let names: Vec<String> = names
        .query_map([], |row| row.get(0))
        .unwrap()
        .map(Result::unwrap)
        .collect();
    let mut values = Vec::new();
    for table in names {
        let Ok(mut all) = database.prepare(&format!("SELECT * FROM \"{table}\"")) else {
            continue;
        };
        let columns = all.column_count();
        let mut rows = all.query([]).unwrap();
        while let Ok(Some(row)) = rows.next() {
            for column in 0..columns {
                let bytes = match row.get_ref(column).unwrap() {
                    rusqlite::types::ValueRef::Text(bytes)
                    | rusqlite::types::ValueRef::Blob(bytes) => bytes.to_vec(),
                    _ => continue,
                };
                values.push((format!("{} {table}", path.display()), bytes));
            }
        }
    }
    values
}

/// Where one of the secrets stands, and which.
pub(crate) fn leaks(places: Vec<Place>, secrets: &[String]) -> BTreeSet<String> {
    let needles: Vec<(usize, Vec<u8>)> = secrets
        .iter()
        .enumerate()
        .flat_map(|(nth, secret)| spellings(secret).into_iter().map(move |it| (nth, it)))
        .collect();
    let search = aho_corasick::AhoCorasick::new(needles.iter().map(|(_, needle)| needle)).unwrap();
    let mut found = BTreeSet::new();
    let mut open = places;
    while let Some((place, bytes)) = open.pop() {
        for hit in search.find_overlapping_iter(&bytes) {
            let (nth, _) = &needles[hit.pattern().as_usize()];
            found.insert(format!("secret {nth} in {place}"));
        }
        open.extend(members(&place, &bytes));
    }
    found
}

/// Every way to write a secret that is not encryption.
fn spellings(secret: &str) -> BTreeSet<Vec<u8>> {
    let mut all = BTreeSet::from([secret.as_bytes().to_vec()]);
    let json = serde_json::to_string(secret).unwrap();
    all.insert(json.trim_matches('"').as_bytes().to_vec());
    all.insert(json.trim_matches('"').replace('/', "\\/").into_bytes());
    for upper in [true, false] {
        let url: String = secret
            .bytes()
            .map(|byte| match byte {
                b'-' | b'_' | b'.' | b'~' => char::from(byte).to_string(),
                byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
                byte if upper => format!("%{byte:02X}"),
                byte => format!("%{byte:02x}"),
            })
            .collect();
        all.insert(url.into_bytes());
    }
    // What stands before a secret shifts its base64: three shifts, without the characters at the edges
    // that what stands beside it decides.
    for shift in 0..3 {
        let mut bytes = vec![0; shift];
        bytes.extend(secret.as_bytes());
        let (first, end) = ((shift * 8).div_ceil(6), bytes.len() * 8 / 6);
        for text in [
            STANDARD_NO_PAD.encode(&bytes),
            URL_SAFE_NO_PAD.encode(&bytes),
        ] {
            all.insert(text.as_bytes()[first..end].to_vec());
        }
    }
    all
}

/// What gzip and Zstandard streams inside of these bytes hold.
fn members(place: &str, bytes: &[u8]) -> Vec<Place> {
    let beginnings = [&[0x1f, 0x8b, 8][..], &[0x28, 0xb5, 0x2f, 0xfd]];
    let search = aho_corasick::AhoCorasick::new(beginnings).unwrap();
    let mut found = Vec::new();
    for hit in search.find_iter(bytes) {
        let (rest, mut inside) = (&bytes[hit.start()..], Vec::new());
        // What can be read before an error counts too.
        let _ = if hit.pattern().as_usize() == 0 {
            let unpacked = flate2::read::GzDecoder::new(rest);
            unpacked.take(LARGEST).read_to_end(&mut inside)
        } else {
            let unpacked = zstd::stream::read::Decoder::new(rest);
            unpacked.and_then(|unpacked| unpacked.take(LARGEST).read_to_end(&mut inside))
        };
        if !inside.is_empty() {
            found.push((format!("{place}, packed"), inside));
        }
    }
    found
}

#[test]
fn a_secret_is_found_in_every_dress() {
    let secret = "sk-ca/na+ry=0123\"456789".to_owned();
    let gzip = |bytes: &[u8]| {
        let mut packed = flate2::read::GzEncoder::new(bytes, flate2::Compression::fast());
        let mut out = Vec::new();
        packed.read_to_end(&mut out).unwrap();
        out
    };
    let zstd = |bytes: &[u8]| zstd::bulk::compress(bytes, 1).unwrap();
    let around = |inner: &[u8]| [b"before ", inner, b" after"].concat();
    let mut dressed = vec![
        secret.clone().into_bytes(),
        b"sk-ca%2Fna%2Bry%3D0123%22456789".to_vec(),
        br#"sk-ca\/na+ry=0123\"456789"#.to_vec(),
        gzip(&around(secret.as_bytes())),
        zstd(&around(&gzip(secret.as_bytes()))),
    ];
    for before in ["", "k", "ke", "key"] {
        let text = format!("{before}{secret}!");
        dressed.push(STANDARD_NO_PAD.encode(&text).into_bytes());
        dressed.push(URL_SAFE_NO_PAD.encode(&text).into_bytes());
    }
    for inner in dressed {
        let shown = String::from_utf8_lossy(&inner).into_owned();
        let found = leaks(
            vec![("here".to_owned(), around(&inner))],
            std::slice::from_ref(&secret),
        );
        assert!(!found.is_empty(), "{shown}");
    }
    let innocent = vec![("here".to_owned(), b"sk-ca and ry=0123".to_vec())];
    assert!(leaks(innocent, &[secret]).is_empty());
}
