#include "panel/mail.h"

#include <errno.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum err mail_open(struct mail *m, int64_t now_ns, struct fault *f)
{
	memset(m, 0, sizeof *m);
	ring_init(&m->news, m->news_slots, sizeof m->news_slots[0], NEWS_MAX);
	ring_init(&m->orders, m->order_slots, sizeof m->order_slots[0], ORDERS_MAX);
	ring_init(&m->errands, m->errand_slots, sizeof m->errand_slots[0], ERRANDS_MAX);
	atomic_init(&m->recorded, 0);
	atomic_init(&m->lamps, LAMPS_UNKNOWN);
	atomic_init(&m->keeper_answered_ns, now_ns);
	atomic_init(&m->link_turned_ns, now_ns);
	atomic_init(&m->stop, false);
	m->news_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	m->orders_bell = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (m->news_bell >= 0 && m->orders_bell >= 0)
		return ERR_OK;
	mail_close(m);
	return fault_set(f, err_from_errno(errno), "eventfd: %s", strerror(errno));
}

void mail_close(struct mail *m)
{
	if (m->news_bell >= 0)
		(void)close(m->news_bell);
	if (m->orders_bell >= 0)
		(void)close(m->orders_bell);
}

void bell_ring(int bell)
{
	(void)!write(bell, &(uint64_t){1}, sizeof(uint64_t));
}

void bell_silence(int bell)
{
	uint64_t times;

	(void)!read(bell, &times, sizeof times);
}
