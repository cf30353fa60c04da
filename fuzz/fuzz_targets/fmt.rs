//! The libFuzzer program around `portolan_fuzz::fmt`; what it checks lives there.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portolan_fuzz::fmt(data));
