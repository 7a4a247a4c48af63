//! What is put up with, and what is not.

use super::*;

const FEW: Counted = Counted { rows: 10, bad: 1 };

fn stored(impressions: u64, refused: u64) -> Receipt {
    let quarantined = vec![(QuarantineReason::Refused, refused)];
    Receipt { impressions, quarantined, ..Receipt::default() }
}

fn fresh() -> Breaker {
    let mut breaker = Breaker::default();
    breaker.recall(0, 0);
    breaker
}

#[test]
fn as_many_bad_rows_as_the_limit_are_put_up_with_and_one_more_is_not() {
    let breaker = fresh();
    assert!(breaker.allows(Counted { rows: BAD_ROWS_MAX, bad: BAD_ROWS_MAX }));
    assert!(!breaker.allows(Counted { rows: BAD_ROWS_MAX + 1, bad: BAD_ROWS_MAX + 1 }));
}

#[test]
fn of_a_large_batch_one_row_in_a_hundred_is_put_up_with() {
    let breaker = fresh();
    assert!(breaker.allows(Counted { rows: 50_000, bad: 500 }));
    assert!(!breaker.allows(Counted { rows: 50_000, bad: 501 }));
}

#[test]
fn bad_rows_add_up_over_commits_until_enough_good_ones_have_come() {
    let mut breaker = fresh();
    breaker.record(&stored(0, BAD_ROWS_MAX));
    assert!(!breaker.allows(FEW));
    for _ in 0..WINDOW_ROWS / 1_000 - 1 {
        breaker.record(&stored(1_000, 0));
        assert!(!breaker.allows(FEW));
    }
    breaker.record(&stored(1_000, 0));
    assert!(breaker.allows(FEW), "they are no longer among the last {WINDOW_ROWS} rows");
}

#[test]
fn what_has_nothing_bad_in_it_is_always_stored() {
    let mut breaker = Breaker::default();
    assert!(breaker.allows(Counted { rows: 1, bad: 0 }));
    breaker.recall(BAD_ROWS_MAX, 0);
    assert!(breaker.allows(Counted { rows: 1, bad: 0 }));
}

#[test]
fn one_bad_row_in_a_hundred_goes_on_for_ever_and_two_do_not() {
    for (bad, goes_on) in [(1, true), (2, false)] {
        let mut breaker = fresh();
        let went_on = (0..1_000).all(|_| {
            let allowed = breaker.allows(Counted { rows: 100, bad });
            breaker.record(&stored(100 - bad, bad));
            allowed
        });
        assert_eq!(went_on, goes_on, "{bad} in a hundred");
    }
}

#[test]
fn senders_doing_is_no_reason_to_stop() {
    let mut breaker = fresh();
    let quarantined = vec![(QuarantineReason::UnknownProject, 5_000), (QuarantineReason::IdReuse, 5_000)];
    breaker.record(&Receipt { quarantined, ..Receipt::default() });
    assert!(breaker.allows(Counted { rows: BAD_ROWS_MAX, bad: BAD_ROWS_MAX }));
}

#[test]
fn a_new_process_goes_on_where_the_last_one_stopped() {
    for (in_quarantine, stored, allowed) in [
        (0, 0, true),
        (BAD_ROWS_MAX - 1, 0, true),
        (BAD_ROWS_MAX, 0, false),
        (10_000, 0, false),
        // One in two hundred: it was put up with before.
        (10_000, 2_000_000, true),
    ] {
        let mut breaker = Breaker::default();
        assert!(!breaker.allows(FEW), "the past is not known yet");
        breaker.recall(in_quarantine, stored);
        assert_eq!(breaker.allows(FEW), allowed, "{in_quarantine} of {stored}");
    }
}

#[test]
fn what_people_took_out_of_quarantine_is_forgotten() {
    let mut breaker = fresh();
    breaker.record(&stored(0, BAD_ROWS_MAX));
    breaker.recall(BAD_ROWS_MAX, 1_000_000);
    assert!(!breaker.allows(FEW), "the hour was good, the last rows are not");
    breaker.recall(BAD_ROWS_MAX - 1, 1_000_000);
    assert!(breaker.allows(FEW));
}

#[test]
fn what_is_remembered_is_bounded() {
    let mut breaker = fresh();
    for _ in 0..WINDOW_ROWS * 2 {
        breaker.record(&stored(1, 0));
        breaker.record(&stored(0, 0));
    }
    assert!(breaker.commits.len() as u64 <= WINDOW_ROWS);
    breaker.record(&stored(WINDOW_ROWS * 10, 0));
    assert_eq!(breaker.commits.len(), 1);
}
