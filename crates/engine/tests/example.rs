//! The example decides as it says.

#[path = "../examples/decide.rs"]
#[allow(dead_code, unreachable_pub, missing_docs, reason = "an example is a program of its own")]
mod decide;

#[test]
fn the_example_of_the_engine_decides() {
    let answers = decide::answers().expect("its policy is right");
    let starts = ["`user:rita` may do `page.read`", "`user:rita` may not do `page.write`", "NOT_PERMITTED"];
    assert_eq!(answers.len(), starts.len());
    for (answer, start) in answers.iter().zip(starts) {
        assert!(answer.starts_with(start), "{answer}");
    }
}
