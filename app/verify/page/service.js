'use strict';
/* The verifier behind a desk: it takes one order at a time, beside the page where the browser lets it, so that the page
 * stays responsive.
 *
 *   verify { source, pins }   ->  progress { done, size } …, then the report
 *   list { from, to }         ->  entries of the bundle verified last
 */

const PROGRESS_EVERY_MS = 100;

class Service {
	constructor() {
		this.bundle = null;
		this.report = null;
	}

	async verify({ source, pins }, onProgress) {
		let last = 0;

		const progress = (done, size) => {
			if (Date.now() - last < PROGRESS_EVERY_MS && done < size)
				return undefined;
			last = Date.now();
			return onProgress({ done, size });
		};
		Object.assign(this, await verifyBundle(source, pins, progress));
		return this.report;
	}

	list({ from, to }) {
		return listEntries(this.bundle, this.report.size, from, to);
	}
}

/* In the worker. Answers carry the number of their order. */
function serve() {
	const service = new Service();

	self.onmessage = async ({ data: { number, verb, order } }) => {
		const answer = (words) => self.postMessage({ number, ...words });
		try {
			answer({ done: await service[verb](order, (progress) => answer({ progress })) });
		} catch (error) {
			answer({ failed: String(error) });
		}
	};
}

if (typeof document === 'undefined')
	serve();
