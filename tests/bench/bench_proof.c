/* One inclusion proof, and one that the log grew, from the database of a log of a million entries: medians over
 * entries and older sizes drawn from all of it, each read anew as for a first question.
 */
#include "ledger/proof.h"

#include "tests/bench/measure.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ENTRIES = 1000000, GROUP = 1000, ROUNDS = 301 };

typedef enum err prover(struct ledger *l, uint64_t which, const struct checkpoint *at, struct proof *out,
			struct fault *f);

static void measure(struct ledger *l, prover *prove, const char *name)
{
	struct checkpoint_info head = ledger_head(l);
	struct checkpoint at = {.size = head.size};
	uint64_t dice = 1;
	double times[ROUNDS];
	struct proof proof;
	struct fault f;

	memcpy(at.root, head.root, HASH_SIZE);
	for (int i = 0; i < ROUNDS; i++) {
		double start;

		dice = dice * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		start = now_us();
		demand(prove(l, 1 + (dice >> 20) % (at.size - 1), &at, &proof, &f) == ERR_OK, f.text);
		times[i] = now_us() - start;
	}
	printf("# %s: p99 %.0f us, of %" PRIu64 " entries\n", name, quantile(times, ROUNDS, 0.99), at.size);
	report(name, quantile(times, ROUNDS, 0.5), "us", AT_MOST, 1000);
}

int main(void)
{
	char place[PATH_MAX], code[GENESIS_CODE_CHARS + 1];
	struct ledger *l;

	place_make(place);
	l = ledger_make(place, "ledger", NULL, code);
	while (ledger_head(l).size < ENTRIES) {
		for (int i = 0; i < GROUP; i++)
			append(l, WITHOUT_RETRY_KEY, moment_now());
		commit(l);
		demand(ledger_tidy(l) == ERR_OK, "tidy");
	}
	measure(l, prove_entry, "proof-of-1000000");
	measure(l, prove_growth, "growth-to-1000000");
	ledger_close(l);
	place_remove(place);
	return 0;
}
