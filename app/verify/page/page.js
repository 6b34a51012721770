'use strict';
/* Puts the parts of the page together. */

function showProgress({ done, size }) {
	const bar = byId('progress');

	bar.max = size;
	bar.value = done;
	byId('working-words').textContent = say('working', done.toLocaleString(), size.toLocaleString());
}

/* What was given stays as it is while it is being judged. */
function setBusy(busy) {
	byId('given').disabled = busy;
	byId('working').hidden = !busy;
	byId('verify').disabled = busy;
	byId('progress').removeAttribute('value');
	byId('working-words').textContent = busy ? say('opening') : '';
}

async function askVerdict(desk) {
	try {
		return await desk.ask('verify', { source: chosen.source, pins: await pinsGiven() }, showProgress);
	} catch (error) {
		return conclude(newReport(), null, error);
	}
}

async function verifyChosen(desk) {
	forgetVerdict();
	if (chosen.source === null) {
		byId('chosen').textContent = say('chooseFirst');
		byId('choose-zip').focus();
		return;
	}
	setBusy(true);
	const found = await askVerdict(desk);
	setBusy(false);
	showVerdict(found);
	if (found.verdict === 'good')
		await showEntries(desk, bounds().from);
}

async function start() {
	byId('language').addEventListener('click', switchLanguage);
	speak();
	if (!await browserFits()) {
		byId('unfit').hidden = false;
		return;
	}
	const desk = new Desk();
	listenToInputs();
	listenToPages(desk);
	byId('form').addEventListener('submit', (event) => {
		event.preventDefault();
		verifyChosen(desk);
	});
	byId('form').hidden = false;
}

start();
