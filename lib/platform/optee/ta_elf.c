/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/optee/ta_elf.h"

#include "rotkit/counted.h"

#include <string.h>

static const char name[] = "com.microsoft.ta.endorsementSeed";

enum { BINARY_BLOCK = 5, HEAD_UUID = 16, SEGMENTS_MAX = 64, TABLES_MAX = 16, IDENT = 16 };
enum { PT_LOAD = 1, ET_DYN = 3, SH_TYPE = 4 };

/* What differs between the machines. Offsets and sizes in bytes; source: the ELF specification and
 * the ELF supplements of the two machines; which relocations are worked off: OP-TEE's ldelf. */
struct machine {
    const char *name;
    uint8_t class;
    uint16_t machine;
    size_t word;                              /* of an address */
    size_t phoff, phentsize, phnum;           /* in the header */
    size_t shoff, shentsize, shnum;           /* in the header */
    size_t p_offset, p_vaddr, p_filesz;       /* in a program header */
    size_t sh_addr, sh_size, sh_link;         /* in a section header */
    uint64_t relocs;                          /* type of the sections that hold them */
    size_t reloc_size;                        /* of an entry */
    bool has_addend;                          /* in the entry; else it stands in place */
    unsigned sym_shift;                       /* of r_info: the symbol is above it */
    uint64_t relative, absolute;              /* types */
    size_t symbol_size, st_value, st_section; /* in a symbol */
};
static const struct machine machines[] = {
    { "AArch64", 2,  183, 8, 32, 54,   56, 40,   58,  60, 8, 16, 32,
      16,        32, 40,  4, 24, true, 32, 1027, 257, 24, 8, 6 },
    { "Arm", 1,  40, 4, 28, 42,    44, 32, 46, 48, 4, 8, 16,
      12,    20, 24, 9, 8,  false, 8,  23, 2,  16, 4, 14 },
};

struct segment {
    uint64_t offset, addr, len; /* what of it is in the file */
};
struct table {
    uint64_t offset, count;        /* of relocations */
    uint64_t symbols, symbols_len; /* that they name; len 0: none */
};
struct elf {
    const uint8_t *p;
    size_t len;
    const struct machine *m;
    struct segment load[SEGMENTS_MAX];
    size_t load_count;
    struct table table[TABLES_MAX];
    size_t table_count;
};

/* A number of the file; false past its end. */
static bool get(const struct elf *elf, uint64_t at, size_t width, uint64_t *ret)
{
    if (at > elf->len || elf->len - at < width)
        return false;
    *ret = 0;
    for (size_t i = width; i-- > 0;)
        *ret = *ret << 8 | elf->p[at + i];
    return true;
}

/* Where `len` bytes at an address stand in the file. */
static bool place_of(const struct elf *elf, uint64_t addr, uint64_t len, uint64_t *ret)
{
    for (size_t i = 0; i < elf->load_count; i++) {
        const struct segment *s = &elf->load[i];

        if (addr >= s->addr && addr - s->addr <= s->len && s->len - (addr - s->addr) >= len) {
            *ret = s->offset + (addr - s->addr);
            return true;
        }
    }
    return false;
}

static enum rk_rc find_machine(struct elf *elf, struct rk_err *err)
{
    static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F' };
    uint64_t type = 0, machine = 0;

    if (elf->len < IDENT || memcmp(elf->p, magic, sizeof magic) != 0)
        return rk_fail(err, RK_E_FORMAT, "no ELF file");
    if (elf->p[5] != 1)
        return rk_fail(err, RK_E_FORMAT,
                       "a big-endian ELF file, expected little-endian: OP-TEE runs so");
    if (!get(elf, 16, 2, &type) || !get(elf, 18, 2, &machine))
        return rk_fail(err, RK_E_FORMAT, "an ELF file that ends in its header");
    for (size_t i = 0; i < sizeof machines / sizeof machines[0]; i++) {
        if (machines[i].class == elf->p[4] && machines[i].machine == machine)
            elf->m = &machines[i];
    }
    if (elf->m == NULL)
        return rk_fail(err, RK_E_FORMAT,
                       "an ELF file for machine %u, class %u: expected AArch64 (183, class 2) or "
                       "Arm (40, class 1)",
                       (unsigned)machine, elf->p[4]);
    if (type != ET_DYN)
        return rk_fail(err, RK_E_FORMAT,
                       "an ELF file of type %u, expected 3: a TA is linked to be loaded anywhere",
                       (unsigned)type);
    return RK_OK;
}

static enum rk_rc read_segment(struct elf *elf, uint64_t at, struct rk_err *err)
{
    const struct machine *m = elf->m;
    const struct segment *before = elf->load_count == 0 ? NULL : &elf->load[elf->load_count - 1];
    struct segment s = { 0 };
    uint64_t type = 0;

    if (!get(elf, at, 4, &type) || !get(elf, at + m->p_offset, m->word, &s.offset) ||
        !get(elf, at + m->p_vaddr, m->word, &s.addr) ||
        !get(elf, at + m->p_filesz, m->word, &s.len))
        return rk_fail(err, RK_E_FORMAT, "program header at 0x%llx: past the end of the file",
                       (unsigned long long)at);
    if (type != PT_LOAD)
        return RK_OK;
    if (s.offset > elf->len || elf->len - s.offset < s.len || s.addr + s.len < s.addr)
        return rk_fail(err, RK_E_FORMAT, "program header at 0x%llx: its segment is not in the file",
                       (unsigned long long)at);
    /* Two that overlap would be two texts at one address. */
    if (before != NULL && s.addr < before->addr + before->len)
        return rk_fail(err, RK_E_FORMAT,
                       "program header at 0x%llx: its segment is not behind the one before",
                       (unsigned long long)at);
    if (elf->load_count == SEGMENTS_MAX)
        return rk_fail(err, RK_E_FORMAT, "more than %d segments", SEGMENTS_MAX);
    elf->load[elf->load_count++] = s;
    return RK_OK;
}

static enum rk_rc read_segments(struct elf *elf, struct rk_err *err)
{
    const struct machine *m = elf->m;
    uint64_t at = 0, size = 0, count = 0;

    if (!get(elf, m->phoff, m->word, &at) || !get(elf, m->phentsize, 2, &size) ||
        !get(elf, m->phnum, 2, &count) || at > elf->len)
        return rk_fail(err, RK_E_FORMAT, "an ELF file that ends in its header");
    for (uint64_t i = 0; i < count; i++) {
        if (read_segment(elf, at + i * size, err))
            return err->rc;
    }
    return RK_OK;
}

/* Where header i of a section stands; false for none. */
static bool section_at(const struct elf *elf, uint64_t i, uint64_t *ret)
{
    const struct machine *m = elf->m;
    uint64_t at = 0, size = 0, count = 0;

    if (!get(elf, m->shoff, m->word, &at) || !get(elf, m->shentsize, 2, &size) ||
        !get(elf, m->shnum, 2, &count) || at > elf->len || i >= count)
        return false;
    *ret = at + i * size;
    return true;
}

/* Where in the file that stands which a section's addresses name. */
static bool content_of(const struct elf *elf, uint64_t header, uint64_t *ret_at, uint64_t *ret_len)
{
    const struct machine *m = elf->m;
    uint64_t addr = 0;

    return get(elf, header + m->sh_addr, m->word, &addr) &&
           get(elf, header + m->sh_size, m->word, ret_len) && place_of(elf, addr, *ret_len, ret_at);
}

static enum rk_rc add_table(struct elf *elf, uint64_t header, struct rk_err *err)
{
    const struct machine *m = elf->m;
    struct table table = { 0 };
    uint64_t len = 0, link = 0, symbols = 0;

    if (!content_of(elf, header, &table.offset, &len))
        return rk_fail(err, RK_E_FORMAT,
                       "section header at 0x%llx: its relocations are not in a segment of the file",
                       (unsigned long long)header);
    if (elf->table_count == TABLES_MAX)
        return rk_fail(err, RK_E_FORMAT, "more than %d sections of relocations", TABLES_MAX);
    if (get(elf, header + m->sh_link, 4, &link) && link != 0 && section_at(elf, link, &symbols) &&
        !content_of(elf, symbols, &table.symbols, &table.symbols_len))
        table.symbols_len = 0;
    table.count = len / m->reloc_size;
    elf->table[elf->table_count++] = table;
    return RK_OK;
}

/* The relocations that the loader works off, and the symbols that they name. */
static enum rk_rc read_tables(struct elf *elf, struct rk_err *err)
{
    uint64_t header = 0, type = 0, count = 0;

    for (uint64_t i = 0; section_at(elf, i, &header); i++) {
        if (!get(elf, header + SH_TYPE, 4, &type))
            return rk_fail(err, RK_E_FORMAT, "section header at 0x%llx: past the end of the file",
                           (unsigned long long)header);
        if (type == elf->m->relocs && add_table(elf, header, err))
            return err->rc;
    }
    for (size_t i = 0; i < elf->table_count; i++)
        count += elf->table[i].count;
    if (count > elf->len / elf->m->reloc_size) /* the work is bound by the size */
        return rk_fail(err, RK_E_FORMAT, "its sections of relocations overlap");
    if (count == 0)
        return rk_fail(err, RK_E_FORMAT,
                       "an ELF file without sections of relocations: OP-TEE goes by them");
    return RK_OK;
}

/* The address of a symbol of the file itself. */
static bool value_of_symbol(const struct elf *elf, const struct table *table, uint64_t symbol,
                            uint64_t *ret)
{
    const struct machine *m = elf->m;
    uint64_t section = 0, at;

    if (symbol == 0) { /* none: zero */
        *ret = 0;
        return true;
    }
    if (symbol >= table->symbols_len / m->symbol_size)
        return false;
    at = table->symbols + symbol * m->symbol_size;
    return get(elf, at + m->st_section, 2, &section) && section != 0 &&
           get(elf, at + m->st_value, m->word, ret);
}

/* What an entry makes of which word. */
struct reloc {
    uint64_t slot;  /* address of the word */
    bool is_known;  /* an address of the file: */
    uint64_t value; /* which */
};

static struct reloc read_reloc(const struct elf *elf, const struct table *table, uint64_t i)
{
    const struct machine *m = elf->m;
    uint64_t at = table->offset + i * m->reloc_size, info = 0, addend = 0, symbol = 0, place = 0;
    struct reloc ret = { 0 };

    if (!get(elf, at, m->word, &ret.slot) || !get(elf, at + m->word, m->word, &info) ||
        !place_of(elf, ret.slot, m->word, &place) ||
        !get(elf, m->has_addend ? at + 2 * m->word : place, m->word, &addend))
        return ret;
    uint64_t type = info & ((UINT64_C(1) << m->sym_shift) - 1);
    if (type != m->relative &&
        (type != m->absolute || !value_of_symbol(elf, table, info >> m->sym_shift, &symbol)))
        return ret;
    ret.is_known = true;
    ret.value = symbol + addend;
    if (m->word == 4)
        ret.value &= UINT32_MAX;
    return ret;
}

/* Calls back for each relocation, in the loader's order. */
static void each_reloc(const struct elf *elf,
                       void (*call)(const struct elf *elf, const struct reloc *reloc, void *arg),
                       void *arg)
{
    for (size_t t = 0; t < elf->table_count; t++) {
        for (uint64_t i = 0; i < elf->table[t].count; i++) {
            const struct reloc reloc = read_reloc(elf, &elf->table[t], i);

            call(elf, &reloc, arg);
        }
    }
}

/* The relocations that write to the bytes of [from, from + len): how many, and the last. */
struct writes {
    uint64_t from, len, count;
    struct reloc last;
};

static void count_write(const struct elf *elf, const struct reloc *reloc, void *arg)
{
    struct writes *writes = arg;
    uint64_t behind = reloc->slot - writes->from; /* wraps for one that begins in front */

    if (behind >= writes->len && writes->from - reloc->slot >= elf->m->word)
        return;
    writes->count++;
    writes->last = *reloc;
}

static struct writes writes_to(const struct elf *elf, uint64_t from, uint64_t len)
{
    struct writes writes = { .from = from, .len = len };

    each_reloc(elf, count_write, &writes);
    return writes;
}

/* The rows of the property: how many, and where the last begins. */
struct rows {
    uint64_t count, slot, value;
};

/* Whether a pointer to the name begins a row: the type of a binary block is behind it. */
static void count_row(const struct elf *elf, const struct reloc *reloc, void *arg)
{
    struct rows *rows = arg;
    uint64_t at = 0, type = 0;

    if (!reloc->is_known || !place_of(elf, reloc->value, sizeof name, &at) ||
        memcmp(elf->p + at, name, sizeof name) != 0 ||
        !place_of(elf, reloc->slot, 3 * elf->m->word, &at) ||
        !get(elf, at + elf->m->word, 4, &type) || type != BINARY_BLOCK)
        return;
    rows->count++;
    rows->slot = reloc->slot;
    rows->value = reloc->value;
}

static bool has_text(const struct elf *elf)
{
    for (size_t i = 0; elf->len - i >= sizeof name; i++) {
        if (elf->p[i] == name[0] && memcmp(elf->p + i, name, sizeof name) == 0)
            return true;
    }
    return false;
}

static enum rk_rc find_row(const struct elf *elf, struct rows *ret, struct rk_err *err)
{
    *ret = (struct rows) { 0 };
    each_reloc(elf, count_row, ret);
    if (ret->count == 1)
        return RK_OK;
    if (ret->count > 1)
        return rk_fail(err, RK_E_FORMAT, "property \"%s\" has %s, expected one", name,
                       RK_COUNTED(ret->count, "row"));
    (void)rk_fail(err, RK_E_FORMAT, "no property \"%s\", as a binary block", name);
    return has_text(elf) ? rk_note(err, "its name is in the file, but no row of three words begins "
                                        "with a pointer to it that OP-TEE's loader fills in")
                         : err->rc;
}

/* The 88 characters of 64 zeros, and the NUL behind them. */
static bool is_placeholder(const uint8_t *at)
{
    static const char tail[] = "==";

    for (size_t i = 0; i < RK_TA_SEED_TEXT - 2; i++) {
        if (at[i] != 'A')
            return false;
    }
    return memcmp(at + RK_TA_SEED_TEXT - 2, tail, sizeof tail) == 0;
}

static size_t count_placeholders(const struct elf *elf, size_t *ret_at)
{
    size_t count = 0;

    for (size_t i = 0; i + RK_TA_SEED_TEXT + 1 <= elf->len; i++) {
        /* Its end first, which is rare. */
        if (elf->p[i + RK_TA_SEED_TEXT - 1] == '=' && is_placeholder(elf->p + i)) {
            *ret_at = i;
            count++;
        }
    }
    return count;
}

/* What the loader fills in is the row's two pointers, and no byte of the texts they lead to. */
static bool is_filled_in_once(const struct elf *elf, const struct rows *row, uint64_t seed)
{
    size_t word = elf->m->word;

    return writes_to(elf, row->slot, 3 * word).count == 2 &&
           writes_to(elf, row->value, sizeof name).count == 0 &&
           writes_to(elf, seed, RK_TA_SEED_TEXT + 1).count == 0;
}

static enum rk_rc find_seed(const struct elf *elf, size_t *ret, struct rk_err *err)
{
    struct rows row;
    struct writes value;
    uint64_t at = 0;
    size_t count, found = 0;

    if (find_row(elf, &row, err))
        return err->rc;
    count = count_placeholders(elf, &found);
    if (count != 1)
        return rk_fail(err, RK_E_FORMAT,
                       "%s placeholder: the base64 text of 64 zeros, 86 \"A\" and \"==\"",
                       count == 0 ? "no" : "more than one");
    value = writes_to(elf, row.slot + 2 * elf->m->word, elf->m->word);
    if (!value.last.is_known || value.last.slot != value.from ||
        !place_of(elf, value.last.value, RK_TA_SEED_TEXT + 1, &at) || at != found)
        return rk_fail(err, RK_E_FORMAT,
                       "property \"%s\" does not point to the placeholder at 0x%zx", name, found);
    if (!is_filled_in_once(elf, &row, value.last.value))
        return rk_fail(err, RK_E_FORMAT,
                       "property \"%s\": relocations other than of its two pointers write to its "
                       "row or texts",
                       name);
    *ret = found;
    return RK_OK;
}

/* struct ta_head, at the lowest address: UUID in the machine's byte order, then numbers. */
static void read_head(const struct elf *elf, struct rk_ta_elf *ret)
{
    static const uint8_t order[8] = { 3, 2, 1, 0, 5, 4, 7, 6 };
    const struct segment *first = NULL;

    for (size_t i = 0; i < elf->load_count; i++) {
        if (first == NULL || elf->load[i].addr < first->addr)
            first = &elf->load[i];
    }
    /* Linked without OP-TEE's script, the ELF header itself stands there. */
    ret->has_uuid = first != NULL && first->offset != 0 && first->len >= HEAD_UUID;
    for (size_t i = 0; ret->has_uuid && i < HEAD_UUID; i++)
        ret->uuid[i] = elf->p[first->offset + (i < sizeof order ? order[i] : i)];
}

enum rk_rc rk_ta_elf_read(const uint8_t *p, size_t len, struct rk_ta_elf *ret, struct rk_err *err)
{
    struct elf elf = { .p = p, .len = len };
    struct rk_ta_elf found = { .has_uuid = false };

    if (find_machine(&elf, err) || read_segments(&elf, err) || read_tables(&elf, err) ||
        find_seed(&elf, &found.seed_at, err))
        return err->rc;
    read_head(&elf, &found);
    *ret = found;
    return RK_OK;
}
