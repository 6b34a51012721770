/* Policies of witnesses. One that is read holds when all have signed, and, unless it asks for nobody, not when none
 * has. */
#include "ledger/policy.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct policy policy;
	bool all[POLICY_MEMBERS_MAX], none[POLICY_MEMBERS_MAX] = {0};
	struct fault fault = {0};
	enum err err = policy_parse(&policy, (const char *)data, len, &fault);

	if (err != ERR_OK) {
		if (err != ERR_FORMAT && err != ERR_RANGE)
			abort();
		if (fault.text[0] == '\0')
			abort();
		return 0;
	}
	for (unsigned i = 0; i < POLICY_MEMBERS_MAX; i++)
		all[i] = i < policy.member_count && !policy.members[i].is_group;
	if (!policy_holds(&policy, all) || policy_holds(&policy, none) != (policy.quorum == QUORUM_NONE))
		abort();
	return 0;
}
