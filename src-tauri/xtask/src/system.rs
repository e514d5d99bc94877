//! What the operating system must offer: which packages, whether they are there, how to get them.
//!
//! Installs on Debian and Ubuntu only, and only as root or with a sudo that asks nothing; everywhere
//! else it says what to type.

use crate::shell::{answer, call};
use std::process::Command;

/// What the desktop face is built with.
pub(crate) const DESKTOP: &[&str] = &["build-essential", "libwebkit2gtk-4.1-dev", "pkg-config"];
/// What the tests with official clients run on.
pub(crate) const CLIENT_TESTS: &[&str] = &["ca-certificates", "python3", "python3-venv"];
/// What the tests with a real keyring run on.
pub(crate) const KEYRING_TESTS: &[&str] = &["dbus", "gnome-keyring"];
/// What the tests of the real window run on.
pub(crate) const WINDOW_TESTS: &[&str] = &["libxtst6", "python3", "webkit2gtk-driver", "xvfb"];

/// Makes sure that the packages are installed; other systems than Linux bring their own web view.
pub(crate) fn ensure(packages: &[&str]) -> Result<(), String> {
    if !cfg!(target_os = "linux") {
        return Ok(());
    }
    if answer("dpkg-query", &["--version"]).is_none() {
        return ensure_unknown_linux();
    }
    let missing: Vec<&str> = packages
        .iter()
        .copied()
        .filter(|name| !installed(name))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    let Some(prefix) = administrator() else {
        return Err(format!(
            "These system packages are missing. Install them and run this again:\n\n  \
             sudo apt-get install -y {}\n",
            missing.join(" ")
        ));
    };
    println!("installing system packages: {}", missing.join(" "));
    if call(&mut apt(
        prefix,
        &["install", "-y", "--no-install-recommends"],
        &missing,
    ))
    .is_ok()
    {
        return Ok(());
    }
    // A fresh machine has no package lists yet.
    call(&mut apt(prefix, &["update"], &[]))?;
    call(&mut apt(
        prefix,
        &["install", "-y", "--no-install-recommends"],
        &missing,
    ))
}

/// Node in a version that the window can be built with.
pub(crate) fn ensure_node() -> Result<(), String> {
    let found = answer("node", &["--version"]);
    match found.as_deref().and_then(parse_version) {
        Some(version) if version >= (20, 19) => Ok(()),
        _ => Err(format!(
            "The window is built with Node 20.19 or newer; {}.\n\
             Get it from https://nodejs.org or your package manager. Without Node, \
             `cargo xtask run --headless` shows the demo in the terminal.",
            found.map_or_else(
                || "no Node was found".to_owned(),
                |it| format!("found {it}")
            )
        )),
    }
}

/// True where a window can be opened.
pub(crate) fn has_display() -> bool {
    !cfg!(target_os = "linux")
        || ["DISPLAY", "WAYLAND_DISPLAY"]
            .iter()
            .any(|name| std::env::var_os(name).is_some_and(|value| !value.is_empty()))
}

fn ensure_unknown_linux() -> Result<(), String> {
    if answer("pkg-config", &["--exists", "webkit2gtk-4.1"]).is_some() {
        return Ok(());
    }
    Err(
        "The window needs WebKitGTK 4.1 with its headers, a C compiler and pkg-config.\n\
         Fedora: sudo dnf install webkit2gtk4.1-devel gcc pkgconf\n\
         Arch:   sudo pacman -S webkit2gtk-4.1 base-devel"
            .to_owned(),
    )
}

fn installed(package: &str) -> bool {
    answer("dpkg-query", &["-W", "-f=${Status}", package])
        .is_some_and(|status| status.ends_with("install ok installed"))
}

/// What stands before `apt-get`: nothing for root, sudo where it asks nothing, else `None`.
fn administrator() -> Option<&'static [&'static str]> {
    if answer("id", &["-u"]).as_deref() == Some("0") {
        Some(&[])
    } else {
        answer("sudo", &["-n", "true"]).map(|_| &["sudo", "-n"] as &[&str])
    }
}

fn apt(prefix: &[&str], verb: &[&str], packages: &[&str]) -> Command {
    let words: Vec<&str> = prefix
        .iter()
        .chain(&["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-q"])
        .chain(verb)
        .chain(packages)
        .copied()
        .collect();
    let mut command = Command::new(words[0]);
    command.args(&words[1..]);
    command
}

fn parse_version(text: &str) -> Option<(u32, u32)> {
    let mut parts = text.trim_start_matches('v').split('.');
    Some((parts.next()?.parse().ok()?, parts.next()?.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn node_versions_compare_as_numbers() {
        assert_eq!(parse_version("v20.9.0"), Some((20, 9)));
        assert!(
            parse_version("v20.9.0") < Some((20, 19)),
            "9 is less than 19"
        );
        assert_eq!(parse_version("none"), None);
    }

    #[test]
    fn apt_is_told_to_ask_nothing() {
        let command = apt(&["sudo", "-n"], &["install", "-y"], &["xvfb"]);
        assert_eq!(command.get_program(), "sudo");
        let args: Vec<_> = command.get_args().collect();
        assert_eq!(
            args,
            [
                "-n",
                "env",
                "DEBIAN_FRONTEND=noninteractive",
                "apt-get",
                "-q",
                "install",
                "-y",
                "xvfb"
            ]
        );
    }
}
