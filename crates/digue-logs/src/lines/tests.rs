use std::io::Write as _;

use proptest::prelude::*;

use super::*;

fn gzip(text: &[u8]) -> Vec<u8> {
    let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    out.write_all(text).unwrap();
    out.finish().unwrap()
}

fn zstd(text: &[u8]) -> Vec<u8> {
    ruzstd::encoding::compress_to_vec(text, ruzstd::encoding::CompressionLevel::Fastest)
}

/// A skippable frame, as written by tools that allow reading from the middle.
fn skippable(length: u8) -> Vec<u8> {
    [
        &[0x5a, 0x2a, 0x4d, 0x18, length, 0, 0, 0][..],
        &vec![0xab; length.into()],
    ]
    .concat()
}

fn utf_16(text: &str, has_mark: bool, is_big: bool) -> Vec<u8> {
    let units = has_mark
        .then_some(0xfeff)
        .into_iter()
        .chain(text.encode_utf16());
    units
        .flat_map(|unit| {
            if is_big {
                unit.to_be_bytes()
            } else {
                unit.to_le_bytes()
            }
        })
        .collect()
}

/// A reader that returns a few bytes at a time, as pipes do, and can fail at the end.
struct Drips<'b> {
    bytes: &'b [u8],
    step: usize,
    fails: bool,
}

impl Read for Drips<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.bytes.is_empty() && self.fails {
            return Err(io::Error::from_raw_os_error(5));
        }
        let count = self.step.min(into.len()).min(self.bytes.len());
        into[..count].copy_from_slice(&self.bytes[..count]);
        self.bytes = &self.bytes[count..];
        Ok(count)
    }
}

fn read_from(input: impl Read) -> (Vec<Vec<u8>>, Option<InputFault>) {
    let mut lines = InputLines::new(input, 1 << 20);
    let mut read = Vec::new();
    loop {
        match lines.next_line() {
            Ok(Some(line)) => {
                assert_eq!(line.number, read.len() as u64 + 1);
                read.push(line.bytes.to_vec());
            }
            Ok(None) => return (read, None),
            Err(fault) => {
                assert_eq!(fault.after, read.len() as u64);
                return (read, Some(fault));
            }
        }
    }
}

fn read(bytes: &[u8]) -> (Vec<Vec<u8>>, Option<InputFault>) {
    read_from(Drips {
        bytes,
        step: usize::MAX,
        fails: false,
    })
}

fn whole(bytes: &[u8]) -> Vec<String> {
    let (lines, fault) = read(bytes);
    assert!(fault.is_none(), "{fault:?}");
    lines
        .into_iter()
        .map(|line| String::from_utf8(line).unwrap())
        .collect()
}

#[test]
fn every_member_and_every_frame_is_read() {
    let expected = ["one", "two", "three", "four"];
    let (first, second) = (b"one\ntwo\n", b"three\nfour\n");
    let empty = b"";
    for (name, bytes) in [
        ("plain", [&first[..], second].concat()),
        ("gzip", gzip(&[&first[..], second].concat())),
        ("gzip members", [gzip(first), gzip(second)].concat()),
        (
            "an empty gzip member",
            [gzip(first), gzip(empty), gzip(second)].concat(),
        ),
        (
            "gzip, then zeros",
            [gzip(&[&first[..], second].concat()), vec![0; 700]].concat(),
        ),
        ("zstd", zstd(&[&first[..], second].concat())),
        ("zstd frames", [zstd(first), zstd(second)].concat()),
        (
            "zstd frames to skip",
            [
                skippable(3),
                zstd(first),
                skippable(0),
                zstd(second),
                skippable(9),
            ]
            .concat(),
        ),
        (
            "an empty zstd frame",
            [zstd(empty), zstd(first), zstd(empty), zstd(second)].concat(),
        ),
        (
            "a line over two frames",
            [zstd(b"one\ntw"), zstd(b"o\nthree\nfour")].concat(),
        ),
    ] {
        assert_eq!(whole(&bytes), expected, "{name}");
    }
}

#[test]
fn text_is_the_same_however_a_program_wrote_it() {
    let text = "{\"a\":\"é\"}\n{\"a\":2}\n{\"a\":3}\n";
    let expected: Vec<&str> = text.lines().collect();
    for (name, bytes) in [
        ("mark", format!("\u{feff}{text}").into_bytes()),
        (
            "files with marks one after the other",
            text.replace('{', "\u{feff}{").into_bytes(),
        ),
        ("crlf", text.replace('\n', "\r\n").into_bytes()),
        ("no last end", text.trim_end().as_bytes().to_vec()),
        ("utf-16 little", utf_16(text, true, false)),
        ("utf-16 big", utf_16(text, true, true)),
        ("utf-16 unmarked", utf_16(text, false, false)),
        ("utf-16 unmarked big", utf_16(text, false, true)),
        ("utf-16 packed", gzip(&utf_16(text, true, false))),
        ("mark packed", zstd(format!("\u{feff}{text}").as_bytes())),
    ] {
        assert_eq!(whole(&bytes), expected, "{name}");
    }
    assert!(whole(b"").is_empty() && whole(&gzip(b"")).is_empty() && whole(&zstd(b"")).is_empty());
    // Half of a surrogate pair is not a letter: its line is invalid, the next one is valid.
    let mut broken = utf_16("{\"a\":\"", true, false);
    broken.extend([0x00, 0xd8]);
    broken.extend(utf_16("\"}\n{\"a\":2}\n", false, false));
    let (lines, fault) = read(&broken);
    assert!(fault.is_none() && std::str::from_utf8(&lines[0]).is_err() && lines[1] == b"{\"a\":2}");
}

#[test]
fn what_is_not_read_is_told_as_what_it_is() {
    let tar = [&b"a.ndjson"[..], &[0; 249], b"ustar\0", &[b'0'; 300]].concat();
    let noise: Vec<u8> = (0..600_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 13) as u8)
        .collect();
    for (form, bytes) in [
        (ForeignForm::Zip, b"PK\x03\x04rest".to_vec()),
        (ForeignForm::Xz, b"\xfd7zXZ\0\0\x04".to_vec()),
        (ForeignForm::Bzip2, b"BZh91AY&SY".to_vec()),
        (ForeignForm::SevenZip, b"7z\xbc\xaf\x27\x1c\0\x04".to_vec()),
        (ForeignForm::Lz4, b"\x04\x22\x4d\x18d@".to_vec()),
        (ForeignForm::Compress, b"\x1f\x9d\x90".to_vec()),
        (ForeignForm::Parquet, b"PAR1\x15\x04".to_vec()),
        (ForeignForm::Pdf, b"%PDF-1.7\n".to_vec()),
        (ForeignForm::Compound, b"\xd0\xcf\x11\xe0\xa1\xb1".to_vec()),
        (ForeignForm::Utf32, b"\xff\xfe\0\0{\0\0\0".to_vec()),
        (ForeignForm::Tar, tar.clone()),
        (ForeignForm::Tar, gzip(&tar)),
        (ForeignForm::PackedTwice, gzip(&zstd(b"one\n"))),
        (ForeignForm::Zip, zstd(b"PK\x03\x04rest")),
        (ForeignForm::Binary, noise),
    ] {
        let (lines, fault) = read(&bytes);
        let error = fault
            .unwrap_or_else(|| panic!("read whole: {}", form.code()))
            .error;
        assert!(
            matches!(error, InputError::Foreign(found) if found == form),
            "{form:?}: {error:?}"
        );
        assert!(lines.is_empty() && error.is_refusal());
    }
}

#[test]
fn a_text_that_begins_like_an_archive_is_a_text() {
    for text in [
        "PAR1-web - a1 [",
        "BZh9 - a1 [",
        "PK 1",
        "7z",
        "P*M",
        "(",
        "\u{1f}\u{9d}x",
    ] {
        assert_eq!(whole(text.as_bytes()), [text]);
    }
}

#[test]
fn damage_and_strange_ends_are_told() {
    let check = |bytes: &[u8], expected: &dyn Fn(&InputError) -> bool, lines_min: usize| {
        let (lines, fault) = read(bytes);
        let error = fault
            .unwrap_or_else(|| panic!("read whole: {bytes:?}"))
            .error;
        assert!(
            expected(&error) && lines.len() >= lines_min && !error.is_refusal(),
            "{error:?} {lines:?}"
        );
    };
    let (good, wrong) = (b"one\ntwo\n", b"plain text\n");
    check(
        &[gzip(good), wrong.to_vec()].concat(),
        &|e| matches!(e, InputError::Trailing),
        2,
    );
    check(
        &[zstd(good), wrong.to_vec()].concat(),
        &|e| matches!(e, InputError::Trailing),
        2,
    );
    // The checksum: four bytes before the length of a gzip member, the last four of a frame.
    let (mut member, mut frame) = (gzip(good), zstd(good));
    let (place, end) = (member.len() - 8, frame.len() - 1);
    member[place] ^= 1;
    frame[end] ^= 1;
    check(&member, &|e| matches!(e, InputError::Damaged), 0);
    check(&frame, &|e| matches!(e, InputError::Damaged), 2);
    check(
        &utf_16("{}\n", true, false)[..7],
        &|e| matches!(e, InputError::EndsEarly),
        0,
    );
    check(&[0x1f], &|e| matches!(e, InputError::EndsEarly), 0);
    check(&[0x28, 0xb5], &|e| matches!(e, InputError::EndsEarly), 0);
    // 2 GiB of window, and a dictionary.
    check(
        &[0x28, 0xb5, 0x2f, 0xfd, 0, 0xa8],
        &|e| matches!(e, InputError::Window { .. }),
        0,
    );
    check(
        &[0x28, 0xb5, 0x2f, 0xfd, 0x21, 7, 1],
        &|e| matches!(e, InputError::Dictionary),
        0,
    );
}

#[test]
fn a_disk_that_fails_is_no_early_end() {
    let text: String = (0..20_000).map(|n| format!("line {n}\n")).collect();
    for bytes in [
        text.as_bytes().to_vec(),
        gzip(text.as_bytes()),
        zstd(text.as_bytes()),
    ] {
        let half = &bytes[..bytes.len() / 2];
        let (_, fault) = read_from(Drips {
            bytes: half,
            step: 1000,
            fails: true,
        });
        let error = fault.unwrap().error;
        assert!(
            matches!(&error, InputError::Io(error) if error.raw_os_error() == Some(5)),
            "{error:?}"
        );
    }
}

#[test]
fn a_line_without_end_fills_no_memory_and_is_one_line() {
    let bomb = io::repeat(b'x').take(5 << 20).chain(&b"\nnext\n"[..]);
    let mut lines = InputLines::new(bomb, 1000);
    let first = lines.next_line().unwrap().unwrap();
    assert!(first.is_too_long && first.number == 1 && first.bytes.len() == 1001);
    let second = lines.next_line().unwrap().unwrap();
    assert_eq!(
        (second.number, second.bytes, second.is_too_long),
        (2, &b"next"[..], false)
    );
    assert!(lines.next_line().unwrap().is_none());
    // Exactly the longest line.
    let mut lines = InputLines::new(&b"1234\n12345\n1234"[..], 4);
    let flags: Vec<bool> =
        std::iter::from_fn(|| lines.next_line().unwrap().map(|line| line.is_too_long)).collect();
    assert_eq!(flags, [false, true, false]);
}

#[derive(Clone, Copy, Debug)]
enum Part {
    Gzip,
    Zstd,
}

fn packed(text: &[u8], cuts: &[usize], part: Part) -> (Vec<u8>, Vec<usize>) {
    let mut cuts: Vec<usize> = cuts.iter().map(|cut| cut % (text.len() + 1)).collect();
    cuts.extend([0, text.len()]);
    cuts.sort_unstable();
    let (mut bytes, mut ends) = (Vec::new(), Vec::new());
    for (number, range) in cuts.windows(2).enumerate() {
        if matches!(part, Part::Zstd) && number % 2 == 1 {
            bytes.extend(skippable(u8::try_from(number % 200).unwrap()));
            ends.push(bytes.len());
        }
        let text = &text[range[0]..range[1]];
        bytes.extend(match part {
            Part::Gzip => gzip(text),
            Part::Zstd => zstd(text),
        });
        ends.push(bytes.len());
    }
    (bytes, ends)
}

proptest! {
    #[test]
    fn however_a_text_is_packed_it_is_the_same_and_a_cut_is_told(
        lines in proptest::collection::vec("[a-z0-9é{}\"]{0,40}", 1..60),
        cuts in proptest::collection::vec(any::<usize>(), 0..5),
        part in prop_oneof![Just(Part::Gzip), Just(Part::Zstd)],
        step in 1_usize..5000,
        cut in any::<proptest::sample::Index>(),
    ) {
        let text: String = lines.iter().map(|line| format!("{line}\n")).collect();
        let (bytes, ends) = packed(text.as_bytes(), &cuts, part);
        let (all, fault) = read_from(Drips { bytes: &bytes, step, fails: false });
        prop_assert!(fault.is_none(), "{:?}", fault);
        prop_assert_eq!(all.len(), lines.len());
        prop_assert!(all.iter().zip(&lines).all(|(read, line)| read == line.as_bytes()));
        // The first byte of zstd's magic number is a letter.
        let place = 2 + cut.index(bytes.len() - 2);
        let (some, fault) = read_from(Drips { bytes: &bytes[..place], step, fails: false });
        if ends.contains(&place) {
            prop_assert!(fault.is_none(), "{:?}", fault);
        } else {
            let error = fault.map(|fault| fault.error);
            prop_assert!(matches!(error, Some(InputError::EndsEarly)), "{:?}", error);
            prop_assert!(some.len() <= all.len() && some == all[..some.len()]);
        }
    }

    #[test]
    fn hostile_bytes_do_no_harm(
        magic in prop_oneof![Just(&b""[..]), Just(&[0x1f, 0x8b, 8][..]), Just(&[0x28, 0xb5, 0x2f, 0xfd][..])],
        bytes in proptest::collection::vec(any::<u8>(), 0..400),
    ) {
        let _ = read(&[magic, &bytes].concat());
    }

    #[test]
    fn a_packed_text_with_some_bytes_changed_does_no_harm(
        changes in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6),
        part in prop_oneof![Just(Part::Gzip), Just(Part::Zstd)],
    ) {
        let text: String = (0..200).map(|n| format!("line {n} of many\n")).collect();
        let (mut bytes, _) = packed(text.as_bytes(), &[900, 1500], part);
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        let _ = read(&bytes);
    }
}
