//! What requests are made of.

pub(super) const WORDS: [&str; 40] = [
    "harbour", "garden", "bakery", "studio", "mountain", "cottage", "bicycle", "lantern", "orchard",
    "kitchen", "summer", "winter", "ceramics", "leather", "espresso", "vintage", "coastal", "modern",
    "classic", "organic", "booking", "weekend", "travel", "family", "ticket", "concert", "museum", "gallery",
    "yoga", "fitness", "dental", "clinic", "notary", "estate", "rental", "repair", "carpet", "window",
    "solar", "energy",
];

pub(super) const CATEGORIES: [&str; 8] = [
    "products",
    "blog/2026",
    "en/rooms",
    "de/angebote",
    "shop/category",
    "events",
    "support/articles",
    "locations",
];

pub(super) const REFERRERS: [&str; 10] = [
    "https://www.google.com/",
    "https://www.google.de/",
    "https://www.bing.com/",
    "https://duckduckgo.com/",
    "https://www.instagram.com/",
    "https://l.facebook.com/",
    "https://news.ycombinator.com/item?id=41234567",
    "https://www.reddit.com/r/smallbusiness/",
    "https://t.co/",
    "https://www.tripadvisor.com/Hotel_Review-g187849",
];

pub(super) const QUESTIONS: [&str; 8] = [
    "What are your opening hours on public holidays?",
    "Is breakfast included?",
    "Can I cancel my booking up to a day before?",
    "Do you have parking for a camper van?",
    "Wie erreiche ich einen Menschen?",
    "¿Hacen envíos a Canarias?",
    "האם אתם פתוחים בשבת?",
    "Is there a discount for groups of more than ten people?",
];

pub(super) const LABELS: [&str; 6] =
    ["Booking Button", "Email Link", "Suggestions", "Phone Link", "Opening hours", "Newsletter Form"];

pub(super) const PLATFORMS: [&str; 5] = [
    "Windows NT 10.0; Win64; x64",
    "Macintosh; Intel Mac OS X 10_15_7",
    "X11; Linux x86_64",
    "Linux; Android 15; Pixel 9",
    "iPhone; CPU iPhone OS 18_5 like Mac OS X",
];

/// A version stands for each asterisk.
pub(super) const BROWSERS: [&str; 4] = [
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/*.0.0.0 Safari/537.36",
    "AppleWebKit/537.36 (KHTML, like Gecko) Chrome/*.0.0.0 Safari/537.36 Edg/*.0.0.0",
    "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Mobile/15E*8 Safari/604.1",
    "Gecko/20100101 Firefox/*.0",
];

/// First two bytes of large access networks.
pub(super) const NETWORKS: [[u8; 2]; 20] = [
    [24, 48],
    [73, 162],
    [68, 80],
    [71, 183],
    [81, 2],
    [88, 217],
    [90, 0],
    [79, 30],
    [80, 58],
    [85, 64],
    [177, 32],
    [190, 16],
    [49, 36],
    [126, 10],
    [58, 120],
    [1, 128],
    [105, 224],
    [41, 32],
    [78, 160],
    [84, 208],
];
