'use strict';
/* One entry: a text that has exactly one spelling, so its grammar is a list of lines. */

const ENTRY_MAX = 4096;
const SD_NAMES = ['body', 'files', 'person', 'text'];

const WALL = '(?<year>[0-9]{4})-(?<month>[0-9]{2})-(?<day>[0-9]{2})' +
	'T(?<hour>[0-9]{2}):(?<minute>[0-9]{2}):(?<second>[0-9]{2})\\.[0-9]{3}Z';

const ENTRY_LINES = [
	'kannuki-entry/v1',
	`seq (?<seq>${NUMBER})`,
	`prev (?<prev>${HASH64})`,
	`boot (?<boot>${NUMBER})`,
	`mono (?<mono>${NUMBER})`,
	`wall (?<wall>${WALL}) (?:(?<uncertainty>${NUMBER}) (?<source>ntp|rtc|manual)|- unset)`,
	`epoch (?<epoch>${NUMBER})`,
	`who (?<who>${WORD})`,
	'via (?<via>panel|web|serial|cli|keeper)',
	'type (?<type>incident|panel|register|people|system|epoch)',
	`about (?<about>${WORD})`,
];
const ENTRY_TAIL = `(?:idem (?<idem>[0-9a-f]{32})\n)?sd body (?<body>${HASH64URL})\n` +
	SD_NAMES.slice(1).map((name) => `(?:sd ${name} (?<${name}>${HASH64URL})\n)?`).join('');
const ENTRY = new RegExp(`^${ENTRY_LINES.map((line) => line + '\n').join('')}${ENTRY_TAIL}$`);

/* Between 1970 and 9999, a date that exists, and no leap second. */
function isTime({ year, month, day, hour, minute, second }) {
	if (year < 1970 || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59)
		return false;
	return day <= new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/* For the reason: the first line that is not as it must be. */
function firstWrongLine(text) {
	const lines = text.split('\n');
	const wrong = ENTRY_LINES.findIndex((line, i) => !new RegExp(`^${line}$`).test(lines[i] ?? ''));

	return wrong < 0 ? ENTRY_LINES.length + 1 : wrong + 1;
}

/* `at` is the position in the log. */
function parseEntry(bytes, at) {
	const text = toLatin(bytes), line = ENTRY.exec(text)?.groups;

	if (line === undefined)
		throw badEntry(at, 'entryForm', firstWrongLine(text));
	if (!isTime(line))
		throw badEntry(at, 'entryForm', 6);
	if ([line.boot, line.mono, line.epoch, line.uncertainty ?? '0'].some((number) => parseBig(number) === null))
		throw badEntry(at, 'entryNumber');
	if (line.seq !== String(at))
		throw badEntry(at, 'entrySeq', line.seq);
	return { ...line, at, boot: BigInt(line.boot), prev: decodeBase64(line.prev), leaf: leafHash(bytes) };
}
