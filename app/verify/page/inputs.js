'use strict';
/* What the auditor brings: the bundle by button or drag and drop, and the pins. */

const chosen = { source: null, name: '', files: 0, bytes: 0 };
retell.push(showChosen);

function showChosen() {
	const { source, name, files, bytes } = chosen;

	if (source !== null)
		byId('chosen').textContent = say(files > 1 ? 'chosenFolder' : 'chosenFile', name, files.toLocaleString(), sizeWords(bytes));
}

function sizeWords(bytes) {
	for (const [unit, size] of [['GB', 1e9], ['MB', 1e6], ['KB', 1e3]])
		if (bytes >= size)
			return `${(bytes / size).toFixed(1)} ${unit}`;
	return `${bytes} B`;
}

function choose(source, name) {
	const files = source instanceof Map ? Array.from(source.values()) : [source];

	Object.assign(chosen, { source, name, files: files.length, bytes: files.reduce((sum, file) => sum + file.size, 0) });
	forgetVerdict();
	showChosen();
}

/* Paths in the folder that was chosen, without that folder's own name. */
function chooseFolder(files) {
	const name = files[0].webkitRelativePath.split('/')[0];

	choose(new Map(files.map((file) => [file.webkitRelativePath.slice(name.length + 1), file])), name);
}

/* ---- drag and drop ---- */

async function addHandles(files, folder, prefix) {
	for await (const item of folder.values()) {
		if (item.kind === 'directory')
			await addHandles(files, item, `${prefix}${item.name}/`);
		else
			files.set(prefix + item.name, await item.getFile());
	}
}

function called(target, method) {
	return new Promise((resolve, reject) => { target[method](resolve, reject); });
}

async function addEntries(files, folder, prefix) {
	const reader = folder.createReader();

	for (let some = await called(reader, 'readEntries'); some.length > 0; some = await called(reader, 'readEntries')) {
		for (const item of some) {
			if (item.isDirectory)
				await addEntries(files, item, `${prefix}${item.name}/`);
			else
				files.set(prefix + item.name, await called(item, 'file'));
		}
	}
}

/* The older way into a folder fails in Chromium for pages opened from a disk, and only Chromium has the newer one. */
async function filesOfFolder(item, entry) {
	const files = new Map();

	if (item.getAsFileSystemHandle)
		await addHandles(files, await item.getAsFileSystemHandle(), '');
	else
		await addEntries(files, entry, '');
	return files;
}

async function takeDrop(event) {
	const item = event.dataTransfer.items[0], entry = item?.webkitGetAsEntry(), file = item?.getAsFile();

	event.preventDefault();
	byId('drop').classList.remove('over');
	if (byId('given').disabled || !file)
		return;
	if (!entry?.isDirectory) {
		choose(file, file.name);
		return;
	}
	try {
		choose(await filesOfFolder(item, entry), entry.name);
	} catch {
		byId('chosen').textContent = say('dropFailed');
	}
}

function listenToInputs() {
	const drop = byId('drop');

	byId('choose-zip').addEventListener('click', () => byId('zip').click());
	byId('choose-folder').addEventListener('click', () => byId('folder').click());
	byId('zip').addEventListener('change', ({ target }) => target.files[0] && choose(target.files[0], target.files[0].name));
	byId('folder').addEventListener('change', ({ target }) => target.files[0] && chooseFolder(Array.from(target.files)));
	for (const id of ['code', 'note', 'older', 'paper', 'policy'])
		byId(id).addEventListener('input', forgetVerdict);
	// Anywhere on the page, or the browser would show the file instead.
	document.addEventListener('dragover', (event) => {
		event.preventDefault();
		drop.classList.add('over');
	});
	document.addEventListener('dragleave', (event) => event.relatedTarget ?? drop.classList.remove('over'));
	document.addEventListener('drop', takeDrop);
}

/* ---- pins ---- */

async function bytesOf(id) {
	const file = byId(id).files[0];

	return file && new Uint8Array(await file.slice(0, 16 * NOTE_MAX).arrayBuffer());
}

async function pinsGiven() {
	return {
		code: byId('code').value, paper: byId('paper').value,
		note: await bytesOf('note'), older: await bytesOf('older'), policy: await bytesOf('policy'),
	};
}
