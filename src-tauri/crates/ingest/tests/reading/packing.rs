//! Archives made for tests, of every kind that is read.

use std::io::{Cursor, Write};
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Zip,
    Tar,
    TarGzip,
    TarZstd,
}

impl Kind {
    pub(crate) const ALL: [Self; 4] = [Self::Zip, Self::Tar, Self::TarGzip, Self::TarZstd];
}

/// One span as canonical JSONL.
pub(crate) fn line(id: &str) -> String {
    format!("{{\"trace_id\":\"t\",\"span_id\":\"{id}\",\"kind\":\"llm\",\"start_ns\":5}}\n")
}

pub(crate) fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

pub(crate) fn packed(kind: Kind, members: &[(&[u8], &[u8])]) -> Vec<u8> {
    match kind {
        Kind::Zip => zip_of(members),
        Kind::Tar => tar_of(members),
        Kind::TarGzip => gzip(&tar_of(members)),
        Kind::TarZstd => zstd::encode_all(&tar_of(members)[..], 3).unwrap(),
    }
}

/// A zip archive with these names, byte for byte: the writer takes text, so each name is written over a stand-in.
pub(crate) fn zip_of(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut names = Vec::new();
    for (index, (name, content)) in members.iter().enumerate() {
        let stand_in = match std::str::from_utf8(name) {
            Ok(short) if short.len() < 8 => short.to_owned(),
            _ => format!("{index:06}{}", "_".repeat(name.len() - 6)),
        };
        writer
            .start_file(&stand_in, SimpleFileOptions::default())
            .unwrap();
        names.push((stand_in, *name));
        writer.write_all(content).unwrap();
    }
    let mut zip = writer.finish().unwrap().into_inner();
    for (stand_in, name) in names {
        let stand_in = stand_in.as_bytes();
        for at in 0..zip.len() - stand_in.len() {
            let is_name = at >= 30
                && (zip[at - 30..].starts_with(b"PK\x03\x04")
                    || at >= 46 && zip[at - 46..].starts_with(b"PK\x01\x02"));
            if is_name && zip[at..].starts_with(stand_in) {
                zip[at..at + name.len()].copy_from_slice(name);
            }
        }
    }
    zip
}

/// A tar archive with these names, byte for byte; long ones and such with NUL as GNU tar writes them.
pub(crate) fn tar_of(members: &[(&[u8], &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut append = |kind: EntryType, name: &[u8], content: &[u8]| {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(content.len() as u64);
        let length = name.len().min(99);
        header.as_mut_bytes()[..length].copy_from_slice(&name[..length]);
        header.set_cksum();
        bytes.extend_from_slice(header.as_bytes());
        bytes.extend_from_slice(content);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    };
    for (name, content) in members {
        if name.len() > 99 || name.contains(&0) {
            append(
                EntryType::GNULongName,
                b"././@LongLink",
                &[name, &b"\0"[..]].concat(),
            );
        }
        append(EntryType::Regular, name, content);
    }
    bytes.resize(bytes.len() + 1_024, 0);
    bytes
}
