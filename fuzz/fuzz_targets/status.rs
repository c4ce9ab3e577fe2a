#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| segue::backend::fuzzing::status(bytes));
