//! Content-Encoding of an HTTP body (RFC 9110, section 8.4), undone within a bound.

use std::io::{Cursor, Read};

/// The most that may come out of one body.
pub(crate) const BODY_BYTES: u64 = 64 * 1024 * 1024;
/// More codings than this on one body are no honest server's.
const CODINGS: usize = 3;

/// A body without its coding.
pub(crate) struct Plain {
    pub(crate) bytes: Vec<u8>,
    /// Why bytes are missing at the end, if they are.
    pub(crate) cut: Option<String>,
}

/// Undoes `coding`, the value of the header, last coding first. A recorder may have undone it already and kept
/// the header: bytes without the coding's magic stay as they are.
///
/// # Errors
/// The coding is not known, or nothing comes out.
pub(crate) fn decode(bytes: &[u8], coding: Option<&str>) -> Result<Plain, String> {
    let mut plain = Plain {
        bytes: bytes.to_vec(),
        cut: None,
    };
    let codings: Vec<_> = coding
        .unwrap_or_default()
        .split(',')
        .map(str::trim)
        .collect();
    if codings.len() > CODINGS {
        return Err(format!("the body has more than {CODINGS} content codings"));
    }
    for coding in codings.into_iter().rev() {
        if plain.bytes.is_empty() {
            break;
        }
        let source = Cursor::new(std::mem::take(&mut plain.bytes));
        let first = source.get_ref().get(..2).unwrap_or_default();
        let is_text = matches!(first.first(), Some(b'{' | b'['))
            || [b"data:".as_slice(), b"event:", b": "]
                .iter()
                .any(|start| source.get_ref().starts_with(start));
        let reader: Box<dyn Read> = match coding.to_ascii_lowercase().as_str() {
            "" | "identity" => Box::new(source),
            _ if is_text => Box::new(source),
            "gzip" | "x-gzip" => Box::new(flate2::read::MultiGzDecoder::new(source)),
            // Some servers send raw deflate instead of the zlib format that the name stands for.
            "deflate" if first.first().is_some_and(|byte| byte & 0x0f == 8) => {
                Box::new(flate2::read::ZlibDecoder::new(source))
            }
            "deflate" => Box::new(flate2::read::DeflateDecoder::new(source)),
            "br" => Box::new(brotli_decompressor::Decompressor::new(source, 64 * 1024)),
            "zstd" => Box::new(
                zstd::stream::read::Decoder::new(source).map_err(|error| error.to_string())?,
            ),
            other => return Err(format!("the body's content coding `{other}` is not known")),
        };
        let mut bounded = reader.take(BODY_BYTES + 1);
        let read = bounded.read_to_end(&mut plain.bytes);
        if plain.bytes.len() as u64 > BODY_BYTES {
            plain
                .bytes
                .truncate(usize::try_from(BODY_BYTES).unwrap_or(usize::MAX));
            plain.cut = Some("the body is longer than 64 MiB".to_owned());
        }
        if let Err(error) = read {
            if plain.bytes.is_empty() {
                return Err(format!("the body is no {coding}: {error}"));
            }
            plain.cut = Some(format!(
                "the {coding} of the body is cut or damaged: {error}"
            ));
        }
    }
    Ok(plain)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn every_coding_is_undone_and_what_was_undone_before_stays() {
        let text = br#"{"a":1}"#;
        let mut zlib = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
        zlib.write_all(text).unwrap();
        let mut raw = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::fast());
        raw.write_all(text).unwrap();
        // What Node.js makes of the text.
        let mut brotli = vec![0x0b, 0x03, 0x80];
        brotli.extend_from_slice(text);
        brotli.push(0x03);
        let cases: [(&str, Vec<u8>); 6] = [
            ("gzip", gzip(text)),
            ("deflate", zlib.finish().unwrap()),
            ("Deflate", raw.finish().unwrap()),
            ("br", brotli),
            ("zstd", zstd::encode_all(&text[..], 1).unwrap()),
            ("gzip, zstd", zstd::encode_all(&gzip(text)[..], 1).unwrap()),
        ];
        for (coding, bytes) in cases {
            let plain =
                decode(&bytes, Some(coding)).unwrap_or_else(|why| panic!("{coding}: {why}"));
            assert_eq!(
                (plain.bytes.as_slice(), plain.cut),
                (&text[..], None),
                "{coding}"
            );
        }
        assert_eq!(decode(text, Some("gzip")).unwrap().bytes, text);
        assert!(decode(b"xx", Some("secret")).is_err());
    }

    #[test]
    fn a_cut_body_gives_its_beginning_and_a_bomb_ends_at_the_bound() {
        let whole = gzip(&b"0123456789".repeat(50_000));
        let cut = decode(&whole[..whole.len() - 9], Some("gzip")).unwrap();
        assert!(!cut.bytes.is_empty() && cut.cut.is_some());
        let bomb = zstd::encode_all(std::io::repeat(b'x').take(BODY_BYTES + 5), 1).unwrap();
        let bomb = decode(&bomb, Some("zstd")).unwrap();
        assert_eq!(bomb.bytes.len() as u64, BODY_BYTES);
        assert!(bomb.cut.is_some());
    }
}
