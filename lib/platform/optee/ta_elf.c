/* SPDX-License-Identifier: Apache-2.0 */
#include "platform/optee/ta_elf.h"

#include "rotkit/counted.h"

#include <string.h>

static const char name[] = "com.microsoft.ta.endorsementSeed";

enum { BINARY_BLOCK = 5, HEAD_UUID = 16, SEGMENTS_MAX = 64, IDENT = 16, ROWS_MAX = 16 };
enum { PT_LOAD = 1, PT_DYNAMIC = 2, ET_DYN = 3 };

/* What differs between the machines. Offsets and sizes in bytes; source: the ELF specification and
 * the ELF supplements of the two machines. */
struct machine {
    const char *name;
    uint8_t class;
    uint16_t machine;
    size_t word;                              /* of an address */
    size_t phoff, phentsize, phnum;           /* in the header */
    size_t p_offset, p_vaddr, p_filesz;       /* in a program header */
    uint64_t dt_relocs, dt_relocs_size;       /* tags of the dynamic section */
    size_t reloc_size;                        /* of an entry */
    bool has_addend;                          /* in the entry; else it stands in place */
    unsigned sym_shift;                       /* of r_info: the symbol is above it */
    uint64_t relative, absolute;              /* types */
    size_t symbol_size, st_value, st_section; /* in a symbol */
};
static const struct machine machines[] = {
    { "AArch64", 2, 183, 8, 32, 54, 56, 8, 16, 32, 7, 8, 24, true, 32, 1027, 257, 24, 8, 6 },
    { "Arm", 1, 40, 4, 28, 42, 44, 4, 8, 16, 17, 18, 8, false, 8, 23, 2, 16, 4, 14 },
};
enum { DT_SYMTAB = 6 };

struct segment {
    uint64_t offset, addr, len; /* what of it is in the file */
};
struct elf {
    const uint8_t *p;
    size_t len;
    const struct machine *m;
    struct segment load[SEGMENTS_MAX];
    size_t load_count;
    struct segment dynamic; /* len 0: none */
    uint64_t relocs, relocs_len, symbols;
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
    struct segment s = { 0 };
    uint64_t type = 0;

    if (!get(elf, at, 4, &type) || !get(elf, at + m->p_offset, m->word, &s.offset) ||
        !get(elf, at + m->p_vaddr, m->word, &s.addr) ||
        !get(elf, at + m->p_filesz, m->word, &s.len))
        return rk_fail(err, RK_E_FORMAT, "program header at 0x%llx: past the end of the file",
                       (unsigned long long)at);
    if (type != PT_LOAD && type != PT_DYNAMIC)
        return RK_OK;
    if (s.offset > elf->len || elf->len - s.offset < s.len || s.addr + s.len < s.addr)
        return rk_fail(err, RK_E_FORMAT, "program header at 0x%llx: its segment is not in the file",
                       (unsigned long long)at);
    if (type == PT_DYNAMIC)
        elf->dynamic = s;
    else if (elf->load_count == SEGMENTS_MAX)
        return rk_fail(err, RK_E_FORMAT, "more than %d segments", SEGMENTS_MAX);
    else
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

/* The relocations that the loader works off, and the symbols that they name. */
static enum rk_rc read_dynamic(struct elf *elf, struct rk_err *err)
{
    const struct machine *m = elf->m;
    uint64_t tag = 0, value = 0, address = 0, size = 0;
    bool has_relocs = false;

    for (uint64_t at = 0; at + 2 * m->word <= elf->dynamic.len; at += 2 * m->word) {
        if (!get(elf, elf->dynamic.offset + at, m->word, &tag) ||
            !get(elf, elf->dynamic.offset + at + m->word, m->word, &value) || tag == 0)
            break;
        if (tag == m->dt_relocs)
            address = value;
        else if (tag == m->dt_relocs_size)
            size = value;
        else if (tag == DT_SYMTAB && !place_of(elf, value, m->symbol_size, &elf->symbols))
            elf->symbols = 0;
        has_relocs = has_relocs || tag == m->dt_relocs;
    }
    if (!has_relocs || size == 0)
        return rk_fail(err, RK_E_FORMAT, "an ELF file without relocations: no TA has none");
    if (!place_of(elf, address, size, &elf->relocs))
        return rk_fail(err, RK_E_FORMAT, "its relocations are not in the file");
    elf->relocs_len = size;
    return RK_OK;
}

/* The address of a symbol of the file itself. */
static bool value_of_symbol(const struct elf *elf, uint64_t symbol, uint64_t *ret)
{
    const struct machine *m = elf->m;
    uint64_t section = 0;

    if (symbol == 0) { /* none: zero */
        *ret = 0;
        return true;
    }
    if (elf->symbols == 0 || symbol > elf->len / m->symbol_size)
        return false;
    return get(elf, elf->symbols + symbol * m->symbol_size + m->st_section, 2, &section) &&
           section != 0 &&
           get(elf, elf->symbols + symbol * m->symbol_size + m->st_value, m->word, ret);
}

/* What entry i makes of which word; false for one that makes no address of the file. */
static bool read_reloc(const struct elf *elf, uint64_t i, uint64_t *ret_slot, uint64_t *ret_value)
{
    const struct machine *m = elf->m;
    uint64_t at = elf->relocs + i * m->reloc_size, info = 0, addend = 0, symbol = 0, place = 0;

    if (!get(elf, at, m->word, ret_slot) || !get(elf, at + m->word, m->word, &info) ||
        !place_of(elf, *ret_slot, m->word, &place) ||
        !get(elf, m->has_addend ? at + 2 * m->word : place, m->word, &addend))
        return false;
    uint64_t type = info & ((UINT64_C(1) << m->sym_shift) - 1);
    if (type != m->relative && type != m->absolute)
        return false;
    if (type == m->absolute && !value_of_symbol(elf, info >> m->sym_shift, &symbol))
        return false;
    *ret_value = symbol + addend;
    if (m->word == 4)
        *ret_value &= UINT32_MAX;
    return true;
}

static bool find_reloc(const struct elf *elf, uint64_t wanted, uint64_t *ret_value)
{
    uint64_t slot, value;

    for (uint64_t i = 0; i < elf->relocs_len / elf->m->reloc_size; i++) {
        if (read_reloc(elf, i, &slot, &value) && slot == wanted) {
            *ret_value = value;
            return true;
        }
    }
    return false;
}

/* Whether a pointer to the name at `slot` begins a row: the type of a binary block is behind it. */
static bool is_row(const struct elf *elf, uint64_t slot, uint64_t value)
{
    uint64_t at = 0, type = 0;

    return place_of(elf, value, sizeof name, &at) && memcmp(elf->p + at, name, sizeof name) == 0 &&
           place_of(elf, slot + elf->m->word, 4, &at) && get(elf, at, 4, &type) &&
           type == BINARY_BLOCK;
}

/* The address that the property's row has its value at. */
static enum rk_rc find_row(const struct elf *elf, uint64_t *ret, struct rk_err *err)
{
    uint64_t slot, value, rows = 0;

    for (uint64_t i = 0; i < elf->relocs_len / elf->m->reloc_size; i++) {
        if (!read_reloc(elf, i, &slot, &value) || !is_row(elf, slot, value))
            continue;
        rows++;
        *ret = slot + 2 * elf->m->word;
    }
    if (rows == 1)
        return RK_OK;
    if (rows > 1)
        return rk_fail(err, RK_E_FORMAT, "property \"%s\" has %s, expected one", name,
                       RK_COUNTED(rows, "row"));
    return rk_fail(err, RK_E_FORMAT, "no property \"%s\", as a binary block", name);
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

static enum rk_rc find_seed(const struct elf *elf, struct rk_ta_elf *ret, struct rk_err *err)
{
    uint64_t slot = 0, value = 0, at = 0;
    size_t count;

    if (find_row(elf, &slot, err))
        return err->rc;
    count = count_placeholders(elf, &ret->seed_at);
    if (count != 1)
        return rk_fail(err, RK_E_FORMAT,
                       "%s placeholder: the base64 text of 64 zeros, 86 \"A\" and \"==\"",
                       count == 0 ? "no" : "more than one");
    if (!find_reloc(elf, slot, &value) || !place_of(elf, value, RK_TA_SEED_TEXT + 1, &at) ||
        at != ret->seed_at)
        return rk_fail(err, RK_E_FORMAT,
                       "property \"%s\" does not point to the placeholder at 0x%zx", name,
                       ret->seed_at);
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

    *ret = (struct rk_ta_elf) { .has_uuid = false };
    if (find_machine(&elf, err) || read_segments(&elf, err))
        return err->rc;
    if (elf.dynamic.len == 0)
        return rk_fail(err, RK_E_FORMAT, "an ELF file without a dynamic section: no TA is so");
    if (read_dynamic(&elf, err) || find_seed(&elf, ret, err))
        return err->rc;
    read_head(&elf, ret);
    return RK_OK;
}
