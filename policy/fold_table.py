#!/usr/bin/env python3
"""Writes how each character reads when it does not matter how it was written.

usage: policy/fold_table.py table > policy/fold_table.c      # what each character is
       policy/fold_table.py text > policy/fold_text.c        # what they become

The properties are those of the Unicode Character Database in Python's unicodedata (compatibility decompositions, general
categories, decimal digit values); the look-alikes are ours, seen on the letters' usual shapes."""
import sys
import unicodedata as u

QUIET, LOUD, DIGIT, WORD = range(4)
LAST = 0x20000          # nothing above folds, but the tags and variation selectors of plane 14, which policy/fold.c knows
LONGEST = 8             # bytes; what is longer (some ligatures of Arabic, squared words) stays as it is
PAGE = 128

# Letters of other scripts that look like a Latin one: "seen as" then "the letters".
ALIKE = {
    "a": "аɑα", "A": "АΑᎪ", "b": "ЬƄ", "B": "ВΒᏴ", "c": "сϲ", "C": "СϹᏟ", "d": "ԁᏧ", "D": "Ꭰ", "e": "еєҽ", "E": "ЕΕᎬ", "F": "Ϝ", "g": "ɡց",
    "G": "ԌᏀ", "h": "һհ", "H": "НΗᎻ", "i": "іıɩι", "I": "ІΙӀ", "j": "јϳ", "J": "ЈᎫ", "k": "κ", "K": "КΚᏦ", "l": "ӏ", "L": "Ꮮ",
    "M": "МΜᎷ", "n": "ո", "N": "Ν", "o": "оοօσ", "O": "ОΟՕ", "p": "рρ", "P": "РΡᏢ", "q": "ԛգ", "Q": "Ԛ", "r": "ᴦ", "R": "ᏒᎡ", "s": "ѕ", "S": "ЅՏᏚ",
    "t": "τ", "T": "ТΤᎢ", "u": "υսᴜ", "U": "Սሀ", "v": "νѵᴠ", "V": "ѴᏙ", "w": "ѡԝա", "W": "ԜᎳ", "x": "хχ", "X": "ХΧ", "y": "уγყ", "Y": "ΥҮУ",
    "Z": "ΖᏃ",
}
# No compatibility mapping in the database, and yet a letter in another dress.
DRESSED = {0x0131: "i", 0x0142: "l", 0x0141: "L", 0x00F8: "o", 0x00D8: "O", 0x0111: "d", 0x0110: "D", 0x00DF: "ss", 0x1E9E: "SS", 0x00E6: "ae",
           0x00C6: "AE", 0x0153: "oe", 0x0152: "OE", 0x00FE: "th", 0x00DE: "Th", 0x00F0: "d", 0x0127: "h", 0x0126: "H", 0x0167: "t",
           0x0166: "T", 0x0268: "i", 0x0180: "b", 0x2018: "'", 0x2019: "'", 0x201A: "'", 0x201B: "'", 0x201C: '"', 0x201D: '"', 0x201E: '"',
           0x00AB: '"', 0x00BB: '"', 0x2039: "'", 0x203A: "'", 0x2032: "'", 0x2033: '"', 0x2044: "/", 0x2022: "*", 0x00B7: ".", 0x00D7: "x"}
SMALL_CAPITALS = {"ᴀ": "a", "ʙ": "b", "ᴄ": "c", "ᴅ": "d", "ᴇ": "e", "ꜰ": "f", "ɢ": "g", "ʜ": "h", "ɪ": "i", "ᴊ": "j", "ᴋ": "k", "ʟ": "l",
                  "ᴍ": "m", "ɴ": "n", "ᴏ": "o", "ᴘ": "p", "ʀ": "r", "ꜱ": "s", "ᴛ": "t", "ᴢ": "z", "ʏ": "y"}
DASHES = [*range(0x2010, 0x2016), 0x2212, 0x2043, 0xFE58, 0x2E3A, 0x30FC]
ORDINARY = "ªº™©®…²³¹½¼¾µ"       # in any text; they fold, and ask for nothing
DROPPED = [0x034F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x3164, 0xFFA0, *range(0xFE00, 0xFE10), *range(0x180B, 0x180F)]
MARKS = [(0x0300, 0x0370), (0x0483, 0x048A), (0x1AB0, 0x1B00), (0x1DC0, 0x1E00), (0x20D0, 0x2100), (0xFE20, 0xFE30)]


def special():
    out = {c: ("", LOUD) for c in DROPPED}
    for low, high in MARKS:
        out.update({c: ("", LOUD) for c in range(low, high)})
    for letter, twins in ALIKE.items():
        out.update({ord(c): (letter, WORD) for c in twins})
    out.update({c: (s, QUIET) for c, s in DRESSED.items()})
    out.update({ord(c): (s, LOUD) for c, s in SMALL_CAPITALS.items()})
    out.update({c: ("-", DIGIT) for c in DASHES if c != 0x30FC})
    for base in (0x1F150, 0x1F170, 0x1F1E6):
        out.update({base + i: (chr(65 + i), LOUD) for i in range(26)})
    out[0x2800] = (" ", LOUD)
    out[0x0085] = out[0x2028] = out[0x2029] = ("\n", LOUD)
    return out


def stripped(text):
    """Without accents, where a Latin letter bears them."""
    parts = u.normalize("NFD", text)
    return "".join(c for c in parts if u.category(c) != "Mn") if parts and parts[0] < "\u0250" else text


def fold(code, known):
    c, kind = chr(code), u.category(chr(code))
    if code in known:
        return known[code]
    if kind in ("Cf", "Cc"):
        return "", LOUD
    if kind == "Zs":
        return " ", LOUD
    if kind == "Nd":
        return str(u.decimal(c)), LOUD
    compatible = u.normalize("NFKC", c)
    plain = "".join(known[ord(x)][0] if ord(x) in known and known[ord(x)][1] == QUIET else x for x in stripped(compatible))
    if plain == c:
        return None
    quiet = compatible == c or c in ORDINARY
    return plain.strip() or None, QUIET if quiet else LOUD


def mapping():
    known, out = special(), {}
    for code in range(0x80, LAST):
        if 0xD800 <= code < 0xE000:
            continue
        to = fold(code, known)
        if to is not None and to[0] is not None and len(to[0].encode()) <= LONGEST:
            out[code] = to
    return out


def rows(values, width=118):
    line = "   "
    for v in values:
        piece = " %s," % v
        if len(line) + len(piece) > width:
            yield line
            line = "   "
        line += piece
    yield line


def main():
    if sys.argv[1:] not in (["table"], ["text"]):
        sys.exit(__doc__)
    table, pool, place = mapping(), bytearray(b"\0"), {}
    for text in sorted({t for t, _ in table.values()}, key=lambda t: t.encode()):
        raw = text.encode()
        place[text] = len(pool)
        pool += bytes([len(raw)]) + raw
    pages, number = {(0,) * PAGE: 0}, []
    for first in range(0, LAST, PAGE):
        page = tuple(place[table[c][0]] | table[c][1] << 14 if c in table else 0 for c in range(first, first + PAGE))
        number.append(pages.setdefault(page, len(pages)))
    assert len(pool) < 1 << 14 and len(pages) < 256
    what = sys.argv[1]
    print("/* Written by policy/fold_table.py %s from Unicode %s; not by hand. */" % (what, u.unidata_version))
    print('#include "policy/fold_table.h"\n')
    if what == "text":
        print("const uint8_t fold_text[] = {\n%s\n};" % "\n".join(rows(pool)))
        return
    print("const uint8_t fold_page[FOLD_PAGES] = {\n%s\n};\n" % "\n".join(rows(number)))
    print("const uint16_t fold_entry[][FOLD_PAGE] = {")
    for page in pages:
        print("    {\n%s\n    }," % "\n".join(rows(page)))
    print("};")


if __name__ == "__main__":
    main()
