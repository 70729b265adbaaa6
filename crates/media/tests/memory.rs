//! In a process of its own, whose memory nobody else uses.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test fails by panicking, its helpers too")]

use std::io::Write;

use plaudit_media::{Limits, Refusal, take_in};

/// The most memory that this process ever had, in KiB.
fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn chunk(name: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(name);
    crc.update(data);
    [&(data.len() as u32).to_be_bytes()[..], name, data, &crc.sum().to_be_bytes()].concat()
}

#[test]
fn three_hundred_megabytes_in_a_small_file_are_refused_without_unpacking_them() {
    let side = 10_000_u32;
    let mut zeros = flate2::write::ZlibEncoder::new(Vec::new(), flate2::Compression::fast());
    let row = vec![0; side as usize * 3 + 1];
    for _ in 0..side {
        zeros.write_all(&row).unwrap();
    }
    let header = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    let parts = [chunk(b"IHDR", &header), chunk(b"IDAT", &zeros.finish().unwrap()), chunk(b"IEND", &[])];
    let bomb = [&b"\x89PNG\r\n\x1a\n"[..], &parts.concat()].concat();
    let before = peak_kib();
    assert!(matches!(take_in(&bomb, &Limits::default()), Err(Refusal::TooManyPixels { .. })));
    let more = peak_kib() - before;
    assert!(more < 16 << 10, "{more} KiB more");
}
