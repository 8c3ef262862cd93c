/* Files by their first bytes, see magic.h. */
#include "policy/magic.h"

struct magic {
    uint16_t at;
    uint8_t n, kind;
    const char *bytes;
};

static const struct magic known[] = {
    {0, 8, OPAQUE_IMAGE, "\x89PNG\r\n\x1a\n"}, {0, 3, OPAQUE_IMAGE, "\xff\xd8\xff"},
    {0, 6, OPAQUE_IMAGE, "GIF87a"},            {0, 6, OPAQUE_IMAGE, "GIF89a"},
    {8, 4, OPAQUE_IMAGE, "WEBP"},              {0, 4, OPAQUE_IMAGE, "II*\0"},
    {0, 4, OPAQUE_IMAGE, "MM\0*"},             {4, 8, OPAQUE_IMAGE, "ftypheic"},
    {4, 8, OPAQUE_IMAGE, "ftypheix"},          {4, 8, OPAQUE_IMAGE, "ftypmif1"},
    {4, 8, OPAQUE_IMAGE, "ftypavif"},          {0, 4, OPAQUE_IMAGE, "\0\0\1\0"},
    {128, 4, OPAQUE_IMAGE, "DICM"},            {0, 2, OPAQUE_IMAGE, "BM"},
    {8, 4, OPAQUE_AUDIO, "WAVE"},              {0, 3, OPAQUE_AUDIO, "ID3"},
    {0, 4, OPAQUE_AUDIO, "OggS"},              {0, 4, OPAQUE_AUDIO, "fLaC"},
    {4, 7, OPAQUE_AUDIO, "ftypM4A"},           {0, 5, OPAQUE_AUDIO, "#!AMR"},
    {0, 2, OPAQUE_AUDIO, "\xff\xfb"},          {0, 2, OPAQUE_AUDIO, "\xff\xf3"},
    {0, 2, OPAQUE_AUDIO, "\xff\xf1"},          {8, 4, OPAQUE_VIDEO, "AVI "},
    {4, 4, OPAQUE_VIDEO, "ftyp"},              {0, 4, OPAQUE_VIDEO, "\x1a\x45\xdf\xa3"},
    {0, 4, OPAQUE_VIDEO, "\0\0\1\xba"},        {0, 5, OPAQUE_DOCUMENT, "%PDF-"},
    {0, 5, OPAQUE_DOCUMENT, "{\\rtf"},         {0, 8, OPAQUE_DOCUMENT, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"},
    {0, 4, OPAQUE_ARCHIVE, "PK\3\4"},          {0, 4, OPAQUE_ARCHIVE, "PK\5\6"},
    {0, 4, OPAQUE_ARCHIVE, "\x1f\x8b\x08\0"},  {0, 4, OPAQUE_ARCHIVE, "\x1f\x8b\x08\x08"},
    {0, 3, OPAQUE_ARCHIVE, "\x1f\x8b\x08"},    {0, 6, OPAQUE_ARCHIVE, "7z\xbc\xaf\x27\x1c"},
    {0, 6, OPAQUE_ARCHIVE, "Rar!\x1a\x07"},    {0, 4, OPAQUE_ARCHIVE, "\x28\xb5\x2f\xfd"},
    {0, 6, OPAQUE_ARCHIVE, "\xfd" "7zXZ\0"},   {0, 3, OPAQUE_ARCHIVE, "BZh"},
    {257, 5, OPAQUE_ARCHIVE, "ustar"},
};

/* Office documents are archives whose first entries say what they are. */
static bool is_office(struct span head)
{
    if (head.p == NULL) return false;
    static const char *const names[] = {"[Content_Types].xml", "word/", "xl/", "ppt/", "_rels/", "mimetypeapplication/vnd.oasis",
                                        "mimetypeapplication/epub"};
    for (size_t i = 0; i < COUNT(names); i++)
        if (head.n && memmem(head.p, head.n, names[i], strlen(names[i])) != NULL) return true;
    return false;
}

enum opaque_kind magic_kind(struct span head, unsigned *strength)
{
    for (size_t i = 0; i < COUNT(known); i++) {
        const struct magic *m = &known[i];
        if (head.n < (size_t)m->at + m->n || memcmp(head.p + m->at, m->bytes, m->n) != 0) continue;
        *strength = m->n;
        bool zip = m->kind == OPAQUE_ARCHIVE && m->bytes[0] == 'P';
        return zip && is_office(head) ? OPAQUE_DOCUMENT : (enum opaque_kind)m->kind;
    }
    *strength = 0;
    return OPAQUE_COUNT;
}

static bool has_word(struct span s, const char *word)
{
    return s.p && memmem(s.p, s.n, word, strlen(word)) != NULL;
}

enum opaque_kind magic_of_type(struct span media)
{
    static const struct { const char *head; enum opaque_kind kind; } heads[] = {
        {"image/", OPAQUE_IMAGE}, {"audio/", OPAQUE_AUDIO}, {"video/", OPAQUE_VIDEO}, {"application/pdf", OPAQUE_DOCUMENT},
        {"application/msword", OPAQUE_DOCUMENT}, {"application/vnd.", OPAQUE_DOCUMENT}, {"application/rtf", OPAQUE_DOCUMENT},
        {"text/rtf", OPAQUE_DOCUMENT}, {"application/zip", OPAQUE_ARCHIVE}, {"application/gzip", OPAQUE_ARCHIVE},
        {"application/dicom", OPAQUE_IMAGE},
    };
    if (media.n == 0) return OPAQUE_BINARY;
    for (size_t i = 0; i < COUNT(heads); i++) {
        struct span head = span_str(heads[i].head);
        if (media.n >= head.n && span_ieq((struct span){media.p, head.n}, head)) return heads[i].kind;
    }
    return has_word(media, "compressed") || has_word(media, "x-tar") ? OPAQUE_ARCHIVE : OPAQUE_BINARY;
}
