//! Who is taken for a robot, and who is not.

use shared::envelope::RobotSigns;
use testkit::envelopes::{envelope, impression};

use super::*;

const BROWSERS: [&str; 16] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 Edg/138.0.0.0",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/605.1.15",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/28.0 Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Safari/537.36 OPR/120.0.0.0",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/138.0.7204.119 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) GSA/375.0.776573018 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS;FBAV/518.0.0.52.100;FBDV/iPhone15,2]",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B; wv) AppleWebKit/537.36 (KHTML, like Gecko) Version/4.0 Chrome/137.0.7151.115 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/518.0.0.63.86;]",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 Instagram 387.0.0.38.81 (iPhone15,2; iOS 18_5)",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 MicroMessenger/8.0.60 NetType/WIFI Language/en",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 LinkedInApp/9.30.2451",
    // A telephone whose maker's name ends in "bot".
    "Mozilla/5.0 (Linux; Android 11; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 9; KFMAWI) AppleWebKit/537.36 (KHTML, like Gecko) Silk/108.4.6 like Chrome/108.0.5359.220 Safari/537.36",
];

const CRAWLERS_SEEN: [&str; 12] = [
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (Linux; Android 6.0.1; Nexus 5X Build/MMB29P) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 AppleWebKit/537.36 (KHTML, like Gecko; compatible; GPTBot/1.2; +https://openai.com/gptbot)",
    "Mozilla/5.0 (compatible; ClaudeBot/1.0; +claudebot@anthropic.com)",
    "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/138.0.0.0 Safari/537.36",
    "facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)",
    "curl/8.5.0",
    "python-requests/2.32.3",
    "Go-http-client/1.1",
    "Wget/1.21.4",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
];

#[test]
fn browsers_are_no_crawlers_and_crawlers_are() {
    let robots = Robots::new();
    for browser in BROWSERS {
        assert!(!robots.is_crawler(browser), "{browser}");
    }
    for crawler in CRAWLERS_SEEN {
        assert!(robots.is_crawler(crawler), "{crawler}");
        assert!(robots.is_crawler(crawler), "asked again, {crawler}");
    }
}

#[test]
fn the_whole_list_is_read_and_nearly_all_of_it_as_plain_text() {
    let robots = Robots::new();
    let (texts, patterns) = (robots.texts.unwrap(), robots.patterns.unwrap());
    let lines = CRAWLERS.lines().filter(|line| !line.starts_with('#')).count();
    assert_eq!(texts.patterns_len() + patterns.len(), lines);
    assert!(lines > 1_400 && patterns.len() < 60, "{lines} lines, {} patterns", patterns.len());
    assert!(!CRAWLERS.lines().any(str::is_empty), "an empty pattern would be found in everything");
    assert!(CRAWLERS.lines().any(|line| line.ends_with(' ')), "blanks at a line's end are part of it");
}

#[test]
fn the_list_takes_little_memory() {
    let robots = Robots::new();
    assert!(robots.texts.unwrap().memory_usage() < 1024 * 1024);
}

#[test]
fn a_pattern_is_plain_where_it_stands_for_one_text() {
    assert_eq!(plain_text(r"Googlebot\/"), Some("Googlebot/".to_owned()));
    assert_eq!(plain_text(r"a\.b \(c\)"), Some("a.b (c)".to_owned()));
    for pattern in ["^curl", "[wW]get", "a.b", r"Feed\d", "a|b", "ab?", r"a\"] {
        assert_eq!(plain_text(pattern), None, "{pattern}");
    }
}

#[test]
fn what_stands_behind_512_characters_is_not_looked_at() {
    let robots = Robots::new();
    for letter in ["x", "ü"] {
        assert!(robots.is_crawler(&format!("{}GPTBot", letter.repeat(USER_AGENT_CHARS_MAX - 6))));
        assert!(!robots.is_crawler(&format!("{}GPTBot", letter.repeat(USER_AGENT_CHARS_MAX - 5))));
    }
}

#[test]
fn the_first_reason_that_holds_is_the_reason() {
    let robots = Robots::new();
    let reason = |user_agent: Option<&str>, robot| {
        let mut sent = envelope("alpha", vec![impression("https://example.com/")]);
        (sent.user_agent, sent.robot) = (user_agent.map(str::to_owned), robot);
        robots.reason(&sent)
    };
    let (none, no_user_agent) =
        (RobotSigns::default(), RobotSigns { no_user_agent: true, ..RobotSigns::default() });
    let (prefetch, webdriver) =
        (RobotSigns { prefetch: true, ..none }, RobotSigns { webdriver: true, prefetch: true, ..none });
    let (browser, crawler) = (Some(BROWSERS[0]), Some(CRAWLERS_SEEN[0]));
    for (user_agent, signs, expected) in [
        (browser, none, None),
        // A server with a key that says nothing of its visitor's browser, or a collector of before.
        (None, none, None),
        (None, no_user_agent, Some(DropReason::Bot)),
        (browser, prefetch, Some(DropReason::Prefetch)),
        (browser, webdriver, Some(DropReason::Automation)),
        (crawler, none, Some(DropReason::Bot)),
        (crawler, webdriver, Some(DropReason::Bot)),
    ] {
        assert_eq!(reason(user_agent, signs), expected, "{user_agent:?} {signs:?}");
    }
}
