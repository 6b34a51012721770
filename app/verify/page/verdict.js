'use strict';
/* The verdict in words, with everything that must be said besides. */

const SIGNS = { good: '○', bad: '×', unknown: '？' };
let report = null, checkedAt = null;
retell.push(() => report && tellVerdict());

function forgetVerdict() {
	report = null;
	byId('result').hidden = true;
	byId('entries').hidden = true;
}

function tell(id, text) {
	byId(id).textContent = text;
	byId(id).hidden = text === '';
}

function element(tag, text, ...children) {
	const made = document.createElement(tag);

	made.append(text, ...children);
	return made;
}

function localTime(date) {
	const two = (number) => String(number).padStart(2, '0');

	return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ` +
		`${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
}

/* What to do about a verdict that is no fault of the log. */
function adviceOf({ file, words }) {
	if (file === 'genesis.note' && words[0] === 'missing')
		return say('adviceFolder');
	return words?.[0] === 'genesisForeign' ? say('adviceGenesis') : '';
}

/* The code inside a bundle is shown only where it fits the one on paper: nobody shall copy it from here into the field. */
function factsOf({ verdict, origin, range, entriesChecked, size, epochs, genesis, root, since, paper, witnessed, witnesses = [],
	continues }) {
	return [
		['factBundle', chosen.name], ['factLog', origin],
		['factEntries', range ? say('factPart', range.from, range.to - 1, size) : size && say('factCount', entriesChecked, size)],
		['factEpochs', epochs || ''], ['factGenesis', verdict === 'good' && genesis], ['factRoot', size && encodeBase64(root)],
		['factSince', since && say('factHolds', since)], ['factPaper', paper && say('factHolds', paper)],
		['factWitnessed', witnessed && say('factHolds', witnessed)],
		...witnesses.map(({ name, size }) => ['factWitness', size > 0 ? say('factHolds', size) : say('factUnsigned'), name]),
		...continues.map((one) => ['factContinues', say('factContinued', one.origin, one.size)]),
		['factWhen', localTime(checkedAt)],
	].filter(([, value]) => value);
}

const REMARKS = ['withheld', 'redacted', 'redactedElsewhere', 'blobsChecked', 'blobsAbsent', 'blobsEncrypted', 'proofs', 'stamps',
	'witnessLines', 'unsigned', 'foreign'];

function remarksOf(found) {
	const counts = { ...found, redacted: found.redacted - found.redactedElsewhere };

	return [
		...found.own.map((pin) => say('own', say('own' + pin))),
		...REMARKS.filter((name) => counts[name] > 0).map((name) => say(name, counts[name].toLocaleString(), found.firstForeign)),
	];
}

function tellVerdict() {
	const { verdict } = report, isBad = verdict === 'bad';

	byId('result').className = verdict;
	tell('sign', SIGNS[verdict]);
	tell('word', say(verdict));
	tell('headline', say(verdict + 'Headline'));
	tell('reason', reasonOf(report, language));
	tell('advice', adviceOf(report));
	byId('facts').replaceChildren(...factsOf(report).map(([name, value, ...more]) => {
		const head = element('th', say(name, ...more));
		head.scope = 'row';
		return element('tr', head, element('td', String(value)));
	}));
	byId('remarks').replaceChildren(...(isBad ? [] : remarksOf(report)).map((text) => element('li', text)));
	byId('limits').hidden = verdict !== 'good';
	tell('json', JSON.stringify(jsonOf(report, language), null, 2));
	byId('result').hidden = false;
}

function showVerdict(found) {
	report = found;
	checkedAt = new Date();
	tellVerdict();
	byId('verdict').focus();
}
