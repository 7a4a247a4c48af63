use super::*;

/// A stream over a database of its own: transactions begin and commit in any order, and what is seen is told.
#[derive(Default)]
struct Database {
    next: u64,
    running: BTreeSet<u64>,
    committed: BTreeMap<u64, Vec<i64>>,
    next_id: i64,
}

impl Database {
    fn begin(&mut self) -> u64 {
        self.next += 1;
        self.running.insert(self.next);
        self.next
    }

    fn commit(&mut self, transaction: u64, rows: i64) {
        assert!(self.running.remove(&transaction));
        let ids = (self.next_id..self.next_id + rows).collect();
        self.next_id += rows;
        self.committed.insert(transaction, ids);
    }

    fn rows(&self) -> Vec<(u64, i64)> {
        let rows = |(transaction, ids): (&u64, &Vec<i64>)| {
            ids.iter().map(|id| (*transaction, *id)).collect::<Vec<_>>()
        };
        self.committed.iter().flat_map(rows).collect()
    }

    fn seen(&self) -> Cursor {
        let before = self.running.first().copied().unwrap_or(self.next + 1);
        Cursor::new(before, self.committed.keys().copied().filter(|ended| *ended >= before).collect())
    }

    /// Tells at most `most` rows, and all that was seen where it got so far; hands back what it told.
    fn tell(&self, cursor: &mut Cursor, most: usize) -> Vec<(u64, i64)> {
        let seen = self.seen();
        let new: Vec<_> =
            self.rows().into_iter().filter(|(transaction, id)| !cursor.covers(*transaction, *id)).collect();
        for (transaction, id) in new.iter().take(most) {
            cursor.tell(*transaction, *id, &seen);
        }
        if new.len() <= most {
            cursor.tell_all(&seen);
        }
        new.into_iter().take(most).collect()
    }
}

fn round_trip(cursor: &Cursor) -> Cursor {
    cursor.to_string().parse().unwrap()
}

#[test]
fn what_commits_late_is_told_late_and_nothing_twice() {
    let mut database = Database::default();
    let (slow, quick) = (database.begin(), database.begin());
    database.commit(quick, 2);
    let mut cursor = Cursor::default();
    assert_eq!(database.tell(&mut cursor, 100), [(quick, 0), (quick, 1)]);
    cursor = round_trip(&cursor);
    assert_eq!(database.tell(&mut cursor, 100), []);
    database.commit(slow, 1);
    assert_eq!(database.tell(&mut cursor, 100), [(slow, 2)]);
    assert_eq!(database.tell(&mut round_trip(&cursor), 100), []);
    assert_eq!(cursor, Cursor::new(3, BTreeSet::new()), "and it is as small as at first");
}

#[test]
fn cut_off_anywhere_it_goes_on_with_the_next_row() {
    let mut random = 0x2545_f491_4f6c_dd1d_u64;
    let mut below = |bound: usize| {
        random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(random >> 33).unwrap() % bound
    };
    for _ in 0..200 {
        let (mut database, mut cursor, mut told) = (Database::default(), Cursor::default(), Vec::new());
        for _ in 0..40 {
            match below(3) {
                0 => drop(database.begin()),
                1 if !database.running.is_empty() => {
                    let transaction = *database.running.iter().nth(below(database.running.len())).unwrap();
                    database.commit(transaction, i64::try_from(below(4)).unwrap());
                }
                _ => told.extend(database.tell(&mut cursor, below(5))),
            }
            cursor = round_trip(&cursor);
        }
        told.extend(database.tell(&mut cursor, 1_000));
        told.sort_unstable();
        assert_eq!(told, database.rows());
    }
}

#[test]
fn a_reading_that_is_a_moment_older_takes_nothing_back() {
    let mut database = Database::default();
    let (first, second, third) = (database.begin(), database.begin(), database.begin());
    database.commit(third, 1);
    let older = (database.seen(), database.rows());
    database.commit(second, 2);
    let mut cursor = Cursor::default();
    // Cut off within the second; then another process, which read a moment earlier, goes on.
    assert_eq!(database.tell(&mut cursor, 1), [(second, 1)]);
    for (transaction, id) in older.1 {
        assert!(!cursor.covers(transaction, id));
        cursor.tell(transaction, id, &older.0);
    }
    cursor.tell_all(&older.0);
    cursor = round_trip(&cursor);
    assert_eq!(database.tell(&mut cursor, 100), [(second, 2)]);
    database.commit(first, 1);
    assert_eq!(database.tell(&mut cursor, 100), [(first, 3)]);
}

#[test]
fn of_many_transactions_that_overtook_one_the_latest_are_kept() {
    let ended: BTreeSet<u64> = (10..2_000).collect();
    let cursor = round_trip(&Cursor::new(5, ended));
    assert!(
        cursor.covers(1_999, 0) && cursor.covers(2_000 - INTERACTIONS_MAX as u64, 0) && cursor.covers(4, 0)
    );
    assert!(!cursor.covers(1_999 - INTERACTIONS_MAX as u64, 0));
    assert!(cursor.to_string().len() < 1_000, "{cursor}");
}

#[test]
fn what_we_did_not_write_is_no_cursor() {
    let written = "1.1f.2-1.3a:7-3b:9";
    assert_eq!(written.parse::<Cursor>().unwrap().to_string(), written);
    for text in [
        "",
        "1",
        "1...",
        "1.0",
        "1.0..",
        "2.0..",
        "1.0...",
        "1.+1f..",
        "1.01f..",
        "1.1F..",
        "1.1f.0-0.",
        "1.1f.-1.",
        "1.1f.1-.",
        "1.1f..3a",
        "1.1f..3a:",
        "1.1f..3b:9-3a:7",
        "1.1f..3a:7-3a:8",
        "1.1f..3a:ffffffffffffffff",
        "1.10000000000000000..",
        "1.ffffffffffffffff.1.",
        "1.1f..\n",
        "0",
        "null",
        "1.é..",
    ] {
        let parsed = text.parse::<Cursor>();
        assert_eq!(parsed.is_ok(), text == "1.0..", "{text}");
    }
    assert_eq!(format!("1.1.{}.", "1-".repeat(10_000)).parse::<Cursor>(), Err(NoCursor));
}
