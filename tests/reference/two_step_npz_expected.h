// Made by tests/reference/two_step_npz.py. What the networks of published_net_*.npz make.
// Pixels: every 37th number, [3][16][16] in 0..255, of domain 1 and z = 0.5, -1.25, 2.
static const double published_pixels[] = {
    129.865354, 94.5000434, 134.412182, 72.2238878, 143.687046, 90.7481331, 196.528932,
    129.819858, 126.722862, 155.239892, 118.673536, 136.27743,  72.8818432, 139.496281,
    102.818222, 182.934409, 75.5478831, 180.793763, 72.7907831, 168.214623, 89.1268653,
};
// Of the picture whose number i, [3][16][16], is 7 i modulo 256.
static const double published_latent[] = {
    0.364786956,
    0.724054431,
    0.955432447,
};
