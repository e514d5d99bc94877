//! Archives read member by member: what each kind holds, what is passed over, and what ends at a limit or at damage.

use crate::packing::{Kind, gzip, line, packed, tar_of, zip_of};
use plumbline_ingest::{
    ArchiveLimits, Entry, How, Item, SourceKind, Visit, Zip, open_zip, read_guarded, read_tar,
};
use plumbline_model::QuarantinedRow;
use std::io::{Cursor, Write};
use std::ops::ControlFlow;
use tar::{EntryType, Header};
use zip::write::SimpleFileOptions;

const SMALL: ArchiveLimits = ArchiveLimits {
    free_bytes: 10_000,
    ratio: 10,
    total_bytes: 200_000,
    entries: 20,
};

/// What an archive gave, in order: the spans of each member and its last row, or why it was refused.
#[derive(Debug)]
struct Given {
    name: String,
    spans: Vec<String>,
    rows: Vec<QuarantinedRow>,
    refused: Option<String>,
}

fn visit(bytes: &[u8], limits: ArchiveLimits, visit: &mut Visit<'_>) {
    match SourceKind::of(bytes) {
        SourceKind::Zip => match open_zip(Cursor::new(bytes), &limits) {
            Ok(Zip::Members(members)) => members.read("a", visit),
            Ok(Zip::Log(_)) => panic!("no log was packed"),
            Err(why) => {
                let refusal = plumbline_ingest::Refusal {
                    name: "a".to_owned(),
                    why,
                    hint: String::new(),
                };
                let _ = visit(Entry::Refused(refusal));
            }
        },
        SourceKind::Tar => read_tar(&mut &bytes[..], "a", &limits, visit),
        kind => panic!("{kind:?} is no archive"),
    }
}

fn given(bytes: &[u8], limits: ArchiveLimits) -> Vec<Given> {
    let mut all = Vec::new();
    visit(bytes, limits, &mut |entry| {
        let mut one = Given {
            name: String::new(),
            spans: Vec::new(),
            rows: Vec::new(),
            refused: None,
        };
        match entry {
            Entry::Refused(refusal) => {
                one.name = refusal.name;
                one.refused = Some(refusal.why);
            }
            Entry::Member(mut member) => {
                one.name.clone_from(&member.name);
                let mut items = 0;
                let sink = &mut |item| {
                    items += 1;
                    match item {
                        Item::Span { span, .. } => one.spans.push(span.span_id),
                        Item::Quarantined(row) => one.rows.push(row),
                    }
                    ControlFlow::Continue(())
                };
                let read = read_guarded(
                    &mut member.content,
                    How::Detected,
                    &member.name,
                    &member.guard,
                    sink,
                );
                match read {
                    Ok(report) => assert_eq!(report.read, items),
                    Err(error) => one.refused = Some(error.to_string()),
                }
            }
        }
        all.push(one);
        ControlFlow::Continue(())
    });
    all
}

fn spans(given: &[Given]) -> Vec<&str> {
    given
        .iter()
        .flat_map(|one| &one.spans)
        .map(String::as_str)
        .collect()
}

fn reasons(given: &[Given]) -> String {
    let rows = given
        .iter()
        .flat_map(|one| one.rows.iter().map(|row| &row.reason));
    let refused = given.iter().filter_map(|one| one.refused.as_ref());
    rows.chain(refused)
        .map(|reason| format!("{reason}\n"))
        .collect()
}

#[test]
fn each_kind_gives_its_members_in_order_read_through_and_named() {
    let a = line("a");
    let b = gzip(line("b").as_bytes());
    let c = zstd::encode_all(line("c").as_bytes(), 3).unwrap();
    let members: [(&[u8], &[u8]); 3] = [
        (b"in/a.jsonl", a.as_bytes()),
        (b"in/b.jsonl.gz", &b),
        (b"c", &c),
    ];
    for kind in Kind::ALL {
        let given = given(&packed(kind, &members), ArchiveLimits::default());
        let names: Vec<_> = given.iter().map(|one| one.name.as_str()).collect();
        assert_eq!(
            names,
            ["a/in/a.jsonl", "a/in/b.jsonl.gz", "a/c"],
            "{kind:?}"
        );
        assert_eq!(spans(&given), ["a", "b", "c"], "{kind:?}");
        assert_eq!(reasons(&given), "", "{kind:?}");
    }
}

#[test]
fn names_are_labels_whatever_they_are() {
    let long = "x/".repeat(32_000);
    let names: [&[u8]; 9] = [
        b"../../up.jsonl",
        b"/etc/passwd",
        b"C:\\windows\\a.jsonl",
        b"..\\up.jsonl",
        b"nul\0inside.jsonl",
        b"\x1b]52;c;cm0gLXJm\x07.jsonl",
        b"\xff\xfe\xfa.jsonl",
        b"COM1",
        long.as_bytes(),
    ];
    for kind in Kind::ALL {
        let lines: Vec<String> = (0..names.len()).map(|n| line(&n.to_string())).collect();
        let members: Vec<(&[u8], &[u8])> = names
            .iter()
            .zip(&lines)
            .filter(|(name, _)| !name.ends_with(b"/"))
            .map(|(name, line)| (*name, line.as_bytes()))
            .chain([(&long.as_bytes()[..63_999], lines[8].as_bytes())])
            .collect();
        let given = given(&packed(kind, &members), ArchiveLimits::default());
        assert_eq!(
            spans(&given),
            ["0", "1", "2", "3", "4", "5", "6", "7", "8"],
            "{kind:?}"
        );
        for one in &given {
            assert!(!one.name.contains(char::is_control), "{:?}", one.name);
            assert!(one.name.chars().count() <= 302, "{}", one.name.len());
        }
    }
}

#[test]
fn what_lies_beside_traces_is_passed_over() {
    let good = line("good");
    let members: [(&[u8], &[u8]); 8] = [
        (b"README.md", b"# Logs"),
        (b"LICENSE", b"MIT"),
        (b".DS_Store", b"\0\0\0\x01Bud1"),
        (b"__MACOSX/._a.jsonl", b"\0\x05\x16\x07"),
        (b"plot.png", b"\x89PNG"),
        (b".git/config", b"[core]"),
        (b"folder/", b""),
        (b"a.jsonl", good.as_bytes()),
    ];
    for kind in Kind::ALL {
        let given = given(&packed(kind, &members), ArchiveLimits::default());
        assert_eq!(given.len(), 1, "{kind:?}: {given:?}");
        assert_eq!(spans(&given), ["good"]);
    }
}

#[test]
fn archives_and_databases_inside_archives_are_refused_alone() {
    let good = line("good");
    let inner = packed(Kind::Zip, &[(b"x.jsonl", good.as_bytes())]);
    let log = packed(
        Kind::Zip,
        &[(b"header.json", b"{}"), (b"samples/a.json", b"{}")],
    );
    let mut members: Vec<(Vec<u8>, Vec<u8>)> = vec![
        (b"zip".to_vec(), inner),
        (b"log".to_vec(), log),
        (b"db".to_vec(), b"SQLite format 3\0 and pages".to_vec()),
    ];
    for kind in [Kind::Tar, Kind::TarGzip, Kind::TarZstd] {
        let name = format!("{kind:?}").into_bytes();
        members.push((name, packed(kind, &[(b"x.jsonl", good.as_bytes())])));
    }
    members.push((b"good.jsonl".to_vec(), good.clone().into_bytes()));
    let members: Vec<(&[u8], &[u8])> = members.iter().map(|(n, c)| (&n[..], &c[..])).collect();
    for kind in Kind::ALL {
        let given = given(&packed(kind, &members), ArchiveLimits::default());
        assert_eq!(spans(&given), ["good"], "{kind:?}");
        let why: Vec<_> = given
            .iter()
            .filter_map(|one| one.refused.as_deref())
            .collect();
        assert_eq!(why.len(), 6, "{why:?}");
        assert!(why[1].contains("log of Inspect"), "{why:?}");
        assert!(why[2].contains("SQLite"), "{why:?}");
        for at in [0, 3, 4, 5] {
            assert!(
                why[at].contains("archives inside archives are not read"),
                "{why:?}"
            );
        }
    }
}

#[test]
fn links_devices_and_folders_of_a_tar_have_no_content_and_a_sparse_file_is_a_row() {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, name) in [
        (EntryType::Symlink, "latest.jsonl"),
        (EntryType::Link, "same.jsonl"),
        (EntryType::Char, "null"),
        (EntryType::Block, "disk"),
        (EntryType::Fifo, "pipe"),
        (EntryType::Directory, "folder"),
    ] {
        let mut header = Header::new_gnu();
        header.set_entry_type(kind);
        header.set_size(0);
        header.set_link_name("/etc/passwd").unwrap();
        builder.append_data(&mut header, name, &b""[..]).unwrap();
    }
    let mut sparse = Header::new_gnu();
    sparse.set_entry_type(EntryType::GNUSparse);
    sparse.set_size(8);
    builder
        .append_data(&mut sparse, "sparse.jsonl", &b"12345678"[..])
        .unwrap();
    let extension = [("GNU.sparse.major", &b"1"[..]), ("GNU.sparse.minor", b"0")];
    builder.append_pax_extensions(extension).unwrap();
    let mut pax = Header::new_ustar();
    pax.set_size(4);
    builder
        .append_data(&mut pax, "sparse-too.jsonl", &b"1\n0\n"[..])
        .unwrap();
    let good = line("good");
    let mut header = Header::new_gnu();
    header.set_size(good.len() as u64);
    builder
        .append_data(&mut header, "good.jsonl", good.as_bytes())
        .unwrap();
    let given = given(&builder.into_inner().unwrap(), ArchiveLimits::default());
    assert_eq!(spans(&given), ["good"]);
    assert_eq!(given.len(), 3, "{given:?}");
    for sparse in &given[..2] {
        assert!(
            sparse.refused.as_ref().unwrap().contains("sparse"),
            "{sparse:?}"
        );
    }
}

#[test]
fn an_extended_header_may_give_name_and_size_and_one_without_bound_is_passed_over() {
    let good = line("good");
    let mut builder = tar::Builder::new(Vec::new());
    let size = good.len().to_string();
    let extensions = [
        ("path", &b"f\xc3\xbcr/uns.jsonl"[..]),
        ("size", size.as_bytes()),
    ];
    builder.append_pax_extensions(extensions).unwrap();
    let mut header = Header::new_ustar();
    // What the extended header says counts.
    header.set_size(0);
    header.set_path("short").unwrap();
    header.set_cksum();
    let mut bytes = builder.into_inner().unwrap();
    bytes.truncate(bytes.len() - 1_024);
    bytes.extend_from_slice(header.as_bytes());
    let mut block = good.clone().into_bytes();
    block.resize(block.len().next_multiple_of(512), 0);
    bytes.extend_from_slice(&block);
    let mut huge = Header::new_gnu();
    huge.set_entry_type(EntryType::GNULongName);
    huge.set_size(3 << 20);
    huge.set_cksum();
    bytes.extend_from_slice(huge.as_bytes());
    bytes.resize(bytes.len() + (3 << 20), b'x');
    bytes.extend(tar_of(&[(b"b.jsonl", line("b").as_bytes())]));
    let given = given(&bytes, ArchiveLimits::default());
    assert_eq!(given[0].name, "a/für/uns.jsonl");
    assert_eq!(spans(&given), ["good", "b"]);
    assert!(
        given[1].refused.as_ref().unwrap().contains("passed over"),
        "{given:?}"
    );
}

/// Changes bytes of every header of a zip archive: at `local` behind local ones, at `central` behind central ones.
fn patched(mut zip: Vec<u8>, local: usize, central: usize, value: &[u8]) -> Vec<u8> {
    for at in 0..zip.len() - 4 {
        let from = match &zip[at..at + 4] {
            b"PK\x03\x04" => at + local,
            b"PK\x01\x02" => at + central,
            _ => continue,
        };
        zip[from..from + value.len()].copy_from_slice(value);
    }
    zip
}

#[test]
fn what_cannot_be_unpacked_is_a_row_of_its_own() {
    let good = line("good");
    let zip = zip_of(&[(b"a.jsonl", good.as_bytes())]);
    let encrypted = given(&patched(zip.clone(), 6, 8, &[1]), ArchiveLimits::default());
    assert!(
        reasons(&encrypted).contains("is encrypted"),
        "{encrypted:?}"
    );
    // 9 is Deflate64, 12 is bzip2.
    for method in [9_u8, 12] {
        let unknown = given(
            &patched(zip.clone(), 8, 10, &[method]),
            ArchiveLimits::default(),
        );
        assert!(
            reasons(&unknown).contains("packed in a way that is not read"),
            "{unknown:?}"
        );
    }
}

#[test]
fn a_sum_that_does_not_fit_keeps_the_rows_before_it_and_says_so() {
    let lines: String = (0..50).map(|n| line(&n.to_string())).collect();
    let zip = zip_of(&[
        (b"a.jsonl", lines.as_bytes()),
        (b"b.jsonl", line("b").as_bytes()),
    ]);
    let given = given(
        &patched(zip, 14, 16, &[1, 2, 3, 4]),
        ArchiveLimits::default(),
    );
    assert_eq!(given[0].spans.len(), 50);
    let last = given[0].rows.last().unwrap();
    assert!(
        last.reason.contains("damaged") && last.reason.contains("checksum"),
        "{last:?}"
    );
    assert_eq!(given[1].spans, ["b"]);
}

#[test]
fn sizes_that_lie_do_not_count() {
    let lines: String = (0..50).map(|n| line(&n.to_string())).collect();
    let zip = zip_of(&[
        (b"a.jsonl", lines.as_bytes()),
        (b"b.jsonl", line("b").as_bytes()),
    ]);
    // Uncompressed sizes: too small, then enormous.
    for (size, told) in [
        ([9_u8, 0, 0, 0], "larger than its declared"),
        ([0xfe, 0xff, 0xff, 0x7f], "cut off"),
    ] {
        let given = given(
            &patched(zip.clone(), 22, 24, &size),
            ArchiveLimits::default(),
        );
        assert!(reasons(&given).contains(told), "{}", reasons(&given));
        assert_eq!(given.len(), 2);
    }
    // Only local headers lie: the directory counts, and the sums fit.
    let mut local = zip.clone();
    local[18..26].copy_from_slice(&[1, 0, 0, 0, 1, 0, 0, 0]);
    let given = given(&local, ArchiveLimits::default());
    assert_eq!(given[0].spans.len(), 50, "{given:?}");
    assert_eq!(reasons(&given), "");
}

#[test]
fn members_that_share_bytes_and_names_are_told_apart_or_said_to_be_lost() {
    let zip = zip_of(&[
        (b"a.jsonl", line("a").as_bytes()),
        (b"b.jsonl", line("b").as_bytes()),
    ]);
    // The second entry of the directory points at the first member.
    let mut one = zip.clone();
    let second = one
        .windows(4)
        .rposition(|window| window == b"PK\x01\x02")
        .unwrap();
    one[second + 42..second + 46].fill(0);
    let overlapping = given(&one, ArchiveLimits::default());
    assert_eq!(spans(&overlapping), ["a"]);
    assert!(reasons(&overlapping).contains("overlaps another member"));
    let mut alike = zip;
    let name = alike
        .windows(7)
        .rposition(|window| window == b"b.jsonl")
        .unwrap();
    alike[name] = b'a';
    let alike = given(&alike, ArchiveLimits::default());
    assert!(
        reasons(&alike).contains("names several members alike"),
        "{alike:?}"
    );
    assert_eq!(spans(&alike), ["b"]);
}

#[test]
fn bombs_end_at_the_limit_with_what_came_before_them() {
    let blank = " ".repeat(1_000_000);
    let bomb = format!("{}{blank}\n", line("in"));
    let inner = gzip(bomb.as_bytes());
    let (first, last) = (line("first"), line("last"));
    for kind in [Kind::Zip, Kind::TarGzip, Kind::TarZstd] {
        for content in [bomb.as_bytes(), &inner] {
            let members: [(&[u8], &[u8]); 3] = [
                (b"first.jsonl", first.as_bytes()),
                (b"bomb.jsonl", content),
                (b"last.jsonl", last.as_bytes()),
            ];
            let bytes = packed(kind, &members);
            let given = given(&bytes, SMALL);
            assert_eq!(spans(&given), ["first", "in"], "{kind:?} {given:?}");
            let row = given[1].rows.last().unwrap();
            assert!(row.reason.contains("10 times"), "{row:?}");
            let last = given.last().unwrap();
            assert_eq!(last.name, "a");
            let why = last.refused.as_ref().unwrap();
            assert!(
                why.contains("10 times") && why.contains("bomb.jsonl"),
                "{why}"
            );
        }
    }
    // Random letters do not shrink; they end at the sum of all members.
    let mut seed = 1_u64;
    let noise: String = (0..100_000)
        .map(|_| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            char::from(b'a' + (seed >> 33) as u8 % 26)
        })
        .collect();
    let text = format!("{}{noise}\n", line("x"));
    let member = text.as_bytes();
    let bytes = packed(Kind::Zip, &[(b"1", member), (b"2", member), (b"3", member)]);
    let given = given(&bytes, SMALL);
    assert_eq!(spans(&given), ["x", "x"]);
    assert!(
        reasons(&given).contains("more than 200000 bytes"),
        "{}",
        reasons(&given)
    );
}

#[test]
fn too_many_members_are_a_limit_too() {
    let lines: Vec<(String, String)> = (0..25)
        .map(|n| (format!("{n}.jsonl"), line(&n.to_string())))
        .collect();
    let members: Vec<(&[u8], &[u8])> = lines
        .iter()
        .map(|(n, l)| (n.as_bytes(), l.as_bytes()))
        .collect();
    let few = ArchiveLimits {
        entries: 20,
        ..ArchiveLimits::default()
    };
    for kind in Kind::ALL {
        let given = given(&packed(kind, &members), few);
        assert!(
            reasons(&given).contains("limit for one archive"),
            "{}",
            reasons(&given)
        );
        // The directory of a zip archive is not even read.
        assert_eq!(spans(&given).len(), if kind == Kind::Zip { 0 } else { 20 });
    }
    // A directory that states more than it holds, in its longer form.
    let zip = zip_of(&members[..1]);
    let end = zip.len() - 22;
    let mut stated = zip[..end].to_vec();
    let mut end64 = [0_u8; 56];
    end64[..4].copy_from_slice(b"PK\x06\x06");
    end64[4] = 44;
    end64[24..32].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    end64[32..40].copy_from_slice(&(1_u64 << 40).to_le_bytes());
    stated.extend(end64);
    stated.extend(b"PK\x06\x07\0\0\0\0");
    stated.extend((end as u64).to_le_bytes());
    stated.extend([1, 0, 0, 0]);
    stated.extend(&zip[end..]);
    let given = given(&stated, ArchiveLimits::default());
    assert!(
        reasons(&given).contains("holds 1099511627776 members"),
        "{}",
        reasons(&given)
    );
}

#[test]
fn cut_anywhere_the_members_before_the_cut_stay_and_the_cut_is_told() {
    let text = |name: &str| {
        // More than one block of Zstandard.
        (0..1_500)
            .map(|n| line(&format!("{name}{n}")))
            .collect::<String>()
    };
    let (a, b) = (text("a"), text("b"));
    let members: [(&[u8], &[u8]); 2] = [(b"a.jsonl", a.as_bytes()), (b"b.jsonl", b.as_bytes())];
    for kind in [Kind::Tar, Kind::TarGzip, Kind::TarZstd] {
        let whole = packed(kind, &members);
        let all = given(&whole, ArchiveLimits::default());
        let all = spans(&all);
        let mut cuts = 0;
        for part in 1..200 {
            // The last block of zeros is padding that nobody misses.
            let end = if kind == Kind::Tar {
                whole.len() - 1_024
            } else {
                whole.len()
            };
            let cut = &whole[..end * part / 200];
            if SourceKind::of(cut) != SourceKind::Tar {
                continue;
            }
            cuts += 1;
            let given = given(cut, ArchiveLimits::default());
            let some = spans(&given);
            assert_eq!(some, all[..some.len()], "{kind:?} at {part}/200");
            let told = reasons(&given);
            assert!(
                told.contains("cut off") || told.contains("damaged"),
                "{kind:?} {part}: {told}"
            );
        }
        assert!(cuts > 30, "{kind:?}: {cuts}");
    }
    let zip = packed(Kind::Zip, &members);
    for part in 1..200 {
        let given = given(&zip[..zip.len() * part / 200 + 4], ArchiveLimits::default());
        assert!(
            reasons(&given).contains("cut off or damaged"),
            "{}",
            reasons(&given)
        );
    }
}

#[test]
fn a_visitor_that_has_seen_enough_is_asked_no_more() {
    let lines: Vec<String> = (0..5).map(|n| line(&n.to_string())).collect();
    let members: Vec<(&[u8], &[u8])> = lines
        .iter()
        .map(|line| (line.as_bytes(), line.as_bytes()))
        .collect();
    for kind in Kind::ALL {
        let mut seen = 0;
        visit(
            &packed(kind, &members),
            ArchiveLimits::default(),
            &mut |_| {
                seen += 1;
                if seen == 2 {
                    ControlFlow::Break(())
                } else {
                    ControlFlow::Continue(())
                }
            },
        );
        assert_eq!(seen, 2, "{kind:?}");
    }
}

#[test]
fn a_link_in_a_zip_is_not_followed() {
    let mut writer = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default();
    writer
        .add_symlink("latest.jsonl", "/etc/passwd", options)
        .unwrap();
    writer.start_file("a.jsonl", options).unwrap();
    writer.write_all(line("a").as_bytes()).unwrap();
    let given = given(
        &writer.finish().unwrap().into_inner(),
        ArchiveLimits::default(),
    );
    assert_eq!(given.len(), 1);
    assert_eq!(spans(&given), ["a"]);
}
