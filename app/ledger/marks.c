/* Entries that are looked for by what their body says, so that nobody need read millions to find the policy in force.
 * They are marked when they are recorded; an index on the bodies would cost at every entry.
 */
#include "ledger/inside.h"

#include "base/text.h"

#include <string.h>

static enum mark mark_of(const char *body, size_t len)
{
	/* How a body that begins {"act":"policy.set, or {"act":"redaction.earlie, goes on after its salt and name; when
	   a ledger is brought up, store.c looks for the same characters. */
	static const char policy[] = "eyJhY3QiOiJwb2xpY3kuc2V0", erases[] = "eyJhY3QiOiJyZWRhY3Rpb24uZWFybGll";
	enum { AT = 44 };

	if (len >= AT + sizeof policy && memcmp(body + AT, policy, sizeof policy - 1) == 0)
		return MARK_POLICY;
	return len >= AT + sizeof erases && memcmp(body + AT, erases, sizeof erases - 1) == 0 ? MARK_EARLIER : NO_MARK;
}

void mark_stage(struct batch *changes, uint64_t seq, const struct buf *body)
{
	enum mark mark = mark_of(body->data, body->len);

	if (mark != NO_MARK)
		batch_add(changes, STORE_ADD_MARK, (int64_t)(seq << 2 | mark), NULL, 0);
}

static const char here[] = "SELECT seq << 2 | mark FROM marks WHERE seq NOT BETWEEN ?1 AND ?2 - 1 ORDER BY seq, mark";
static const char later[] = "SELECT seq << 2 | mark FROM marks WHERE seq BETWEEN ?1 AND ?2 - 1";

/* Those of what was recorded since are not known, and kept. */
enum err marks_repair(struct ledger *l, struct medium *medium, const struct batch *right, uint64_t size,
		      bool *was_wrong, struct fault *f)
{
	int64_t known = (int64_t)size, end = (int64_t)l->durable.tree.size;
	struct batch found = {{0}}, repair = {{0}};
	enum err err = copy_rows(medium->store, &found, here, known, end, STORE_ADD_MARK, f);

	*was_wrong = err == ERR_OK && !batch_is_same(&found, right);
	batch_add(&repair, STORE_CUT_MARKS, 0, NULL, 0);
	batch_join(&repair, right);
	if (*was_wrong)
		err = copy_rows(medium->store, &repair, later, known, end, STORE_ADD_MARK, f);
	if (*was_wrong && err == ERR_OK)
		err = medium_apply(&l->media, medium, &repair, f);
	batch_fini(&found);
	batch_fini(&repair);
	return err;
}
