//! What a process has used, as `/proc` tells.

use std::fs;

use anyhow::{Context, Result};

/// Ticks a second in `/proc/PID/stat`: fixed for programs, whatever the kernel's own clock does.
const TICKS_PER_S: u64 = 100;
/// Looks at a process's children until none ended meanwhile.
const FAMILY_ATTEMPTS_MAX: u32 = 100;

/// CPU time of a process and all its threads so far, user and system together, in microseconds; exact to 10 ms.
///
/// # Errors
/// When there is no such process.
pub fn cpu_us(pid: u32) -> Result<u64> {
    let [user, system, ..] = ticks(pid)?;
    Ok((user + system) * 1_000_000 / TICKS_PER_S)
}

/// CPU time of a process, of those that it started and that still run, and of those that it waited for, in microseconds:
/// what a Postgres has used with all its backends.
///
/// # Errors
/// When there is no such process, or its children end faster than they can be counted.
pub fn family_cpu_us(pid: u32) -> Result<u64> {
    for _attempt in 0..FAMILY_ATTEMPTS_MAX {
        let before = ticks(pid)?;
        let of_children = children_ticks(pid)?;
        let [user, system, waited_user, waited_system] = ticks(pid)?;
        // Were one waited for in between, it would be missing, or counted twice: seconds of a backend's work.
        if before[2..] == [waited_user, waited_system] {
            let ticks = user + system + waited_user + waited_system + of_children;
            return Ok(ticks * 1_000_000 / TICKS_PER_S);
        }
    }
    anyhow::bail!("the children of process {pid} could not be counted in {FAMILY_ATTEMPTS_MAX} attempts")
}

/// User and system time of those that a process started and did not wait for yet.
fn children_ticks(pid: u32) -> Result<u64> {
    let mut ticks_in_all = 0;
    for entry in fs::read_dir("/proc").context("reading /proc")?.flatten() {
        let Some(child) = entry.file_name().to_string_lossy().parse().ok() else { continue };
        if parent(child) == Some(pid) {
            ticks_in_all += ticks(child).map_or(0, |[user, system, ..]| user + system);
        }
    }
    Ok(ticks_in_all)
}

/// Memory that a process holds now, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn memory_bytes(pid: u32) -> Result<u64> {
    status(pid, "VmRSS:")
}

/// The most memory that a process ever held, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn memory_peak_bytes(pid: u32) -> Result<u64> {
    status(pid, "VmHWM:")
}

/// Memory that a process holds now and that no file stands behind, in bytes.
///
/// # Errors
/// When there is no such process.
pub fn anonymous_bytes(pid: u32) -> Result<u64> {
    status(pid, "RssAnon:")
}

/// User and system time of a process, then those of the children that it waited for, in ticks.
fn ticks(pid: u32) -> Result<[u64; 4]> {
    let path = format!("/proc/{pid}/stat");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    // The name may hold anything, but ends at the last parenthesis; these are fields 14 to 17 of all.
    let fields = text.rsplit_once(')').map_or("", |(_, fields)| fields).split_whitespace();
    let times: Vec<u64> = fields.skip(11).take(4).map_while(|field| field.parse().ok()).collect();
    let [user, system, waited_user, waited_system] = times[..] else {
        anyhow::bail!("{path} has another form than expected")
    };
    Ok([user, system, waited_user, waited_system])
}

fn parent(pid: u32) -> Option<u32> {
    let text = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    text.rsplit_once(')')?.1.split_whitespace().nth(1)?.parse().ok()
}

fn status(pid: u32, name: &str) -> Result<u64> {
    let path = format!("/proc/{pid}/status");
    let text = fs::read_to_string(&path).with_context(|| format!("reading {path}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(name));
    let kib = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.parse::<u64>().ok());
    Ok(kib.with_context(|| format!("{path} has no {name}"))? * 1_024)
}

#[cfg(test)]
mod tests {
    use std::process::{Command, Stdio};

    use super::*;

    /// Each child's work is seconds in the sum; the sum goes back by no more than the kernel's rounding.
    #[test]
    fn what_children_did_is_counted_while_they_run_and_after_they_ended() {
        const CHILDREN: u64 = 12;
        const SPIN: &str = "i=0; while [ $i -lt 60000 ]; do i=$((i+1)); done";
        const ROUNDED_US: u64 = 30_000;
        let script = format!("for child in $(seq {CHILDREN}); do sh -c '{SPIN}'; done; exec cat");
        // It ends with its input, and so with the test, whatever becomes of that.
        let mut parent = Command::new("sh").args(["-c", &script]).stdin(Stdio::piped()).spawn().unwrap();
        let pid = parent.id();
        let (mut last, mut steps) = (0, 0);
        let is_spinning = || !fs::read(format!("/proc/{pid}/cmdline")).unwrap().starts_with(b"cat");
        while is_spinning() {
            let now = family_cpu_us(pid).unwrap();
            assert!(now + ROUNDED_US >= last, "{now} after {last}");
            steps += u64::from(now > last);
            last = last.max(now);
        }
        drop(parent.stdin.take());
        parent.wait().unwrap();
        assert!(last > CHILDREN * 10_000 && steps > CHILDREN, "{last} µs in {steps} steps");
    }

    #[test]
    fn work_and_memory_of_this_process_show() {
        let pid = std::process::id();
        let (cpu_before, held) = (cpu_us(pid).unwrap(), vec![1_u8; 64 * 1024 * 1024]);
        let mut random = fastrand::Rng::with_seed(1);
        // A tick is 10 ms; this goes on until one has passed.
        while cpu_us(pid).unwrap() == cpu_before {
            std::hint::black_box((0..100_000).map(|_| random.u64(..)).max());
        }
        assert!(memory_bytes(pid).unwrap() >= held.len() as u64);
        assert!(memory_peak_bytes(pid).unwrap() >= memory_bytes(pid).unwrap() / 2);
        assert!(anonymous_bytes(pid).unwrap() <= memory_peak_bytes(pid).unwrap());
        assert!(family_cpu_us(pid).unwrap() >= cpu_before);
        assert!(cpu_us(u32::MAX).is_err());
    }
}
