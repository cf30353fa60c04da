//! The libFuzzer program around `portolan_fuzz::gateway`; what it checks lives there.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| portolan_fuzz::gateway(data));
