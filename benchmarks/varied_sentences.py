"""Over a thousand sentences of every kind, for whoever compares two encoders."""

from __future__ import annotations

import itertools
import random

SCRIPTS = [
    "иди к красному конусу", "πήγαινε στον κόκκινο κώνο", "اذهب إلى المخروط الأحمر",
    "לך אל החרוט האדום", "लाल शंकु के पास जाओ", "লাল শঙ্কুর কাছে যাও", "சிவப்பு கூம்புக்குச் செல்",
    "赤い円錐のところへ行け", "去红色的圆锥那里", "빨간 원뿔로 가세요", "ไปที่กรวยสีแดง",
    "đi đến hình nón màu đỏ",
    "წადი წითელ კონუსთან", "գնա դեպի կարմիր կոնը", "ወደ ቀዩ ሾጣጣ ሂድ",
    "geh zum roten Kegel, größer als ß",
    "pójdź do czerwonego stożka", "İstanbul'a git", "ﬁnd the ofﬁce", "ＦＵＬＬ　ＷＩＤＴＨ",
    "𝔤𝔬 𝔱𝔬 𝔱𝔥𝔢 𝔠𝔬𝔫𝔢",
]  # fmt: skip
EMOJI = ["🔴", "🔺🔴", "go to the 🔑", "👩‍👩‍👧‍👦", "🇨🇭🇩🇪", "👍🏽", "☃️ ❄", "go 🏃‍♀️ to 🏠"]
ODD = [
    "", " ", "\n", "\t\t", "\x00", "a\x00b", "\u200b", "\ufeff", "\u202ego back", "e\u0301 é", "�",
    "...", "?!", "—", "<b>go</b>", "$x^2$", "C:\\red\\cone", "https://example.org/a?b=c#d",
    "GO TO THE RED CONE", "gototheredcone", "go  to   the red cone",
    "[MASK] [SEP] [CLS] [PAD] [UNK]",
    "don't go; it's 3.14 km (2nd door)", "0123456789" * 30, "x" * 5_000, "cone " * 600, "🔴" * 300,
    "the 600 words: " + " ".join(f"word{number}" for number in range(600)),
]  # fmt: skip


def varied_sentences() -> list[str]:
    """Orders in many forms, other scripts, emoji, oddities, and seeded noise."""
    orders = [
        f"{verb} the {colour} {shape}{end}"
        for verb, colour, shape, end in itertools.product(
            ("go to", "Walk over to", "do not touch", "where is"),
            ("red", "blue", "turquoise", "", "not so very green"),
            ("box", "cone", "kettlebell", "ice cream cone", "keys", "antidisestablishmentarianism"),
            ("", ".", ", please!", " in the far corner, then come back to me"),
        )
    ]
    dice = random.Random(0)
    letters = [chr(code) for code in range(32, 0x2FFFF) if not 0xD800 <= code < 0xE000]
    noise = ["".join(dice.choices(letters, k=dice.randint(1, 20))) for _ in range(300)]
    words = ["".join(dice.choices("abcdefghij ", k=dice.randint(1, 80))) for _ in range(200)]
    return list(dict.fromkeys([*orders, *SCRIPTS, *EMOJI, *ODD, *noise, *words]))
