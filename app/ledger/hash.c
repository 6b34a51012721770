/* These calls of libcrypto are called deprecated because its newer ones can choose among providers at run time. There
 * is nothing to choose here; and the newer ones bring configuration files, loadable modules and sockets into every
 * program.
 */
#define OPENSSL_SUPPRESS_DEPRECATED

#include "ledger/hash.h"

#include <openssl/sha.h>
#include <stdlib.h>
#include <string.h>

struct hasher {
	SHA256_CTX context;
};

static void start(SHA256_CTX *context)
{
	if (SHA256_Init(context) != 1)
		abort();
}

static void add(SHA256_CTX *context, const void *data, size_t len)
{
	if (SHA256_Update(context, data, len) != 1)
		abort();
}

static void end(SHA256_CTX *context, uint8_t out[HASH_SIZE])
{
	if (SHA256_Final(out, context) != 1)
		abort();
}

void hash_bytes(uint8_t out[HASH_SIZE], const void *data, size_t len)
{
	SHA256_CTX context;

	start(&context);
	add(&context, data, len);
	end(&context, out);
}

void hash_leaf(uint8_t out[HASH_SIZE], const void *data, size_t len)
{
	SHA256_CTX context;

	start(&context);
	add(&context, "\0", 1);
	add(&context, data, len);
	end(&context, out);
}

void hash_node(uint8_t out[HASH_SIZE], const uint8_t left[HASH_SIZE], const uint8_t right[HASH_SIZE])
{
	uint8_t joined[1 + 2 * HASH_SIZE] = {1};

	memcpy(joined + 1, left, HASH_SIZE);
	memcpy(joined + 1 + HASH_SIZE, right, HASH_SIZE);
	hash_bytes(out, joined, sizeof joined);
}

struct hasher *hasher_new(void)
{
	struct hasher *h = malloc(sizeof *h);

	if (h == NULL)
		abort();
	start(&h->context);
	return h;
}

void hasher_add(struct hasher *h, const void *data, size_t len)
{
	add(&h->context, data, len);
}

void hasher_end(struct hasher *h, uint8_t out[HASH_SIZE])
{
	end(&h->context, out);
	free(h);
}
