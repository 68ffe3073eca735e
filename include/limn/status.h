// What a call returns, and the sentence that explains a failure.
#ifndef LIMN_STATUS_H
#define LIMN_STATUS_H

#if defined(_WIN32)
#define LIMN_API
#else
#define LIMN_API __attribute__((visibility("default")))
#endif

#ifdef __cplusplus
extern "C" {
#endif

// The values are the program's exit codes.
typedef enum limn_status {
    LIMN_OK = 0,
    LIMN_ERROR = 1,     // anything without a class of its own
    LIMN_USAGE = 2,     // a wrong request: option, name, combination
    LIMN_PARTIAL = 3,   // some of the work was done
    LIMN_INPUT = 4,     // a picture or data set that cannot be read, or is over a limit
    LIMN_MODEL = 5,     // a model file that cannot be read, of the wrong kind or version
    LIMN_IO = 6,        // no space, no permission, input/output
    LIMN_MEMORY = 7,    // out of memory, or over the limit that was asked for
    LIMN_DIVERGED = 8,  // training diverged
    LIMN_NO_DEVICE = 9, // the device that was asked for is not there
    LIMN_STOPPED = 130, // cancelled by the caller
} limn_status;

// The sentence of the last failed call of this thread: what was being done, what is wrong, what to
// do; UTF-8 as far as names of files are. The library's; never NULL; valid until the next failure
// in this thread.
LIMN_API const char *limn_message(void);

// The version of these headers, as a number that can be compared: 10,000 major + 100 minor + patch.
#define LIMN_VERSION_NUMBER 200

// That of the library in use, such as "0.2.0". Static.
LIMN_API const char *limn_version(void);

#ifdef __cplusplus
}
#endif
#endif
