#include "ledger/hash.h"

#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>
#include <threads.h>

/* Fetching the algorithm and making a context costs more than hashing an entry, so each thread keeps its own. */
static once_flag once = ONCE_FLAG_INIT;
static tss_t context_key;
static EVP_MD *sha256;

static void context_free(void *context)
{
	EVP_MD_CTX_free(context);
}

static void start(void)
{
	sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	if (sha256 == NULL || tss_create(&context_key, context_free) != thrd_success)
		abort();
}

static EVP_MD_CTX *context_of_thread(void)
{
	static _Thread_local EVP_MD_CTX *context;

	if (context == NULL) {
		call_once(&once, start);
		context = EVP_MD_CTX_new();
		if (context == NULL || tss_set(context_key, context) != thrd_success)
			abort();
	}
	return context;
}

struct piece {
	const void *data;
	size_t len;
};

static void hash_pieces(uint8_t out[HASH_SIZE], const struct piece *pieces, size_t count)
{
	EVP_MD_CTX *context = context_of_thread();
	int good = EVP_DigestInit_ex2(context, sha256, NULL);

	for (size_t i = 0; i < count; i++)
		good &= EVP_DigestUpdate(context, pieces[i].data, pieces[i].len);
	good &= EVP_DigestFinal_ex(context, out, NULL);
	if (good != 1)
		abort();
}

void hash_bytes(uint8_t out[HASH_SIZE], const void *data, size_t len)
{
	struct piece piece = {data, len};

	hash_pieces(out, &piece, 1);
}

void hash_leaf(uint8_t out[HASH_SIZE], const void *data, size_t len)
{
	struct piece pieces[] = {{"\0", 1}, {data, len}};

	hash_pieces(out, pieces, 2);
}

void hash_node(uint8_t out[HASH_SIZE], const uint8_t left[HASH_SIZE], const uint8_t right[HASH_SIZE])
{
	uint8_t joined[1 + 2 * HASH_SIZE] = {1};

	memcpy(joined + 1, left, HASH_SIZE);
	memcpy(joined + 1 + HASH_SIZE, right, HASH_SIZE);
	hash_bytes(out, joined, sizeof joined);
}

struct hasher {
	EVP_MD_CTX *context;
};

struct hasher *hasher_new(void)
{
	struct hasher *h = malloc(sizeof *h);

	(void)context_of_thread();
	if (h == NULL || (h->context = EVP_MD_CTX_new()) == NULL || EVP_DigestInit_ex2(h->context, sha256, NULL) != 1)
		abort();
	return h;
}

void hasher_add(struct hasher *h, const void *data, size_t len)
{
	if (EVP_DigestUpdate(h->context, data, len) != 1)
		abort();
}

void hasher_end(struct hasher *h, uint8_t out[HASH_SIZE])
{
	if (EVP_DigestFinal_ex(h->context, out, NULL) != 1)
		abort();
	EVP_MD_CTX_free(h->context);
	free(h);
}
