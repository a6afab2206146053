/* Times signing and verifying through the GOST engine's library call, without
 * the start of a process in between. Usage: engine KEY.pem SECONDS
 * Prints two lines: "sign OPERATIONS_PER_SECOND" and "verify …". The rate is
 * the best of short slices, so that a busy machine does not spoil it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <openssl/conf.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#define SLICE 0.005 /* seconds */

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

int main(int argc, char **argv)
{
    unsigned char digest[64], sig[256];
    size_t len = sizeof sig, digest_len;
    if (argc != 3)
        return 2;
    OPENSSL_init_crypto(OPENSSL_INIT_LOAD_CONFIG, NULL);
    FILE *f = fopen(argv[1], "r");
    EVP_PKEY *key = f ? PEM_read_PrivateKey(f, NULL, NULL, NULL) : NULL;
    if (!key)
        return 3;
    double limit = atof(argv[2]);
    digest_len = EVP_PKEY_get_bits(key) > 256 ? 64 : 32;
    memset(digest, 7, sizeof digest);
    EVP_PKEY_CTX *sign = EVP_PKEY_CTX_new(key, NULL), *verify = EVP_PKEY_CTX_new(key, NULL);
    if (!sign || !verify || EVP_PKEY_sign_init(sign) <= 0 || EVP_PKEY_verify_init(verify) <= 0)
        return 4;
    double start = now(), best = 0;
    while (now() - start < limit) {
        double from = now(), at;
        long n = 0;
        do {
            len = sizeof sig;
            if (EVP_PKEY_sign(sign, sig, &len, digest, digest_len) <= 0)
                return 5;
            n++;
        } while ((at = now()) - from < SLICE);
        if (n / (at - from) > best)
            best = n / (at - from);
    }
    printf("sign %.1f\n", best);
    start = now();
    best = 0;
    while (now() - start < limit) {
        double from = now(), at;
        long n = 0;
        do {
            if (EVP_PKEY_verify(verify, sig, len, digest, digest_len) != 1)
                return 6;
            n++;
        } while ((at = now()) - from < SLICE);
        if (n / (at - from) > best)
            best = n / (at - from);
    }
    printf("verify %.1f\n", best);
    return 0;
}
