//! Cuts long data, so that a caller can say what is left out.

/// The longest start of `text` of at most `limit_bytes` that ends at a character, and the rest.
pub(super) fn cut(text: &str, limit_bytes: usize) -> (&str, &str) {
    let mut end = text.len().min(limit_bytes);
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.split_at(end)
}
