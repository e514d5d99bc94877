//! Which names a prompt may have: those that are one safe folder name on every system.

use crate::PromptError;

/// Device names of Windows, which no file there may bear.
const DEVICES: &[&str] = &[
    "con", "prn", "aux", "nul", "com1", "com2", "com3", "com4", "com5", "com6", "com7", "com8",
    "com9", "lpt1", "lpt2", "lpt3", "lpt4", "lpt5", "lpt6", "lpt7", "lpt8", "lpt9",
];

/// Accepts 1 to 64 lower-case ASCII letters, digits and hyphens, with no hyphen at either end.
///
/// # Errors
/// [`PromptError::Name`] for anything else, and for names that Windows keeps for devices.
pub fn check_name(name: &str) -> Result<(), PromptError> {
    let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    let reason = if name.is_empty() {
        "it is empty"
    } else if name.len() > 64 {
        "it is longer than 64 characters"
    } else if !name.bytes().all(allowed) {
        "only lower-case letters a to z, digits and hyphens are allowed"
    } else if name.starts_with('-') || name.ends_with('-') {
        "a hyphen stands at its start or end"
    } else if is_device(name) {
        "Windows keeps it for a device"
    } else {
        return Ok(());
    };
    Err(PromptError::Name {
        name: name.chars().take(80).collect(),
        reason,
    })
}

/// Whether a lower-case name is one of Windows' devices.
pub(crate) fn is_device(name: &str) -> bool {
    DEVICES.contains(&name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::{Component, Path};

    #[test]
    fn ordinary_names_pass_and_dangerous_ones_do_not() {
        for name in ["a", "support-answer", "v2", "0", &"x".repeat(64)] {
            assert!(check_name(name).is_ok(), "{name}");
        }
        for name in [
            "",
            "..",
            ".",
            "a/b",
            "a\\b",
            "CON",
            "con",
            "nul",
            "com1",
            "Support",
            "é",
            "а",
            "a b",
            "-rf",
            "a-",
            "a.md",
            "a\0",
            "a\n",
            &"x".repeat(65),
            &"x".repeat(300),
        ] {
            assert!(check_name(name).is_err(), "{name:?}");
        }
    }

    proptest! {
        #[test]
        fn an_accepted_name_is_exactly_one_folder(name in "([a-z0-9-]{1,70}|[./\\\\a-c~:]{0,6}|\\PC{0,8})") {
            if check_name(&name).is_ok() {
                let parts: Vec<_> = Path::new(&name).components().collect();
                prop_assert_eq!(parts.len(), 1);
                prop_assert!(matches!(parts[0], Component::Normal(part) if part == name.as_str()));
            }
        }
    }
}
