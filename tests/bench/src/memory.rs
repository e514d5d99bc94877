//! Memory of this process, where the system tells.

use std::fs;

/// Resident memory now and at its highest, in MB.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Resident {
    pub(crate) now_mb: f64,
    pub(crate) peak_mb: f64,
}

/// `None` where there is no `/proc/self/status`.
pub(crate) fn resident() -> Option<Resident> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    Some(Resident {
        now_mb: field(&status, "VmRSS:")?,
        peak_mb: field(&status, "VmHWM:")?,
    })
}

/// Makes the peak start anew from here, where the system can (Linux, proc(5): `clear_refs`).
pub(crate) fn forget_peak() -> bool {
    fs::write("/proc/self/clear_refs", "5").is_ok()
}

fn field(status: &str, name: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix(name))?;
    let kilobytes: f64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1_024.0 / 1e6)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_status_file_are_kilobytes() {
        let status = "Name:\tx\nVmHWM:\t    2000 kB\nVmRSS:\t     1000 kB\n";
        assert_eq!(field(status, "VmHWM:"), Some(2.048));
        assert_eq!(field(status, "VmSwap:"), None);
    }
}
