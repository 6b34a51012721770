/* One case from the first word to its end, by the people of a town hall. */
#include "support/town.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int open_town(void **state)
{
	struct town *town = calloc(1, sizeof *town);

	town_open(town);
	*state = town;
	return 0;
}

static int close_town(void **state)
{
	town_close(*state);
	free(*state);
	return 0;
}

static json_t *body(const char *text)
{
	json_error_t error;
	json_t *object = json_loads(text, 0, &error);

	if (object == NULL)
		fail_msg("%s: %s", text, error.text);
	return object;
}

static void approve(struct town *town, const char *who)
{
	town_do(town, who, "report.approved", "2026-001", body("{\"report\":1,\"manner\":\"screen\"}"), NULL);
}

static void a_case_from_beginning_to_end(void **state)
{
	struct town *town = *state;
	json_t *text, *line;
	size_t i;

	town_declare(town, "住民課のパソコンに脅迫文");
	town_do(town, HEAD, "incident.triaged", "2026-001", body("{\"verdict\":\"incident\",\"priority\":\"high\"}"),
		NULL);
	town_do(town, HEAD, "incident.classified", "2026-001", body("{\"types\":[\"malware\"]}"), NULL);
	town_do(town, CLERK, "incident.answered", "2026-001", body("{\"question\":\"where\",\"state\":\"answered\"}"),
		json_string("住民課の端末3台"));
	town_do(town, CLERK, "report.drafted", "2026-001",
		body("{\"report\":1,\"cells\":{\"event\":\"infection\",\"causes\":[\"mail\",\"file\"],\"running\":\"partly\"}}"),
		body("{\"remarks\":\"端末は電源を入れたまま隔離した。\\n調査は業者と行う。\"}"));
	town_do(town, CLERK, "report.submitted", "2026-001", body("{\"report\":1}"), NULL);
	town_refused(town, "step", GENERAL, "report.approved", "2026-001", body("{\"report\":1,\"manner\":\"screen\"}"),
		     NULL);
	approve(town, HEAD);
	approve(town, GENERAL);
	approve(town, CISO);
	town_do(town, HEAD, "report.sent", "2026-001",
		body("{\"report\":1,\"to\":[\"csirt\",\"soumu\"],\"how\":\"mail\"}"), NULL);
	town_refused(town, "frozen", CLERK, "report.drafted", "2026-001", body("{\"report\":1}"), NULL);
	town_refused(town, "final_report", HEAD, "incident.closed", "2026-001", json_object(), NULL);
	text = town_view(town, CLERK, "report_text", "2026-001", 1, LANG_JA);
	json_array_foreach (json_object_get(text, "lines"), i, line)
		if (getenv("SHOW"))
			puts(json_string_value(line));
	json_decref(text);
	if (getenv("SHOW")) {
		char *p;
		text = town_view(town, CLERK, "now", NULL, 0, LANG_JA);
		p = json_dumps(text, JSON_INDENT(1));
		puts(p);
		free(p);
		json_decref(text);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_case_from_beginning_to_end, open_town, close_town),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
