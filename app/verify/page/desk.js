'use strict';
/* Asks the verifier: in a worker made of this page's own text, or here, with pauses, where the browser has no such. */

class Desk {
	constructor() {
		this.orders = new Map(); // that await their answer, by number
		this.count = 0;
		try {
			const text = new Blob([byId('verifier').textContent], { type: 'text/javascript' });
			this.worker = new Worker(URL.createObjectURL(text));
			this.worker.onmessage = ({ data }) => this.takeAnswer(data);
			this.worker.onerror = () => this.doWithout();
		} catch {
			this.doWithout();
		}
	}

	ask(verb, order, onProgress = () => {}) {
		return new Promise((resolve, reject) => {
			const asked = { number: ++this.count, verb, order, onProgress, resolve, reject };
			this.orders.set(asked.number, asked);
			this.send(asked);
		});
	}

	send({ number, verb, order, onProgress, resolve, reject }) {
		if (this.worker) {
			this.worker.postMessage({ number, verb, order });
			return;
		}
		this.service[verb](order, (progress) => {
			onProgress(progress);
			return new Promise((rested) => { setTimeout(rested); });
		}).then(resolve, reject);
	}

	takeAnswer({ number, progress, failed, done }) {
		const asked = this.orders.get(number);

		if (progress) {
			asked.onProgress(progress);
			return;
		}
		this.orders.delete(number);
		if (failed)
			asked.reject(new Error(failed));
		else
			asked.resolve(done);
	}

	/* The browser allows no worker: what was asked of it is done here. */
	doWithout() {
		this.worker = null;
		this.service = new Service();
		this.orders.forEach((asked) => this.send(asked));
	}
}
