'use strict';
/* The entries as a person reads them, fetched from a bundle that has been found good. */

/* { status, value } of a disclosure; `value` is what JSON says, or the bare text when it is no JSON. */
function readDisclosure(line, seq, name) {
	const found = line && parseDisclosureLine(line, seq, name);

	if (!found || found.status !== 'disclosed')
		return { status: found?.status ?? 'withheld' };
	const bytes = openDisclosure(found.characters, name) ?? new Uint8Array(0), value = parseJson(bytes);
	return { status: 'disclosed', value: value === undefined ? toLatin(bytes) : value };
}

function readEntry(bytes, seq, lines) {
	const { wall, source, uncertainty, who, via, type, about, ...entry } = parseEntry(bytes, seq), disclosures = {};

	for (const name of SD_NAMES)
		if (entry[name] !== undefined)
			disclosures[name] = readDisclosure(lines.next(), seq, name);
	return { seq, wall, source, uncertainty, who, via, type, about, disclosures };
}

/* `size` is that of the whole log; `from` to `to` - 1 are in the bundle. */
async function listEntries(bundle, size, from, to) {
	const listed = [], log = { bundle, size, hasTile: () => true };

	for (let index = Math.floor(from / TILE_WIDTH); index * TILE_WIDTH < to; index++) {
		const tile = await fetchedTile(log, fetchTile(log, index));
		await eachEntry(tile, (bytes, seq, lines) => {
			const entry = readEntry(bytes, seq, lines); // all of a tile: their lines follow one another
			if (seq >= from && seq < to)
				listed.push(entry);
		});
	}
	return listed;
}
