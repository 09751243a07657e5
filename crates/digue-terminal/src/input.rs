//! Input files of commands: opens them, and reports in the user's language why one cannot be read.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use digue_locales::{Language, Value, text};
use digue_logs::lines::{ForeignForm, InputError, InputFault, Unpacker};

use crate::output::Output;

/// Standard input, under the name that other tools give it.
const STDIN: &str = "-";
/// Lists of accounts and caseloads are held in memory; none is larger.
const LIST_BYTES_MAX: u64 = 2 << 30;

/// An open input: a file or a pipe.
pub struct OpenInput {
    pub reader: Box<dyn Read>,
    /// In bytes; 0 when it is not known before the end.
    pub length: u64,
}

pub fn open(path: &Path) -> io::Result<OpenInput> {
    if is_stdin(path) {
        return Ok(OpenInput {
            reader: Box::new(io::stdin()),
            length: 0,
        });
    }
    let file = File::open(path)?;
    let length = file.metadata()?.len();
    Ok(OpenInput {
        reader: Box::new(file),
        length,
    })
}

fn is_stdin(path: &Path) -> bool {
    path.as_os_str() == STDIN
}

/// True when a second opening reads the same bytes; pipes and terminals provide theirs once.
pub fn opens_again(path: &Path) -> io::Result<bool> {
    Ok(!is_stdin(path) && std::fs::metadata(path)?.is_file())
}

/// The name under which lines of a file are journalled.
pub fn name(path: &Path) -> String {
    if is_stdin(path) {
        return "stdin".to_owned();
    }
    path.file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// The name of a file in messages.
pub fn shown(language: Language, path: &Path) -> String {
    if is_stdin(path) {
        text(language, "input-stdin")
    } else {
        path.display().to_string()
    }
}

/// Reports why an input was not read to its end.
pub fn complain(out: &Output, path: &Path, fault: &InputFault) {
    let file = ("file", Value::from(shown(out.language, path)));
    let line = ("line", Value::from(fault.after));
    match &fault.error {
        InputError::Io(error) => {
            out.complain(
                "input-failed",
                &[file, line, ("cause", Value::from(error.to_string()))],
            );
        }
        InputError::EndsEarly => out.complain("input-ends-early", &[file, line]),
        InputError::Damaged => out.complain("input-damaged", &[file, line]),
        InputError::Trailing => out.complain("input-trailing", &[file, line]),
        InputError::Window { requested, most } => {
            let mebibytes = |bytes: u64| Value::from(bytes.div_ceil(1 << 20));
            let values = [
                file,
                line,
                ("requested", mebibytes(*requested)),
                ("most", mebibytes(*most)),
            ];
            out.complain("input-window", &values);
        }
        InputError::Dictionary => out.complain("input-dictionary", &[file, line]),
        InputError::Foreign(form) => {
            let form = text(out.language, form_key(*form));
            out.complain("input-foreign", &[file, ("form", Value::from(form))]);
        }
    }
}

/// Reports why an input was not read to its end, and that what came before counts.
pub fn complain_stopped(out: &Output, path: &Path, fault: &InputFault) {
    complain(out, path, fault);
    out.complain("input-taken", &[]);
}

const fn form_key(form: ForeignForm) -> &'static str {
    match form {
        ForeignForm::Zip => "input-form-zip",
        ForeignForm::Xz => "input-form-xz",
        ForeignForm::Bzip2 => "input-form-bzip2",
        ForeignForm::SevenZip => "input-form-7z",
        ForeignForm::Lz4 => "input-form-lz4",
        ForeignForm::Compress => "input-form-compress",
        ForeignForm::Tar => "input-form-tar",
        ForeignForm::Parquet => "input-form-parquet",
        ForeignForm::Pdf => "input-form-pdf",
        ForeignForm::Compound => "input-form-compound",
        ForeignForm::Utf32 => "input-form-utf-32",
        ForeignForm::PackedTwice => "input-form-packed-twice",
        ForeignForm::Binary => "input-form-binary",
    }
}

/// The whole of a list, decompressed; `None` when it cannot be read, which has been reported.
pub fn read_list(out: &Output, path: &Path) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    let read = open(path)
        // One byte more, to tell a list of exactly the limit from a longer one.
        .and_then(|input| {
            Unpacker::new(input.reader)
                .take(LIST_BYTES_MAX + 1)
                .read_to_end(&mut bytes)
        });
    match read {
        Ok(_) if bytes.len() as u64 > LIST_BYTES_MAX => {
            let file = Value::from(shown(out.language, path));
            out.complain(
                "input-list-too-large",
                &[("file", file), ("most", Value::from(LIST_BYTES_MAX >> 30))],
            );
            None
        }
        Ok(_) => Some(bytes),
        Err(error) => {
            // Half a list would silently omit accounts.
            let after = bytes.iter().filter(|byte| **byte == b'\n').count() as u64;
            complain(
                out,
                path,
                &InputFault {
                    after,
                    error: InputError::from(error),
                },
            );
            None
        }
    }
}
