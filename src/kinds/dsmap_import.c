// DSMAP and MUNIT as their published code saves them (acht7111020/DSMAP, NVlabs/MUNIT).
//
// gen_00200000.pt holds two state dicts, "a" and "b", one for each generator. DSMAP's content
// encoder, with the branches of both domains, is in both of them; the mapping in "a" is that INTO
// b, and the other way round.
#include "kinds/dsmap.h"

#include "base/text.h"

#include <stdio.h>
#include <string.h>

typedef struct limn_dsmap_shape shape;

// Layers under their published names and under ours. @: the domain that the state dict is of, !:
// the other one. With a count there are so many (BLOCKS: one for each block), numbered from 0 there
// and from `first` here.
enum { BLOCKS = -1 };
typedef struct row {
    const char *from, *to;
    int count, first;
    bool only_in_a; // both have it
} row;

static const row of_both[] = {
    {"enc_style.model.%d.conv", "G.style.@.conv%d", 5, 0, false},
    {"enc_style.model.6", "G.style.@.conv5", 0, 0, false},
    {"mlp.model.%d.fc", "G.mlp.@.fc%d", 3, 0, false},
    {"dec.model.0.model.%d.model.0.conv", "G.decoder.@.block%d.conv1", BLOCKS, 1, false},
    {"dec.model.0.model.%d.model.1.conv", "G.decoder.@.block%d.conv2", BLOCKS, 1, false},
    {"dec.model.2.conv", "G.decoder.@.up1", 0, 0, false},
    {"dec.model.2.norm", "G.decoder.@.up1.norm", 0, 0, false},
    {"dec.model.4.conv", "G.decoder.@.up2", 0, 0, false},
    {"dec.model.4.norm", "G.decoder.@.up2.norm", 0, 0, false},
    {NULL, NULL, 0, 0, false}};
static const row of_dsmap[] = {
    {"enc_content.prelayer_@.0.conv", "G.content.@.conv0", 0, 0, false},
    {"enc_content.prelayer_@.2.conv", "G.content.@.conv1", 0, 0, false},
    {"enc_content.prelayer_@.3.conv", "G.content.@.conv2", 0, 0, false},
    {"enc_content.model_@.0.conv", "G.content.@.conv3", 0, 0, false},
    {"enc_content.model_@.1.model.%d.model.0.conv", "G.content.@.block%d.conv1", BLOCKS, 1, false},
    {"enc_content.model_@.1.model.%d.model.1.conv", "G.content.@.block%d.conv2", BLOCKS, 1, false},
    {"enc_content.share_layer.0.model.0.conv", "G.content.shared.conv1", 0, 0, true},
    {"enc_content.share_layer.0.model.1.conv", "G.content.shared.conv2", 0, 0, true},
    {"domain_mapping.layer1.0.conv", "G.map.!.up0", 0, 0, false},
    {"domain_mapping.layer1.0.norm", "G.map.!.up0.norm", 0, 0, false},
    {"domain_mapping.layer2.0.conv", "G.map.!.down0", 0, 0, false},
    {"domain_mapping.layer2.0.norm", "G.map.!.down0.norm", 0, 0, false},
    {"dec.model.6.conv", "G.decoder.@.up3", 0, 0, false},
    {"dec.model.6.norm", "G.decoder.@.up3.norm", 0, 0, false},
    {"dec.model.7.conv", "G.decoder.@.conv0", 0, 0, false},
    {NULL, NULL, 0, 0, false}};
static const row of_munit[] = {
    {"enc_content.model.%d.conv", "G.content.@.conv%d", 3, 0, false},
    {"enc_content.model.3.model.%d.model.0.conv", "G.content.@.block%d.conv1", BLOCKS, 1, false},
    {"enc_content.model.3.model.%d.model.1.conv", "G.content.@.block%d.conv2", BLOCKS, 1, false},
    {"dec.model.5.conv", "G.decoder.@.conv0", 0, 0, false},
    {NULL, NULL, 0, 0, false}};

enum { NAME = 96, LARGEST = 1 << 23 }; // numbers of one tensor, of width 128

typedef struct importer {
    const limn_tensors *set;
    limn_tensors *ours;
    const shape *it;
    int contents; // tensors of content encoders that were taken
} importer;

// ---- what it is ----

static bool has(const limn_tensors *set, const char *prefix) {
    for (size_t i = 0; i < set->count; i++)
        if (!strncmp(set->items[i].name, prefix, strlen(prefix))) return true;
    return false;
}

// What of these two programs is no model that limn runs.
static const struct other {
    const char *prefixes[2];
    const char *sentence;
} others[] = {
    {{"a.cnns.", "b.cnns."},
     "it holds discriminators (dis_*.pt), which only training needs. The model is in gen_*.pt"},
    {{"gen.state.", "dis.state."},
     "it holds the state of optimisers (optimizer.pt), no weights. The model is in gen_*.pt"},
    {{"a.enc.model.", "b.enc.model."},
     "it is a UNIT, which MUNIT's program trains as well: limn has no such network"},
    {{"a.enc_style.mean.", "b.enc_style.mean."},
     "its style encoders are variational (kl_mode), which no published model's are: limn has none "
     "such"},
};
enum { OTHERS = sizeof others / sizeof *others };

limn_status limn_dsmap_recognise(const limn_tensors *set, bool named, void *of) {
    (void)of;
    bool known = named || has(set, "a.enc_") || has(set, "b.enc_");
    for (int i = 0; i < OTHERS; i++)
        known |= has(set, others[i].prefixes[0]) || has(set, others[i].prefixes[1]);
    return known ? LIMN_OK : limn_fail(LIMN_MODEL, "its names are not those of DSMAP or MUNIT");
}

static limn_status refuse_others(const limn_tensors *set) {
    for (int i = 0; i < OTHERS; i++)
        if (has(set, others[i].prefixes[0]) || has(set, others[i].prefixes[1]))
            return limn_fail(LIMN_MODEL, "%s", others[i].sentence);
    for (char d = 'a'; d <= 'b'; d++)
        if (!has(set, (const char[]){d, '.', 0}))
            return limn_fail(LIMN_MODEL,
                             "there is no generator '%c' in it: the two of a pair of domains, 'a' "
                             "and 'b', are in one file",
                             d);
    return LIMN_OK;
}

// The first dimension of a tensor that has four, as a number that the shape's table can judge.
static limn_status rows_of(const limn_tensors *set, const char *name, int64_t most, int64_t *rows) {
    const limn_stored *tensor;
    limn_shown shown;
    LIMN_TRY(limn_tensors_get(set, name, -1, NULL, &tensor));
    if (tensor->rank != 4 || tensor->shape[0] < 1 || tensor->shape[0] > (size_t)most)
        return limn_fail(LIMN_MODEL, "%s has the shape %s where 1 to %lld rows are expected", name,
                         limn_show_shape(&shown, tensor->rank, tensor->shape), (long long)most);
    *rows = (int64_t)tensor->shape[0];
    return LIMN_OK;
}

static limn_status read_shape(const limn_tensors *set, shape *it) {
    enum { MOST_WIDTH = 128, MOST_STYLE = 64, MOST_BLOCKS = 16 };
    bool munit = !has(set, "a.domain_mapping.");
    char name[NAME];
    *it = (shape){.size = munit ? 256 : 192,
                  .encoder = munit ? LIMN_ENCODER_MUNIT : LIMN_ENCODER_DSMAP,
                  .mapping = !munit,
                  .skip = true};
    LIMN_TRY(rows_of(set, "a.enc_style.model.0.conv.weight", MOST_WIDTH, &it->width));
    LIMN_TRY(rows_of(set, "a.enc_style.model.6.weight", MOST_STYLE, &it->style));
    do {
        snprintf(name, sizeof name, "a.dec.model.0.model.%d.model.0.conv.weight", (int)it->blocks);
    } while (limn_tensors_find(set, name) && it->blocks++ < MOST_BLOCKS);
    if (it->blocks >= 1 && it->blocks <= MOST_BLOCKS) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "its decoders have no residual blocks, or more than %d",
                     MOST_BLOCKS);
}

// ---- names ----

// "a." or nothing, then the pattern with its domains and its number.
static void print_name(char *to, bool with_domain, const char *pattern, char domain, int number) {
    char numbered[NAME];
    snprintf(numbered, sizeof numbered, pattern, number);
    snprintf(to, NAME, "%s%s", with_domain ? "@." : "", numbered);
    for (char *at = to; *at; at++)
        if (*at == '@')
            *at = domain;
        else if (*at == '!')
            *at = domain == 'a' ? 'b' : 'a';
}

// A norm has one number a channel, published as [c,1,1] or [c].
static void flatten_norm(limn_stored *tensor, const char *to) {
    bool flat = tensor->rank == 3 && tensor->shape[1] == 1 && tensor->shape[2] == 1;
    if (flat && strstr(to, ".norm")) tensor->rank = 1;
}

static limn_status take(importer *in, const row *one, char domain, int number) {
    bool munit_norm = in->it->encoder == LIMN_ENCODER_MUNIT && strstr(one->to, ".norm");
    const char *const ends[2][2] = {{munit_norm ? "gamma" : "weight", "weight"},
                                    {munit_norm ? "beta" : "bias", "bias"}};
    for (int i = 0; i < 2; i++) {
        char from[NAME], to[NAME], whole[2 * NAME];
        const limn_stored *found;
        print_name(from, true, one->from, domain, number);
        print_name(to, false, one->to, domain, number + one->first);
        snprintf(whole, sizeof whole, "%s.%s", from, ends[i][0]);
        LIMN_TRY(limn_tensors_get(in->set, whole, -1, NULL, &found));
        limn_stored tensor = *found;
        flatten_norm(&tensor, to);
        snprintf(whole, sizeof whole, "%s.%s", to, ends[i][1]);
        LIMN_TRY(limn_tensors_add_view(in->ours, whole, tensor.element, tensor.rank, tensor.shape,
                                       tensor.stride, tensor.bytes));
        in->contents += !strncmp(one->from, "enc_content.", 12);
    }
    return LIMN_OK;
}

static limn_status take_all(importer *in, const row *rows) {
    for (char domain = 'a'; domain <= 'b'; domain++)
        for (const row *one = rows; one->from; one++) {
            int count = one->count == BLOCKS ? (int)in->it->blocks : one->count ? one->count : 1;
            for (int i = 0; i < count && !(one->only_in_a && domain == 'b'); i++)
                LIMN_TRY(take(in, one, domain, i));
        }
    return LIMN_OK;
}

// ---- what is there twice, and what has no place ----

static bool same_values(const limn_stored *a, const limn_stored *b, float *x, float *y) {
    limn_tensor_read(a, x);
    limn_tensor_read(b, y);
    return !memcmp(x, y, a->count * sizeof *x);
}

static limn_status compare(const limn_stored *a, const limn_stored *b) {
    size_t count = a->count;
    bool same = b && b->count == count && count <= LARGEST;
    if (same) {
        float *x = limn_alloc(2 * count * sizeof *x + 1);
        if (!x) return limn_fail(LIMN_MEMORY, "there is no memory to compare two tensors");
        same = same_values(a, b, x, x + count);
        limn_free(x);
    }
    if (same) return LIMN_OK;
    return limn_fail(LIMN_MODEL,
                     "%s is not the same in 'b': both generators of a DSMAP have one content "
                     "encoder. They are of two trainings, or the file is damaged",
                     a->name);
}

static limn_status compare_contents(const limn_tensors *set) {
    for (size_t i = 0; i < set->count; i++) {
        char other[LIMN_NAME_MOST + 1];
        if (strncmp(set->items[i].name, "a.enc_content.", 14)) continue;
        snprintf(other, sizeof other, "b%s", set->items[i].name + 1);
        LIMN_TRY(compare(&set->items[i], limn_tensors_find(set, other)));
    }
    return LIMN_OK;
}

// Norms of PyTorch hold statistics that neither program uses.
static bool is_statistic(const char *name) {
    return limn_text_ends(name, ".norm.running_mean") || limn_text_ends(name, ".norm.running_var");
}

static limn_status check_rest(const importer *in) {
    size_t taken = in->ours->count, there = 0;
    if (in->it->encoder == LIMN_ENCODER_DSMAP) taken += (size_t)in->contents;
    for (size_t i = 0; i < in->set->count; i++) there += !is_statistic(in->set->items[i].name);
    if (there == taken) return LIMN_OK;
    return limn_fail(LIMN_MODEL, "%zu tensors belong to the two generators, and it holds %zu",
                     taken, there);
}

limn_status limn_dsmap_rename(const limn_tensors *set, void *of, limn_tensors *ours) {
    shape *it = of;
    importer in = {.set = set, .ours = ours, .it = it};
    LIMN_TRY(refuse_others(set));
    LIMN_TRY(read_shape(set, it));
    bool munit = it->encoder == LIMN_ENCODER_MUNIT;
    LIMN_TRY(take_all(&in, of_both));
    LIMN_TRY(take_all(&in, munit ? of_munit : of_dsmap));
    if (!munit) LIMN_TRY(compare_contents(set));
    LIMN_TRY(check_rest(&in));
    LIMN_TRY(limn_tensors_note(ours, "limn.method", munit ? "munit" : "dsmap"));
    LIMN_TRY(limn_tensors_note(
        ours, "licence", "CC BY-NC-SA 4.0, where these are weights that the authors publish"));
    return limn_tensors_seal(ours);
}
