//! Server-sent events, read incrementally: bytes in, events out, wherever the chunks were cut.
//!
//! Follows the WHATWG HTML standard, section 9.2.6: lines end in CRLF, LF or CR; an event ends at an empty
//! line; an event without that empty line is not an event. `id` and `retry` are ignored. It does not
//! decode text: data stays bytes, so invalid UTF-8 is for the reader of the data to refuse.

/// Most bytes that one event may hold.
pub const MAX_EVENT_BYTES: usize = 16 * 1024 * 1024;

/// One event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SseEvent<'a> {
    /// The `event` field; empty when there was none.
    pub name: &'a [u8],
    /// The `data` fields, joined by LF.
    pub data: &'a [u8],
}

/// The stream holds an event above [`MAX_EVENT_BYTES`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("one event of the stream is larger than 16 MB")]
pub struct EventTooLarge;

/// What the receiver of an event wants next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Next {
    /// More events.
    Continue,
    /// Nothing more of this stream.
    Stop,
}

/// The state between two chunks. Its buffers are reused from event to event.
#[derive(Debug, Default)]
pub struct SseParser {
    /// A line whose end has not come yet.
    line: Vec<u8>,
    name: Vec<u8>,
    data: Vec<u8>,
    has_data: bool,
    /// The last chunk ended in CR: an LF that follows belongs to it.
    after_cr: bool,
    /// A line was read, so no byte order mark can follow.
    begun: bool,
}

impl SseParser {
    /// Reads a chunk and hands over every event that ends in it, in order.
    ///
    /// # Errors
    /// Those of `on_event`, and [`EventTooLarge`]; after an error the parser is of no further use.
    pub fn feed<E: From<EventTooLarge>>(
        &mut self,
        chunk: &[u8],
        mut on_event: impl FnMut(SseEvent<'_>) -> Result<Next, E>,
    ) -> Result<Next, E> {
        let mut rest = chunk;
        if self.after_cr
            && let Some(first) = rest.first()
        {
            if *first == b'\n' {
                rest = &rest[1..];
            }
            self.after_cr = false;
        }
        while let Some(end) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let (line, tail) = rest.split_at(end);
            // Most lines lie whole within a chunk and are read in place.
            let ends_event = if self.line.is_empty() {
                self.read_line(line)?
            } else {
                self.hold(line)?;
                let whole = std::mem::take(&mut self.line);
                let ends_event = self.read_line(&whole)?;
                self.line = whole;
                self.line.clear();
                ends_event
            };
            rest = match tail {
                [b'\r', b'\n', after @ ..] => after,
                [b'\r'] => {
                    self.after_cr = true;
                    &[]
                }
                [_, after @ ..] => after,
                [] => &[],
            };
            if ends_event && self.hand_over(&mut on_event)? == Next::Stop {
                return Ok(Next::Stop);
            }
        }
        self.hold(rest)?;
        Ok(Next::Continue)
    }

    /// Keeps the start of a line for the next chunk.
    fn hold(&mut self, bytes: &[u8]) -> Result<(), EventTooLarge> {
        self.check_room(bytes.len())?;
        self.line.extend_from_slice(bytes);
        Ok(())
    }

    fn check_room(&self, more: usize) -> Result<(), EventTooLarge> {
        let held = self.line.len() + self.data.len() + self.name.len();
        if held.saturating_add(more) > MAX_EVENT_BYTES {
            Err(EventTooLarge)
        } else {
            Ok(())
        }
    }

    /// Takes one line without its end; true when it is the empty line that ends an event.
    fn read_line(&mut self, line: &[u8]) -> Result<bool, EventTooLarge> {
        let line = if self.begun {
            line
        } else {
            self.begun = true;
            line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line)
        };
        if line.is_empty() {
            return Ok(true);
        }
        let (field, value) = match line.iter().position(|byte| *byte == b':') {
            Some(colon) => (&line[..colon], &line[colon + 1..]),
            None => (line, &[][..]),
        };
        let value = value.strip_prefix(b" ").unwrap_or(value);
        match field {
            b"data" => {
                self.check_room(value.len() + 1)?;
                if self.has_data {
                    self.data.push(b'\n');
                }
                self.has_data = true;
                self.data.extend_from_slice(value);
            }
            b"event" => {
                self.check_room(value.len())?;
                self.name.clear();
                self.name.extend_from_slice(value);
            }
            // An empty field is a comment; servers send them to keep the connection open.
            _ => {}
        }
        Ok(false)
    }

    fn hand_over<E>(
        &mut self,
        on_event: &mut impl FnMut(SseEvent<'_>) -> Result<Next, E>,
    ) -> Result<Next, E> {
        let next = if self.has_data {
            on_event(SseEvent {
                name: &self.name,
                data: &self.data,
            })
        } else {
            Ok(Next::Continue)
        };
        self.name.clear();
        self.data.clear();
        self.has_data = false;
        next
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    type Events = Vec<(Vec<u8>, Vec<u8>)>;

    fn events(chunks: &[&[u8]]) -> Result<Events, EventTooLarge> {
        let mut parser = SseParser::default();
        let mut seen = Events::new();
        for chunk in chunks {
            parser.feed::<EventTooLarge>(chunk, |event| {
                seen.push((event.name.to_vec(), event.data.to_vec()));
                Ok(Next::Continue)
            })?;
        }
        Ok(seen)
    }

    fn event(name: &str, data: &str) -> (Vec<u8>, Vec<u8>) {
        (name.as_bytes().to_vec(), data.as_bytes().to_vec())
    }

    #[test]
    fn lines_may_end_in_lf_crlf_or_cr() {
        let expected = vec![event("", "a"), event("note", "b\nc"), event("", "")];
        for end in ["\n", "\r\n", "\r"] {
            let stream = "data: a||event: note|data:b|data: c||data||:comment||id: 7|retry: 1||"
                .replace('|', end);
            assert_eq!(events(&[stream.as_bytes()]).unwrap(), expected, "{end:?}");
        }
    }

    #[test]
    fn comments_a_byte_order_mark_and_unknown_fields_are_no_events() {
        let stream = "\u{feff}: hello\n\ndata: x\nfoo: bar\ndatax: no\n\n:\n\n";
        assert_eq!(events(&[stream.as_bytes()]).unwrap(), vec![event("", "x")]);
    }

    #[test]
    fn an_event_without_its_empty_line_is_not_handed_over() {
        for stream in ["data: [DONE]", "data: [DONE]\n", "data: [DONE]\r"] {
            assert_eq!(events(&[stream.as_bytes()]).unwrap(), vec![], "{stream:?}");
        }
    }

    #[test]
    fn after_stop_the_rest_of_the_chunk_is_left_alone() {
        let mut seen = 0;
        let next = SseParser::default().feed::<EventTooLarge>(b"data: 1\n\ndata: 2\n\n", |_| {
            seen += 1;
            Ok(Next::Stop)
        });
        assert_eq!((next, seen), (Ok(Next::Stop), 1));
    }

    #[test]
    fn an_endless_line_and_an_endless_event_are_refused_at_the_cap() {
        let block = vec![b'x'; 1024 * 1024];
        let mut line: Vec<&[u8]> = vec![b"data: "];
        line.extend(std::iter::repeat_n(block.as_slice(), 17));
        assert_eq!(events(&line), Err(EventTooLarge));

        let mut one = b"data: ".to_vec();
        one.extend_from_slice(&block);
        one.push(b'\n');
        assert_eq!(events(&vec![one.as_slice(); 17]), Err(EventTooLarge));
        assert_eq!(events(&vec![one.as_slice(); 15]), Ok(vec![]));
    }

    const RECORDED: [&str; 4] = [
        "data: {\"content\":\"Grüße 👋🏽\"}\n\ndata: {\"content\":\"\\u00e9\"}\n\ndata: [DONE]\n\n",
        ": ping\r\n\r\nevent: message_start\r\ndata: {\"a\":1}\r\n\r\nevent: x\r\ndata: l1\r\ndata: l2\r\n\r\n",
        "event:a\rdata:1\r\rdata:2\r\r\rdata:3\r\n\r\ndata: 4\n\r\n",
        "\u{feff}data: one\n\n\n\ndata\n\ndata: \n\ndata:  two\n\nevent: lost\n\ndata: 日本語\n\n",
    ];

    #[test]
    fn every_one_and_two_cut_split_of_a_stream_gives_the_same_events() {
        for stream in RECORDED.map(str::as_bytes) {
            let whole = events(&[stream]).unwrap();
            assert!(
                whole.len() >= 2,
                "a stream without events would prove nothing"
            );
            let single: Vec<&[u8]> = stream.chunks(1).collect();
            assert_eq!(events(&single).unwrap(), whole);
            for first in 0..=stream.len() {
                for second in first..=stream.len() {
                    let chunks = [&stream[..first], &stream[first..second], &stream[second..]];
                    assert_eq!(
                        events(&chunks).unwrap(),
                        whole,
                        "cut at {first} and {second}"
                    );
                }
            }
        }
    }

    proptest! {
        #[test]
        fn any_bytes_cut_anywhere_give_the_same_events(
            stream in prop::collection::vec(
                prop_oneof![Just(b'\n'), Just(b'\r'), Just(b':'), Just(b' '), Just(b'd'), any::<u8>()],
                0..200,
            ),
            fields in prop::collection::vec((0_usize..200, prop_oneof![Just("data:"), Just("event: "), Just("\n\n")]), 0..12),
            size in 1_usize..9,
        ) {
            let mut stream = stream;
            for (at, field) in fields {
                let at = at.min(stream.len());
                stream.splice(at..at, field.bytes());
            }
            let chunks: Vec<&[u8]> = stream.chunks(size).collect();
            prop_assert_eq!(events(&chunks), events(&[&stream]));
        }
    }
}
