//! Whether a visitor's wish not to be tracked makes a project's rule drop the events.

use shared::envelope::DropReason;

/// What a browser sends in `Sec-GPC` and in `DNT` to say that its user does not want to be tracked.
const NO_TRACKING: &str = "1";

/// Why the project drops the events of a request with these headers; `None` where it keeps them.
///
/// `sec_gpc` and `dnt` are the values of the two headers. Only `1` is a wish: anything else, a value given twice
/// included, is none (Global Privacy Control, 3.2; Tracking Preference Expression, 5.2). Where both are wished and
/// honoured, the reason is the first.
pub fn drop_reason(
    sec_gpc: Option<&str>,
    dnt: Option<&str>,
    honour_gpc: bool,
    honour_dnt: bool,
) -> Option<DropReason> {
    let is_wished = |value: Option<&str>| value.is_some_and(|value| value.trim() == NO_TRACKING);
    if honour_gpc && is_wished(sec_gpc) {
        Some(DropReason::Gpc)
    } else if honour_dnt && is_wished(dnt) {
        Some(DropReason::Dnt)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wish_counts_only_where_the_project_honours_it() {
        let (wish, none) = (Some("1"), None);
        for (gpc, dnt, honour_gpc, honour_dnt, reason) in [
            (none, none, true, true, None),
            (wish, none, true, true, Some(DropReason::Gpc)),
            (wish, none, true, false, Some(DropReason::Gpc)),
            (wish, none, false, true, None),
            (none, wish, true, true, Some(DropReason::Dnt)),
            (none, wish, false, true, Some(DropReason::Dnt)),
            (none, wish, true, false, None),
            (wish, wish, true, true, Some(DropReason::Gpc)),
            (wish, wish, false, true, Some(DropReason::Dnt)),
            (wish, wish, false, false, None),
        ] {
            let found = drop_reason(gpc, dnt, honour_gpc, honour_dnt);
            assert_eq!(found, reason, "GPC {gpc:?} {honour_gpc}, DNT {dnt:?} {honour_dnt}");
        }
    }

    #[test]
    fn only_a_one_is_a_wish() {
        for value in ["", "0", "true", "11", "1, 1", "?1", "null", "unspecified", "1;x"] {
            assert_eq!(drop_reason(Some(value), Some(value), true, true), None, "{value:?}");
        }
        assert_eq!(drop_reason(Some(" 1 "), None, true, true), Some(DropReason::Gpc));
    }
}
