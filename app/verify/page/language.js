'use strict';
/* Japanese stands in the page; English beside it in data-en. The choice is kept in the URL's #, nowhere else. */

let language = location.hash === '#en' ? 'en' : 'ja';
const retell = []; // what says its sentences anew in another language

function byId(id) {
	return document.getElementById(id);
}

function say(name, ...values) {
	return sentence(language, name, ...values);
}

function speak() {
	document.documentElement.lang = language;
	for (const element of document.querySelectorAll('[data-en]')) {
		element.dataset.ja ??= element.textContent;
		element.textContent = element.dataset[language];
	}
	for (const element of document.querySelectorAll('[data-en-label]')) {
		element.dataset.jaLabel ??= element.getAttribute('aria-label');
		element.setAttribute('aria-label', element.dataset[language + 'Label']);
	}
	document.title = say('title');
	byId('language').textContent = language === 'en' ? '日本語' : 'English';
	byId('language').lang = language === 'en' ? 'ja' : 'en';
	retell.forEach((again) => again());
}

function switchLanguage() {
	language = language === 'en' ? 'ja' : 'en';
	history.replaceState(null, '', '#' + language);
	speak();
}
