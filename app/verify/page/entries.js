'use strict';
/* The entries of a good log, page by page. What people wrote is put into the page as text, never as markup. */

const PAGE_SIZE = 50;
const view = { from: 0, entries: [] };
retell.push(() => report && !byId('entries').hidden && tellEntries());

function bounds() {
	return report.range ?? { from: 0, to: report.size };
}

function timeOf({ wall, source }) {
	return source === undefined ? say('clockUnset', wall) : localTime(new Date(wall));
}

/* A value as a person would write it: texts as they are, objects as lines of name and value. */
function plain(value) {
	if (typeof value === 'string')
		return value;
	if (isObject(value))
		return Object.entries(value).map(([name, one]) => `${name}: ${plain(one)}`).join('\n');
	return Array.isArray(value) ? value.map(plain).join('\n') : JSON.stringify(value);
}

function actOf({ type, disclosures: { body } }) {
	const act = member(body.value, 'act');

	return typeof act === 'string' ? act : type;
}

function disclosureBlock(name, { status, value }) {
	const block = element('div', '');

	if (status !== 'disclosed')
		block.append(element('i', say(status + 'Here')));
	else
		block.append(plain(value));
	if (name !== 'text')
		block.prepend(element('b', say('name-' + name)), ' ');
	block.lang = 'ja';
	return block;
}

function contents({ disclosures }) {
	const cell = element('td', '');

	for (const name of ['text', 'person', 'files'])
		if (disclosures[name])
			cell.append(disclosureBlock(name, disclosures[name]));
	const { act, ...facts } = isObject(disclosures.body.value) ? disclosures.body.value : {};
	if (Object.keys(facts).length > 0)
		cell.append(disclosureBlock('body', { status: 'disclosed', value: facts }));
	return cell;
}

function row(entry) {
	const line = element('tr', element('td', String(entry.seq)), element('td', timeOf(entry)), element('td', entry.who),
		element('td', actOf(entry)), contents(entry));

	if (entry.about !== '-')
		line.children[3].append(element('div', entry.about));
	Array.from(line.children).forEach((cell, i) => { cell.dataset.column = byId('list').tHead.rows[0].cells[i].textContent; });
	return line;
}

function tellEntries() {
	const { from, to } = bounds(), last = view.from + view.entries.length - 1;

	byId('zone').textContent = `(${Intl.DateTimeFormat().resolvedOptions().timeZone})`;
	byId('rows').replaceChildren(...view.entries.map(row));
	byId('shown').textContent = say('shown', view.from.toLocaleString(), last.toLocaleString(), report.size.toLocaleString());
	byId('first').disabled = byId('previous').disabled = view.from <= from;
	byId('last').disabled = byId('next').disabled = last + 1 >= to;
	byId('entries').hidden = false;
}

async function showEntries(desk, wanted) {
	const { from, to } = bounds(), shown = report;
	const start = Math.max(from, Math.min(wanted, to - 1));

	try {
		const entries = await desk.ask('list', { from: start, to: Math.min(start + PAGE_SIZE, to) });
		if (report !== shown)
			return;
		Object.assign(view, { from: start, entries });
		tellEntries();
	} catch (error) {
		byId('entries').hidden = false;
		byId('shown').textContent = say('unreadable', error.message);
	}
}

function listenToPages(desk) {
	const turn = (id, where) => byId(id).addEventListener('click', () => showEntries(desk, where()));
	const go = () => {
		const number = parseCount(byId('number').value.trim());
		return number === null ? undefined : showEntries(desk, number);
	};

	turn('first', () => bounds().from);
	turn('previous', () => view.from - PAGE_SIZE);
	turn('next', () => view.from + PAGE_SIZE);
	turn('last', () => bounds().to - PAGE_SIZE);
	byId('go').addEventListener('click', go);
	byId('number').addEventListener('keydown', (event) => event.key === 'Enter' && go());
}
