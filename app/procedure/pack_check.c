/* pack.yaml: what a schema cannot say. Every name must lead somewhere, and every person's act must have a rule. */
#include "procedure/pack_data.h"

#include "form/source.h"
#include "ipc/acts.h"

#include <string.h>

const struct item *item_find(const struct item *list, unsigned count, const char *id)
{
	for (unsigned i = 0; i < count; i++)
		if (strcmp(list[i].id, id) == 0)
			return &list[i];
	return NULL;
}

const struct role *role_find(const struct pack_file *file, const char *id)
{
	for (unsigned i = 0; i < file->roles_count; i++)
		if (strcmp(file->roles[i].id, id) == 0)
			return &file->roles[i];
	return NULL;
}

const struct contact *contact_find(const struct pack_file *file, const char *id)
{
	for (unsigned i = 0; id != NULL && i < file->contacts_count; i++)
		if (strcmp(file->contacts[i].id, id) == 0)
			return &file->contacts[i];
	return NULL;
}

const struct rule *rule_find(const struct pack_file *file, const char *act)
{
	for (unsigned i = 0; i < file->rules_count; i++)
		if (strcmp(file->rules[i].act, act) == 0)
			return &file->rules[i];
	return NULL;
}

bool rule_allows(const struct rule *rule, const char *role)
{
	for (unsigned i = 0; rule != NULL && i < rule->roles_count; i++)
		if (strcmp(rule->roles[i], role) == 0)
			return true;
	return false;
}

bool id_is_word(const char *text)
{
	size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789._-");

	return len >= 1 && len <= 64 && text[len] == '\0';
}

static bool is_one_of(const char *word, const char *const *allowed)
{
	if (allowed == NULL)
		return true;
	for (; word != NULL && *allowed != NULL; allowed++)
		if (strcmp(word, *allowed) == 0)
			return true;
	return false;
}

static enum err twice(const struct source *s, const char *id, struct fault *f)
{
	return source_fault(s, source_line_of(s, id), f, _("'%s' stands twice in its list; rename one"), id);
}

static enum err check_items(const struct item *list, unsigned count, const char *const *kinds, const struct source *s,
			    struct fault *f)
{
	for (unsigned i = 0; i < count; i++) {
		if (!id_is_word(list[i].id))
			return source_fault(s, source_line_of(s, list[i].id), f,
					    _("id '%s' must be a word of a-z, 0-9, '.', '_', '-'"), list[i].id);
		if (item_find(list, count, list[i].id) != &list[i])
			return twice(s, list[i].id, f);
		if (!is_one_of(list[i].kind, kinds))
			return source_fault(s, source_line_of(s, list[i].id), f,
					    _("'%s' needs a kind that is known here; see the format page"), list[i].id);
	}
	return ERR_OK;
}

static enum err check_lists(const struct pack_file *p, const struct source *s, struct fault *f)
{
	static const char *const places[] = {"inside", "outside", NULL};
	static const char *const manners[] = {"holder", "witnessed", "later", NULL};
	const struct {
		const struct item *list;
		unsigned count;
		const char *const *kinds;
	} lists[] = {
		{p->site, p->site_count, NULL},
		{p->phases, p->phases_count, NULL},
		{p->types, p->types_count, NULL},
		{p->verdicts, p->verdicts_count, NULL},
		{p->priorities, p->priorities_count, NULL},
		{p->endings, p->endings_count, NULL},
		{p->sources, p->sources_count, NULL},
		{p->stages, p->stages_count, NULL},
		{p->recipients, p->recipients_count, places},
		{p->ways, p->ways_count, NULL},
		{p->manners, p->manners_count, manners},
	};
	enum err err = ERR_OK;

	for (size_t i = 0; i < sizeof lists / sizeof lists[0] && err == ERR_OK; i++)
		err = check_items(lists[i].list, lists[i].count, lists[i].kinds, s, f);
	return err;
}

static enum err check_roles(const struct pack_file *p, const struct source *s, struct fault *f)
{
	static const char *const kinds[] = {"acts", "observes", "outside", NULL};

	for (unsigned i = 0; i < p->roles_count; i++) {
		const struct role *role = &p->roles[i];

		if (role_find(p, role->id) != role)
			return twice(s, role->id, f);
		if (!id_is_word(role->id) || !is_one_of(role->kind, kinds))
			return source_fault(
				s, source_line_of(s, role->id), f,
				_("role '%s': the id must be a word and kind one of acts, observes, outside"),
				role->id);
	}
	return ERR_OK;
}

/* The engine knows these two: the first report is never another one, and the final one lets a case be closed. */
static enum err check_stages(const struct pack_file *p, const struct source *s, struct fault *f)
{
	if (p->stages_count < 2 || strcmp(p->stages[0].id, "first") != 0 ||
	    strcmp(p->stages[p->stages_count - 1].id, "final") != 0)
		return source_fault(s, source_line_of(s, "stages"), f,
				    _("the list of stages must begin with 'first' and end with 'final'; mend it"));
	return ERR_OK;
}

static enum err unknown_role(const struct source *s, const char *where, const char *role, struct fault *f)
{
	return source_fault(s, source_line_of(s, where), f,
			    _("'%s' names the role '%s', which acts nowhere in the list of roles; mend its name"),
			    where, role);
}

static bool can_act(const struct pack_file *p, const char *role)
{
	const struct role *found = role_find(p, role);

	return found != NULL && strcmp(found->kind, "acts") == 0;
}

static enum err check_chain(const struct pack_file *p, const struct chain *chain, const struct source *s,
			    struct fault *f)
{
	for (unsigned i = 0; i < chain->steps_count; i++) {
		if (!can_act(p, chain->steps[i].role))
			return unknown_role(s, chain->steps[i].id, chain->steps[i].role, f);
		for (unsigned j = 0; j < i; j++)
			if (strcmp(chain->steps[j].id, chain->steps[i].id) == 0)
				return twice(s, chain->steps[i].id, f);
	}
	return ERR_OK;
}

static enum err check_chains(const struct pack_file *p, const struct source *s, struct fault *f)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < p->chains_count && err == ERR_OK; i++)
		err = check_chain(p, &p->chains[i], s, f);
	for (unsigned i = 0; i < p->forms_count && err == ERR_OK; i++) {
		bool found = false;

		for (unsigned c = 0; c < p->chains_count; c++)
			found = found || strcmp(p->chains[c].id, p->forms[i].chain) == 0;
		if (!found)
			err = source_fault(s, source_line_of(s, "forms"), f,
					   _("form '%s' has no chain '%s'; add the chain or mend its name"),
					   p->forms[i].id, p->forms[i].chain);
	}
	return err;
}

enum { CONTACT_MINUTES_MAX = 30 * 24 * 60 };

static enum err check_contact(const struct pack_file *p, const struct contact *contact, const struct source *s,
			      struct fault *f)
{
	static const char *const kinds[] = {"inside", "outside", NULL};
	static const char *const needs[] = {"must", "when", NULL};

	if (contact_find(p, contact->id) != contact)
		return twice(s, contact->id, f);
	if (!id_is_word(contact->id) || !is_one_of(contact->kind, kinds) || !is_one_of(contact->need, needs) ||
	    contact->minutes > CONTACT_MINUTES_MAX)
		return source_fault(
			s, source_line_of(s, contact->id), f,
			_("contact '%s': the id must be a word, kind inside or outside, need must or when, and "
			  "minutes at most %d"),
			contact->id, CONTACT_MINUTES_MAX);
	if (contact->role != NULL && role_find(p, contact->role) == NULL)
		return source_fault(s, source_line_of(s, contact->id), f,
				    _("contact '%s' names the role '%s', which is not there; mend its name"),
				    contact->id, contact->role);
	for (unsigned i = 0; i < contact->types_count; i++)
		if (item_find(p->types, p->types_count, contact->types[i]) == NULL)
			return source_fault(s, source_line_of(s, contact->id), f,
					    _("contact '%s' names the type '%s', which is not there; mend its name"),
					    contact->id, contact->types[i]);
	return ERR_OK;
}

static enum err check_contacts(const struct pack_file *p, const struct source *s, struct fault *f)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < p->contacts_count && err == ERR_OK; i++)
		err = check_contact(p, &p->contacts[i], s, f);
	return err;
}

/* An act must be done by somebody who acts; a right may also be given to those who only look. */
static enum err check_rule(const struct pack_file *p, const struct rule *rule, const struct source *s, struct fault *f)
{
	const struct act_kind *act = act_find(rule->act);

	if (!is_right(rule->act) && (act == NULL || act->origin != ACT_BY_PERSON))
		return source_fault(s, source_line_of(s, rule->act), f,
				    _("rule for '%s', which is no act of a person; mend its name"), rule->act);
	if (rule_find(p, rule->act) != rule)
		return twice(s, rule->act, f);
	for (unsigned i = 0; i < rule->roles_count; i++)
		if (is_right(rule->act) ? role_find(p, rule->roles[i]) == NULL : !can_act(p, rule->roles[i]))
			return unknown_role(s, rule->act, rule->roles[i], f);
	return ERR_OK;
}

static enum err check_rules(const struct pack_file *p, const struct source *s, struct fault *f)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; i < p->rules_count && err == ERR_OK; i++)
		err = check_rule(p, &p->rules[i], s, f);
	for (const struct act_kind *act = act_kinds; act->name != NULL && err == ERR_OK; act++)
		if (act->origin == ACT_BY_PERSON && rule_find(p, act->name) == NULL)
			err = source_fault(s, source_line_of(s, "rules"), f, _("nobody may do '%s'; add a rule for it"),
					   act->name);
	for (const char *const *right = rights; *right != NULL && err == ERR_OK; right++)
		if (rule_find(p, *right) == NULL)
			err = source_fault(s, source_line_of(s, "rules"), f, _("nobody may do '%s'; add a rule for it"),
					   *right);
	return err;
}

enum err pack_check_file(const struct pack_file *p, const struct source *s, struct fault *f)
{
	enum err err = check_lists(p, s, f);

	if (err == ERR_OK)
		err = check_roles(p, s, f);
	if (err == ERR_OK)
		err = check_stages(p, s, f);
	if (err == ERR_OK)
		err = check_chains(p, s, f);
	if (err == ERR_OK)
		err = check_contacts(p, s, f);
	return err == ERR_OK ? check_rules(p, s, f) : err;
}
