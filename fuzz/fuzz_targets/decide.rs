//! The libFuzzer program around `portolan_fuzz::decide`; what it checks lives there.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portolan_fuzz::decide(data));
