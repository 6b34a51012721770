'use strict';
/* Why a verdict is not good. `words` is the name of a sentence in words.js and what goes into it, so that the
 * sentence can be said in either language. */

class Fault extends Error {
	constructor(verdict, words, blame = {}) {
		super(words.join(' '));
		this.verdict = verdict;
		this.words = words;
		this.file = blame.file;
		this.entry = blame.entry;
	}
}

function badFile(file, ...words) {
	return new Fault('bad', words, { file });
}

function badEntry(entry, ...words) {
	return new Fault('bad', words, { entry });
}

function cannotTell(...words) {
	return new Fault('unknown', words);
}
