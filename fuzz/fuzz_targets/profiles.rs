#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| plain_s3_fuzz::profiles(data));
