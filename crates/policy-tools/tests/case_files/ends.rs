//! The instant at which a file's questions are asked, roles that end, and writes that give roles which end.

use rollcall_engine::Timestamp;

use crate::{FOLDERS, LUMICON, failing_lines, line_of, mistakes_of, read, run, with};

const ENDS: &str = include_str!("ends.tests.toml");

#[test]
fn every_case_holds() {
    let results = run(LUMICON, ENDS);
    assert!(results.failures.is_empty(), "{:#?}", results.failures);
    assert!(results.passed > 150, "{}", results.passed);
}

#[test]
fn an_end_or_an_instant_that_is_off_by_a_little_is_found() {
    for (old, new, row) in [
        ("2027-01-01T01:00:00+01:00", "2027-01-01T01:00:01+01:00", "who = [\"olga\", \"otto\", \"ulla\"]"),
        (
            "now         = \"2027-01-01T00:00:00Z\"",
            "now = \"2026-12-31T23:59:59Z\"",
            "who = [\"olga\", \"otto\", \"ulla\"]",
        ),
        ("2026-12-31T23:59:59.999999Z", "2027-01-01T00:00:00Z", "who = [\"editors\", \"olga\"]"),
        (
            "now  = \"2027-02-28T23:59:59Z\"",
            "now = \"2027-03-01T00:00:00Z\"",
            "who = \"viewers\",                may = \"data.view\", may_not = \"data.edit\" }",
        ),
        ("now  = \"2027-02-28T23:59:59Z\"", "now = \"2027-01-31T23:59:59Z\"", "who = [\"tim\", \"olga\"]"),
        ("role = \"admin\", until = \"2027-06-01T00:00:00Z\"", "role = \"admin\"", "who = [\"alma\", \"operator\"]"),
        (
            "whom = \"ulla\", until = \"2027-02-01T00:00:00.000001Z\"",
            "whom = \"ulla\", until = \"2027-02-01T00:00:00Z\"",
            "whom = \"ulla\", until = \"2027-02-01",
        ),
        (
            "to = \"editor\", until = \"2027-09-01T00:00:00Z\"",
            "to = \"editor\", until = \"2027-02-01T00:00:00Z\"",
            "may = \"change\", whom = \"tim\", to = \"editor\", until",
        ),
        (
            "to = \"editor\", until = \"2027-02-01T00:00:00Z\", reason",
            "to = \"editor\", until = \"2027-02-01T00:00:01Z\", reason",
            "reason = \"ROLE_UNCHANGED\" },",
        ),
        (
            "acme = { role = \"admin\", until = \"2027-06-01T00:00:00Z\" }",
            "acme = \"admin\"",
            "reason = \"LAST_HOLDER\"",
        ),
    ] {
        let broken = with(ENDS, old, new);
        let lines = failing_lines(LUMICON, &broken);
        assert!(lines.contains(&line_of(&broken, row)), "{new}: {lines:?}");
    }
}

#[test]
fn without_an_instant_no_role_has_ended() {
    let without = with(ENDS, "now         = \"2027-01-01T00:00:00Z\"\n", "");
    let cases = read(LUMICON, &without);
    assert_eq!(cases[0].now, None);
    assert_eq!(cases[1].now, Some(Timestamp(1_798_761_599_999_999)), "a case says so itself");
    let first = line_of(&without, "who = [\"olga\", \"otto\", \"ulla\"]");
    assert!(failing_lines(LUMICON, &without).contains(&first));
}

#[test]
fn a_failure_says_when_it_was_asked_and_until_when_it_gives() {
    let case = "[[case]]\nname = \"a\"\non = \"pier\"\nactions = [{ who = \"olga\", may = \"data.view\" }]\n\
                writes = [{ who = \"olga\", may = \"invite\", whom = \"ulla\", to = \"viewer\", until = \"2028-01-01T00:00:00Z\" }]\n";
    let failures = run(LUMICON, &format!("{ENDS}\n{case}")).failures;
    let expected: Vec<&str> = failures.iter().map(|failure| failure.expected.as_str()).collect();
    assert_eq!(
        expected,
        [
            "`user:olga` may do `data.view` on `job_site:pier`, asked at 2027-01-01T00:00:00Z",
            "`user:olga` may invite `user:ulla` to `job_site:pier` as `viewer` until 2028-01-01T00:00:00Z, \
             asked at 2027-01-01T00:00:00Z",
        ]
    );
}

/// Both the team's role and the belonging to the team end.
#[test]
fn a_role_through_a_team_counts_until_the_first_end() {
    let file = |now: &str| {
        format!(
            "tenant = \"acme\"\nnow = \"{now}\"\n[resources]\nplans = \"folder\"\ncrew = \"group\"\n[members]\n\
             ada = {{ crew = [\"keeper\", {{ role = \"person\", until = \"2027-01-01T00:00:00Z\" }}] }}\n\
             carl = {{ crew = {{ role = \"person\", until = \"2027-01-01T00:00:00Z\" }} }}\n\
             \"group:crew\" = {{ plans = {{ role = \"editor\", until = \"2028-01-01T00:00:00Z\" }} }}\n\
             [[case]]\nname = \"a\"\non = \"plans\"\nactions = [{{ who = [\"ada\", \"carl\"], may = \"folder.list\" }}]\n"
        )
    };
    let denied = |now: &str| {
        let failures = run(FOLDERS, &file(now)).failures;
        failures.iter().map(|failure| failure.expected.split('`').nth(1).unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(denied("2026-12-31T23:59:59Z"), Vec::<String>::new());
    assert_eq!(denied("2027-01-01T00:00:00Z"), ["user:carl"], "ada keeps the group for good");
    assert_eq!(denied("2028-01-01T00:00:00Z"), ["user:ada", "user:carl"]);
}

#[test]
fn what_is_wrong_with_an_end_is_said() {
    let row = |row: &str| format!("{ENDS}\n[[case]]\nname = \"a\"\non = \"pier\"\nwrites = [{row}]\n");
    let write = "who = \"edith\", may = \"invite\", whom = \"ulla\"";
    for (text, message, label) in [
        (
            with(ENDS, "2020-01-01T00:00:00Z", "2020-02-30T00:00:00Z"),
            "`until` is no instant",
            "expected a date, a time and an offset, of the years 1970 to 9999",
        ),
        (
            with(ENDS, "now         = \"2027-01-01T00:00:00Z\"", "now = 2027-01-01"),
            "`now` is no instant",
            "expected a date, a time and an offset, of the years 1970 to 9999",
        ),
        (
            with(ENDS, "now         = \"2027-01-01T00:00:00Z\"", "now = 2027"),
            "`now` must be an instant such as `\"2027-01-01T00:00:00Z\"`",
            "found an integer",
        ),
        (
            row(&format!("{{ {write}, until = \"2027-01-01T00:00:00Z\" }}")),
            "`until` is not after `now`",
            "expected an instant after 2027-01-01T00:00:00Z, when the questions are asked",
        ),
        (
            row("{ who = \"edith\", may = \"remove\", whom = \"vera\", until = \"2028-01-01T00:00:00Z\" }"),
            "no write of this row grants a role that could end",
            "take this out",
        ),
        (
            row("{ who = \"edith\", may = \"remove\", whom = \"olga\", from = \"editor\" }"),
            "`user:olga` holds no `editor` at `job_site:pier` in these facts",
            "not held",
        ),
        (
            with(
                ENDS,
                "pier = \"viewer\" }",
                "pier = [\"viewer\", { role = \"viewer\", until = \"2028-01-01T00:00:00Z\" }] }",
            ),
            "`vera` has `viewer` at `pier` already",
            "take one of the two out",
        ),
    ] {
        let found = mistakes_of(LUMICON, &text);
        let found: Vec<_> = found.list().iter().map(|it| (it.message.as_str(), it.label.as_str())).collect();
        assert_eq!(found, [(message, label)]);
    }
}
