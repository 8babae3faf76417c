//! Runs Debian's promtool (2.42: the oldest that our rules must please).

use std::{
    path::Path,
    process::{Command, Output},
};

/// What promtool says about files in a folder.
pub fn run(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new("promtool");
    command.args(arguments).current_dir(folder).env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.output().unwrap_or_else(|error| panic!("promtool does not start ({error}): run tests/run once"))
}

/// Whether promtool is content, and else what it says.
pub fn is_content(folder: &Path, arguments: &[&str]) -> Result<(), String> {
    let output = run(folder, arguments);
    if output.status.success() {
        return Ok(());
    }
    Err(format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr)))
}

/// Does this for each of these, two at a time, and gives what comes of it in their order.
pub fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<R> {
    let half = all.len().div_ceil(2);
    let (first, second) = all.split_at(half);
    let each = |part: &[T]| part.iter().map(&work).collect::<Vec<R>>();
    std::thread::scope(|scope| {
        let other = scope.spawn(|| each(second));
        let mut done = each(first);
        done.extend(other.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic)));
        done
    })
}
