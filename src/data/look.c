// Folders of pictures in words.
#include "data/look.h"

#include "base/text.h"

#include <string.h>

enum { MOST_FOLDERS = 3 };

limn_joined_look limn_look_for_joined(const limn_set *set) {
    static const char train[] = "train/";
    const limn_read_options how = limn_set_reading();
    limn_joined_look look = {.count = 0};
    for (int i = 0; i < set->folder.count && !look.other; i++) {
        const char *name = limn_set_name(set, i);
        limn_picture_header header = {.size = sizeof header};
        if (!limn_text_begins(name, train) || strchr(name + strlen(train), '/')) continue;
        if (limn_picture_read_header(set->folder.paths[i], &how, &header)) continue;
        if (header.width == 2 * header.height)
            look.count++;
        else
            look.other = name, look.width = header.width, look.height = header.height;
    }
    return look;
}

// Bytes of the folder that a picture lies in: of "train/cat/1.png" those of "train/cat".
static int folder_size(const char *name) {
    const char *slash = strrchr(name, '/');
    return slash ? (int)(slash - name) : 0;
}

// Of the pictures from `begin` on, how many lie in one folder.
static int count_together(const limn_set *set, int begin) {
    const char *first = limn_set_name(set, begin);
    int size = folder_size(first), end = begin + 1;
    for (; end < set->folder.count; end++) {
        const char *name = limn_set_name(set, end);
        if (folder_size(name) != size || strncmp(name, first, (size_t)size) != 0) break;
    }
    return end - begin;
}

static void print_folders(const limn_set *set, limn_text *text) {
    int done = 0, total = set->folder.count;
    for (int folders = 0; done < total && folders < MOST_FOLDERS; folders++) {
        const char *name = limn_set_name(set, done);
        int count = count_together(set, done), size = folder_size(name);
        bool last = done + count == total;
        limn_text_print(text, "%s%d in %.*s",
                        !done  ? ""
                        : last ? " and "
                               : ", ",
                        count, size ? size : 6, size ? name : "itself");
        done += count;
    }
    if (done < total) limn_text_print(text, " and %d elsewhere", total - done);
}

void limn_look_print(const limn_set *set, limn_text *text) {
    bool joined = false;
    for (const limn_data_layout *one = set->kind.layouts; *one; one++)
        joined |= *one == LIMN_LAYOUT_JOINED;
    print_folders(set, text);
    limn_joined_look look = limn_look_for_joined(set);
    if (joined && look.other)
        limn_text_print(text, "; %s has %d x %d pixels", look.other, look.width, look.height);
}
