/* Tallies: what is counted for an entry to come, like the events of a panel that floods the log. Each is as durable as
 * an entry and replaced as a whole, so that counting takes no room. They are no part of the log: nothing is proven of
 * them before their entry is there, and with it they go.
 */
#include "ledger/inside.h"

#include "base/text.h"

#include <string.h>

enum err ledger_put_tally(struct ledger *l, unsigned number, const char *text, struct fault *f)
{
	enum err err = may_write(l, f);

	if (err == ERR_OK && l->failed != ERR_OK)
		err = fault_set(f, l->failed, _("an entry before this one could not be recorded"));
	if (err != ERR_OK)
		return err;
	if (text != NULL)
		batch_add(&l->changes, STORE_PUT_TALLY, (int64_t)number, (struct blob[]){{text, strlen(text)}}, 1);
	else
		batch_add(&l->changes, STORE_DROP_TALLY, (int64_t)number, NULL, 0);
	l->failed = batch_status(&l->changes);
	return l->failed == ERR_OK ? ERR_OK : fault_set(f, l->failed, _("no memory"));
}

enum err ledger_tallies(struct ledger *l, tally_taker *take, void *context, struct fault *f)
{
	struct store *store = media_store(&l->media);
	enum err err = store_row(store, STORE_GET_TALLIES, 0, NULL);

	for (; err == ERR_OK; err = store_next(store->statements[STORE_GET_TALLIES])) {
		struct blob text = store_blob(store, STORE_GET_TALLIES, 1);

		take(context, (unsigned)store_integer(store, STORE_GET_TALLIES, 0), text.data, text.len);
	}
	err = err == ERR_MISSING ? ERR_OK : store_fault(store, err, _("reading"), f);
	store_done(store, STORE_GET_TALLIES);
	return err;
}

void tallies_copy(struct ledger *l, struct batch *to)
{
	static const char all[] = "SELECT number, counted FROM tallies WHERE ?2 >= ?1";
	struct fault f;

	batch_clear(to);
	/* A medium whose log is given up may be damaged here, too. */
	if (copy_rows(media_store(&l->media), to, all, 0, 0, STORE_PUT_TALLY, &f) != ERR_OK)
		batch_clear(to);
}
