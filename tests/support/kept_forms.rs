//! For the tests in `src`: every form in which a record was ever written, as JSON in `tests/golden/records`. With
//! `TEST_GOLDEN=write` a test adds the form that is written now; one that is there stays, for it is read for ever.

use std::{collections::BTreeMap, env, fmt::Debug, fs, path::PathBuf};

use serde_json::Value;

/// Checks that each sample is written in one of its kept forms, and that each of these is read as the sample.
///
/// # Panics
/// When either does not hold, or the file has a sample that is not tested.
pub(crate) fn check<T: Debug>(
    file: &str,
    samples: &[(&str, T)],
    write: impl Fn(&T) -> Value,
    read: impl Fn(&T, Value) -> T,
) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden/records").join(file);
    let text = fs::read_to_string(&path).unwrap_or_else(|_| "{}".to_owned());
    let is_writing = env::var_os("TEST_GOLDEN").is_some_and(|word| word == "write");
    let mut kept: BTreeMap<String, Vec<Value>> = serde_json::from_str(&text).expect("it is a table of forms");
    for (name, sample) in samples {
        let written = write(sample);
        let forms = kept.entry((*name).to_owned()).or_default();
        if !forms.contains(&written) {
            assert!(is_writing, "{name} is written in a form that {file} does not have: {written:#}");
            forms.push(written);
        }
        for form in forms {
            let found = read(sample, form.clone());
            assert_eq!(format!("{found:#?}"), format!("{sample:#?}"), "{name} is read otherwise: {form:#}");
        }
    }
    let untested = kept.keys().find(|name| samples.iter().all(|(sample, _)| name != sample));
    assert_eq!(untested, None, "{file} has forms that no sample is read from");
    if is_writing {
        let text = serde_json::to_string_pretty(&kept).expect("it is JSON") + "\n";
        fs::write(&path, text).expect("it can be written");
    }
}
