// Ten iterations of two-step training by PyTorch: made by tests/reference/two_step.py, which says
// what the networks are and what each figure means.
#ifndef LIMN_TESTS_TWO_STEP_EXPECTED_H
#define LIMN_TESTS_TWO_STEP_EXPECTED_H

// D real, D fake, D class; G fake, G class, before and after its first update.
static const double expected_gan[5][7] = {
    {0.75128037035, 1.07325126004, 1.2256174131, 0.434430654484, 1.27488060859, 0.428678038181,
     1.2094374055},
    {0.740709738905, 1.02126218415, 1.16737151196, 0.459263801627, 1.29456309155, 0.458989199727,
     1.22693899589},
    {0.786248648896, 0.927929151036, 1.30324020731, 0.520764939172, 1.09391256079, 0.535106234185,
     1.03668122723},
    {0.714892132378, 0.94156648481, 1.15087293959, 0.523233080219, 1.38668232982, 0.52288896658,
     1.3388706577},
    {0.707638890736, 0.875546586252, 1.28668017797, 0.551932382284, 1.21394170786, 0.550360968123,
     1.12507895579},
};
static const double expected_latent[5] = {
    1.04761678693, 0.993256683949, 0.974786695374, 0.892457371014, 0.963498308833,
};

static const struct expected_parameter {
    const char *name;
    double base, amplitude;
} expected_parameters[] = {
    {"G.embedding", 0.0, 0.5},     {"G.dense.weight", 0.0, 0.5},  {"G.norm0.weight", 1.0, 0.2},
    {"G.norm0.bias", 0.1, 0.2},    {"G.up1.weight", 0.0, 0.15},   {"G.norm1.weight", 1.0, 0.2},
    {"G.norm1.bias", 0.1, 0.2},    {"G.up2.weight", 0.0, 0.15},   {"G.up2.bias", 0.0, 0.1},
    {"D.conv0.weight", 0.0, 0.2},  {"D.conv0.bias", 0.0, 0.1},    {"D.conv1.weight", 0.0, 0.15},
    {"D.norm1.weight", 1.0, 0.2},  {"D.norm1.bias", 0.1, 0.2},    {"E.conv0.weight", 0.0, 0.2},
    {"E.conv0.bias", 0.0, 0.1},    {"E.conv1.weight", 0.0, 0.15}, {"E.norm1.weight", 1.0, 0.2},
    {"E.norm1.bias", 0.1, 0.2},    {"D.real.weight", 0.0, 0.1},   {"D.real.bias", 0.0, 0.1},
    {"D.domain.weight", 0.0, 0.1}, {"D.domain.bias", 0.0, 0.1},   {"E.latent.weight", 0.0, 0.1},
    {"E.latent.bias", 0.0, 0.1},
};

// Running mean and variance after all, the sum of value[i] * sin(i + 1).
static const struct expected_running {
    const char *name;
    double mean, variance;
} expected_running[] = {
    {"G.norm0", -0.0058618885888, 2.59443450962},
    {"G.norm1", 0.0222666967489, 0.550905301642},
    {"D.norm1", 0.0077342741353, 0.699033733191},
    {"E.norm1", 0.0387239488829, 0.959393834521},
};

#endif
